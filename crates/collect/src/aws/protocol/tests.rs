//! Wire samples per protocol, written after the examples of Smithy's protocol specifications and AWS's API
//! references, over a small model of our own; and properties: no bytes make a decoder panic.

use proptest::prelude::*;
use sekisho_model::{Map, Value};
use serde_json::{Value as Json, json};

use super::*;

/// A service with one operation that has one of everything.
fn service(protocol: &str, name: &str) -> Service {
    let (body, uri) = match protocol {
        "rest-json" | "rest-xml" => ("GET", "/{Bucket}/things/{Path+}?kind"),
        _ => ("POST", "/"),
    };
    let rest = protocol.starts_with("rest");
    let located = |location: &str, wire: &str, shape: &str| match rest {
        true => json!({"shape": shape, "location": location, "locationName": wire}),
        false => json!({"shape": shape}),
    };
    let model = json!({
        "metadata": {
            "apiVersion": "2020-01-08", "endpointPrefix": "thing", "protocol": protocol, "serviceId": "Thing",
            "jsonVersion": "1.1", "targetPrefix": "ThingService", "awsQueryCompatible": {},
            "xmlNamespace": "http://example.com/doc/"
        },
        "operations": { "Do": {
            "http": {"method": body, "requestUri": uri},
            "input": {"shape": "In"},
            "output": {"shape": "Out", "resultWrapper": "DoResult"},
            "endpoint": {"hostPrefix": "{Bucket}."}
        }},
        "shapes": {
            "In": {"type": "structure", "required": ["Bucket"], "members": {
                "Bucket": {"shape": "Text", "hostLabel": true, "location": if rest { json!("uri") } else { Json::Null }},
                "Path": if rest { json!({"shape": "Text", "location": "uri"}) } else { json!({"shape": "Text"}) },
                "Names": located("querystring", "name", "Texts"),
                "Since": located("querystring", "since", "Time"),
                "Flag": located("header", "X-Flag", "Flag"),
                "Filters": {"shape": "Filters", "locationName": "Filter"},
                "Tags": {"shape": "Tags"}
            }},
            "Out": {"type": "structure", "members": {
                "ListOfThings": {"shape": "Things", "locationName": "things"},
                "FlatThings": {"shape": "Things", "flattened": true, "locationName": "flat"},
                "Tags": {"shape": "Tags"},
                "Flag": {"shape": "Flag"}, "Count": {"shape": "Number"}, "Ratio": {"shape": "Float"},
                "When": {"shape": "Time"}, "Data": {"shape": "Bytes"}, "Any": {"shape": "Any"},
                "RequestMark": located("header", "x-mark", "Text"),
                "Status": located("statusCode", "", "Number")
            }},
            "Things": {"type": "list", "member": {"shape": "Thing", "locationName": "item"}},
            "Thing": {"type": "structure", "members": {
                "Id": {"shape": "Text", "locationName": "id"},
                "Kind": {"shape": "Text", "xmlAttribute": true, "locationName": "xsi:type"},
                "Inner": {"shape": "Thing"}
            }},
            "Tags": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Text"}},
            "Filters": {"type": "list", "member": {"shape": "Filter", "locationName": "Filter"}},
            "Filter": {"type": "structure", "members": {
                "Name": {"shape": "Text"}, "Values": {"shape": "Texts", "locationName": "Value"}
            }},
            "Texts": {"type": "list", "member": {"shape": "Text"}},
            "Text": {"type": "string"}, "Flag": {"type": "boolean"}, "Number": {"type": "integer"},
            "Float": {"type": "double"}, "Time": {"type": "timestamp"}, "Bytes": {"type": "blob"},
            "Any": {"type": "structure", "members": {}, "document": true}
        },
        "endpointRules": {"parameters": {}, "rules": []}
    });
    let text = model.to_string().replace(r#""location":null,"#, "");
    Service::parse(name, text.as_bytes()).unwrap()
}

fn map(json: Json) -> Map {
    match Value::from(json) {
        Value::Map(map) => map,
        other => panic!("{other} is no map"),
    }
}

fn request(protocol: &str, parameters: Json) -> Result<WireRequest, ProtocolError> {
    let service = service(protocol, "thing");
    build_request(&service, "Do", service.operation("Do").unwrap(), &map(parameters))
}

fn answer(protocol: &str, body: &str) -> Result<Value, ProtocolError> {
    let service = service(protocol, "thing");
    let headers = [("X-Mark".to_owned(), "m1".to_owned())];
    let response = WireResponse { status: 200, headers: &headers, body: body.as_bytes() };
    read_response(&service, service.operation("Do").unwrap(), response)
}

fn error(protocol: &str, status: u16, headers: &[(String, String)], body: &str) -> WireError {
    read_error(&service(protocol, "thing"), WireResponse { status, headers, body: body.as_bytes() })
}

fn parameters() -> Json {
    json!({
        "Bucket": "b", "Path": "a b/c", "Names": ["x", "y&z"], "Since": "2015-01-25T08:00:00Z", "Flag": true,
        "Filters": [{"Name": "vpc-id", "Values": ["v-1", "v-2"]}], "Tags": {"k": "v"}
    })
}

#[test]
fn json_request() {
    let request = request("json", parameters()).unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/"));
    assert!(request.headers.contains(&("content-type".into(), "application/x-amz-json-1.1".into())));
    assert!(request.headers.contains(&("x-amz-target".into(), "ThingService.Do".into())));
    let body: Json = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["Since"], 1_422_172_800);
    assert_eq!(body["Filter"], json!([{"Name": "vpc-id", "Value": ["v-1", "v-2"]}]));
    assert_eq!(request.host_prefix.as_deref(), Some("b."));
}

#[test]
fn query_request() {
    let body = String::from_utf8(request("query", parameters()).unwrap().body).unwrap();
    assert!(body.starts_with("Action=Do&Version=2020-01-08&"), "{body}");
    for part in [
        "Filter.Filter.1.Name=vpc-id",
        "Filter.Filter.1.Value.member.2=v-2",
        "Names.member.2=y%26z",
        "Since=2015-01-25T08%3A00%3A00Z",
        "Tags.entry.1.key=k",
        "Tags.entry.1.value=v",
        "Flag=true",
    ] {
        assert!(body.split('&').any(|pair| pair == part), "{part} in {body}");
    }
}

#[test]
fn ec2_request_numbers_lists_directly() {
    let body = String::from_utf8(request("ec2", parameters()).unwrap().body).unwrap();
    for part in ["Filter.1.Name=vpc-id", "Filter.1.Value.1=v-1", "Names.1=x"] {
        assert!(body.split('&').any(|pair| pair == part), "{part} in {body}");
    }
}

#[test]
fn rest_request() {
    let request = request("rest-json", parameters()).unwrap();
    assert_eq!(request.path, "/b/things/a%20b/c");
    assert_eq!(request.query, "kind&name=x&name=y%26z&since=2015-01-25T08%3A00%3A00Z");
    assert!(request.headers.contains(&("x-flag".into(), "true".into())));
    let body: Json = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body, json!({"Filter": [{"Name": "vpc-id", "Value": ["v-1", "v-2"]}], "Tags": {"k": "v"}}));
}

#[test]
fn rest_xml_request_leaves_the_bucket_of_s3_to_the_endpoint() {
    let service = service("rest-xml", "s3");
    let given = map(json!({"Bucket": "b", "Path": "p", "Filters": [{"Name": "a<b"}]}));
    let request = build_request(&service, "Do", service.operation("Do").unwrap(), &given).unwrap();
    assert_eq!(request.path, "/things/p");
    let body = String::from_utf8(request.body).unwrap();
    assert_eq!(
        body,
        "<Request xmlns=\"http://example.com/doc/\"><Filter><Filter><Name>a&lt;b</Name></Filter></Filter></Request>"
    );
}

#[test]
fn wrong_parameters_are_named() {
    let problem = |parameters: Json| request("rest-json", parameters).unwrap_err().to_string();
    assert!(problem(json!({"Path": "p"})).contains("`Bucket`: is required"));
    assert!(problem(json!({"Bucket": "b", "Path": "p", "Nmaes": []})).contains("no such parameter"));
    assert!(problem(json!({"Bucket": "", "Path": "p"})).contains("must not be empty"));
    assert!(problem(json!({"Bucket": "b", "Path": "p", "Flag": "yes"})).contains("true or false"));
    assert!(problem(json!({"Bucket": "a.b/", "Path": "p"})).contains("part of the host name"));
    assert!(problem(json!({"Bucket": "b", "Path": "p", "Since": "soon"})).contains("RFC 3339"));
}

#[test]
fn json_answer() {
    let value = answer(
        "json",
        r#"{"things":[{"id":"a","Inner":{"id":"b"}},{}],"Tags":{"k":"v","n":null},"Flag":false,"Count":3,"Ratio":1.5,
            "When":1422172800,"Data":"AAE=","Any":{"x":[1,{"y":null}]},"Unknown":{"deep":[1]},"FlatThings":null}"#,
    );
    assert_eq!(
        value.unwrap(),
        json!({
            "ListOfThings": [{"Id": "a", "Inner": {"Id": "b"}}, {}], "Tags": {"k": "v", "n": null}, "Flag": false,
            "Count": 3, "Ratio": 1.5, "When": "2015-01-25T08:00:00Z", "Data": "AAE=", "Any": {"x": [1, {"y": null}]}
        })
        .into()
    );
    assert_eq!(answer("json", "").unwrap(), json!({}).into());
}

#[test]
fn damaged_json_is_an_error_that_does_not_quote_it() {
    for body in
        [r#"{"things":[{"id":"secret""#, "<html>secret", r#"{"things":"secret"}"#, r#"{"Count":{"secret":1}}"#, "{} x"]
    {
        let text = answer("json", body).unwrap_err().to_string();
        assert!(text.starts_with("the answer cannot be read") && !text.contains("secret"), "{text}");
    }
    let deep = format!("{{\"Any\":{}", "[".repeat(100_000));
    assert!(answer("json", &deep).is_err());
}

const XML_BODY: &str = "<things><item xsi:type='K' xmlns:xsi='x'><id>a &amp; b</id><Inner><id>c</id></Inner></item></things>\
    <flat><id>1</id></flat><Tags><entry><key>k</key><value>v</value></entry></Tags>\
    <Flag>true</Flag><Count>3</Count><Ratio>1.5</Ratio><When>2015-01-25T08:00:00.000Z</When><Data>AAE=</Data><Other/>";

fn xml_value() -> Value {
    // The flattened list is named by its elements, `item`, so the lone <flat> is not one of them.
    json!({
        "ListOfThings": [{"Id": "a & b", "Kind": "K", "Inner": {"Id": "c"}}],
        "Tags": {"k": "v"}, "Flag": true, "Count": 3, "Ratio": 1.5, "When": "2015-01-25T08:00:00Z", "Data": "AAE="
    })
    .into()
}

#[test]
fn query_and_ec2_answers() {
    let wrapped = format!("<DoResponse xmlns='u'><DoResult>{XML_BODY}</DoResult><ResponseMetadata/></DoResponse>");
    assert_eq!(answer("query", &wrapped).unwrap(), xml_value());
    assert_eq!(answer("query", "<DoResponse><ResponseMetadata/></DoResponse>").unwrap(), json!({}).into());
    let empty = answer("query", "<DoResponse><DoResult><things/></DoResult></DoResponse>").unwrap();
    assert_eq!(empty, json!({"ListOfThings": []}).into(), "an empty list element is an empty list");
    let plain = format!("<?xml version=\"1.0\"?>\n<DoResponse><requestId>r</requestId>{XML_BODY}</DoResponse>");
    // EC2 has no wrapper, whatever the model's resultWrapper says.
    assert_eq!(answer("ec2", &plain).unwrap(), xml_value());
}

#[test]
fn flattened_lists_repeat_their_elements() {
    let body = "<DoResponse><DoResult><item><id>1</id></item><item><id>2</id></item></DoResult></DoResponse>";
    assert_eq!(answer("query", body).unwrap(), json!({"FlatThings": [{"Id": "1"}, {"Id": "2"}]}).into());
}

#[test]
fn rest_answers_take_headers_and_status() {
    let value = answer("rest-json", r#"{"Count":3}"#).unwrap();
    assert_eq!(value, json!({"Count": 3, "RequestMark": "m1", "Status": 200}).into());
    let value = answer("rest-xml", "<Out><Count>3</Count></Out>").unwrap();
    assert_eq!(value, json!({"Count": 3, "RequestMark": "m1", "Status": 200}).into());
    assert_eq!(answer("rest-xml", "").unwrap(), json!({"RequestMark": "m1", "Status": 200}).into());
}

#[test]
fn s3_bucket_location_is_the_root_itself() {
    let service = service("rest-xml", "s3");
    let read = |body: &str| {
        let response = WireResponse { status: 200, headers: &[], body: body.as_bytes() };
        let value = read_response(&service, service.operation("Do").unwrap(), response).unwrap();
        value.get("LocationConstraint").cloned()
    };
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";
    assert_eq!(read(&format!("{head}>eu-west-1</LocationConstraint>")), Some("eu-west-1".into()));
    assert_eq!(read(&format!("{head}/>")), Some(Value::Null));
}

#[test]
fn damaged_xml_is_an_error() {
    for body in [
        "<DoResponse><DoResult><Count>3",
        "<a>",
        "no xml",
        "<DoResponse><DoResult><Count>many</Count></DoResult></DoResponse>",
    ] {
        assert!(matches!(answer("query", body), Err(ProtocolError::Answer(_))), "{body}");
    }
}

fn wire_error(code: &str, message: &str) -> WireError {
    WireError { code: code.into(), message: message.into() }
}

#[test]
fn json_errors() {
    let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let body = r#"{"__type":"com.amazonaws.thing#NotFoundException","message":"no"}"#;
    assert_eq!(error("json", 400, &[], body), wire_error("NotFoundException", "no"));
    let typed = header("x-amzn-errortype", "ValidationException:http://internal.amazon.com/coral/");
    assert_eq!(error("rest-json", 400, &typed, r#"{"Message":"no"}"#), wire_error("ValidationException", "no"));
    let compatible = header("x-amzn-query-error", "AWS.SimpleQueueService.NonExistentQueue;Sender");
    assert_eq!(error("json", 400, &compatible, body), wire_error("AWS.SimpleQueueService.NonExistentQueue", "no"));
    assert_eq!(error("json", 502, &[], "<html>bad gateway</html>"), wire_error("502", "<html>bad gateway</html>"));
    assert_eq!(error("json", 403, &[], ""), wire_error("403", "HTTP status 403 without a message"));
}

#[test]
fn xml_errors() {
    let inner = "<Code>Throttling</Code><Message>Rate\n exceeded</Message>";
    let expected = wire_error("Throttling", "Rate exceeded");
    let query =
        format!("<ErrorResponse><Error><Type>Sender</Type>{inner}</Error><RequestId>r</RequestId></ErrorResponse>");
    assert_eq!(error("query", 400, &[], &query), expected);
    let ec2 = format!("<Response><Errors><Error>{inner}</Error></Errors><RequestID>r</RequestID></Response>");
    assert_eq!(error("ec2", 400, &[], &ec2), expected);
    assert_eq!(error("rest-xml", 400, &[], &format!("<Error>{inner}</Error>")), expected);
    assert!(is_error_body(b"<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code></Error>"));
    assert!(!is_error_body(b"<?xml version=\"1.0\"?><ListBucketResult/>"));
    let region = b"<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
    assert_eq!(error_region(region).as_deref(), Some("eu-west-1"));
}

#[test]
fn long_messages_are_cut() {
    let body = format!(r#"{{"message":"{}"}}"#, "é".repeat(5000));
    assert_eq!(error("json", 400, &[], &body).message.chars().count(), 300);
}

proptest! {
    #[test]
    fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200), protocol in 0..5_usize, status in 200..599_u16) {
        let name = ["json", "rest-json", "query", "ec2", "rest-xml"][protocol];
        let service = service(name, "s3");
        let response = WireResponse { status, headers: &[], body: &body };
        let _ = read_response(&service, service.operation("Do").unwrap(), response);
        let _ = read_error(&service, response);
    }

    #[test]
    fn cut_answers_are_errors(cut in 1..200_usize) {
        let whole = format!("<DoResponse><DoResult>{XML_BODY}</DoResult></DoResponse>");
        let end = whole.len() - cut.min(whole.len() - 1);
        prop_assert!(answer("query", whole.get(..end).unwrap_or_default()).is_err());
    }

    #[test]
    fn any_text_parameter_survives_the_form(text in ".{0,30}") {
        let body = request("query", json!({"Bucket": "b", "Path": text})).unwrap().body;
        let body = String::from_utf8(body).unwrap();
        let sent = body.split('&').find_map(|pair| pair.strip_prefix("Path=")).unwrap().to_owned();
        prop_assert_eq!(decode_percent(&sent), text);
    }
}

fn decode_percent(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}
