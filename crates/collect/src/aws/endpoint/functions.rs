//! The functions of the endpoint rules language. Names and semantics are those of Smithy's rules engine
//! specification; `None` is the language's "unset".

use serde_json::{Value as Json, json};

use super::partition::Partitions;

/// Calls a function that takes evaluated arguments (`isSet` and `not` are the evaluator's).
pub(super) fn call(name: &str, arguments: &[Option<Json>], partitions: &Partitions) -> Result<Option<Json>, String> {
    let argument = |at: usize| arguments.get(at).and_then(Option::as_ref);
    let text = |at: usize| argument(at).and_then(Json::as_str);
    let truth = |at: usize| argument(at).and_then(Json::as_bool).unwrap_or(false);
    Ok(match name {
        "booleanEquals" => Some(json!(argument(0).and_then(Json::as_bool) == argument(1).and_then(Json::as_bool))),
        "stringEquals" => Some(json!(text(0).is_some() && text(0) == text(1))),
        "getAttr" => argument(0).zip(text(1)).and_then(|(value, path)| attribute(value, path)),
        "substring" => {
            let bound = |at: usize| argument(at).and_then(Json::as_u64).unwrap_or(0) as usize;
            text(0).and_then(|text| substring(text, bound(1), bound(2), truth(3))).map(|text| json!(text))
        }
        "isValidHostLabel" => Some(json!(text(0).is_some_and(|label| valid_host_label(label, truth(1))))),
        "aws.isVirtualHostableS3Bucket" => Some(json!(text(0).is_some_and(|name| virtual_hostable(name, truth(1))))),
        "aws.partition" => text(0).and_then(|region| partitions.of_region(region)).map(|found| found.outputs()),
        "aws.parseArn" => text(0).and_then(parse_arn),
        "parseURL" => text(0).and_then(parse_url),
        "uriEncode" => text(0).map(|text| json!(super::super::protocol::percent_encode(text))),
        other => return Err(format!("the endpoint rules use a function that is not known: {other}")),
    })
}

/// `a.b`, `a[0]`, `[0]`.
pub(super) fn attribute(value: &Json, path: &str) -> Option<Json> {
    let mut value = value;
    for step in path.split('.') {
        let (name, index) = match step.split_once('[') {
            Some((name, index)) => (name, Some(index.trim_end_matches(']').parse::<usize>().ok()?)),
            None => (step, None),
        };
        if !name.is_empty() {
            value = value.get(name)?;
        }
        if let Some(index) = index {
            value = value.get(index)?;
        }
    }
    Some(value.clone())
}

fn substring(text: &str, start: usize, stop: usize, reverse: bool) -> Option<&str> {
    if start >= stop || text.len() < stop || !text.is_ascii() {
        return None;
    }
    if reverse { text.get(text.len() - stop..text.len() - start) } else { text.get(start..stop) }
}

fn valid_host_label(label: &str, allow_dots: bool) -> bool {
    if allow_dots {
        return label.split('.').all(|part| valid_host_label(part, false));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (1..=63).contains(&label.len()) && label.chars().all(allowed) && !label.starts_with('-')
}

fn virtual_hostable(name: &str, allow_dots: bool) -> bool {
    if allow_dots && name.contains('.') {
        return name.split('.').all(virtual_hostable_part) && name.len() >= 3 && !is_ipv4(name);
    }
    (3..=63).contains(&name.len()) && virtual_hostable_part(name)
}

fn virtual_hostable_part(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.chars().all(|c| plain(c) || c == '-') && part.starts_with(plain) && part.ends_with(plain)
}

fn is_ipv4(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

fn parse_arn(text: &str) -> Option<Json> {
    let arn: sekisho_model::Arn = text.parse().ok()?;
    let resource: Vec<&str> = arn.resource().split([':', '/']).collect();
    Some(json!({
        "partition": arn.partition(),
        "service": arn.service(),
        "region": arn.region(),
        "accountId": arn.account(),
        "resourceId": resource,
    }))
}

fn parse_url(text: &str) -> Option<Json> {
    let (scheme, rest) = text.split_once("://")?;
    if !matches!(scheme, "http" | "https") || rest.contains(['?', '#']) {
        return None;
    }
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at_checked(at)?,
        None => (rest, ""),
    };
    let host = if authority.starts_with('[') { authority } else { authority.split(':').next()? };
    let normalized = if path.ends_with('/') { path.to_owned() } else { format!("{path}/") };
    let is_ip = authority.starts_with('[') || is_ipv4(host);
    Some(json!({
        "scheme": scheme,
        "authority": authority,
        "path": path,
        "normalizedPath": normalized,
        "isIp": is_ip,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_by_path() {
        let value = json!({"a": {"b": ["x", "y"]}});
        assert_eq!(attribute(&value, "a.b[1]"), Some(json!("y")));
        assert_eq!(attribute(&value["a"]["b"], "[0]"), Some(json!("x")));
        assert_eq!(attribute(&value, "a.c"), None);
    }

    // Cases of the Smithy rules engine specification.
    #[test]
    fn substring_counts_from_either_end() {
        assert_eq!(substring("abcdefg", 0, 4, false), Some("abcd"));
        assert_eq!(substring("abcdefg", 0, 4, true), Some("defg"));
        assert_eq!(substring("abcdefg", 2, 4, true), Some("de"));
        assert_eq!(substring("abc", 0, 4, false), None);
        assert_eq!(substring("abcé", 0, 2, false), None);
        assert_eq!(substring("abc", 2, 2, false), None);
    }

    #[test]
    fn host_labels_and_buckets() {
        assert!(valid_host_label("a-1", false) && !valid_host_label("a.b", false) && valid_host_label("a.b", true));
        assert!(!valid_host_label("", false) && !valid_host_label("-a", false) && !valid_host_label("a_b", false));
        assert!(virtual_hostable("my-bucket", false) && !virtual_hostable("My-bucket", false));
        assert!(!virtual_hostable("a.b", false) && virtual_hostable("aa.bb", true));
        assert!(!virtual_hostable("ab", false) && !virtual_hostable("192.168.1.1", true));
    }

    #[test]
    fn urls() {
        let url = parse_url("https://example.com:8443/a").unwrap();
        assert_eq!(url["authority"], "example.com:8443");
        assert_eq!(url["normalizedPath"], "/a/");
        assert_eq!(parse_url("https://127.0.0.1").unwrap()["isIp"], true);
        assert_eq!(parse_url("https://a.example/?b"), None);
        assert_eq!(parse_url("ftp://a.example"), None);
    }

    #[test]
    fn arns() {
        let arn = parse_arn("arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-1/accesspoint/reports").unwrap();
        assert_eq!(arn["resourceId"], json!(["outpost", "op-1", "accesspoint", "reports"]));
        assert_eq!(parse_arn("arn:aws"), None);
    }
}
