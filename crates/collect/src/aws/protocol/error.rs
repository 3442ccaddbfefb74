//! Reading errors: code and message out of the five places where AWS puts them.

use serde_json::Value as Json;

use super::super::model::{Protocol, Service};
use super::WireResponse;
use super::xml::{self, Element};

/// Messages are shown beside verdicts; AWS's are short, a proxy's HTML page is not.
const MESSAGE_CHARS_MAX: usize = 300;

/// An error that a service answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireError {
    /// `AccessDenied`, `ThrottlingException` ...; the HTTP status where the answer names none.
    pub code: String,
    /// The service's words, at most 300 characters, one line.
    pub message: String,
}

/// Reads an error answer. Never fails: an answer that cannot be read is an error named by its status.
pub(crate) fn read_error(service: &Service, response: WireResponse<'_>) -> WireError {
    let found = match service.protocol {
        Protocol::Json | Protocol::RestJson => from_json(service, response),
        Protocol::Query | Protocol::Ec2 | Protocol::RestXml => from_xml(response.body),
    };
    let (code, message) = found.unwrap_or_default();
    WireError {
        code: if code.is_empty() { response.status.to_string() } else { code },
        message: tidy(&if message.is_empty() { fallback_message(response) } else { message }),
    }
}

fn from_json(service: &Service, response: WireResponse<'_>) -> Option<(String, String)> {
    let body: Json = serde_json::from_slice(response.body).unwrap_or_default();
    let text = |name: &str| body.get(name).and_then(Json::as_str);
    let message = text("message").or_else(|| text("Message")).or_else(|| text("errorMessage")).unwrap_or_default();
    // Query-compatible services keep the code of their old protocol in a header: `Code;Sender`.
    let legacy = response.header("x-amzn-query-error").filter(|_| service.query_compatible);
    let legacy = legacy.and_then(|value| value.split(';').next());
    let code = legacy
        .or_else(|| response.header("x-amzn-errortype"))
        .or_else(|| text("__type"))
        .or_else(|| text("code"))
        .unwrap_or_default();
    // `com.amazonaws.kms#NotFoundException`, `NotFoundException:http://internal/`
    let code = code.split(':').next().unwrap_or_default();
    let code = code.rsplit('#').next().unwrap_or_default();
    Some((code.trim().to_owned(), message.to_owned()))
}

/// `<Error>` (S3), `<ErrorResponse><Error>` (query, other REST-XML), `<Response><Errors><Error>` (EC2).
fn from_xml(body: &[u8]) -> Option<(String, String)> {
    let root = xml::parse(std::str::from_utf8(body).ok()?).ok()?;
    let error = find_error(&root)?;
    let text = |name: &str| error.child(name).map(|child| child.text.trim().to_owned()).unwrap_or_default();
    Some((text("Code"), text("Message")))
}

fn find_error<'e, 'x>(root: &'e Element<'x>) -> Option<&'e Element<'x>> {
    if root.name == "Error" {
        return Some(root);
    }
    root.child("Error").or_else(|| root.child("Errors")?.child("Error"))
}

/// The Region that an S3 error (`AuthorizationHeaderMalformed`, `IllegalLocationConstraintException`) names.
pub(crate) fn error_region(body: &[u8]) -> Option<String> {
    let root = xml::parse(std::str::from_utf8(body).ok()?).ok()?;
    Some(find_error(&root)?.child("Region")?.text.trim().to_owned())
}

/// Whether a 200 answer's body is an error all the same, which S3 does for a few operations.
pub(crate) fn is_error_body(body: &[u8]) -> bool {
    let start = body.get(..body.len().min(512)).unwrap_or_default();
    let start = String::from_utf8_lossy(start);
    let start = start.trim_start_matches('\u{feff}').trim_start();
    let start = if start.starts_with("<?") { start.split_once("?>").map_or("", |(_, rest)| rest) } else { start };
    start.trim_start().starts_with("<Error>")
}

fn fallback_message(response: WireResponse<'_>) -> String {
    let text = String::from_utf8_lossy(response.body.get(..response.body.len().min(2048)).unwrap_or_default());
    if text.trim().is_empty() {
        format!("HTTP status {} without a message", response.status)
    } else {
        text.into_owned()
    }
}

/// One line, without control characters, cut to the cap.
pub(crate) fn tidy(message: &str) -> String {
    let words: Vec<&str> = message.split_whitespace().collect();
    let line: String = words.join(" ").chars().filter(|c| !c.is_control()).collect();
    if line.chars().count() <= MESSAGE_CHARS_MAX {
        return line;
    }
    line.chars().take(MESSAGE_CHARS_MAX - 3).chain("...".chars()).collect()
}
