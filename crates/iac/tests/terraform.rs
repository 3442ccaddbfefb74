//! What Terraform's language comes to, and that nothing in a file can hurt. Expected values of functions and modules are those that
//! Terraform 1.11 itself computes (`terraform console`, `terraform plan`).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod memory;

use std::sync::LazyLock;

use memory::Memory;
use proptest::prelude::*;
use sekisho_iac::terraform::{self, plan};
use sekisho_iac::{Declared, Located, Node, Options, Reading, shape};
use sekisho_model::{Resource, Value};
use sekisho_rules::packs::{PackSet, builtin_for_judging};

static PACKS: LazyLock<PackSet> = LazyLock::new(|| PackSet::load(&builtin_for_judging()).unwrap());

/// Expressions nest deeper than a test's stack is long.
fn on_a_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

fn read(files: &[(&str, &str)]) -> Reading {
    let files = Memory::with(files);
    on_a_large_stack(|| terraform::read("", &files, &Options::default()))
}

fn one<'r>(reading: &'r Reading, address: &str) -> &'r Declared {
    let found = reading.declared.iter().find(|declared| *declared.address == *address);
    found.unwrap_or_else(|| panic!("{address} is none of {:?}", addresses(reading)))
}

fn addresses(reading: &Reading) -> Vec<&str> {
    reading.declared.iter().map(|declared| &*declared.address).collect()
}

/// A value in a form that reads well: unknown parts as `?` with what hides them.
fn shown(located: &Located) -> String {
    match &located.node {
        Node::Null => "null".to_owned(),
        Node::Bool(truth) => truth.to_string(),
        Node::Int(number) => number.to_string(),
        Node::Double(number) => number.to_string(),
        Node::String(text) => format!("{text:?}"),
        Node::Text(pieces) => format!("text of {}", pieces.len()),
        Node::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(",")),
        Node::Map(entries) => {
            let entry = |entry: &sekisho_iac::located::Entry| format!("{}:{}", entry.key, shown(&entry.value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(","))
        }
        Node::Reference(reference) => {
            format!("->{}.{}", reference.address, reference.attribute.as_deref().unwrap_or_default())
        }
        Node::Unknown(why) => format!("?{}", why.source),
    }
}

fn input(reading: &Reading, address: &str) -> String {
    shown(one(reading, address).properties.get("input").unwrap())
}

fn shaped(files: &[(&str, &str)]) -> Vec<Resource> {
    let reading = read(files);
    assert_eq!(reading.problems, []);
    shape::shape(&reading.declared, &PACKS, &Options::default()).into_iter().map(|shaped| shaped.resource).collect()
}

#[test]
fn functions_give_what_terraform_gives() {
    for (expression, json, of) in [
        ("abs(-3.5)", "3.5", "number"),
        ("chunklist([1,2,3],2)", "[[1,2],[3]]", "list(list(number))"),
        (r#"compact(["a","",null,"b"])"#, r#"["a","b"]"#, "list(string)"),
        (r#"coalesce("", 1)"#, r#""1""#, "string"),
        ("distinct([1,1,2])", "[1,2]", "list(number)"),
        (r#"element(["a","b"], 3)"#, r#""b""#, "string"),
        ("flatten([1,[2,[3]]])", "[1,2,3]", "tuple([number, number, number])"),
        (
            r#"format("%05d|%-5s|%+d|%.2f|%e|%g", 42, "ab", 3, 3.14159, 1500, 0.5)"#,
            r#""00042|ab   |+3|3.14|1.500000e+03|0.5""#,
            "string",
        ),
        (r#"format("%v|%#x|%q", 1234567, 255, "a")"#, r#""1.234567e+06|0xff|\"a\"""#, "string"),
        (r#"formatdate("YY/M/D h:m:s Z", "2020-01-02T03:04:05+09:00")"#, r#""20/1/2 3:4:5 +09:00""#, "string"),
        (r#"formatdate("HH:mm AA 'o''clock'", "2018-01-02T23:12:01Z")"#, r#""11:12 PM o'clock""#, "string"),
        (r#"timeadd("2020-01-31T00:00:00Z","-24h")"#, r#""2020-01-30T00:00:00Z""#, "string"),
        (r#"cidrsubnet("172.16.0.0/12", 4, 2)"#, r#""172.18.0.0/16""#, "string"),
        (r#"cidrhost("10.0.0.0/24", -1)"#, r#""10.0.0.255""#, "string"),
        (r#"cidrsubnets("fd00::/48", 16, 16)"#, r#"["fd00::/64","fd00:0:0:1::/64"]"#, "list(string)"),
        (r#"replace("abc","/(b)/","[$1]")"#, r#""a[b]c""#, "string"),
        (r#"regex("(?P<y>\\d+)-(?P<m>\\d+)","2019-02")"#, r#"{"m":"02","y":"2019"}"#, "object({m: string, y: string})"),
        (r#"regexall("(a)(b)?","aab")"#, r#"[["a",null],["a","b"]]"#, "list(tuple([string, string]))"),
        (r#"title("it's x.y")"#, r#""It'S X.Y""#, "string"),
        (r#"transpose({a=["1","2"],b=["2"]})"#, r#"{"1":["a"],"2":["a","b"]}"#, "map(list(string))"),
        (r#"jsonencode({a="<&>"})"#, r#""{\"a\":\"\\u003c\\u0026\\u003e\"}""#, "string"),
        (r#"yamlencode({a=[1,{b=null}],d={}})"#, r#""\"a\":\n- 1\n- \"b\": null\n\"d\": {}\n""#, "string"),
        (
            r#"yamldecode("a: yes\nb: '0x10'\nc: 0x10")"#,
            r#"{"a":true,"b":"0x10","c":16}"#,
            "object({a: bool, b: string, c: number})",
        ),
        (r#"uuidv5("dns","www.terraform.io")"#, r#""a5008fae-b28c-5ba5-96cd-82b4c53552d6""#, "string"),
        (r#"base64sha256("hello world")"#, r#""uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=""#, "string"),
        (r#"textdecodebase64("6Q==","ISO-8859-1")"#, r#""é""#, "string"),
        ("0.1 + 0.2", "0.3", "number"),
        ("sum([0.1, 0.2, 0.3])", "0.6", "number"),
        (r#""5" + 3"#, "8", "number"),
        ("true ? [] : [1]", "[]", "list(number)"),
        ("true ? [1,\"a\"] : [true]", r#"["1","a"]"#, "list(string)"),
        (r#"1 == "1""#, "false", "bool"),
        (r#"tolist(["a"]) == ["a"]"#, "false", "bool"),
        ("[{a=1},{a=2}][*].a", "[1,2]", "tuple([number, number])"),
        (r#"{for k in ["a","a"] : k => 1...}"#, r#"{"a":[1,1]}"#, "object({a: tuple([number, number])})"),
        (r#""%{ for i, v in ["a", "b"] ~} ${i}=${v}; %{ endfor ~}""#, r#""0=a; 1=b; ""#, "string"),
        (r#""$${x}%%{y}""#, r#""${x}%{y}""#, "string"),
        (r#"try({}.a, "z")"#, r#""z""#, "string"),
        (r#"setproduct(toset(["b","a"]), [1])"#, r#"[["a",1],["b",1]]"#, "set(tuple([string, number]))"),
    ] {
        let found = terraform::evaluate(expression).unwrap_or_else(|why| panic!("{expression}: {why}"));
        assert_eq!(found, (json.to_owned(), of.to_owned()), "{expression}");
    }
}

#[test]
fn what_terraform_refuses_is_refused() {
    for expression in [
        r#"tonumber("0x10")"#,
        r#"index(["a"], "z")"#,
        "element([], 0)",
        r#"join("", ["a", null])"#,
        r#"coalesce("", null)"#,
        r#"cidrsubnet("10.0.0.0/16", 8, 256)"#,
        r#""a" < "b""#,
        "1 / 0",
        "[1,2][5]",
        "{a=1}.b",
        r#"format("%d", 1.5)"#,
        "range(0,1,0)",
        "nosuch(1)",
        r#""a${null}""#,
        r#"{for k in ["a","a"] : k => 1}"#,
    ] {
        assert!(terraform::evaluate(expression).is_err(), "{expression}");
    }
}

#[test]
fn variables_take_values_in_terraforms_order() {
    let reading = read(&[
        (
            "main.tf",
            "variable a {}\nvariable b { default = \"d\" }\nresource terraform_data x { input = \"${var.a}-${var.b}\" }",
        ),
        ("terraform.tfvars", "a = \"tfvars\"\nb = \"tfvars\""),
        ("z.auto.tfvars", "b = \"z\""),
        ("a.auto.tfvars", "b = \"a\""),
    ]);
    assert_eq!(input(&reading, "terraform_data.x"), r#""tfvars-z""#);
}

#[test]
fn modules_are_followed_with_what_they_are_given() {
    let reading = read(&[
        (
            "main.tf",
            r#"
            module "m" {
              source   = "./m"
              for_each = toset(["x", "y"])
              name     = each.key
            }
            resource "terraform_data" "all" { input = { for k, m in module.m : k => m.shout } }
            "#,
        ),
        (
            "m/main.tf",
            r#"
            variable "name" { type = string }
            variable "size" {
              type    = object({ n = optional(number, 10), t = optional(map(string), {}) })
              default = {}
            }
            resource "terraform_data" "r" { input = "${var.name}${var.size.n}" }
            output "shout" { value = upper(terraform_data.r.input) }
            "#,
        ),
    ]);
    assert_eq!(reading.problems, []);
    assert_eq!(input(&reading, "module.m[\"y\"].terraform_data.r"), r#""y10""#);
    assert_eq!(input(&reading, "terraform_data.all"), r#"{x:"X10",y:"Y10"}"#);
}

#[test]
fn heredocs_lose_their_indentation_as_terraform_takes_it() {
    let text = "resource terraform_data x {\n  input = {\n    a = <<EOT\n  keep\nEOT\n    b = <<-EOT\n      strip\n        two\n      EOT\n    c = <<-EOT\n      %{ for i in [1, 2] ~}\n      i${i}\n      %{ endfor ~}\n      EOT\n  }\n}\n";
    let reading = read(&[("main.tf", text)]);
    assert_eq!(input(&reading, "terraform_data.x"), r#"{a:"  keep\n",b:"strip\n  two\n",c:"      i1\n      i2\n"}"#);
}

#[test]
fn overrides_and_json_are_the_same_language() {
    let reading = read(&[
        (
            "main.tf.json",
            r#"{"variable":{"n":{"type":"list(string)","default":["v"]}},"resource":{"terraform_data":{"x":{"for_each":"${toset(var.n)}","input":"${each.key}-$${lit}"}}}}"#,
        ),
        ("y.tf", "resource terraform_data y { input = \"base\" }"),
        ("override.tf", "resource terraform_data y { input = \"over\" }"),
    ]);
    assert_eq!(input(&reading, "terraform_data.x[\"v\"]"), r#""v-${lit}""#);
    assert_eq!(input(&reading, "terraform_data.y"), r#""over""#);
}

#[test]
fn what_is_not_known_is_unknown_and_nothing_else() {
    let reading = read(&[(
        "main.tf",
        r#"
        variable "given_later" {}
        resource "terraform_data" "a" { input = var.given_later }
        resource "terraform_data" "b" {
          input = {
            known  = "x"
            hidden = terraform_data.a.id
            woven  = "n-${terraform_data.a.id}"
            both   = true || var.given_later
            gone   = aws_kms_key.nowhere.arn
            time   = timestamp()
          }
        }
        resource "terraform_data" "many" {
          count = var.given_later
          input = count.index
        }
        resource "terraform_data" "first" { input = terraform_data.many[0].id }
        resource "terraform_data" "round" { input = local.a }
        locals {
          a = local.b
          b = local.a
        }
        "#,
    )]);
    assert_eq!(input(&reading, "terraform_data.a"), "?var.given_later");
    let shown = input(&reading, "terraform_data.b");
    for part in [
        "known:\"x\"",
        "hidden:->terraform_data.a.id",
        "woven:text of 2",
        "both:?var.given_later",
        "gone:->aws_kms_key.nowhere.arn",
        "time:?timestamp()",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    assert_eq!(input(&reading, "terraform_data.many[*]"), "?var.given_later");
    assert_eq!(input(&reading, "terraform_data.first"), "->terraform_data.many[*].id");
    let round = one(&reading, "terraform_data.round").properties.get("input").unwrap();
    let Node::Unknown(why) = &round.node else { panic!("{round:?}") };
    assert!(why.message.contains("circle"), "{}", why.message);
}

const BUCKET: &str = r#"
provider "aws" {
  default_tags { tags = { Owner = "team" } }
}
variable "name" {}
resource "aws_s3_bucket" "logs" {
  bucket = var.name
  tags   = { Env = "prod" }
}
resource "aws_s3_bucket_versioning" "logs" {
  bucket = aws_s3_bucket.logs.id
  versioning_configuration { status = "Enabled" }
}
resource "aws_s3_bucket_public_access_block" "logs" {
  bucket              = aws_s3_bucket_versioning.logs.bucket
  block_public_acls   = true
}
data "aws_iam_policy_document" "logs" {
  statement {
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = ["${aws_s3_bucket.logs.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
resource "aws_s3_bucket_policy" "logs" {
  bucket = var.name
  policy = data.aws_iam_policy_document.logs.json
}
"#;

#[test]
fn what_is_declared_apart_is_joined_by_reference_or_by_the_same_unknown_name() {
    let all = shaped(&[("main.tf", BUCKET)]);
    let bucket = all.iter().find(|one| one.type_name == "AWS::S3::Bucket").unwrap();
    let at = |document: &Value, path: &str| document.at(path).cloned().unwrap_or_default().to_string();
    assert_eq!(at(&bucket.properties, "VersioningConfiguration.Status"), "\"Enabled\"");
    assert_eq!(at(&bucket.properties, "PublicAccessBlockConfiguration.BlockPublicAcls"), "true");
    assert_eq!(at(&bucket.properties, "PublicAccessBlockConfiguration.BlockPublicPolicy"), "false");
    let statement = &bucket.attributes.at("Policy.Statement").unwrap().as_list().unwrap()[0];
    assert_eq!(at(statement, "Principal"), "\"*\"");
    assert_eq!(at(statement, "Condition.Bool"), r#"{"aws:SecureTransport":"false"}"#);
    assert_eq!(bucket.tags.to_string(), r#"{"Env":"prod","Owner":"team"}"#);
    assert_eq!(all.len(), 1);
}

#[test]
fn a_part_of_something_elsewhere_is_judged_by_itself() {
    let all =
        shaped(&[("main.tf", "resource aws_s3_bucket_policy p {\n  bucket = \"elsewhere\"\n  policy = \"{}\"\n}")]);
    let [alone] = &all[..] else { panic!("{all:?}") };
    assert_eq!(alone.type_name, "AWS::S3::Bucket");
    assert_eq!(alone.attributes.get("Policy").unwrap().to_string(), "{}");
    assert!(alone.properties.get("VersioningConfiguration").unwrap().as_unknown().is_some());
}

#[test]
fn a_part_that_says_nothing_of_what_is_judged_is_no_document() {
    let contact = |kind: &str| {
        let text = format!("resource aws_account_alternate_contact c {{\n  alternate_contact_type = \"{kind}\"\n}}");
        shaped(&[("main.tf", &text)])
    };
    assert_eq!(contact("BILLING"), []);
    let [security] = &contact("SECURITY")[..] else { panic!("one document") };
    assert_eq!(security.attributes.get("Provided"), Some(&Value::Bool(true)));
}

#[test]
fn settings_that_are_declared_one_by_one_are_one_document() {
    let setting = |name: &str, id: &str, value: &str| {
        format!(
            "resource aws_ssm_service_setting {name} {{\n  setting_id = \"{id}\"\n  setting_value = \"{value}\"\n}}\n"
        )
    };
    let sharing = setting(
        "a",
        "arn:aws:ssm:us-east-1:1:servicesetting/ssm/documents/console/public-sharing-permission",
        "Disable",
    );
    let [one] = &shaped(&[("main.tf", &sharing)])[..] else { panic!("one document") };
    assert_eq!(one.properties.get("DocumentPublicSharing"), Some(&Value::from("Disable")));
    assert!(one.properties.get("AutomationScriptLogDestination").unwrap().as_unknown().is_some());

    let log = setting("b", "/ssm/automation/customer-script-log-destination", "CloudWatch");
    let other = setting("c", "/ssm/parameter-store/high-throughput-enabled", "true");
    let [one] = &shaped(&[("main.tf", &format!("{other}{sharing}{log}"))])[..] else { panic!("one document") };
    assert_eq!(one.properties.get("DocumentPublicSharing"), Some(&Value::from("Disable")));
    assert_eq!(one.properties.get("AutomationScriptLogDestination"), Some(&Value::from("CloudWatch")));
}

#[test]
fn what_is_declared_inside_another_resource_is_one_of_its_own() {
    let acl = |ingress: &str| {
        let text = format!(
            r#"
            variable "rules" {{}}
            resource "aws_network_acl" "main" {{
              vpc_id     = "vpc-1"
              subnet_ids = ["subnet-1", "subnet-2"]
              {ingress}
            }}
            "#
        );
        shaped(&[("main.tf", &text)])
    };
    let of = |all: &[Resource], kind: &str| -> Vec<Resource> {
        all.iter().filter(|one| one.type_name == format!("AWS::EC2::{kind}")).cloned().collect()
    };
    let rule = |port: &str| {
        format!(
            "rule_no = 100\n action = \"allow\"\n protocol = \"tcp\"\n cidr_block = \"10.0.0.0/8\"\n from_port = {port}\n to_port = {port}"
        )
    };
    let all = acl(&format!("ingress {{\n{}\n}}\negress {{\n{}\n}}", rule("22"), rule("443")));
    let [main] = &of(&all, "NetworkAcl")[..] else { panic!("{all:?}") };
    let entries = of(&all, "NetworkAclEntry");
    let shown: Vec<String> = entries.iter().map(|entry| entry.properties.to_string()).collect();
    let expected = |egress: bool, port: u16| {
        format!(
            r#"{{"CidrBlock":"10.0.0.0/8","Egress":{egress},"NetworkAclId":"{}","PortRange":{{"From":{port},"To":{port}}},"Protocol":6,"RuleAction":"allow","RuleNumber":100}}"#,
            main.name
        )
    };
    assert_eq!(shown, [expected(false, 22), expected(true, 443)]);
    assert_ne!(entries[0].arn, entries[1].arn);
    let used = of(&all, "SubnetNetworkAclAssociation");
    let subnets: Vec<_> = used.iter().filter_map(|one| one.properties.get("SubnetId")?.as_str()).collect();
    assert_eq!(subnets, ["subnet-1", "subnet-2"]);

    let dynamic =
        format!("dynamic \"ingress\" {{\n for_each = var.rules\n content {{\n{}\n}}\n}}", rule("ingress.value"));
    let [entry] = &of(&acl(&dynamic), "NetworkAclEntry")[..] else { panic!("one unknown entry") };
    assert_eq!(entry.properties.get("NetworkAclId"), Some(&Value::from(&*main.name)));
    assert!(entry.properties.get("RuleAction").unwrap().as_unknown().is_some());
}

#[test]
fn dynamic_blocks_make_rules_and_unknown_ones_make_them_unknown() {
    let text = |ports: &str| {
        format!(
            r#"
            variable "unknown" {{}}
            resource "aws_security_group" "web" {{
              name = "web"
              dynamic "ingress" {{
                for_each = {ports}
                iterator = port
                content {{
                  from_port   = port.value
                  to_port     = port.value
                  protocol    = "tcp"
                  cidr_blocks = ["10.0.0.0/8", "0.0.0.0/0"]
                }}
              }}
            }}
            resource "aws_security_group_rule" "more" {{
              security_group_id = aws_security_group.web.id
              type              = "ingress"
              from_port         = 22
              to_port           = 22
              protocol          = "tcp"
              cidr_blocks       = ["192.0.2.0/24"]
            }}
            "#
        )
    };
    let group = |ports: &str| shaped(&[("main.tf", &text(ports))]).remove(0);
    let known = group("[80, 443]");
    let rules = known.properties.get("SecurityGroupIngress").unwrap().as_list().unwrap();
    assert_eq!(rules.len(), 5);
    assert_eq!(rules[3].get("CidrIp").unwrap().as_str(), Some("0.0.0.0/0"));
    assert_eq!(rules[4].get("FromPort").unwrap().as_int(), Some(22));
    assert_eq!(known.properties.get("SecurityGroupEgress").unwrap().to_string(), "[]");
    let unknown = group("var.unknown");
    assert_eq!(unknown.properties.get("SecurityGroupIngress").unwrap().as_unknown().unwrap().source, "var.unknown");
}

#[test]
fn only_what_is_unknown_in_a_policy_is_unknown() {
    let text = "variable org {}\nresource aws_sqs_queue q {\n  name   = \"q\"\n  policy = <<EOF\n{ \"Statement\": [{ \"Effect\": \"Allow\", \"Principal\": \"*\", \"Resource\": \"${var.org}/x\" }] }\nEOF\n}";
    let queue = shaped(&[("main.tf", text)]).remove(0);
    let statement = &queue.attributes.at("Policy.Statement").unwrap().as_list().unwrap()[0];
    assert_eq!(statement.get("Principal").unwrap().as_str(), Some("*"));
    assert!(statement.get("Resource").unwrap().as_unknown().unwrap().source.starts_with("var.org"));
}

#[test]
fn a_plan_says_what_its_configuration_says() {
    let plan_text = r#"{
      "format_version": "1.2",
      "planned_values": { "root_module": { "resources": [
        { "address": "aws_s3_bucket.logs", "mode": "managed", "type": "aws_s3_bucket", "name": "logs", "values": { "bucket": "logs" } },
        { "address": "aws_s3_bucket_versioning.logs", "mode": "managed", "type": "aws_s3_bucket_versioning", "name": "logs",
          "values": { "versioning_configuration": [{ "status": "Enabled" }] } },
        { "address": "aws_db_instance.db", "mode": "managed", "type": "aws_db_instance", "name": "db",
          "values": { "engine": "mysql", "password": "hunter2" } } ] } },
      "resource_changes": [
        { "address": "aws_s3_bucket.logs", "change": { "actions": ["create"], "after_unknown": { "id": true, "versioning": true } } },
        { "address": "aws_s3_bucket_versioning.logs", "change": { "actions": ["create"], "after_unknown": { "bucket": true, "versioning_configuration": [{}] } } },
        { "address": "aws_db_instance.db", "change": { "actions": ["create"], "after_unknown": { "kms_key_id": true }, "after_sensitive": { "password": true } } } ],
      "configuration": { "root_module": { "resources": [
        { "address": "aws_s3_bucket.logs", "expressions": { "bucket": { "constant_value": "logs" } } },
        { "address": "aws_s3_bucket_versioning.logs", "expressions": { "bucket": { "references": ["aws_s3_bucket.logs.id", "aws_s3_bucket.logs"] } } },
        { "address": "aws_db_instance.db", "expressions": { "kms_key_id": { "references": ["data.aws_kms_key.db.arn", "data.aws_kms_key.db"] } } } ] } }
    }"#;
    assert!(plan::looks_like_plan(plan_text));
    let reading = plan::read("plan.json", plan_text.into());
    assert_eq!(reading.problems, []);
    let all = shape::shape(&reading.declared, &PACKS, &Options::default());
    let bucket = &all[0].resource;
    assert_eq!(bucket.properties.at("VersioningConfiguration.Status").unwrap().as_str(), Some("Enabled"));
    let database = one(&reading, "aws_db_instance.db");
    assert!(database.properties.get("password").unwrap().sensitive);
    // What is configured and not known yet stays unknown; what nobody configured is absent.
    assert_eq!(shown(database.properties.get("kms_key_id").unwrap()), "?data.aws_kms_key.db.arn");
    assert!(one(&reading, "aws_s3_bucket.logs").properties.get("versioning").is_none());
}

/// Terraform leaves `values` out of a planned resource of which nothing is known before apply.
#[test]
fn a_planned_resource_without_values_is_still_there() {
    let plan_text = r#"{
      "format_version": "1.2",
      "planned_values": { "root_module": { "resources": [
        { "address": "aws_route53_zone.z", "mode": "managed", "type": "aws_route53_zone", "name": "z", "values": { "name": "example.com" } },
        { "address": "aws_route53_query_log.z", "mode": "managed", "type": "aws_route53_query_log", "name": "z" } ] } },
      "resource_changes": [
        { "address": "aws_route53_query_log.z", "change": { "actions": ["create"],
          "after_unknown": { "arn": true, "cloudwatch_log_group_arn": true, "zone_id": true } } } ],
      "configuration": { "root_module": { "resources": [
        { "address": "aws_route53_zone.z", "expressions": { "name": { "constant_value": "example.com" } } },
        { "address": "aws_route53_query_log.z", "expressions": {
          "cloudwatch_log_group_arn": { "references": ["aws_cloudwatch_log_group.dns.arn", "aws_cloudwatch_log_group.dns"] },
          "zone_id": { "references": ["aws_route53_zone.z.zone_id", "aws_route53_zone.z"] } } } ] } }
    }"#;
    let reading = plan::read("plan.json", plan_text.into());
    assert_eq!(reading.problems, []);
    let all = shape::shape(&reading.declared, &PACKS, &Options::default());
    let zone = &all[0].resource;
    assert_eq!(zone.type_name, "AWS::Route53::HostedZone");
    assert!(zone.properties.at("QueryLoggingConfig.CloudWatchLogsLogGroupArn").is_some());
    // What nobody configured stays out of it.
    assert!(one(&reading, "aws_route53_query_log.z").properties.get("arn").is_none());
}

#[test]
fn mistakes_have_places_and_cost_only_their_file() {
    let reading = read(&[
        ("bad.tf", "resource \"terraform_data\" \"x\" {\n  input = [1, 2\n}\n"),
        (
            "good.tf",
            "resource \"terraform_data\" \"y\" { input = 1 }\nmodule far { source = \"terraform-aws-modules/vpc/aws\" }\n",
        ),
    ]);
    assert_eq!(addresses(&reading), ["terraform_data.y"]);
    let [bad, far] = &reading.problems[..] else { panic!("{:?}", reading.problems) };
    assert_eq!(&*bad.path, "bad.tf");
    let at = reading.sources.get(bad.span.unwrap().file).unwrap().position(bad.span.unwrap().start);
    assert!((2..=3).contains(&at.line), "{at:?}");
    assert!(far.message.contains("terraform init"), "{}", far.message);
}

#[test]
fn hostile_modules_end() {
    let deep = format!("resource terraform_data x {{ input = {}1{} }}", "[".repeat(5000), "]".repeat(5000));
    let chain: String =
        (0..5000).map(|at| format!("local_{at} = local.local_{}\n", at + 1)).collect::<String>() + "local_5000 = 1\n";
    let chain = format!("locals {{\n{chain}}}\nresource terraform_data x {{ input = local.local_0 }}");
    let products = "locals { r = range(1000) }\nresource terraform_data x { input = [for a in local.r : [for b in local.r : [for c in local.r : a]]] }";
    let doubling = "locals {\n  a0 = \"xxxxxxxxxxxxxxxx\"\n".to_owned()
        + &(1..60).map(|at| format!("  a{at} = \"${{local.a{0}}}${{local.a{0}}}\"\n", at - 1)).collect::<String>()
        + "}\nresource terraform_data x { input = local.a59 }";
    let many = "resource terraform_data x {\n  count = 100000000\n  input = 1\n}";
    let recursion = "module m { source = \"./\" }";
    for text in [&deep, &chain, products, &doubling, many, recursion] {
        let reading = read(&[("main.tf", text)]);
        let hidden = reading.declared.iter().any(|declared| shown(&declared.properties).contains('?'));
        assert!(!reading.problems.is_empty() || hidden, "{}", text.chars().take(60).collect::<String>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever stands in a file, the worst that happens is a problem or an unknown.
    #[test]
    fn no_text_panics(text in "[a-z\"${}%\\[\\](),=.~\\n 0-9<EOT?:*!&|-]{0,200}") {
        let wrapped = format!("resource \"aws_s3_bucket\" \"x\" {{\n  bucket = {text}\n}}\n");
        read(&[("main.tf", &text)]);
        read(&[("main.tf", &wrapped)]);
        plan::read("plan.json", text.as_str().into());
        let _ = terraform::evaluate(&text);
    }
}
