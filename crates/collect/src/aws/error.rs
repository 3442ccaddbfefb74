//! Why a call gave no answer, sorted into the kinds that verdicts distinguish.

use sekisho_model::{Unknown, UnknownKind};

use super::Operation;
use super::protocol::WireError;

/// A call that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {message} ({code})")]
pub struct CallError {
    /// `kms:GetKeyPolicy`.
    pub operation: String,
    /// AWS's error code, or ours for what never reached AWS: `ConnectionFailed`, `TimedOut`, `MalformedAnswer` ...
    pub code: String,
    /// AWS's words or ours, at most 300 characters; without credentials.
    pub message: String,
    /// HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// What it means for a verdict.
    pub kind: UnknownKind,
    /// Requests that the call sent, pages and retries included.
    pub attempts: u32,
}

impl CallError {
    pub(crate) fn new(operation: &Operation, kind: UnknownKind, code: &str, message: impl Into<String>) -> Self {
        Self {
            operation: operation.to_string(),
            code: code.to_owned(),
            message: super::protocol::tidy(&message.into()),
            status: None,
            kind,
            attempts: 0,
        }
    }

    /// The error as the unknown value that takes the answer's place.
    pub fn unknown(&self) -> Unknown {
        let message =
            if self.message.is_empty() { self.code.clone() } else { format!("{}: {}", self.code, self.message) };
        Unknown { source: self.operation.clone(), kind: self.kind, message }
    }
}

/// What to do about an error answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Slow down and send again.
    Throttled,
    /// The service's own trouble: send again a few times.
    Transient,
    /// The credentials are too old: fetch new ones and send again, once.
    Expired,
    /// The clocks differ: adopt the server's and send again, once.
    Skewed,
    /// Final.
    Final(UnknownKind),
}

/// Codes that mean "too fast", as botocore's retry handlers know them.
const THROTTLING: [&str; 16] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "RequestThrottled",
    "TooManyRequestsException",
    "TooManyRequests",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
    "Client.RequestLimitExceeded",
];

/// Codes of trouble on AWS's side.
const TRANSIENT: [&str; 8] = [
    "RequestTimeout",
    "RequestTimeoutException",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
];

const EXPIRED: [&str; 4] = ["ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"];

const SKEWED: [&str; 3] = ["RequestTimeTooSkewed", "RequestInTheFuture", "SignatureNotYetCurrent"];

/// Codes that mean that the credentials or their policies do not allow the call.
const DENIED: [&str; 17] = [
    "AccessDenied",
    "AccessDeniedException",
    "AccessDeniedFault",
    "AuthFailure",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Forbidden",
    "ForbiddenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "NotAuthorized",
    "SignatureDoesNotMatch",
    "UnauthorizedException",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

/// Codes that mean that the service is not there for this account or Region.
const UNAVAILABLE: [&str; 9] = [
    "OptInRequired",
    "SubscriptionRequired",
    "SubscriptionRequiredException",
    "NotSignedUp",
    "UnknownOperation",
    "UnknownOperationException",
    "InvalidAction",
    "UnsupportedOperation",
    "UnknownEndpoint",
];

/// Sorts an error answer. `own_throttling` are the operation's own throttling codes, out of its model.
pub(crate) fn classify(error: &WireError, status: u16, own_throttling: &[String]) -> Class {
    let code = error.code.as_str();
    let is = |codes: &[&str]| codes.contains(&code);
    if is(&THROTTLING) || own_throttling.iter().any(|own| own == code) || status == 429 {
        return Class::Throttled;
    }
    if is(&EXPIRED) {
        return Class::Expired;
    }
    if is(&SKEWED) || (is(&["InvalidSignatureException", "SignatureDoesNotMatch"]) && mentions_time(&error.message)) {
        return Class::Skewed;
    }
    if is(&DENIED) || code.starts_with("AccessDenied") {
        return Class::Final(UnknownKind::Denied);
    }
    if is(&UNAVAILABLE) {
        return Class::Final(UnknownKind::Unavailable);
    }
    if is(&TRANSIENT) || matches!(status, 500 | 502 | 503 | 504) {
        return Class::Transient;
    }
    // A bare 403 comes from S3's HEAD-like answers and from proxies and firewalls in between.
    let bare = code.chars().all(|c| c.is_ascii_digit());
    if bare && matches!(status, 401 | 403) {
        return Class::Final(UnknownKind::Denied);
    }
    Class::Final(UnknownKind::Failed)
}

/// JSON services say "Signature expired: ... is now earlier than ..." or "Signature not yet current".
fn mentions_time(message: &str) -> bool {
    message.contains("Signature expired") || message.contains("Signature not yet current")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(code: &str, message: &str, status: u16) -> Class {
        classify(&WireError { code: code.into(), message: message.into() }, status, &["Own".to_owned()])
    }

    #[test]
    fn codes_decide_before_the_status() {
        assert_eq!(class("ThrottlingException", "", 400), Class::Throttled);
        assert_eq!(class("Own", "", 400), Class::Throttled);
        assert_eq!(class("429", "", 429), Class::Throttled);
        assert_eq!(class("SlowDown", "", 503), Class::Throttled);
        assert_eq!(class("AccessDenied", "", 403), Class::Final(UnknownKind::Denied));
        assert_eq!(class("UnauthorizedOperation", "", 403), Class::Final(UnknownKind::Denied));
        assert_eq!(class("403", "", 403), Class::Final(UnknownKind::Denied));
        assert_eq!(class("OptInRequired", "", 403), Class::Final(UnknownKind::Unavailable));
        assert_eq!(class("NoSuchBucketPolicy", "", 404), Class::Final(UnknownKind::Failed));
        assert_eq!(class("InternalFailure", "", 500), Class::Transient);
        assert_eq!(class("501", "", 501), Class::Final(UnknownKind::Failed));
        assert_eq!(class("ExpiredTokenException", "", 400), Class::Expired);
        assert_eq!(class("RequestTimeTooSkewed", "", 403), Class::Skewed);
        assert_eq!(class("InvalidSignatureException", "Signature expired: 2026 is now earlier", 400), Class::Skewed);
        assert_eq!(class("InvalidSignatureException", "does not match", 403), Class::Final(UnknownKind::Denied));
    }
}
