//! A store in a temporary directory, scans of it day by day, and verdicts to feed them.
#![allow(dead_code, unused_imports, reason = "each test program uses its part")]
#![allow(clippy::unwrap_used, reason = "test code reports by panicking")]

use std::sync::Arc;

use sekisho_hub::{Glob, Ingested, ScanScope, SuppressionRule, ingest};
use sekisho_model::{
    AccountScope, ComplianceStatus, Evidence, Finding, ResourceRef, ScanMeta, Severity, Suppression, Timestamp, Value,
    Verdict, VerdictSubject, WorkflowStatus,
};
use sekisho_store::embedded::EmbeddedStore;
use sekisho_store::{Change, ChangeFilter, FindingFilter, FindingOrder, FindingWrite, ScanCounts, Store};

pub(crate) use ComplianceStatus::{Failed, NotAvailable, Passed, Warning};
pub(crate) use WorkflowStatus::{New, Notified, Resolved, Suppressed};

pub(crate) const ACCOUNT: &str = "111111111111";
pub(crate) const DAY: i64 = 86_400;

/// Noon of the `day`th day of 2027, UTC.
pub(crate) fn noon(day: i64) -> Timestamp {
    Timestamp::from_second(1_798_761_600 + (day - 1) * DAY + DAY / 2).unwrap()
}

pub(crate) fn meta(day: i64) -> ScanMeta {
    let account = AccountScope {
        account: ACCOUNT.into(),
        partition: "aws".into(),
        name: None,
        identity: "arn:aws:iam::111111111111:role/auditor".into(),
        regions: vec!["eu-west-1".into(), "us-east-1".into()],
        home_region: "us-east-1".into(),
    };
    ScanMeta { taken_at: noon(day), accounts: vec![account], version: "0.1.0".into() }
}

pub(crate) fn scope() -> ScanScope {
    let controls = ["S3.8", "S3.1", "KMS.4"].map(str::to_owned).into();
    ScanScope { controls, all_controls: true, ..ScanScope::default() }
}

pub(crate) fn verdict_in(region: &str, control: &str, name: &str, status: ComplianceStatus) -> Verdict {
    Verdict {
        control_id: control.into(),
        subject: Arc::new(VerdictSubject {
            account: ACCOUNT.into(),
            partition: "aws".into(),
            region: region.into(),
            resource: ResourceRef {
                type_name: "AWS::S3::Bucket".into(),
                id: format!("arn:aws:s3:::{name}"),
                name: name.into(),
            },
            tags: serde_json::from_str(r#"{"Environment":"prod"}"#).unwrap(),
        }),
        severity: Severity::High,
        status,
        reasons: [].into(),
        evidence: [Evidence { path: "properties.BlockPublicAcls".into(), value: Value::Bool(status == Passed) }].into(),
    }
}

pub(crate) fn verdict(control: &str, name: &str, status: ComplianceStatus) -> Verdict {
    verdict_in("us-east-1", control, name, status)
}

pub(crate) fn rule(resource: &str, until: jiff::civil::Date) -> SuppressionRule {
    SuppressionRule {
        control: None,
        resource: Some(Glob::new(resource).unwrap()),
        tags: vec![],
        account: None,
        region: None,
        reason: "static website".into(),
        until,
        owner: Some("web".into()),
        source: "sekisho.yaml:2".into(),
    }
}

pub(crate) struct Hub {
    pub(crate) store: EmbeddedStore,
    _directory: tempfile::TempDir,
}

impl Hub {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        Self { store: EmbeddedStore::open(directory.path()).unwrap(), _directory: directory }
    }

    pub(crate) fn scan_with(
        &mut self,
        day: i64,
        scope: &ScanScope,
        verdicts: Vec<Verdict>,
        rules: &[SuppressionRule],
    ) -> Ingested {
        ingest(&mut self.store, &meta(day), scope, verdicts, rules, noon(day)).unwrap()
    }

    pub(crate) fn scan(&mut self, day: i64, verdicts: Vec<Verdict>) -> Ingested {
        self.scan_with(day, &scope(), verdicts, &[])
    }

    pub(crate) fn all(&self) -> Vec<Finding> {
        self.store.finding_list(&FindingFilter::default(), FindingOrder::Id, None, usize::MAX).unwrap()
    }

    pub(crate) fn only(&self) -> Finding {
        let all = self.all();
        assert_eq!(all.len(), 1);
        all.into_iter().next().unwrap()
    }

    /// A person sets the workflow of the only finding, as the console will.
    pub(crate) fn set_workflow(&mut self, day: i64, workflow: WorkflowStatus, suppression: Option<Suppression>) {
        let finding = Finding { workflow, suppression, ..self.only() };
        let mut writer = self.store.scan_begin(&meta(day)).unwrap();
        writer.finding_put(&[FindingWrite { finding, observed: true, changes: vec![] }]).unwrap();
        writer.scan_commit(noon(day), &ScanCounts::default()).unwrap();
    }

    pub(crate) fn changes(&self, scan_id: i64) -> Vec<(String, Option<String>, Option<String>)> {
        let filter = ChangeFilter { scan_id: Some(scan_id), ..ChangeFilter::default() };
        let told = |change: Change| (change.field, change.from, change.to);
        self.store.change_list(&filter, 100).unwrap().into_iter().map(told).collect()
    }
}

pub(crate) fn id(verdict: &Verdict) -> String {
    verdict.key().finding_id("aws")
}

pub(crate) fn ids(verdicts: &[Verdict]) -> Vec<String> {
    let mut ids: Vec<String> = verdicts.iter().map(id).collect();
    ids.sort();
    ids
}
