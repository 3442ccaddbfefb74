//! From a wire request to a signed HTTP request: the URL and Signature Version 4 (by `aws-sigv4`).

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;

use super::endpoint::{Endpoint, is_local};
use super::model::Service;
use super::protocol::WireRequest;

/// Where and as what a request is signed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) service: &'a Service,
    pub(crate) endpoint: &'a Endpoint,
    /// The Region called, which the endpoint's own signing Region overrides.
    pub(crate) region: &'a str,
    pub(crate) time: SystemTime,
}

/// The URL: endpoint, host prefix, path and query.
pub(crate) fn url(request: &WireRequest, endpoint: &Endpoint) -> String {
    let (scheme, rest) = endpoint.url.split_once("://").unwrap_or(("https", &endpoint.url));
    let (authority, base) = rest.split_once('/').unwrap_or((rest, ""));
    let base = base.trim_end_matches('/');
    let prefix = request.host_prefix.as_deref().unwrap_or_default();
    // S3 Control's rules put the prefix there themselves; nothing can stand in front of an address.
    let prefix = if authority.starts_with(prefix) || is_local(&endpoint.url) { "" } else { prefix };
    let mut url = format!("{scheme}://{prefix}{authority}");
    if !base.is_empty() {
        url.push('/');
        url.push_str(base);
    }
    // `/bucket` alone, not `/bucket/`: S3 takes both, but signs what it is sent.
    if base.is_empty() || request.path != "/" {
        url.push_str(&request.path);
    }
    if !request.query.is_empty() {
        url.push('?');
        url.push_str(&request.query);
    }
    url
}

/// The headers to send: the request's own and the signature's.
///
/// # Errors
/// A word on what cannot be signed; never with credentials in it.
pub(crate) fn signed_headers(
    request: &WireRequest,
    url: &str,
    scope: Scope<'_>,
    credentials: &Credentials,
) -> Result<Vec<(String, String)>, String> {
    let identity = credentials.clone().into();
    let mut settings = SigningSettings::default();
    // S3 reads the path as it is and wants the body's hash as a header; all other services encode the path again.
    let is_s3 = matches!(scope.service.name.as_str(), "s3" | "s3control");
    if is_s3 {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let name = scope.endpoint.signing_name.as_deref().unwrap_or(&scope.service.signing_name);
    let region = scope.endpoint.signing_region.as_deref().unwrap_or(scope.region);
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(name)
        .time(scope.time)
        .settings(settings)
        .build()
        .map_err(|error| error.to_string())?;
    let own = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let signable = SignableRequest::new(&request.method, url, own, SignableBody::Bytes(&request.body))
        .map_err(|_| format!("`{url}` cannot be signed; check the endpoint URL"))?;
    let signed = sign(signable, &parameters.into()).map_err(|_| format!("`{url}` cannot be signed"))?;
    let (instructions, _) = signed.into_parts();
    let mut headers = request.headers.clone();
    headers.extend(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())));
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(path: &str, query: &str, host_prefix: Option<&str>) -> WireRequest {
        WireRequest {
            method: "GET".into(),
            path: path.into(),
            query: query.into(),
            headers: Vec::new(),
            body: Vec::new(),
            host_prefix: host_prefix.map(str::to_owned),
        }
    }

    fn endpoint(url: &str) -> Endpoint {
        Endpoint { url: url.into(), signing_region: None, signing_name: None }
    }

    #[test]
    fn urls_are_put_together() {
        let url = |request: &WireRequest, base: &str| super::url(request, &endpoint(base));
        assert_eq!(
            url(&request("/", "", None), "https://kms.eu-west-1.amazonaws.com"),
            "https://kms.eu-west-1.amazonaws.com/"
        );
        assert_eq!(url(&request("/", "acl", None), "http://localhost:5000/b"), "http://localhost:5000/b?acl");
        assert_eq!(url(&request("/x", "", None), "http://h/base/"), "http://h/base/x");
        let prefixed = request("/v1", "", Some("123456789012."));
        assert_eq!(
            url(&prefixed, "https://s3-control.eu-west-1.amazonaws.com"),
            "https://123456789012.s3-control.eu-west-1.amazonaws.com/v1"
        );
        assert_eq!(url(&prefixed, "https://123456789012.s3-control.x"), "https://123456789012.s3-control.x/v1");
        assert_eq!(url(&prefixed, "http://127.0.0.1:5000"), "http://127.0.0.1:5000/v1");
    }
}
