//! The client: from an operation and its parameters to a value, through pages, retries and AWS's quirks.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sekisho_model::{Map, UnknownKind, Value};
use tokio::sync::Semaphore;

use super::attempt::{Attempts, CallState};
use super::clock::{Clock, system_time};
use super::counters::Counters;
use super::credentials::Endpoints;
use super::error::CallError;
use super::model::{ModelError, OperationModel, Service};
use super::model_set::ModelSet;
use super::pace::Paces;
use super::page::PAGES_MAX;
use super::retry::RetryBudget;
use super::transport::{Limits, Transport};
use super::{Api, BoxFuture, Operation, Target};

/// Limits and patience.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Until a connection stands.
    pub connect_timeout: Duration,
    /// One attempt, connection included.
    pub attempt_timeout: Duration,
    /// All attempts and waits of one page, while they fail.
    pub deadline: Duration,
    /// The same while AWS throttles. Longer, because a throttled call is certain to succeed in the end.
    pub throttling_deadline: Duration,
    /// Server errors and damaged answers after which a page is given up. Few: an error that comes back three times
    /// mostly comes back for ever.
    pub server_faults_max: u32,
    /// Failures of the network after which a page is given up. More: networks recover within seconds.
    pub network_faults_max: u32,
    /// First ceiling of the random wait between attempts.
    pub wait_base: Duration,
    /// Last ceiling after faults.
    pub wait_max: Duration,
    /// Last ceiling after throttling, where the shared rate limit does the rest.
    pub throttling_wait_max: Duration,
    /// Calls at the same time per account, Region and service.
    pub concurrency_per_service: usize,
    /// Requests at the same time in all.
    pub concurrency: usize,
    /// Largest body that is read.
    pub body_bytes_max: usize,
    /// Network failures that a scan may have more than answers before it stops retrying.
    pub retry_budget: u32,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            attempt_timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(120),
            throttling_deadline: Duration::from_secs(300),
            server_faults_max: 4,
            network_faults_max: 8,
            wait_base: Duration::from_millis(100),
            wait_max: Duration::from_secs(20),
            throttling_wait_max: Duration::from_secs(5),
            concurrency_per_service: 8,
            concurrency: 64,
            body_bytes_max: 64 << 20,
            retry_budget: 100,
        }
    }
}

/// Calls AWS.
pub struct Client {
    pub(super) models: ModelSet,
    pub(super) config: ClientConfig,
    pub(super) endpoints: Endpoints,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) transport: Transport,
    pub(super) counters: Arc<Counters>,
    pub(super) paces: Paces,
    pub(super) in_flight: Semaphore,
    pub(super) budget: RetryBudget,
    /// Server time minus ours, in milliseconds; zero until a service complains.
    pub(super) skew_ms: AtomicI64,
    /// Regions of buckets, as learned from redirects.
    bucket_regions: Mutex<HashMap<String, String>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Client")
            .field("config", &self.config)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client over the given models.
    ///
    /// # Errors
    /// A sentence where HTTP or TLS cannot be set up.
    pub fn new(
        models: ModelSet,
        config: ClientConfig,
        endpoints: Endpoints,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let transport = Transport::new(Limits {
            connect_timeout: config.connect_timeout,
            attempt_timeout: config.attempt_timeout,
            body_bytes_max: config.body_bytes_max,
        })?;
        Ok(Self {
            paces: Paces::new(config.concurrency_per_service),
            in_flight: Semaphore::new(config.concurrency.max(1)),
            budget: RetryBudget::new(config.retry_budget),
            skew_ms: AtomicI64::new(0),
            bucket_regions: Mutex::default(),
            counters: Arc::default(),
            models,
            config,
            endpoints,
            clock,
            transport,
        })
    }

    /// Running totals, to show while the client works.
    pub fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }

    /// The models that the client may use.
    pub fn models(&self) -> &ModelSet {
        &self.models
    }

    pub(super) fn bucket_region(&self, bucket: &str) -> Option<String> {
        self.bucket_regions.lock().unwrap_or_else(PoisonError::into_inner).get(bucket).cloned()
    }

    pub(super) fn remember_bucket_region(&self, bucket: &str, region: &str) {
        let mut regions = self.bucket_regions.lock().unwrap_or_else(PoisonError::into_inner);
        regions.insert(bucket.to_owned(), region.to_owned());
    }

    /// Time by the server's clock, for signatures.
    pub(super) fn signing_time(&self) -> std::time::SystemTime {
        let skew = self.skew_ms.load(Ordering::Relaxed);
        let now = system_time(self.clock.now());
        let width = Duration::from_millis(skew.unsigned_abs());
        if skew >= 0 { now + width } else { now.checked_sub(width).unwrap_or(now) }
    }

    async fn call_pages(&self, target: &Target, operation: &Operation, parameters: Map) -> Result<Value, CallError> {
        let unmodelled =
            |error: ModelError| CallError::new(operation, UnknownKind::Failed, "NoModel", error.to_string());
        let service = self.models.service(&operation.service).map_err(unmodelled)?;
        let model = service
            .operation(&operation.name)
            .ok_or_else(|| unmodelled(ModelError::NoOperation(operation.to_string())))?;
        let pace = self.paces.of(&target.account.id, &target.region, &operation.service);
        let closed = |_| CallError::new(operation, UnknownKind::Failed, "Stopped", "the client was stopped");
        let _slot = pace.slots.acquire().await.map_err(closed)?;
        let state = CallState::default();
        let mut call = Call { client: self, target, operation, service: &service, model, state };
        let attempts = Attempts { pace: &pace };
        let result = call.all_pages(&attempts, parameters).await;
        if let Err(error) = &result
            && error.kind == UnknownKind::Denied
        {
            self.counters.refused();
        }
        result
    }
}

impl Api for Client {
    fn call<'a>(
        &'a self,
        target: &'a Target,
        operation: &'a Operation,
        parameters: Map,
    ) -> BoxFuture<'a, Result<Value, CallError>> {
        Box::pin(self.call_pages(target, operation, parameters))
    }
}

/// One call on its way.
pub(super) struct Call<'c> {
    pub(super) client: &'c Client,
    pub(super) target: &'c Target,
    pub(super) operation: &'c Operation,
    pub(super) service: &'c Service,
    pub(super) model: &'c OperationModel,
    pub(super) state: CallState,
}

impl Call<'_> {
    async fn all_pages(&mut self, attempts: &Attempts<'_>, mut parameters: Map) -> Result<Value, CallError> {
        let mut gathered = attempts.page(self, &parameters).await?;
        let Some(paginator) = &self.model.paginator else { return Ok(gathered) };
        let Some(mut tokens) = paginator.next_tokens(&gathered) else { return Ok(gathered) };
        let mut seen = HashSet::new();
        for _ in 1..PAGES_MAX {
            // Compared as text, since a token may be a map (DynamoDB's keys).
            let fingerprint: Vec<String> =
                tokens.iter().map(|token| token.clone().unwrap_or_default().to_string()).collect();
            if !seen.insert(fingerprint) {
                let message = "the service sent the same pagination token twice, so the list would never end";
                return Err(self.error(UnknownKind::Failed, "RepeatedToken", message));
            }
            for (name, token) in paginator.input_tokens.iter().zip(tokens) {
                match token {
                    Some(token) => parameters.insert(name.as_str(), token),
                    None => drop(parameters.remove(name)),
                }
            }
            let page = attempts.page(self, &parameters).await?;
            let next = paginator.next_tokens(&page);
            paginator.merge(&mut gathered, page);
            match next {
                Some(next) => tokens = next,
                None => {
                    paginator.strip_tokens(&mut gathered);
                    return Ok(gathered);
                }
            }
        }
        Err(self.error(UnknownKind::Failed, "TooManyPages", format!("the list has more than {PAGES_MAX} pages")))
    }

    pub(super) fn error(&self, kind: UnknownKind, code: &str, message: impl Into<String>) -> CallError {
        CallError { attempts: self.state.attempts, ..CallError::new(self.operation, kind, code, message) }
    }
}
