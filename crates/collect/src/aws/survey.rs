//! The few calls that say what there is to scan: who am I, which Regions, which accounts.

use std::sync::Arc;

use sekisho_model::{Arn, Map, UnknownKind, Value};

use super::credentials::{Account, RoleRequest, Sessions, SignInError};
use super::error::CallError;
use super::{Api, Operation, Target};

/// An account of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberAccount {
    /// Twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
}

fn operation(service: &str, name: &str) -> Operation {
    Operation { service: service.into(), name: name.into() }
}

/// Asks STS whose credentials these are.
async fn identify(api: &dyn Api, account: Account, region: &str) -> Result<Account, CallError> {
    let target = Target { account: Arc::new(account), region: region.to_owned() };
    let call = operation("sts", "GetCallerIdentity");
    let answer = api.call(&target, &call, Map::new()).await?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
    let unreadable = || CallError::new(&call, UnknownKind::Failed, "MalformedAnswer", "the answer names no ARN");
    let arn: Arn = text("Arn").parse().map_err(|_| unreadable())?;
    let id = if text("Account").is_empty() { arn.account() } else { text("Account") };
    let found = Account::new(id, arn.partition(), arn.as_str(), target.account.credentials.clone());
    Ok(Account { name: target.account.name.clone(), ..found })
}

/// Signs in: the account of the signed-in user (or of the role asked for).
///
/// # Errors
/// [`SignInError::Refused`] with AWS's words, [`SignInError::Unreachable`] where there was no answer.
pub async fn sign_in(api: &dyn Api, sessions: &Sessions) -> Result<Arc<Account>, SignInError> {
    let nobody = Account::new("", "", "", sessions.base());
    let account = identify(api, nobody, sessions.region()).await;
    account.map(Arc::new).map_err(|error| match error.kind {
        UnknownKind::Denied => SignInError::Refused(error.to_string()),
        _ => SignInError::Unreachable(error.to_string()),
    })
}

/// The same role in another account: base credentials -> `arn:partition:iam::account:role/NAME`.
///
/// # Errors
/// [`CallError`] where the role cannot be assumed.
pub async fn assume_in_account(
    api: &dyn Api,
    sessions: &Sessions,
    member: &MemberAccount,
    partition: &str,
    role: &RoleRequest,
) -> Result<Arc<Account>, CallError> {
    // `role.arn` may be a bare role name, with or without a path.
    let name = role.arn.rsplit_once(":role/").map_or(role.arn.as_str(), |(_, name)| name);
    let arn = format!("arn:{partition}:iam::{}:role/{name}", member.id);
    let credentials = sessions.assume(&RoleRequest { arn: arn.clone(), ..role.clone() }).await;
    let account = Account::new(&member.id, partition, &arn, credentials).named(&member.name);
    identify(api, account, sessions.region()).await.map(Arc::new)
}

/// The Regions that the account may use, sorted.
///
/// # Errors
/// [`CallError`] where AWS does not say.
pub async fn enabled_regions(api: &dyn Api, account: &Arc<Account>, region: &str) -> Result<Vec<String>, CallError> {
    let target = Target { account: account.clone(), region: region.to_owned() };
    let parameters = Map::from_iter([("AllRegions", Value::Bool(false))]);
    let answer = api.call(&target, &operation("ec2", "DescribeRegions"), parameters).await?;
    let listed = answer.get("Regions").and_then(Value::as_list).unwrap_or_default();
    // Some endpoints ignore AllRegions, so the status is looked at too.
    let enabled = listed
        .iter()
        .filter(|entry| entry.get("OptInStatus").and_then(Value::as_str).is_none_or(|status| status != "not-opted-in"));
    let mut names: Vec<String> =
        enabled.filter_map(|entry| Some(entry.get("RegionName")?.as_str()?.to_owned())).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// The active accounts of the organization, sorted by id.
///
/// # Errors
/// [`CallError`] where the account is neither management account nor delegated administrator.
pub async fn organization_accounts(
    api: &dyn Api,
    account: &Arc<Account>,
    region: &str,
) -> Result<Vec<MemberAccount>, CallError> {
    let target = Target { account: account.clone(), region: region.to_owned() };
    let answer = api.call(&target, &operation("organizations", "ListAccounts"), Map::new()).await?;
    let listed = answer.get("Accounts").and_then(Value::as_list).unwrap_or_default();
    let mut members: Vec<MemberAccount> = listed
        .iter()
        // `State` replaces `Status`, which AWS takes away in September 2026; either may be missing.
        .filter(|entry| {
            let state = entry.get("State").or_else(|| entry.get("Status")).and_then(Value::as_str);
            state.is_none_or(|state| state == "ACTIVE")
        })
        .filter_map(|entry| {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let id = text("Id");
            (!id.is_empty()).then(|| MemberAccount { id, name: text("Name") })
        })
        .collect();
    members.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(members)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use serde_json::json;

    use super::super::BoxFuture;
    use super::*;

    /// Answers every call alike and remembers what was asked.
    struct Fake {
        answer: serde_json::Value,
        asked: Mutex<Vec<(String, String)>>,
    }

    impl Api for Fake {
        fn call<'a>(
            &'a self,
            target: &'a Target,
            operation: &'a Operation,
            parameters: Map,
        ) -> BoxFuture<'a, Result<Value, CallError>> {
            let asked = format!("{operation} {}", Value::Map(parameters));
            self.asked.lock().unwrap().push((target.region.clone(), asked));
            Box::pin(async { Ok(self.answer.clone().into()) })
        }
    }

    fn fake(answer: serde_json::Value) -> (Fake, Arc<Account>) {
        let account = Account::with_keys("111122223333", "aws", "AKIDEXAMPLE", "secret");
        (Fake { answer, asked: Mutex::default() }, Arc::new(account))
    }

    #[tokio::test]
    async fn regions_that_are_not_opted_in_are_left_out() {
        let region = |name: &str, status: &str| json!({"RegionName": name, "OptInStatus": status});
        let listed = [
            region("us-east-1", "opt-in-not-required"),
            region("af-south-1", "not-opted-in"),
            region("ap-east-1", "opted-in"),
        ];
        let (api, account) = fake(json!({"Regions": listed}));
        assert_eq!(enabled_regions(&api, &account, "us-east-1").await.unwrap(), ["ap-east-1", "us-east-1"]);
        let asked = api.asked.lock().unwrap().clone();
        assert_eq!(asked, [("us-east-1".to_owned(), r#"ec2:DescribeRegions {"AllRegions":false}"#.to_owned())]);
    }

    #[tokio::test]
    async fn only_active_accounts_of_the_organization_are_scanned() {
        let (api, account) = fake(json!({"Accounts": [
            {"Id": "333333333333", "Name": "c", "Status": "ACTIVE", "State": "PENDING_CLOSURE"},
            {"Id": "222222222222", "Name": "b", "Status": "ACTIVE"},
            {"Id": "444444444444", "Name": "d", "Status": "SUSPENDED"},
            {"Id": "111111111111", "Name": "a", "State": "ACTIVE"},
        ]}));
        let ids: Vec<String> =
            organization_accounts(&api, &account, "us-east-1").await.unwrap().into_iter().map(|m| m.id).collect();
        assert_eq!(ids, ["111111111111", "222222222222"]);
    }

    #[tokio::test]
    async fn the_identity_decides_account_and_partition() {
        let arn = "arn:aws-cn:sts::444455556666:assumed-role/audit/sekisho";
        let (api, _) = fake(json!({"Account": "444455556666", "Arn": arn}));
        let nobody = Account::with_keys("", "aws", "AKIDEXAMPLE", "secret").named("production");
        let found = identify(&api, nobody, "cn-north-1").await.unwrap();
        assert_eq!((found.id.as_str(), found.partition.as_str()), ("444455556666", "aws-cn"));
        assert_eq!((found.identity.as_str(), found.name.as_deref()), (arn, Some("production")));
        let (api, _) = fake(json!({}));
        let nobody = Account::with_keys("", "aws", "AKIDEXAMPLE", "secret");
        assert_eq!(identify(&api, nobody, "cn-north-1").await.unwrap_err().code, "MalformedAnswer");
    }
}
