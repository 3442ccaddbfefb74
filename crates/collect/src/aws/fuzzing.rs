//! Doors for the fuzz targets, which need the decoders without a client. No stable interface.

use super::ModelSet;
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
