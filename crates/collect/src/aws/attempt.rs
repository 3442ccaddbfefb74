//! One page: attempts until there is an answer, a final error, or no patience left.

use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_credential_types::Credentials;
use sekisho_model::{Map, UnknownKind, Value};

use super::client::{Call, ClientConfig};
use super::credentials::explain;
use super::destination::{bucket_of, learn_bucket_regions, redirected_region, resolve};
use super::error::{CallError, Class, classify};
use super::pace::Pace;
use super::protocol::{WireError, WireResponse, build_request, is_error_body, read_error, read_response};
use super::retry::jittered;
use super::sign::{Scope, signed_headers, url};
use super::transport::{Answer, TransportError};

/// What a call remembers between its attempts and pages.
#[derive(Debug, Default)]
pub(super) struct CallState {
    pub(super) attempts: u32,
    refreshed: bool,
    skew_adopted: bool,
    redirects: u32,
}

/// A bucket moves at most once; a second redirect that contradicts the first is a loop.
const REDIRECTS_MAX: u32 = 2;

/// What an attempt led to.
enum Outcome {
    Done(Value),
    /// Send again at once: something was learned (Region, time, fresh credentials).
    Again,
    Throttled(CallError),
    /// Worth another try; `network` where nothing came back at all.
    Fault {
        error: CallError,
        network: bool,
    },
    Final(CallError),
}

/// Sends attempts at the pace of their service.
pub(super) struct Attempts<'p> {
    pub(super) pace: &'p Pace,
}

/// Patience with one page.
#[derive(Default)]
struct Patience {
    started: Duration,
    throttles: u32,
    server_faults: u32,
    network_faults: u32,
}

impl Patience {
    /// How long to wait after a throttling answer.
    fn after_throttling(&mut self, config: &ClientConfig) -> Duration {
        self.throttles += 1;
        jittered(config.wait_base, config.throttling_wait_max, self.throttles - 1, fastrand::f64())
    }

    /// How long to wait after a fault; `None` where it was one too many.
    fn after_fault(&mut self, config: &ClientConfig, network: bool) -> Option<Duration> {
        let (faults, limit) = match network {
            true => (&mut self.network_faults, config.network_faults_max),
            false => (&mut self.server_faults, config.server_faults_max),
        };
        *faults += 1;
        (*faults < limit).then(|| jittered(config.wait_base, config.wait_max, *faults - 1, fastrand::f64()))
    }
}

impl Attempts<'_> {
    /// Gets one page.
    pub(super) async fn page(&self, call: &mut Call<'_>, parameters: &Map) -> Result<Value, CallError> {
        let client = call.client;
        let mut patience = Patience { started: client.clock.elapsed(), ..Patience::default() };
        let mut is_retry = false;
        loop {
            let outcome = self.attempt(call, parameters, is_retry).await;
            is_retry = true;
            let (error, wait) = match outcome {
                Outcome::Done(value) => {
                    learn_bucket_regions(client, call.operation, parameters, &value);
                    return Ok(value);
                }
                Outcome::Final(error) => return Err(error),
                Outcome::Again => continue,
                Outcome::Throttled(error) => (error, patience.after_throttling(&client.config)),
                Outcome::Fault { error, network } => {
                    if network && !client.budget.spend() {
                        return Err(network_is_dead(error));
                    }
                    match patience.after_fault(&client.config, network) {
                        Some(wait) => (error, wait),
                        None => return Err(error),
                    }
                }
            };
            let throttled = error.kind == UnknownKind::Throttled;
            let deadline = if throttled { client.config.throttling_deadline } else { client.config.deadline };
            if client.clock.elapsed() + wait > patience.started + deadline {
                return Err(error);
            }
            client.clock.sleep(wait).await;
        }
    }

    async fn attempt(&self, call: &mut Call<'_>, parameters: &Map, is_retry: bool) -> Outcome {
        let client = call.client;
        let bucket = bucket_of(call.service, parameters);
        let region =
            bucket.and_then(|bucket| client.bucket_region(bucket)).unwrap_or_else(|| call.target.region.clone());
        let request = match build_request(call.service, &call.operation.name, call.model, parameters) {
            Ok(request) => request,
            Err(error) => return Outcome::Final(call.error(UnknownKind::Failed, "BadParameters", error.to_string())),
        };
        let endpoint = match resolve(client, call.service, &call.operation.name, call.model, &region, parameters) {
            Ok(endpoint) => endpoint,
            Err(message) => return Outcome::Final(call.error(UnknownKind::Unavailable, "NoEndpoint", message)),
        };
        let credentials = match call.target.account.credentials.get(client.signing_time()).await {
            Ok(credentials) => credentials,
            Err(error) => {
                let account = &call.target.account.id;
                let message = format!("no credentials for account {account}, sign in again: {}", explain(&error));
                return Outcome::Final(call.error(UnknownKind::Denied, "NoCredentials", message));
            }
        };
        let wait = self.pace.reserve(client.clock.elapsed());
        if !wait.is_zero() {
            client.clock.sleep(wait).await;
        }
        let Ok(_permit) = client.in_flight.acquire().await else {
            return Outcome::Final(call.error(UnknownKind::Failed, "Stopped", "the client was stopped"));
        };
        let url = url(&request, &endpoint);
        let scope = Scope { service: call.service, endpoint: &endpoint, region: &region, time: client.signing_time() };
        let headers = match signed_headers(&request, &url, scope, &credentials) {
            Ok(headers) => headers,
            Err(message) => return Outcome::Final(call.error(UnknownKind::Failed, "NotSignable", message)),
        };
        call.state.attempts += 1;
        client.counters.sent(is_retry);
        let sent_at = client.clock.elapsed();
        self.pace.sent(sent_at);
        match client.transport.send(&request.method, &url, &headers, request.body).await {
            Err(error) => transport_outcome(call, &region, error),
            Ok(answer) => {
                client.budget.answered();
                client.counters.received(answer.body.len());
                self.answer_outcome(call, answer, &region, bucket, sent_at, &credentials).await
            }
        }
    }

    async fn answer_outcome(
        &self,
        call: &mut Call<'_>,
        answer: Answer,
        region: &str,
        bucket: Option<&str>,
        sent_at: Duration,
        credentials: &Credentials,
    ) -> Outcome {
        let client = call.client;
        let response = WireResponse { status: answer.status, headers: &answer.headers, body: &answer.body };
        let success = (200..300).contains(&answer.status);
        let error_in_200 = success && call.service.name == "s3" && is_error_body(&answer.body);
        if success && !error_in_200 {
            self.pace.succeeded(client.clock.elapsed());
            return match read_response(call.service, call.model, response) {
                Ok(value) => Outcome::Done(value),
                // Mostly a connection that was cut by something in between; once more is cheap.
                Err(error) => {
                    let error = call.error(UnknownKind::Failed, "MalformedAnswer", error.to_string());
                    Outcome::Fault { error, network: false }
                }
            };
        }
        if let Some((bucket, new)) = bucket.zip(redirected_region(call.service, response))
            && new != region
            && call.state.redirects < REDIRECTS_MAX
        {
            call.state.redirects += 1;
            client.remember_bucket_region(bucket, &new);
            return Outcome::Again;
        }
        let error = read_error(call.service, response);
        // A 200 with an error in it is a server error in disguise (S3's "200 with InternalError").
        let status = if error_in_200 { 500 } else { answer.status };
        let class = classify(&error, status, &call.model.throttling_errors);
        if class == Class::Throttled {
            client.counters.throttled();
            self.pace.throttled(sent_at, client.clock.elapsed());
        } else {
            self.pace.succeeded(client.clock.elapsed());
        }
        error_outcome(call, class, error, response, credentials).await
    }
}

async fn error_outcome(
    call: &mut Call<'_>,
    class: Class,
    error: WireError,
    response: WireResponse<'_>,
    credentials: &Credentials,
) -> Outcome {
    let say = |call: &Call<'_>, kind: UnknownKind, message: String| CallError {
        status: Some(response.status),
        ..call.error(kind, &error.code, message)
    };
    match class {
        Class::Throttled => Outcome::Throttled(say(call, UnknownKind::Throttled, error.message.clone())),
        Class::Transient => {
            Outcome::Fault { error: say(call, UnknownKind::Failed, error.message.clone()), network: false }
        }
        Class::Final(kind) => Outcome::Final(say(call, kind, error.message.clone())),
        Class::Expired if !call.state.refreshed => {
            call.state.refreshed = true;
            call.target.account.credentials.forget(credentials).await;
            Outcome::Again
        }
        Class::Expired => {
            let message = format!("the credentials have expired; sign in again and repeat the scan: {}", error.message);
            Outcome::Final(say(call, UnknownKind::Denied, message))
        }
        Class::Skewed => match (call.state.skew_adopted, server_skew_ms(call, response)) {
            (false, Some(skew)) => {
                call.state.skew_adopted = true;
                call.client.skew_ms.store(skew, Ordering::Relaxed);
                Outcome::Again
            }
            _ => {
                let message = format!("this machine's clock differs from AWS's; set it: {}", error.message);
                Outcome::Final(say(call, UnknownKind::Denied, message))
            }
        },
    }
}

/// The server's `Date` minus our clock.
fn server_skew_ms(call: &Call<'_>, response: WireResponse<'_>) -> Option<i64> {
    let theirs = jiff::fmt::rfc2822::parse(response.header("date")?).ok()?.timestamp();
    Some(theirs.as_millisecond() - call.client.clock.now().as_millisecond())
}

fn transport_outcome(call: &Call<'_>, region: &str, error: TransportError) -> Outcome {
    let message = error.to_string();
    match error {
        TransportError::Invalid(_) => Outcome::Final(call.error(UnknownKind::Failed, "BadRequest", message)),
        TransportError::TooLarge { .. } => Outcome::Final(call.error(UnknownKind::Failed, "TooLarge", message)),
        // AWS has no DNS name for a service in a Region where it does not offer it.
        TransportError::UnknownHost(_) if call.client.models.is_offered(&call.service.name, region) == Some(false) => {
            let message = format!("the service is not offered in {region}");
            Outcome::Final(call.error(UnknownKind::Unavailable, "NotInRegion", message))
        }
        TransportError::UnknownHost(_) => fault(call, "UnknownHost", message),
        TransportError::NoConnection { .. } => fault(call, "NoConnection", message),
        TransportError::TimedOut { .. } => fault(call, "TimedOut", message),
        TransportError::Cut(_) => fault(call, "ConnectionCut", message),
    }
}

fn fault(call: &Call<'_>, code: &str, message: String) -> Outcome {
    Outcome::Fault { error: call.error(UnknownKind::Failed, code, message), network: true }
}

fn network_is_dead(error: CallError) -> CallError {
    let message = format!("{}; too many calls of this scan got no answer, so it is not tried again", error.message);
    CallError { message, ..error }
}
