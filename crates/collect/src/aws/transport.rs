//! HTTP: pooled connections, time-outs, a cap on bodies. No retry and no knowledge of AWS.

use std::error::Error;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::endpoint::is_local_name;

/// What came back, with header names in lower case.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TransportError {
    #[error("the host name {0} cannot be resolved; check the Region's name, the DNS and the proxy")]
    UnknownHost(String),
    #[error("no connection to {host} ({problem}); check the network, the proxy and the endpoint URL")]
    NoConnection { host: String, problem: String },
    #[error("{host} did not answer within {seconds} s")]
    TimedOut { host: String, seconds: u64 },
    #[error("the connection to {0} was cut")]
    Cut(String),
    #[error("the answer of {host} is larger than {bytes} bytes")]
    TooLarge { host: String, bytes: usize },
    #[error("the request cannot be sent: {0}")]
    Invalid(String),
}

/// Caps of one attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) connect_timeout: Duration,
    pub(crate) attempt_timeout: Duration,
    pub(crate) body_bytes_max: usize,
}

#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    limits: Limits,
}

impl Transport {
    pub(crate) fn new(limits: Limits) -> Result<Self, String> {
        let http = reqwest::Client::builder()
            .connect_timeout(limits.connect_timeout)
            .timeout(limits.attempt_timeout)
            // Below the time after which AWS's servers close idle connections.
            .pool_idle_timeout(Duration::from_secs(15))
            // A redirect must be signed again, so it is the caller's.
            .redirect(reqwest::redirect::Policy::none())
            .dns_resolver(Arc::new(Resolver))
            .user_agent(concat!("sekisho/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| format!("the HTTP client cannot be set up: {error}"))?;
        Ok(Self { http, limits })
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(String, String)],
        body: Vec<u8>,
    ) -> Result<Answer, TransportError> {
        let invalid = |what: &str| TransportError::Invalid(format!("{what} is not valid"));
        let method = reqwest::Method::from_bytes(method.as_bytes()).map_err(|_| invalid("the method"))?;
        let url = reqwest::Url::parse(url).map_err(|_| invalid("the URL"))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let mut request = self.http.request(method.clone(), url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if method != reqwest::Method::GET || !body.is_empty() {
            request = request.body(body);
        }
        let failed = |error: reqwest::Error| self.explain(&host, &error);
        let mut response = request.send().await.map_err(failed)?;
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.limits.body_bytes_max {
                return Err(TransportError::TooLarge { host, bytes: self.limits.body_bytes_max });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: response.status().as_u16(), headers, body })
    }

    /// The library's texts may hold the whole URL; ours name the host.
    fn explain(&self, host: &str, error: &reqwest::Error) -> TransportError {
        let host = host.to_owned();
        if error.is_connect() {
            let problem = innermost(error);
            if chain_mentions(error, "dns error") || chain_mentions(error, "failed to lookup address") {
                return TransportError::UnknownHost(host);
            }
            if error.is_timeout() {
                return TransportError::TimedOut { host, seconds: self.limits.connect_timeout.as_secs() };
            }
            return TransportError::NoConnection { host, problem };
        }
        if error.is_timeout() {
            return TransportError::TimedOut { host, seconds: self.limits.attempt_timeout.as_secs() };
        }
        if error.is_builder() {
            return TransportError::Invalid("a header is not valid".into());
        }
        TransportError::Cut(host)
    }
}

/// The system's name service, but for the names that are always this machine (RFC 6761, section 6.3): a laboratory's
/// names need no look-up, and resolve even where the system knows only `localhost` itself.
struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        if is_local_name(name.as_str()) {
            let addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
            return Box::pin(std::future::ready(Ok(Box::new(addresses.into_iter()) as Addrs)));
        }
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (**error).source())
}

fn chain_mentions(error: &(dyn Error + 'static), words: &str) -> bool {
    chain(error).any(|error| error.to_string().contains(words))
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
