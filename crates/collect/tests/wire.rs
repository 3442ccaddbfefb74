//! The client against a server that misbehaves as networks and AWS do.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, missing_docs, reason = "tests")]

mod server;

use std::sync::Arc;
use std::time::Duration;

use sekisho_collect::aws::{Api, CallError, Client, ClientConfig, Operation};
use sekisho_model::{Map, UnknownKind, Value};
use server::{Reply, Server, client, target};

const EMPTY_KEYS: &str = r#"{"Keys":[],"Truncated":false}"#;

async fn call(client: &Client, operation: &str, parameters: &[(&str, &str)]) -> Result<Value, CallError> {
    let operation: Operation = operation.parse().unwrap();
    let parameters: Map = parameters.iter().map(|(name, value)| (*name, Value::from(*value))).collect();
    client.call(&target(), &operation, parameters).await
}

fn default_client(server: &Server) -> Client {
    client(&server.url, ClientConfig::default())
}

#[tokio::test]
async fn a_request_is_signed_and_its_answer_decoded() {
    let server = Server::start(|_, _| Reply::ok(r#"{"Keys":[{"KeyId":"k"}],"Truncated":false}"#)).await;
    let value = call(&default_client(&server), "kms:ListKeys", &[]).await.unwrap();
    assert_eq!(value.to_string(), r#"{"Keys":[{"KeyId":"k"}],"Truncated":false}"#);
    let request = &server.received()[0];
    assert_eq!(request.line, "POST / HTTP/1.1");
    assert_eq!(request.header("x-amz-target"), "TrentService.ListKeys");
    assert!(request.header("authorization").contains("AKIDEXAMPLE/20260301/us-east-1/kms/aws4_request"));
    assert_eq!(request.body, "{}");
}

#[tokio::test]
async fn throttled_calls_are_sent_again() {
    let server = Server::start(|number, _| match number {
        0 => Reply::json_error(400, "ThrottlingException"),
        1 => Reply::json_error(429, "Whatever"),
        _ => Reply::ok(EMPTY_KEYS),
    })
    .await;
    let client = default_client(&server);
    call(&client, "kms:ListKeys", &[]).await.unwrap();
    let counters = client.counters().now();
    assert_eq!((counters.calls, counters.retries, counters.throttled), (3, 2, 2));
}

#[tokio::test]
async fn ninety_percent_throttling_ends_complete() {
    let server = Server::start(|number, _| match number % 10 {
        9 => Reply::ok(EMPTY_KEYS),
        _ => Reply::json_error(400, "ThrottlingException"),
    })
    .await;
    let client = Arc::new(default_client(&server));
    let calls: Vec<_> = (0..30)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { call(&client, "kms:ListKeys", &[]).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(server.received().len(), 300);
}

#[tokio::test]
async fn throttling_without_end_is_reported_as_throttling() {
    let server = Server::start(|_, _| Reply::json_error(400, "ThrottlingException")).await;
    let config = ClientConfig { throttling_deadline: Duration::from_secs(20), ..ClientConfig::default() };
    let error = call(&client(&server.url, config), "kms:ListKeys", &[]).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (UnknownKind::Throttled, "ThrottlingException"));
    assert_eq!(error.attempts as usize, server.received().len());
    assert!(error.attempts > 3, "{}", error.attempts);
}

#[tokio::test]
async fn server_errors_and_cut_connections_are_weather() {
    let server = Server::start(|number, _| match number {
        0 => Reply::json_error(500, "KMSInternalException"),
        1 => Reply::Cut,
        2 => Reply::CutBody(EMPTY_KEYS.to_owned()),
        3 => Reply::ok(&EMPTY_KEYS[..10]),
        _ => Reply::ok(EMPTY_KEYS),
    })
    .await;
    call(&default_client(&server), "kms:ListKeys", &[]).await.unwrap();
    assert!(server.received().len() >= 5);
}

#[tokio::test]
async fn answers_that_stay_damaged_are_failures() {
    let server = Server::start(|_, request| match request.header("x-amz-target") {
        "" => Reply::ok("<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>"),
        _ => Reply::ok(r#"{"Keys":[{"KeyId":"#),
    })
    .await;
    let client = default_client(&server);
    for operation in ["kms:ListKeys", "rds:DescribeDBInstances"] {
        let error = call(&client, operation, &[]).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_str()), (UnknownKind::Failed, "MalformedAnswer"), "{operation}");
        assert!(error.message.contains("cut off"), "{}", error.message);
        assert_eq!(error.attempts, 4);
    }
}

#[tokio::test]
async fn pages_are_put_together() {
    let server = Server::start(|_, request| {
        let page = match request.body.as_str() {
            "{}" => r#"{"Keys":[{"KeyId":"a"}],"NextMarker":"m1","Truncated":true}"#,
            r#"{"Marker":"m1"}"# => r#"{"Keys":[],"NextMarker":"m2","Truncated":true}"#,
            r#"{"Marker":"m2"}"# => r#"{"Keys":[{"KeyId":"b"}],"Truncated":false}"#,
            other => return Reply::json_error(400, &format!("Unexpected{other}")),
        };
        Reply::ok(page)
    })
    .await;
    let value = call(&default_client(&server), "kms:ListKeys", &[]).await.unwrap();
    assert_eq!(value.to_string(), r#"{"Keys":[{"KeyId":"a"},{"KeyId":"b"}]}"#);
}

#[tokio::test]
async fn a_repeated_token_is_an_error_not_an_endless_list() {
    let server = Server::start(|number, _| {
        Reply::ok(&format!(r#"{{"Keys":[{{"KeyId":"a"}}],"NextMarker":"m{}","Truncated":true}}"#, number % 2))
    })
    .await;
    let error = call(&default_client(&server), "kms:ListKeys", &[]).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (UnknownKind::Failed, "RepeatedToken"));
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn buckets_of_other_regions_are_found_and_remembered() {
    let server = Server::start(|_, request| {
        if request.header("authorization").contains("/eu-west-1/s3/") {
            return Reply::ok(r#"{"Version":"2012-10-17"}"#);
        }
        let headers = vec![("x-amz-bucket-region", "eu-west-1".to_owned())];
        Reply::Answer(301, headers, "<Error><Code>PermanentRedirect</Code></Error>".into())
    })
    .await;
    let client = default_client(&server);
    for _ in 0..2 {
        let value = call(&client, "s3:GetBucketPolicy", &[("Bucket", "logs")]).await.unwrap();
        assert_eq!(value.to_string(), r#"{"Policy":"{\"Version\":\"2012-10-17\"}"}"#);
    }
    let received = server.received();
    assert_eq!(received.len(), 3, "the second call knows the Region");
    assert_eq!(received[0].line, "GET /logs?policy HTTP/1.1");
    assert_ne!(received[0].header("x-amz-content-sha256"), "");
}

#[tokio::test]
async fn the_list_of_buckets_says_where_they_are() {
    let server = Server::start(|_, request| match request.line.as_str() {
        "GET / HTTP/1.1" => Reply::ok(
            "<ListAllMyBucketsResult><Buckets><Bucket><Name>logs</Name><BucketRegion>eu-west-1</BucketRegion></Bucket>\
             </Buckets></ListAllMyBucketsResult>",
        ),
        _ => Reply::ok("{}"),
    })
    .await;
    let client = default_client(&server);
    call(&client, "s3:ListBuckets", &[]).await.unwrap();
    call(&client, "s3:GetBucketPolicy", &[("Bucket", "logs")]).await.unwrap();
    let received = server.received();
    assert!(received[0].header("authorization").contains("/us-east-1/s3/"));
    assert!(received[1].header("authorization").contains("/eu-west-1/s3/"));
}

#[tokio::test]
async fn the_region_in_a_400_is_followed_and_a_loop_ends() {
    let server = Server::start(|number, _| {
        let region = ["eu-west-1", "eu-west-2"][number % 2];
        let body = format!("<Error><Code>AuthorizationHeaderMalformed</Code><Region>{region}</Region></Error>");
        Reply::Answer(400, Vec::new(), body)
    })
    .await;
    let error = call(&default_client(&server), "s3:GetBucketPolicy", &[("Bucket", "logs")]).await.unwrap_err();
    assert_eq!((error.code.as_str(), server.received().len()), ("AuthorizationHeaderMalformed", 3));
}

#[tokio::test]
async fn errors_inside_a_200_of_s3_are_errors() {
    let server = Server::start(|number, _| match number {
        0 => Reply::ok("<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>again</Message></Error>"),
        _ => Reply::ok("<Tagging><TagSet/></Tagging>"),
    })
    .await;
    call(&default_client(&server), "s3:GetBucketAcl", &[("Bucket", "logs")]).await.unwrap();
    assert_eq!(server.received().len(), 2);
}

#[tokio::test]
async fn expired_credentials_are_refreshed_once() {
    let server = Server::start(|number, _| match number {
        0 => Reply::json_error(400, "ExpiredTokenException"),
        _ => Reply::ok(EMPTY_KEYS),
    })
    .await;
    call(&default_client(&server), "kms:ListKeys", &[]).await.unwrap();
    assert_eq!(server.received().len(), 2);

    let server = Server::start(|_, _| Reply::json_error(400, "ExpiredTokenException")).await;
    let error = call(&default_client(&server), "kms:ListKeys", &[]).await.unwrap_err();
    assert_eq!((error.kind, server.received().len()), (UnknownKind::Denied, 2));
    assert!(error.message.contains("sign in again"), "{}", error.message);
    assert!(!format!("{error:?}").contains("not-a-secret"));
}

#[tokio::test]
async fn refused_calls_are_final_and_counted() {
    let server = Server::start(|_, _| Reply::json_error(400, "AccessDeniedException")).await;
    let client = default_client(&server);
    let error = call(&client, "kms:ListKeys", &[]).await.unwrap_err();
    assert_eq!((error.kind, error.status, error.attempts), (UnknownKind::Denied, Some(400), 1));
    assert_eq!(error.to_string(), "kms:ListKeys: the words of AWS (AccessDeniedException)");
    assert_eq!(client.counters().now().refused, 1);
}

#[tokio::test]
async fn a_silent_server_times_out() {
    let server = Server::start(|_, _| Reply::Silence).await;
    let config =
        ClientConfig { attempt_timeout: Duration::from_millis(200), network_faults_max: 2, ..ClientConfig::default() };
    let error = call(&client(&server.url, config), "kms:ListKeys", &[]).await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str(), error.attempts), (UnknownKind::Failed, "TimedOut", 2));
}

#[tokio::test]
async fn a_dead_network_ends_quickly() {
    let client = client("http://127.0.0.1:1", ClientConfig { retry_budget: 6, ..ClientConfig::default() });
    for _ in 0..10 {
        let error = call(&client, "kms:ListKeys", &[]).await.unwrap_err();
        assert_eq!((error.kind, error.code.as_str()), (UnknownKind::Failed, "NoConnection"));
        assert!(error.message.contains("127.0.0.1"), "{}", error.message);
    }
    // Two calls spend the budget with their retries, the other eight are sent once.
    assert!(client.counters().now().calls <= 16, "{:?}", client.counters().now());
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_by_the_servers() {
    let server = Server::start(|_, request| {
        if request.header("x-amz-date").starts_with("20260301T15") {
            return Reply::ok(EMPTY_KEYS);
        }
        let headers = vec![("date", "Sun, 01 Mar 2026 15:00:00 GMT".to_owned())];
        Reply::Answer(403, headers, r#"{"__type":"RequestTimeTooSkewed","message":"no"}"#.into())
    })
    .await;
    let client = default_client(&server);
    call(&client, "kms:ListKeys", &[]).await.unwrap();
    call(&client, "kms:ListKeys", &[]).await.unwrap();
    assert_eq!(server.received().len(), 3);
}

#[tokio::test]
async fn bodies_have_a_cap() {
    let server = Server::start(|_, _| Reply::ok(&format!(r#"{{"Keys":[],"Padding":"{}"}}"#, "x".repeat(5000)))).await;
    let config = ClientConfig { body_bytes_max: 1000, ..ClientConfig::default() };
    let error = call(&client(&server.url, config), "kms:ListKeys", &[]).await.unwrap_err();
    assert_eq!((error.code.as_str(), error.attempts), ("TooLarge", 1));
}

#[tokio::test]
async fn what_the_pack_does_not_hold_cannot_be_called() {
    let server = Server::start(|_, _| Reply::ok("{}")).await;
    let client = default_client(&server);
    for operation in ["kms:ScheduleKeyDeletion", "nosuchservice:ListThings"] {
        assert_eq!(call(&client, operation, &[]).await.unwrap_err().code, "NoModel");
    }
    let error = call(&client, "kms:DescribeKey", &[("Keyid", "k")]).await.unwrap_err();
    assert!(error.message.contains("`Keyid`"), "{}", error.message);
    assert!(server.received().is_empty());
}
