//! The data-driven AWS client.
//!
//! It works as botocore does: service models, endpoint rules and paginators are data (`packs/models`), and one
//! small engine drives them all. Nothing here knows what a service is for; the service names that occur belong to
//! quirks of the wire that AWS's models do not describe.
//!
//! Conventions:
//! - The pack is the allow-list: an operation without a model cannot be called, and the pack holds reads only.
//! - The caller sees [`Api`]: one call, all pages, a value or a [`CallError`] whose kind says why there is none.
//! - Time comes from a [`Clock`], randomness is only used to spread waits. Every wait and every body has a cap.
//! - Credentials never appear in a `Debug` text, an error or a log line.

mod attempt;
mod client;
mod clock;
mod counters;
mod credentials;
mod destination;
mod endpoint;
mod error;
mod model;
mod model_set;
mod pace;
mod page;
mod protocol;
mod retry;
mod sign;
mod survey;
mod transport;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use sekisho_model::{Map, Value};

pub use client::{Client, ClientConfig};
pub use clock::{Clock, SystemClock};
pub use counters::{Counters, CountersNow};
pub use credentials::{Account, Endpoints, RoleRequest, Sessions, SignInError, SignInOptions};
pub use endpoint::{Endpoint, Partition, Partitions};
pub use error::CallError;
pub use model::{ModelError, Service};
pub use model_set::ModelSet;
pub use protocol::{ProtocolError, WireError, WireRequest, WireResponse};
pub use survey::{MemberAccount, assume_in_account, enabled_regions, organization_accounts, sign_in};

#[doc(hidden)]
pub mod fuzzing;

/// A future that an object-safe trait can give.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An AWS operation by botocore's client name and the operation's own: `kms:ListKeys`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operation {
    /// `kms`, `elbv2`, `s3control`.
    pub service: String,
    /// `ListKeys`.
    pub name: String,
}

/// A text that should be an operation and is not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an operation; write service:Operation, for example kms:ListKeys")]
pub struct OperationError(String);

impl FromStr for Operation {
    type Err = OperationError;

    fn from_str(text: &str) -> Result<Self, OperationError> {
        let refused = || OperationError(text.to_owned());
        let (service, name) = text.split_once(':').ok_or_else(refused)?;
        let service_sound = !service.is_empty() && service.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let name_sound =
            name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric());
        if service_sound && name_sound {
            Ok(Self { service: service.to_owned(), name: name.to_owned() })
        } else {
            Err(refused())
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.service, self.name)
    }
}

/// Where to call: an account and a Region. For global services any Region of the partition does.
#[derive(Debug, Clone)]
pub struct Target {
    /// The account, with its credentials.
    pub account: Arc<Account>,
    /// `eu-west-1`.
    pub region: String,
}

/// What the planner needs of AWS; a trait so that tests can fake it.
pub trait Api: Send + Sync {
    /// Calls the operation, all pages: lists at the paginator's result keys are concatenated, other fields are those
    /// of the first page.
    fn call<'a>(
        &'a self,
        target: &'a Target,
        operation: &'a Operation,
        parameters: Map,
    ) -> BoxFuture<'a, Result<Value, CallError>>;
}

#[cfg(test)]
mod tests {
    use super::Operation;

    #[test]
    fn operations_are_written_service_colon_name() {
        let operation: Operation = "kms:ListKeys".parse().unwrap();
        assert_eq!((operation.service.as_str(), operation.name.as_str()), ("kms", "ListKeys"));
        assert_eq!(operation.to_string(), "kms:ListKeys");
        for text in ["", "kms", "kms:", ":ListKeys", "kms:listKeys", "kms:List Keys", "a b:ListKeys"] {
            assert!(text.parse::<Operation>().is_err(), "{text}");
        }
    }
}
