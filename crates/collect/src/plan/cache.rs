//! Makes calls, the same one only once.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use sekisho_model::{Map, Unknown, UnknownKind, Value};
use tokio::sync::OnceCell;

use crate::aws::{Account, Api, CallError, Operation, Target};

/// An answer, or why there is none together with AWS's error code.
pub(crate) type Answer = Result<Arc<Value>, Refusal>;

/// A failed call.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) unknown: Arc<Unknown>,
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        Self { unknown: Arc::new(error.unknown()), code: error.code }
    }
}

type Key = (String, String, String, String);

pub(crate) struct CallCache {
    api: Arc<dyn Api>,
    shared: BTreeSet<String>,
    answers: Mutex<HashMap<Key, Arc<OnceCell<Answer>>>>,
}

impl CallCache {
    /// A cache that keeps the answers of the operations in `shared`.
    pub(crate) fn new(api: Arc<dyn Api>, shared: BTreeSet<String>) -> Self {
        Self { api, shared, answers: Mutex::default() }
    }

    /// The answer of a call, from memory if the operation is shared and has been asked the same.
    pub(crate) async fn call(&self, account: &Arc<Account>, region: &str, operation: &str, parameters: Map) -> Answer {
        if !self.shared.contains(operation) {
            return self.ask(account, region, operation, parameters).await;
        }
        let key =
            (account.id.clone(), region.to_owned(), operation.to_owned(), Value::Map(parameters.clone()).to_string());
        let cell = {
            // The lock guards a map of cells; a panic elsewhere cannot leave it half changed.
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.entry(key).or_default().clone()
        };
        cell.get_or_init(|| self.ask(account, region, operation, parameters)).await.clone()
    }

    async fn ask(&self, account: &Arc<Account>, region: &str, operation: &str, parameters: Map) -> Answer {
        let parsed: Operation = operation.parse().map_err(|_| Refusal {
            code: "InvalidOperation".to_owned(),
            unknown: Arc::new(Unknown {
                source: operation.to_owned(),
                kind: UnknownKind::Failed,
                message: "not an operation".into(),
            }),
        })?;
        let target = Target { account: account.clone(), region: region.to_owned() };
        self.api.call(&target, &parsed, parameters).await.map(Arc::new).map_err(Refusal::from)
    }

    /// The answer of a call that must not come from memory (polling).
    pub(crate) async fn ask_again(
        &self,
        account: &Arc<Account>,
        region: &str,
        operation: &str,
        parameters: Map,
    ) -> Answer {
        self.ask(account, region, operation, parameters).await
    }
}
