//! Whose credentials sign the requests. The chain is `aws-config`'s: environment, profile, SSO, web identity,
//! container, instance metadata; this module adds roles on top, a cache, and custom endpoints.
//!
//! Nothing here prints a credential: the types that hold one have a `Debug` of their own.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_config::sts::AssumeRoleProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_types::service_config::ServiceConfigKey;
use tokio::sync::Mutex;

use super::clock::{Clock, system_time};

/// New credentials are fetched this long before the old ones end.
const REFRESH_BEFORE: Duration = Duration::from_secs(60);

/// Name under which roles are assumed where the user gives none; it stands in the account's CloudTrail.
const SESSION_NAME: &str = "sekisho";

/// What the user says about signing in. Everything else comes from the environment and the AWS profile.
#[derive(Debug, Clone, Default)]
pub struct SignInOptions {
    /// Profile of `~/.aws/config`; default as `AWS_PROFILE` says.
    pub profile: Option<String>,
    /// Region of the first call; default as the profile says, else `us-east-1`.
    pub region: Option<String>,
    /// A role to assume before anything else.
    pub role: Option<RoleRequest>,
    /// Endpoint for all services; default as `AWS_ENDPOINT_URL` and the profile say.
    pub endpoint_url: Option<String>,
}

/// A role to assume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRequest {
    /// The role's ARN.
    pub arn: String,
    /// The external id that the role's trust policy asks for.
    pub external_id: Option<String>,
    /// The session's name in CloudTrail; default `sekisho`.
    pub session_name: Option<String>,
}

/// Signing in failed before any call could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// The chain found nothing.
    #[error(
        "no AWS credentials were found ({0}); set AWS_PROFILE or --profile, run `aws sso login`, or export access keys"
    )]
    NoCredentials(String),
    /// The credentials do not work.
    #[error("AWS does not accept the credentials: {0}")]
    Refused(String),
    /// The first call got no answer.
    #[error("AWS cannot be reached: {0}; look at the network, the proxy and --endpoint-url")]
    Unreachable(String),
}

/// An account to read, with the credentials for it.
#[derive(Debug)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The ARN that makes the calls.
    pub identity: String,
    /// The name in Organizations or the accounts file.
    pub name: Option<String>,
    pub(crate) credentials: Arc<CredentialCell>,
}

impl Account {
    pub(crate) fn new(id: &str, partition: &str, identity: &str, credentials: Arc<CredentialCell>) -> Self {
        Self { id: id.into(), partition: partition.into(), identity: identity.into(), name: None, credentials }
    }

    /// An account with fixed keys, for laboratories and tests.
    pub fn with_keys(id: &str, partition: &str, access_key_id: &str, secret_access_key: &str) -> Self {
        let keys = Credentials::new(access_key_id, secret_access_key, None, None, "fixed");
        let cell = CredentialCell::new(SharedCredentialsProvider::new(keys));
        Self::new(id, partition, &format!("arn:{partition}:iam::{id}:root"), Arc::new(cell))
    }

    /// The same account under the name people know it by.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// Credentials of one identity, cached until shortly before they end.
pub(crate) struct CredentialCell {
    provider: SharedCredentialsProvider,
    cached: Mutex<Option<Credentials>>,
}

impl fmt::Debug for CredentialCell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CredentialCell(..)")
    }
}

impl CredentialCell {
    pub(crate) fn new(provider: SharedCredentialsProvider) -> Self {
        Self { provider, cached: Mutex::const_new(None) }
    }

    /// Credentials that hold at `now`. Tasks that ask at the same time share one fetch.
    pub(crate) async fn get(&self, now: SystemTime) -> Result<Credentials, CredentialsError> {
        let mut cached = self.cached.lock().await;
        let ends_before =
            |credentials: &Credentials, time: SystemTime| credentials.expiry().is_some_and(|end| end <= time);
        if let Some(credentials) = cached.as_ref()
            && !ends_before(credentials, now + REFRESH_BEFORE)
        {
            return Ok(credentials.clone());
        }
        match self.provider.provide_credentials().await {
            Ok(credentials) => Ok(cached.insert(credentials).clone()),
            // The old ones may still do for a few seconds.
            Err(error) => match cached.as_ref() {
                Some(credentials) if !ends_before(credentials, now) => Ok(credentials.clone()),
                _ => Err(error),
            },
        }
    }

    /// Drops credentials that AWS called expired, unless another task has replaced them already.
    pub(crate) async fn forget(&self, expired: &Credentials) {
        let mut cached = self.cached.lock().await;
        let same = |kept: &Credentials| {
            kept.access_key_id() == expired.access_key_id() && kept.session_token() == expired.session_token()
        };
        if cached.as_ref().is_some_and(same) {
            *cached = None;
        }
    }
}

/// A cell as the source of further roles, so that 500 roles are assumed with one sign-in.
struct CellProvider {
    cell: Arc<CredentialCell>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for CellProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CellProvider(..)")
    }
}

impl ProvideCredentials for CellProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { self.cell.get(system_time(self.clock.now())).await })
    }
}

/// Custom endpoints and endpoint flavours.
#[derive(Clone, Default)]
pub struct Endpoints {
    url: Option<String>,
    config: Option<SdkConfig>,
    pub(crate) use_fips: bool,
    pub(crate) use_dual_stack: bool,
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Endpoints")
            .field("url", &self.url)
            .field("use_fips", &self.use_fips)
            .field("use_dual_stack", &self.use_dual_stack)
            .finish_non_exhaustive()
    }
}

impl Endpoints {
    /// One endpoint for all services.
    pub fn custom(url: impl Into<String>) -> Self {
        Self { url: Some(url.into()), ..Self::default() }
    }

    /// The custom endpoint of a service: the one given on the command line, `AWS_ENDPOINT_URL_<SERVICE_ID>`,
    /// `AWS_ENDPOINT_URL`, the profile's for the service, the profile's.
    pub(crate) fn of(&self, service_id: &str) -> Option<String> {
        if let Some(url) = &self.url {
            return Some(url.clone());
        }
        let config = self.config.as_ref()?;
        let key = ServiceConfigKey::builder().service_id(service_id).env("AWS_ENDPOINT_URL").profile("endpoint_url");
        let own = key.build().ok().and_then(|key| config.service_config()?.load_config(key));
        own.or_else(|| config.endpoint_url().map(str::to_owned))
    }
}

/// The signed-in user: the source of accounts.
#[derive(Clone)]
pub struct Sessions {
    config: SdkConfig,
    base: Arc<CredentialCell>,
    clock: Arc<dyn Clock>,
    region: String,
    endpoints: Endpoints,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sessions").field("region", &self.region).finish_non_exhaustive()
    }
}

impl Sessions {
    /// Loads configuration and finds the credentials, and assumes the first role if one is asked for.
    ///
    /// # Errors
    /// [`SignInError::NoCredentials`] where the chain ends without any.
    pub async fn load(options: &SignInOptions, clock: Arc<dyn Clock>) -> Result<Self, SignInError> {
        let mut loader = aws_config::defaults(BehaviorVersion::latest());
        if let Some(profile) = &options.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &options.region {
            loader = loader.region(Region::new(region.clone()));
        }
        if let Some(url) = &options.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        let mut config = loader.load().await;
        if config.region().is_none() {
            config = config.into_builder().region(Region::new("us-east-1")).build();
        }
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let provider = config.credentials_provider();
        let provider = provider.ok_or_else(|| SignInError::NoCredentials("the chain is empty".into()))?;
        let endpoints = Endpoints {
            url: options.endpoint_url.clone(),
            use_fips: config.use_fips().unwrap_or(false),
            use_dual_stack: config.use_dual_stack().unwrap_or(false),
            config: Some(config.clone()),
        };
        let base = Arc::new(CredentialCell::new(provider));
        let mut sessions = Self { config, base, clock, region, endpoints };
        let now = system_time(sessions.clock.now());
        sessions.base.get(now).await.map_err(|error| SignInError::NoCredentials(explain(&error)))?;
        if let Some(role) = &options.role {
            sessions.base = sessions.assume(role).await;
        }
        Ok(sessions)
    }

    /// The Region of the first call.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Custom endpoints, for the client.
    pub fn endpoints(&self) -> Endpoints {
        self.endpoints.clone()
    }

    pub(crate) fn base(&self) -> Arc<CredentialCell> {
        self.base.clone()
    }

    /// Credentials of a role, assumed from the signed-in user's when they are first needed.
    pub(crate) async fn assume(&self, role: &RoleRequest) -> Arc<CredentialCell> {
        let mut builder = AssumeRoleProvider::builder(&role.arn)
            .configure(&self.config)
            .session_name(role.session_name.as_deref().unwrap_or(SESSION_NAME));
        if let Some(id) = &role.external_id {
            builder = builder.external_id(id);
        }
        let source = CellProvider { cell: self.base.clone(), clock: self.clock.clone() };
        let provider = builder.build_from_provider(source).await;
        Arc::new(CredentialCell::new(SharedCredentialsProvider::new(provider)))
    }
}

/// The whole chain of causes in one line; the outermost text alone says next to nothing.
pub(crate) fn explain(error: &CredentialsError) -> String {
    let first: &(dyn std::error::Error + 'static) = error;
    let mut texts: Vec<String> = Vec::new();
    for cause in std::iter::successors(Some(first), |error| (**error).source()) {
        let text = cause.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
    }
    super::protocol::tidy(&texts.join(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_texts_hold_no_secret() {
        let account = Account::with_keys("123456789012", "aws", "AKIDEXAMPLE", "wJalrXUtnFEMI");
        let text = format!("{account:?}");
        assert!(text.contains("123456789012") && !text.contains("wJalr") && !text.contains("AKID"), "{text}");
    }

    #[tokio::test]
    async fn expired_credentials_are_fetched_again() {
        let ends = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let keys = Credentials::new("a", "b", Some("t".into()), Some(ends), "fixed");
        let cell = CredentialCell::new(SharedCredentialsProvider::new(keys.clone()));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10);
        assert_eq!(cell.get(now).await.unwrap().access_key_id(), "a");
        assert!(cell.cached.lock().await.is_some());
        cell.forget(&Credentials::new("other", "b", None, None, "fixed")).await;
        assert!(cell.cached.lock().await.is_some(), "only what AWS refused is dropped");
        cell.forget(&keys).await;
        assert!(cell.cached.lock().await.is_none());
    }
}
