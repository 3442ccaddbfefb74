//! Where a request goes and how it is signed there.
//!
//! AWS publishes the answer per service as an endpoint rule set, a small decision tree over the Region, the
//! partition, FIPS and dual-stack wishes and, for S3, the bucket. This module evaluates those trees, as all AWS SDKs
//! do; the only service names it knows are those with a quirk that is not in the rules. The rules language is
//! Smithy's "rules engine" specification.

mod functions;
mod partition;
mod rules;

#[cfg(test)]
mod published;

use std::collections::BTreeMap;

use serde_json::Value as Json;

pub use partition::{Partition, Partitions};
pub(crate) use rules::RuleSet;

/// A resolved endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Scheme, authority and base path.
    pub url: String,
    /// The Region to sign for, where the rules name one.
    pub signing_region: Option<String>,
    /// The name to sign for, where the rules name one.
    pub signing_name: Option<String>,
}

/// Parameters of a rule set: name to string or boolean.
pub(crate) type Parameters = BTreeMap<String, Json>;

/// Whether a URL points at this machine or at a bare address, where putting a name in front of the host cannot
/// work: an IP address, `localhost`, `*.localhost`.
pub(crate) fn is_local(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    if authority.starts_with('[') {
        return true;
    }
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    is_local_name(host) || host.parse::<std::net::IpAddr>().is_ok()
}

/// Whether a host name means this machine by its form alone (RFC 6761, section 6.3).
pub(crate) fn is_local_name(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn local_hosts_are_known() {
        for url in ["http://127.0.0.1:5000", "http://localhost", "https://a.localhost:4566/x", "http://[::1]:80"] {
            assert!(is_local(url), "{url}");
        }
        for url in ["https://s3.amazonaws.com", "https://vpce-1.example:443/a", "https://localhost.example"] {
            assert!(!is_local(url), "{url}");
        }
    }
}
