//! Doors for fuzz targets and differential checks, which need the parts without a client. No stable interface.

use serde_json::json;

use super::ModelSet;
use super::endpoint::{Endpoint, Parameters};
use super::protocol::{WireResponse, read_error, read_response};

/// Reads `body` as the answer to an operation, and as an error; both must return, whatever the bytes.
pub fn decode(models: &ModelSet, service: &str, operation: &str, status: u16, body: &[u8]) {
    let Ok(service) = models.service(service) else { return };
    let Some(model) = service.operation(operation) else { return };
    let response = WireResponse { status, headers: &[], body };
    // Only returning matters here.
    let _ = read_response(&service, model, response);
    let _ = read_error(&service, response);
}

/// Resolves a service's endpoint from the published rules alone.
///
/// # Errors
/// The rule set's message.
pub fn endpoint(
    models: &ModelSet,
    service: &str,
    region: &str,
    fips: bool,
    dual_stack: bool,
) -> Result<Endpoint, String> {
    let service = models.service(service).map_err(|error| error.to_string())?;
    let built_ins = Parameters::from([
        ("AWS::Region".to_owned(), json!(region)),
        ("AWS::UseFIPS".to_owned(), json!(fips)),
        ("AWS::UseDualStack".to_owned(), json!(dual_stack)),
    ]);
    service.rules.resolve(&service.rules.bind(&built_ins, &Parameters::new()), models.partitions())
}
