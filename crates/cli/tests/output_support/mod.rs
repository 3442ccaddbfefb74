//! Reports to test and measure the writers with: a small one whose every figure was counted by hand, and a generated one
//! of any size. No clock and no randomness: the same call gives the same report.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(dead_code, unreachable_pub, reason = "each test file and the bench compile this module and use a part of it")]

use std::collections::BTreeMap;

use sekisho_cli::output::{
    ControlTexts, ControlView, Counters, DeltaView, FixView, Report, ResourceIndex, StandardLink, StandardScore, Unread,
};
use sekisho_model::{
    AccountScope, ComplianceStatus, Evidence, Finding, FindingKey, Gap, Lang, RecordState, Resource, ResourceRef,
    ScanMeta, Severity, StatusReason, Suppression, Text, Timestamp, Unknown, UnknownKind, Value, WorkflowStatus,
    account_resource_id,
};

/// A name that tries everything: markup, end of script, terminal escapes, a formula, a right-to-left override.
pub const HOSTILE: &str = "=HYPERLINK(\"x\")</script><img src=x onerror=alert(1)>\u{1b}[2J\u{202e}`|'";

pub struct Control {
    pub id: String,
    pub severity: Severity,
    pub title: Text,
    pub why: Text,
    pub accept_when: Text,
    pub console: Text,
    pub cli: String,
    pub cloudformation: String,
    pub terraform: String,
    pub standards: Vec<StandardLink<'static>>,
}

pub struct Controls(pub BTreeMap<String, Control>);

impl ControlTexts for Controls {
    fn control(&self, id: &str) -> Option<ControlView<'_>> {
        let control = self.0.get(id)?;
        Some(ControlView {
            id: &control.id,
            severity: control.severity,
            title: &control.title,
            why: &control.why,
            accept_when: &control.accept_when,
            fix: FixView {
                console: Some(&control.console),
                cli: Some(&control.cli),
                cloudformation: Some(&control.cloudformation),
                terraform: Some(&control.terraform),
            },
            category: "Protect > Secure access management",
            standards: control.standards.clone(),
            parameters: vec![("maxDays".into(), vec!["90".into()])],
        })
    }
}

/// Everything that a report borrows.
pub struct Fixture {
    pub meta: ScanMeta,
    pub findings: Vec<Finding>,
    pub controls: Controls,
    pub gaps: Vec<Gap>,
    pub unread: Vec<Unread>,
    pub resources: Vec<Resource>,
    pub delta: Option<DeltaView>,
    pub scores: Vec<StandardScore>,
    pub problems: Vec<String>,
    pub counters: Counters,
}

impl Fixture {
    pub fn report(&self, lang: Lang) -> Report<'_> {
        Report {
            meta: &self.meta,
            findings: &self.findings,
            delta: self.delta.clone(),
            scores: self.scores.clone(),
            summary_score: Some(33),
            controls: &self.controls,
            gaps: &self.gaps,
            unread: self.unread.clone(),
            resources: ResourceIndex::of(&self.resources),
            problems: self.problems.clone(),
            counters: self.counters,
            packs: "built-in 2026-11-25 + /etc/sekisho/packs".into(),
            lang,
            finished_at: time("2026-11-25T00:00:42Z"),
        }
    }
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn text(en: &str, ja: &str) -> Text {
    Text { en: en.into(), ja: ja.into() }
}

fn link(id: &str, standards_id: &str, name: &str, version: &str, requirements: &[&str]) -> StandardLink<'static> {
    StandardLink {
        id: id.to_owned().into(),
        standards_id: standards_id.to_owned().into(),
        name: name.to_owned().into(),
        version: version.to_owned().into(),
        requirement_prefix: if name.starts_with("NIST") {
            "NIST.800-53.r5".into()
        } else {
            format!("{name} v{version}").into()
        },
        requirements: requirements.iter().map(|number| (*number).to_owned()).collect(),
    }
}

fn fsbp() -> StandardLink<'static> {
    link(
        "fsbp/1.0.0",
        "standards/aws-foundational-security-best-practices/v/1.0.0",
        "AWS Foundational Security Best Practices",
        "1.0.0",
        &[],
    )
}

fn cis(numbers: &[&str]) -> StandardLink<'static> {
    link(
        "cis/3.0.0",
        "standards/cis-aws-foundations-benchmark/v/3.0.0",
        "CIS AWS Foundations Benchmark",
        "3.0.0",
        numbers,
    )
}

fn nist(numbers: &[&str]) -> StandardLink<'static> {
    link("nist-800-53/5.0.0", "standards/nist-800-53/v/5.0.0", "NIST SP 800-53 Revision 5", "5.0.0", numbers)
}

fn pci(numbers: &[&str]) -> StandardLink<'static> {
    link("pci-dss/4.0.1", "standards/pci-dss/v/4.0.1", "PCI DSS", "4.0.1", numbers)
}

struct Seed {
    id: &'static str,
    severity: Severity,
    title: (&'static str, &'static str),
    cli: &'static str,
    standards: Vec<StandardLink<'static>>,
}

fn control(seed: Seed) -> (String, Control) {
    let control = Control {
        id: seed.id.into(),
        severity: seed.severity,
        title: text(seed.title.0, seed.title.1),
        why: text(
            "Whoever finds this open can read or change what is behind it, without an account of yours and without leaving a trace in your logs. Scanners try every address on the internet within hours.",
            "この設定が開いていると、第三者がお客様のアカウントを使わずに中のデータを読み取ったり変更したりできます。ログにも残りません。インターネット上のアドレスは数時間以内にスキャンされます。",
        ),
        accept_when: text(
            "The content is meant for the public, somebody reviews it before it is published, and nothing else is stored beside it.",
            "公開を目的とした内容で、公開前に確認する担当者がおり、ほかのデータを一緒に置いていない場合。",
        ),
        console: text(
            "Open the service's console, choose the resource, then Permissions > Edit, and turn the setting on. Save.",
            "対象サービスのコンソールでリソースを選択し、「アクセス許可」>「編集」で設定を有効にして保存します。",
        ),
        cli: seed.cli.into(),
        cloudformation: "Type: AWS::S3::Bucket\nProperties:\n  PublicAccessBlockConfiguration:\n    BlockPublicAcls: true\n    RestrictPublicBuckets: true\n".into(),
        terraform: "resource \"aws_s3_bucket_public_access_block\" \"this\" {\n  bucket                  = aws_s3_bucket.this.id\n  block_public_acls       = true\n  restrict_public_buckets = true\n}\n".into(),
        standards: seed.standards,
    };
    (seed.id.into(), control)
}

fn controls() -> Controls {
    let seeds = [
        Seed {
            id: "EC2.19",
            severity: Severity::Critical,
            title: (
                "Security groups do not open high-risk ports to the world",
                "セキュリティグループで高リスクのポートを全世界に公開しない",
            ),
            cli: "aws ec2 revoke-security-group-ingress --group-id GROUP_ID --ip-permissions IpProtocol=tcp,FromPort=22,ToPort=22,IpRanges=[{CidrIp=0.0.0.0/0}]",
            standards: vec![fsbp(), nist(&["AC-4", "AC-4(21)", "SC-7"])],
        },
        Seed {
            id: "IAM.9",
            severity: Severity::Critical,
            title: ("The root user signs in with MFA", "ルートユーザーは MFA を使ってサインインする"),
            cli: "# MFA of the root user is set in the console\naws iam create-virtual-mfa-device --virtual-mfa-device-name root --outfile qr.png --bootstrap-method QRCodePNG\naws iam enable-mfa-device ...",
            standards: vec![cis(&["1.5"]), pci(&["8.4.2"])],
        },
        Seed {
            id: "KMS.4",
            severity: Severity::Medium,
            title: (
                "Customer managed KMS keys rotate automatically",
                "カスタマー管理の KMS キーは自動ローテーションを有効にする",
            ),
            cli: "aws kms enable-key-rotation --key-id KEY_ID",
            standards: vec![cis(&["3.6"]), nist(&["SC-12"])],
        },
        Seed {
            id: "S3.8",
            severity: Severity::High,
            title: ("S3 buckets block public access", "S3 バケットはパブリックアクセスをブロックする"),
            cli: "aws s3api put-public-access-block --bucket BUCKET \\\n  --public-access-block-configuration BlockPublicAcls=true,RestrictPublicBuckets=true",
            standards: vec![fsbp(), cis(&["2.1.4"])],
        },
        Seed {
            id: "S3.13",
            severity: Severity::Low,
            title: ("S3 buckets have a lifecycle configuration", "S3 バケットにライフサイクル設定がある"),
            cli: "aws s3api put-bucket-lifecycle-configuration --bucket BUCKET --lifecycle-configuration file://lifecycle.json",
            standards: vec![fsbp()],
        },
    ];
    Controls(seeds.into_iter().map(control).collect())
}

pub fn meta() -> ScanMeta {
    ScanMeta {
        taken_at: time("2026-11-25T00:00:00Z"),
        accounts: vec![AccountScope {
            account: "111122223333".into(),
            partition: "aws".into(),
            name: Some("shop-prod".into()),
            identity: "arn:aws:sts::111122223333:assumed-role/SekishoReadOnly/scan".into(),
            regions: ["ap-northeast-1", "ap-northeast-3", "eu-west-1", "us-east-1"].map(String::from).to_vec(),
            home_region: "us-east-1".into(),
        }],
        version: "0.1.0".into(),
    }
}

pub fn finding(controls: &Controls, control_id: &str, resource: ResourceRef, status: ComplianceStatus) -> Finding {
    let severity = controls.0.get(control_id).map_or(Severity::Medium, |control| control.severity);
    let (account, region) = ("111122223333", "ap-northeast-1");
    let id = FindingKey { control_id, account, region, resource_id: &resource.id }.finding_id("aws");
    Finding {
        id,
        control_id: control_id.into(),
        account: account.into(),
        region: region.into(),
        resource,
        tags: Value::Null,
        status,
        previous_status: None,
        reasons: Vec::new(),
        evidence: Vec::new(),
        severity: if status == ComplianceStatus::Failed { severity } else { Severity::Informational },
        control_severity: severity,
        workflow: if status == ComplianceStatus::Passed { WorkflowStatus::Resolved } else { WorkflowStatus::New },
        suppression: None,
        record_state: RecordState::Active,
        created_at: time("2026-11-20T02:10:05.120Z"),
        first_observed_at: time("2026-11-20T02:10:05.120Z"),
        last_observed_at: time("2026-11-25T00:00:00Z"),
        updated_at: time("2026-11-25T00:00:00Z"),
    }
}

pub fn resource(type_name: &str, id: &str, name: &str) -> ResourceRef {
    ResourceRef { type_name: type_name.into(), id: id.into(), name: name.into() }
}

fn bucket(name: &str) -> ResourceRef {
    resource("AWS::S3::Bucket", &format!("arn:aws:s3:::{name}"), name)
}

fn group(name: &str) -> ResourceRef {
    resource("AWS::EC2::SecurityGroup", &format!("arn:aws:ec2:ap-northeast-1:111122223333:security-group/{name}"), name)
}

fn evidence(path: &str, value: Value) -> Evidence {
    Evidence { path: path.into(), value }
}

/// Nine findings: EC2.19 failed twice, IAM.9 failed once, S3.8 failed once, suppressed once, passed once; KMS.4 passed once and
/// not available once; S3.13 failed once.
pub fn small() -> Fixture {
    use ComplianceStatus::{Failed, NotAvailable, Passed};
    let controls = controls();
    let mut findings = vec![
        finding(&controls, "EC2.19", group("sg-0a1b"), Failed),
        finding(&controls, "EC2.19", group("sg-0c2d"), Failed),
        finding(
            &controls,
            "IAM.9",
            resource("AWS::::Account", &account_resource_id("111122223333"), "111122223333"),
            Failed,
        ),
        finding(
            &controls,
            "KMS.4",
            resource("AWS::KMS::Key", "arn:aws:kms:ap-northeast-1:111122223333:key/k-1", "k-1"),
            Passed,
        ),
        finding(
            &controls,
            "KMS.4",
            resource("AWS::KMS::Key", "arn:aws:kms:ap-northeast-1:111122223333:key/k-2", "k-2"),
            NotAvailable,
        ),
        finding(&controls, "S3.8", bucket("logs"), Passed),
        finding(&controls, "S3.8", bucket("public-site"), Failed),
        finding(&controls, "S3.8", bucket(HOSTILE), Failed),
        finding(&controls, "S3.13", bucket("logs"), Failed),
    ];
    findings[0].evidence.push(evidence("properties.SecurityGroupIngress[0].CidrIp", Value::from("0.0.0.0/0")));
    findings[0].evidence.push(evidence("properties.SecurityGroupIngress[0].FromPort", Value::from(22_i64)));
    findings[0].tags = [("Owner".to_owned(), Value::from("shop")), ("Empty".to_owned(), Value::from(""))]
        .into_iter()
        .collect::<sekisho_model::Map>()
        .into_value();
    findings[4].reasons.push(StatusReason {
        code: "CONFIG_ACCESS_DENIED".into(),
        description: "kms:GetKeyRotationStatus: access denied".into(),
    });
    findings[6].workflow = WorkflowStatus::Suppressed;
    findings[6].suppression = Some(Suppression {
        reason: "static web site, reviewed by the web team".into(),
        until: "2027-03-31".into(),
        owner: Some("web@example.com".into()),
        source: "sekisho.yaml:12".into(),
    });
    findings[7].evidence.push(evidence("properties.PublicAccessBlockConfiguration", Value::from(HOSTILE)));
    findings[8].previous_status = Some(Passed);
    let ids = |places: &[usize]| places.iter().map(|at| findings[*at].id.clone()).collect::<Vec<_>>();
    let delta = DeltaView {
        previous_at: time("2026-11-24T00:00:00Z"),
        new: ids(&[0]),
        fixed: ids(&[5]),
        regressed: ids(&[8]),
        unchanged: ids(&[1, 2, 7]),
    };
    Fixture {
        meta: meta(),
        controls,
        gaps: vec![Gap {
            type_name: "AWS::EFS::FileSystem".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            unknown: Unknown {
                source: "elasticfilesystem:DescribeFileSystems".into(),
                kind: UnknownKind::Denied,
                message: "User: arn:aws:sts::111122223333:assumed-role/SekishoReadOnly/scan is not authorized to perform elasticfilesystem:DescribeFileSystems".into(),
            },
        }],
        unread: vec![Unread {
            unknown: Unknown {
                source: "kms:ListResourceTags".into(),
                kind: UnknownKind::Denied,
                message: "access denied".into(),
            },
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            resources: 3,
        }],
        resources: vec![judged_group(&findings[0])],
        delta: Some(delta),
        scores: vec![
            score("fsbp/1.0.0", "AWS Foundational Security Best Practices", "1.0.0", Some(0), (0, 3, 0), &["EC2.19", "S3.8", "S3.13"]),
            score("cis/3.0.0", "CIS AWS Foundations Benchmark", "3.0.0", Some(0), (0, 2, 1), &["IAM.9", "S3.8"]),
            score("nist-800-53/5.0.0", "NIST SP 800-53 Revision 5", "5.0.0", Some(81), (159, 35, 3), &["EC2.19"]),
            score("pci-dss/4.0.1", "PCI DSS", "4.0.1", None, (0, 0, 0), &[]),
        ],
        problems: vec!["sekisho.yaml:20: the suppression of S3.1 matched nothing; remove it or correct its resource".into()],
        counters: Counters { calls: 1234, throttled: 5, refused: 2, resources: 402, purged: 0, seconds: 6.25 },
        findings,
    }
}

/// The document behind the first finding.
fn judged_group(finding: &Finding) -> Resource {
    let document = |text: &str| serde_json::from_str(text).unwrap();
    Resource {
        type_name: finding.resource.type_name.clone(),
        arn: finding.resource.id.clone(),
        name: finding.resource.name.clone(),
        account: finding.account.clone(),
        region: finding.region.clone(),
        properties: document(
            r#"{"GroupName": "web", "GroupDescription": "d", "VpcId": "vpc-1",
                "SecurityGroupIngress": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}]}"#,
        ),
        attributes: document(r#"{"OwnerId": "111122223333"}"#),
        tags: Value::Null,
    }
}

fn score(
    id: &str,
    name: &str,
    version: &str,
    score: Option<u8>,
    (passed, failed, unknown): (usize, usize, usize),
    failing: &[&str],
) -> StandardScore {
    StandardScore {
        id: id.into(),
        name: name.into(),
        version: version.into(),
        score,
        passed,
        failed,
        unknown,
        no_data: 4,
        disabled: 1,
        failing_controls: failing.iter().map(|id| (*id).to_owned()).collect(),
    }
}

/// `count` findings over 160 controls, 20 accounts and 4 Regions: about a fifth failed.
pub fn large(count: usize) -> Fixture {
    let mut fixture = small();
    let base: Vec<Control> = std::mem::take(&mut fixture.controls.0).into_values().collect();
    for number in 0..160_usize {
        let model = &base[number % base.len()];
        let service = ["EC2", "S3", "IAM", "RDS", "Lambda", "KMS", "ECS", "SNS"][number % 8];
        let id = format!("{service}.{}", number / 8 + 1);
        let control = Control {
            id: id.clone(),
            severity: Severity::WORST_FIRST[number % 4],
            title: model.title.clone(),
            why: model.why.clone(),
            accept_when: model.accept_when.clone(),
            console: model.console.clone(),
            cli: model.cli.clone(),
            cloudformation: model.cloudformation.clone(),
            terraform: model.terraform.clone(),
            standards: model.standards.clone(),
        };
        fixture.controls.0.insert(id, control);
    }
    let accounts: Vec<String> = (0..20).map(|number| format!("{}", 111_122_223_333_u64 + number)).collect();
    let scope = fixture.meta.accounts[0].clone();
    fixture.meta.accounts =
        accounts.iter().map(|account| AccountScope { account: account.clone(), ..scope.clone() }).collect();
    let ids: Vec<String> = fixture.controls.0.keys().cloned().collect();
    fixture.findings =
        (0..count).map(|number| large_finding(&fixture.controls, &ids, &accounts, number, count)).collect();
    let failed = |finding: &&Finding| finding.status == ComplianceStatus::Failed;
    let all: Vec<String> = fixture.findings.iter().filter(failed).map(|finding| finding.id.clone()).collect();
    let new = all.iter().step_by(50).cloned().collect();
    fixture.delta =
        Some(DeltaView { previous_at: time("2026-11-24T00:00:00Z"), new, unchanged: all, ..DeltaView::default() });
    fixture.gaps.clear();
    fixture.unread.clear();
    fixture
}

fn large_finding(controls: &Controls, ids: &[String], accounts: &[String], number: usize, count: usize) -> Finding {
    let control_id = &ids[number * ids.len() / count];
    let within = number % count.div_ceil(ids.len());
    let account = &accounts[within % accounts.len()];
    let region = ["ap-northeast-1", "ap-northeast-3", "eu-west-1", "us-east-1"][within % 4];
    // Eight controls look at the same resource, as those of a bucket do.
    let name = format!("resource-{:03x}-{within:08x}", number * ids.len() / count / 8);
    let arn = format!("arn:aws:service:{region}:{account}:thing/{name}");
    let status = match within % 10 {
        0 | 1 => ComplianceStatus::Failed,
        2 if within % 100 == 2 => ComplianceStatus::NotAvailable,
        _ => ComplianceStatus::Passed,
    };
    let mut made = finding(controls, control_id, resource("AWS::EC2::Instance", &arn, &name), status);
    made.account.clone_from(account);
    made.region = region.into();
    made.id = FindingKey { control_id, account, region, resource_id: &arn }.finding_id("aws");
    made.evidence
        .push(evidence("properties.MetadataOptions.HttpTokens", Value::from(format!("optional-{}", within % 500))));
    if status == ComplianceStatus::NotAvailable {
        made.reasons.push(StatusReason {
            code: "CONFIG_ACCESS_DENIED".into(),
            description: "ec2:DescribeInstances: access denied".into(),
        });
    }
    made
}

/// `Map` to `Value`, spelled as a method to keep the fixture readable.
trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for sekisho_model::Map {
    fn into_value(self) -> Value {
        Value::Map(self)
    }
}
