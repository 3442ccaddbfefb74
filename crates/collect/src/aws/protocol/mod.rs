//! AWS's wire protocols, pure: parameters to a request, an answer's bytes to a [`Value`], an error's bytes to a code.
//!
//! The specifications are Smithy's "AWS protocols" (awsJson 1.0/1.1, restJson1, restXml, awsQuery, ec2Query); where
//! they leave room, answers have the form that botocore gives. Conventions of every decoded answer:
//! - keys are the model's member names, whatever the wire calls them;
//! - timestamps are RFC 3339 text in UTC, blobs are base64 text;
//! - what the answer does not contain is absent, an empty XML list element is an empty list;
//! - members that the model does not know are dropped, as every AWS client does.
//!
//! Nothing here panics on any input: sizes are capped by the transport, depth here.

mod encode;
mod error;
mod json;
mod query;
mod rest;
mod timestamp;
mod xml;
mod xml_decode;

#[cfg(test)]
mod tests;

use sekisho_model::{Map, Value};

pub use error::WireError;
pub(crate) use error::{error_region, is_error_body, read_error, tidy};

use super::model::{OperationModel, Protocol, Service};

/// A request without host, credentials and signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireRequest {
    /// `GET`, `POST` ...
    pub method: String,
    /// Percent-encoded path, with its leading slash.
    pub path: String,
    /// Percent-encoded query string, without the question mark; may be empty.
    pub query: String,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// What the operation wants in front of the host (`123456789012.`).
    pub host_prefix: Option<String>,
}

/// What came back.
#[derive(Debug, Clone, Copy)]
pub struct WireResponse<'a> {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case.
    pub headers: &'a [(String, String)],
    /// The whole body.
    pub body: &'a [u8],
}

impl WireResponse<'_> {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A request or an answer that does not fit the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// The parameters do not fit the operation.
    #[error("parameter `{parameter}`: {problem}")]
    Parameter {
        /// Which.
        parameter: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// The answer is cut off, damaged or of another form than the model describes.
    #[error("the answer cannot be read: {0}")]
    Answer(String),
}

impl ProtocolError {
    pub(super) fn parameter(parameter: &str, problem: impl Into<String>) -> Self {
        Self::Parameter { parameter: parameter.to_owned(), problem: problem.into() }
    }
}

/// Builds the request of an operation.
///
/// # Errors
/// [`ProtocolError::Parameter`] where parameters are unknown, missing or of the wrong type.
pub(crate) fn build_request(
    service: &Service,
    name: &str,
    operation: &OperationModel,
    parameters: &Map,
) -> Result<WireRequest, ProtocolError> {
    check_parameters(service, operation, parameters)?;
    let mut request = match service.protocol {
        Protocol::Json => json::request(service, name, operation, parameters)?,
        Protocol::Query | Protocol::Ec2 => query::request(service, name, operation, parameters)?,
        Protocol::RestJson | Protocol::RestXml => rest::request(service, operation, parameters)?,
    };
    request.host_prefix = host_prefix(service, operation, parameters)?;
    Ok(request)
}

/// Decodes the answer to a successful call.
///
/// # Errors
/// [`ProtocolError::Answer`] where the body is damaged.
pub(crate) fn read_response(
    service: &Service,
    operation: &OperationModel,
    response: WireResponse<'_>,
) -> Result<Value, ProtocolError> {
    let Some(output) = &operation.output else { return Ok(Value::Map(Map::new())) };
    match service.protocol {
        Protocol::Json => json::response(service, output, response.body),
        Protocol::Query => {
            xml_decode::query_response(service, output, operation.result_wrapper.as_deref(), response.body)
        }
        Protocol::Ec2 => xml_decode::query_response(service, output, None, response.body),
        Protocol::RestJson | Protocol::RestXml => rest::response(service, output, response),
    }
}

fn check_parameters(service: &Service, operation: &OperationModel, parameters: &Map) -> Result<(), ProtocolError> {
    let input = service.structure(operation.input.as_ref());
    for name in parameters.keys() {
        if input.member(name).is_none() {
            let known: Vec<&str> = input.members.iter().map(|member| &*member.name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(ProtocolError::parameter(name, format!("the operation has no such parameter; it has {known}")));
        }
    }
    for name in &input.required {
        if parameters.get(name).is_none_or(Value::is_null) {
            return Err(ProtocolError::parameter(name, "is required and was not given"));
        }
    }
    Ok(())
}

fn host_prefix(
    service: &Service,
    operation: &OperationModel,
    parameters: &Map,
) -> Result<Option<String>, ProtocolError> {
    let Some(template) = &operation.host_prefix else { return Ok(None) };
    let mut prefix = template.clone();
    for member in &service.structure(operation.input.as_ref()).members {
        let placeholder = format!("{{{}}}", member.name);
        if member.host_label && prefix.contains(&placeholder) {
            let value = parameters.get(&member.name).and_then(Value::as_str).unwrap_or_default();
            let sound = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
            if !sound {
                return Err(ProtocolError::parameter(&member.name, "is part of the host name; use letters, digits, -"));
            }
            prefix = prefix.replace(&placeholder, value);
        }
    }
    Ok(Some(prefix))
}

/// Percent-encodes all but RFC 3986's unreserved characters, as SigV4 wants it.
pub(crate) fn percent_encode(text: &str) -> String {
    encode::percent(text, false)
}

/// A header value of an answer may hold anything; what it says becomes text.
pub(super) fn text_value(text: &str) -> Value {
    Value::from(text)
}
