//! Reading AWS: signing in, finding accounts and Regions, and the plan.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use sekisho_analyze::posture::{self, Settings};
use sekisho_collect::aws::{
    self, Account, Api, Client, ClientConfig, MemberAccount, RoleRequest, Sessions, SignInOptions, SystemClock,
};
use sekisho_collect::plan::{self, AccountPlan, Plan};
use sekisho_rules::packs::PackSet;

use super::watch::Watch;
use super::{Read, accounts};
use crate::args::{AccessArgs, ScanArgs};
use crate::output::Counters;
use crate::packs;

/// How often the progress display is refreshed.
const TICK: Duration = Duration::from_millis(120);

/// Reads everything that the controls left by `settings` need.
pub(crate) fn read(args: &ScanArgs, packs: &Arc<PackSet>, settings: &Settings) -> Result<Read> {
    // One thread: the client allows 64 requests at a time, which one core serves many times over, and threads would
    // only wake each other and keep an arena of freed memory each.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start the runtime")?;
    runtime.block_on(read_all(args, packs, settings))
}

async fn read_all(args: &ScanArgs, set: &Arc<PackSet>, settings: &Settings) -> Result<Read> {
    let started = Instant::now();
    let access = &args.access;
    let clock = Arc::new(SystemClock::new(crate::now));
    let sessions = Sessions::load(&sign_in_options(access), clock.clone()).await?;
    let models = packs::models(&args.packs)?;
    let config = ClientConfig { attempt_timeout: Duration::from_secs(access.timeout), ..ClientConfig::default() };
    let client = Client::new(models, config, sessions.endpoints(), clock).map_err(|text| anyhow!(text))?;
    let api = Arc::new(client);
    let me = aws::sign_in(&*api, &sessions).await?;
    let (accounts, mut problems) = accounts_to_read(&*api, &sessions, &me, access).await?;
    let mut plans = Vec::with_capacity(accounts.len());
    for account in accounts {
        match account_plan(&*api, &sessions, account.clone(), &access.regions).await {
            Ok(plan) => plans.push(plan),
            Err(error) => problems.push(format!("account {} was not scanned: {error:#}", account.id)),
        }
    }
    if plans.is_empty() {
        bail!("no account could be read\n{}", problems.join("\n"));
    }
    let types = types_to_read(set, settings, &args.only);
    let watch = Arc::new(Watch::new(args, set.clone(), &plans, types.len(), api.counters(), started));
    let plan =
        Plan { packs: set.clone(), types, accounts: plans, taken_at: args.source.taken_at.unwrap_or_else(crate::now) };
    let reading = plan::read(api.clone(), plan, watch.clone());
    tokio::pin!(reading);
    let mut tick = tokio::time::interval(TICK);
    let snapshot = loop {
        tokio::select! {
            snapshot = &mut reading => break snapshot,
            _ = tick.tick() => watch.show(),
        }
    };
    watch.finish();
    let totals = api.counters().now();
    let counters = Counters {
        calls: totals.calls,
        throttled: totals.throttled,
        refused: totals.refused,
        resources: snapshot.resources.len() as u64,
        ..Counters::default()
    };
    Ok(Read { snapshot, counters, problems })
}

fn sign_in_options(access: &AccessArgs) -> SignInOptions {
    SignInOptions {
        profile: access.profile.clone(),
        region: access.regions.first().cloned(),
        role: access.role_arn.as_ref().map(|arn| role(access, arn)),
        endpoint_url: access.endpoint_url.clone(),
    }
}

fn role(access: &AccessArgs, arn: &str) -> RoleRequest {
    RoleRequest {
        arn: arn.to_owned(),
        external_id: access.external_id.clone(),
        session_name: access.session_name.clone(),
    }
}

/// The accounts asked for; those that cannot be entered become problems, since the others can still be read.
async fn accounts_to_read(
    api: &dyn Api,
    sessions: &Sessions,
    me: &Arc<Account>,
    access: &AccessArgs,
) -> Result<(Vec<Arc<Account>>, Vec<String>)> {
    let wanted: Vec<(MemberAccount, RoleRequest)> = if let Some(path) = &access.accounts {
        let entry_role = |entry: &accounts::Entry| RoleRequest {
            external_id: entry.external_id.clone().or_else(|| access.external_id.clone()),
            ..role(access, entry.role.as_deref().unwrap_or(&access.role_name))
        };
        let member = |entry: &accounts::Entry| MemberAccount {
            id: entry.id.text(),
            name: entry.name.clone().unwrap_or_default(),
        };
        accounts::read(path)?.iter().map(|entry| (member(entry), entry_role(entry))).collect()
    } else if access.organization {
        let members = aws::organization_accounts(api, me, sessions.region()).await.context(
            "cannot list the organization's accounts; sign in to the management account or a delegated administrator",
        )?;
        members.into_iter().map(|member| (member, role(access, &access.role_name))).collect()
    } else {
        return Ok((vec![me.clone()], Vec::new()));
    };
    let (mut entered, mut problems) = (Vec::new(), Vec::new());
    for (member, role) in wanted {
        // The account that is signed in to needs no role (and the management account usually has none).
        if member.id == me.id {
            entered.push(me.clone());
            continue;
        }
        match aws::assume_in_account(api, sessions, &member, &me.partition, &role).await {
            Ok(account) => entered.push(account),
            Err(error) => problems.push(format!("account {} {} was not scanned: {error}", member.id, member.name)),
        }
    }
    Ok((entered, problems))
}

async fn account_plan(
    api: &dyn Api,
    sessions: &Sessions,
    account: Arc<Account>,
    asked: &[String],
) -> Result<AccountPlan> {
    let home_region = home_region(&account.partition).to_owned();
    let mut regions = if asked.is_empty() {
        let any = if account.partition == "aws" { sessions.region() } else { &home_region };
        aws::enabled_regions(api, &account, any)
            .await
            .context("cannot list the enabled Regions; name them with --region")?
    } else {
        asked.to_vec()
    };
    regions.sort();
    regions.dedup();
    Ok(AccountPlan { account, regions, home_region })
}

/// Where a partition's global services live (AWS General Reference, "Service endpoints").
fn home_region(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

/// The types that the controls need, or exactly the types named by `--only`.
fn types_to_read(packs: &PackSet, settings: &Settings, only: &[String]) -> BTreeSet<String> {
    let mut types = packs.types_for(posture::controls(packs, settings));
    types.extend(only.iter().filter(|word| packs.resources.contains_key(*word)).cloned());
    if only.is_empty() {
        // Everything that has a pack is read: exposure and history want it, and it is part of --save.
        types.extend(packs.resources.keys().cloned());
    }
    types
}
