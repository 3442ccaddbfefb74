//! Every way into an account that people use, against fakes of what hands out the credentials: each scan must say who it
//! was, and must have proved itself as that way prescribes (AWS SDKs and Tools Reference Guide, "Standardized
//! credential providers").
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod lab_support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use lab_support::{SCAN, fail, read, sekisho, succeed};

const EXPIRATION: &str = "2099-01-01T00:00:00Z";

/// One request: its line, its header lines and its body, in one text.
type Seen = Arc<Mutex<Vec<String>>>;

/// Plays STS, the SSO portal, a container agent and the instance metadata service, and refuses everything else.
struct FakeAws {
    url: String,
    seen: Seen,
}

impl FakeAws {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Seen::default();
        let kept = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = kept.clone();
                std::thread::spawn(move || serve(stream, &kept));
            }
        });
        Self { url, seen }
    }

    /// The first request that holds all of `parts`.
    fn request(&self, parts: &[&str]) -> String {
        let seen = self.seen.lock().unwrap();
        let found = seen.iter().find(|request| parts.iter().all(|part| request.contains(part)));
        found.cloned().unwrap_or_else(|| panic!("no request with {parts:?} among {seen:#?}"))
    }

    /// A scan that may reach nothing but this server, with the settings of one way to sign in.
    fn scan(&self, folder: &Path, settings: &[(&str, &str)]) -> Command {
        let mut command = sekisho(folder);
        command
            .env("HOME", folder)
            .env("AWS_CONFIG_FILE", folder.join("config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", folder.join("credentials"))
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(settings.iter().copied())
            .args(SCAN)
            .args(["--only", "Account.1", "--region", "us-east-1"]);
        command
    }

    /// The access key that a scan with these settings ended up with; the fake STS puts it into the identity.
    fn key_of_scan(&self, folder: &Path, settings: &[(&str, &str)]) -> String {
        succeed(&mut self.scan(folder, settings));
        let report = read(folder).report;
        let identity = report["accounts"][0]["identity"].as_str().unwrap().to_owned();
        identity.rsplit('/').next().unwrap().to_owned()
    }
}

fn serve(stream: TcpStream, seen: &Seen) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut request, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        request.push_str(&line);
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() || request.is_empty() {
        return;
    }
    request.push_str(&String::from_utf8_lossy(&body));
    let (status, kind, body) = answer(&request);
    seen.lock().unwrap().push(request);
    // The metadata service must say how long its token holds, in seconds.
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", body.len());
    let mut stream = stream;
    let _ = write!(stream, "{head}connection: close\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\n\r\n{body}");
}

fn answer(request: &str) -> (u16, &'static str, String) {
    let line = request.lines().next().unwrap_or_default();
    let keys = |key: &str| {
        format!(
            r#"{{"Code":"Success","Type":"AWS-HMAC","LastUpdated":"2026-01-01T00:00:00Z","AccessKeyId":"{key}","SecretAccessKey":"s","Token":"t","Expiration":"{EXPIRATION}"}}"#
        )
    };
    if request.contains("Action=GetCallerIdentity") {
        let key = request.split_once("Credential=").and_then(|(_, rest)| rest.split('/').next()).unwrap_or_default();
        let arn = format!("arn:aws:sts::111122223333:assumed-role/any/{key}");
        let body = format!("<Arn>{arn}</Arn><UserId>AROA:{key}</UserId><Account>111122223333</Account>");
        return (200, "text/xml", sts("GetCallerIdentity", &body));
    }
    for (action, key) in [("AssumeRole", "ROLEKEY"), ("AssumeRoleWithWebIdentity", "WEBKEY")] {
        if request.contains(&format!("Action={action}&")) {
            let credentials = format!(
                "<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                 <SessionToken>t</SessionToken><Expiration>{EXPIRATION}</Expiration></Credentials>\
                 <AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/a/b</Arn></AssumedRoleUser>"
            );
            return (200, "text/xml", sts(action, &credentials));
        }
    }
    if line.starts_with("GET /federation/credentials") {
        let body = r#"{"roleCredentials":{"accessKeyId":"SSOKEY","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}}"#;
        return (200, "application/json", body.to_owned());
    }
    match line {
        "GET /container HTTP/1.1" => (200, "application/json", keys("CONTAINERKEY")),
        "PUT /latest/api/token HTTP/1.1" => (200, "text/plain", "metadata-token".to_owned()),
        _ if line.starts_with("GET /latest/meta-data/iam/security-credentials/node-role") => {
            (200, "text/plain", keys("INSTANCEKEY"))
        }
        _ if line.starts_with("GET /latest/meta-data/iam/security-credentials") => {
            (200, "text/plain", "node-role".into())
        }
        _ => (400, "application/json", r#"{"__type":"AccessDeniedException","message":"the fake refuses"}"#.into()),
    }
}

fn sts(action: &str, body: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>{body}</{action}Result>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{action}Response>"
    )
}

fn folder_with_config(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config"), config).unwrap();
    folder
}

#[test]
fn a_profile_assumes_its_role_with_the_external_id() {
    let aws = FakeAws::start();
    let folder = folder_with_config(
        "[profile base]\naws_access_key_id = BASEKEY\naws_secret_access_key = s\n\
         [profile audit]\nrole_arn = arn:aws:iam::111122223333:role/Audit\nsource_profile = base\n\
         external_id = the-external-id\nregion = us-east-1\n",
    );
    assert_eq!(aws.key_of_scan(folder.path(), &[("AWS_PROFILE", "audit")]), "ROLEKEY");
    let request = aws.request(&["Action=AssumeRole&", "ExternalId=the-external-id"]);
    assert!(request.contains("Credential=BASEKEY/"), "{request}");
    assert!(request.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2FAudit"), "{request}");
}

#[test]
fn the_role_of_the_command_line_is_assumed_with_its_external_id() {
    let aws = FakeAws::start();
    let folder = folder_with_config("");
    let keys = [("AWS_ACCESS_KEY_ID", "ENVKEY"), ("AWS_SECRET_ACCESS_KEY", "s")];
    let role = ["--role-arn", "arn:aws:iam::111122223333:role/Audit", "--external-id", "the-external-id"];
    succeed(aws.scan(folder.path(), &keys).args(role));
    let request = aws.request(&["Action=AssumeRole&", "ExternalId=the-external-id"]);
    assert!(request.contains("Credential=ENVKEY/"), "{request}");
    aws.request(&["Action=GetCallerIdentity", "Credential=ROLEKEY/"]);
}

#[test]
fn a_credential_process_is_run() {
    let aws = FakeAws::start();
    let folder = folder_with_config("");
    let keys = r#"{"Version":1,"AccessKeyId":"PROCESSKEY","SecretAccessKey":"s","SessionToken":"t"}"#;
    fs::write(folder.path().join("keys.json"), keys).unwrap();
    let config = format!("[default]\ncredential_process = cat {}\n", folder.path().join("keys.json").display());
    fs::write(folder.path().join("config"), config).unwrap();
    assert_eq!(aws.key_of_scan(folder.path(), &[]), "PROCESSKEY");
}

#[test]
fn a_web_identity_token_is_exchanged() {
    let aws = FakeAws::start();
    let folder = folder_with_config("");
    fs::write(folder.path().join("token"), "a.web.token").unwrap();
    let token = folder.path().join("token").display().to_string();
    let settings = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_str()),
        ("AWS_ROLE_ARN", "arn:aws:iam::111122223333:role/Pod"),
        ("AWS_ROLE_SESSION_NAME", "pod"),
        ("AWS_REGION", "us-east-1"),
    ];
    assert_eq!(aws.key_of_scan(folder.path(), &settings), "WEBKEY");
    let request = aws.request(&["Action=AssumeRoleWithWebIdentity", "WebIdentityToken=a.web.token"]);
    assert!(!request.contains("Credential="), "this call is not signed: {request}");
}

/// The cache file's name is the SHA-1 of the session's name, as `aws sso login` writes it.
#[test]
fn a_cached_sso_token_is_exchanged_at_the_portal() {
    let aws = FakeAws::start();
    let folder = folder_with_config(
        "[sso-session team]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n\
         sso_registration_scopes = sso:account:access\n\
         [profile audit]\nsso_session = team\nsso_account_id = 111122223333\nsso_role_name = Audit\nregion = us-east-1\n",
    );
    let cache = folder.path().join(".aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    let token = format!(
        r#"{{"startUrl":"https://example.awsapps.com/start","region":"us-east-1","accessToken":"sso-token","expiresAt":"{EXPIRATION}"}}"#
    );
    // sha1("team")
    fs::write(cache.join("d25187dc137f35c88bc80ec8c3ffbdb17b5eb873.json"), token).unwrap();
    assert_eq!(aws.key_of_scan(folder.path(), &[("AWS_PROFILE", "audit")]), "SSOKEY");
    let request = aws.request(&["GET /federation/credentials", "role_name=Audit", "account_id=111122223333"]);
    assert!(request.to_ascii_lowercase().contains("x-amz-sso_bearer_token: sso-token"), "{request}");
}

#[test]
fn a_container_asks_its_agent() {
    let aws = FakeAws::start();
    let folder = folder_with_config("");
    let uri = format!("{}/container", aws.url);
    let settings =
        [("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()), ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Bearer agent")];
    assert_eq!(aws.key_of_scan(folder.path(), &settings), "CONTAINERKEY");
    let request = aws.request(&["GET /container"]);
    assert!(request.to_ascii_lowercase().contains("authorization: bearer agent"), "{request}");
}

#[test]
fn an_instance_asks_the_metadata_service_with_a_token() {
    let aws = FakeAws::start();
    let folder = folder_with_config("");
    let settings = [("AWS_EC2_METADATA_DISABLED", "false"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", aws.url.as_str())];
    assert_eq!(aws.key_of_scan(folder.path(), &settings), "INSTANCEKEY");
    let request = aws.request(&["GET /latest/meta-data/iam/security-credentials", "node-role"]);
    assert!(request.to_ascii_lowercase().contains("x-aws-ec2-metadata-token: metadata-token"), "{request}");
}

#[test]
fn without_credentials_the_ways_to_get_some_are_named() {
    let aws = FakeAws::start();
    let text = fail(&mut aws.scan(folder_with_config("").path(), &[]));
    for part in ["no AWS credentials were found", "--profile", "aws sso login"] {
        assert!(text.contains(part), "{text}");
    }
    assert!(aws.seen.lock().unwrap().is_empty());
}
