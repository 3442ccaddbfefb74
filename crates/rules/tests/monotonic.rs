//! Not knowing more may only make an answer unknown; it never turns it around.
//!
//! This is what three truth values are for: whoever refuses Sekisho a read, or hides a field, can at most get
//! NOT_AVAILABLE. In Kleene's logic it holds for every expression if it holds for every operator and function,
//! and a function breaks it by treating a part that it cannot read as if that part were not there.
//!
//! Checked here exhaustively, not by chance: every value of every document of every test inside the built-in
//! controls is made unknown, one at a time, and so is every field that a document lacks and its type has.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code reports by panicking")]

use sekisho_model::{ComplianceStatus, Map, Resource, Timestamp, Unknown, UnknownKind, Value};
use sekisho_rules::cel::{Env, Program, Truth, Val};
use sekisho_rules::packs::{Control, ControlTest, PackSet, builtin, testing};

fn unknown() -> Value {
    Unknown { source: "test:Hidden".into(), kind: UnknownKind::Denied, message: "hidden in this test".into() }.into()
}

/// The paths of all values in a document, that of the document itself first. A path is one index per level.
fn places(value: &Value) -> Vec<Vec<usize>> {
    let inner: Vec<&Value> = match value {
        Value::List(items) => items.iter().collect(),
        Value::Map(map) => map.values().collect(),
        _ => Vec::new(),
    };
    let mut found = vec![Vec::new()];
    for (at, inner) in inner.into_iter().enumerate() {
        found.extend(places(inner).into_iter().map(|rest| [vec![at], rest].concat()));
    }
    found
}

/// The document with the value at `place` unknown.
fn hidden(value: &Value, place: &[usize]) -> Value {
    let Some((at, rest)) = place.split_first() else { return unknown() };
    let change = |(i, inner): (usize, &Value)| if i == *at { hidden(inner, rest) } else { inner.clone() };
    match value {
        Value::List(items) => Value::List(items.iter().enumerate().map(change).collect()),
        Value::Map(map) => {
            let values = map.values().enumerate().map(change);
            Value::Map(map.keys().cloned().zip(values).collect::<Map>())
        }
        other => other.clone(),
    }
}

#[derive(Debug, Clone, Copy)]
enum Document {
    Properties,
    Attributes,
    Tags,
}

const DOCUMENTS: [Document; 3] = [Document::Properties, Document::Attributes, Document::Tags];

fn document(resource: &mut Resource, which: Document) -> &mut Value {
    match which {
        Document::Properties => &mut resource.properties,
        Document::Attributes => &mut resource.attributes,
        Document::Tags => &mut resource.tags,
    }
}

/// A change to one document of one resource; index 0 is the judged one.
#[derive(Debug, Clone)]
enum Change {
    Hide(usize, Document, Vec<usize>),
    HideAbsent(usize, Document, String),
}

fn nth<'r>(judged: &'r mut Resource, others: &'r mut [Resource], at: usize) -> &'r mut Resource {
    if at == 0 { judged } else { &mut others[at - 1] }
}

fn apply(change: &Change, judged: &mut Resource, others: &mut [Resource]) {
    match change {
        Change::Hide(at, which, place) => {
            let document = document(nth(judged, others, *at), *which);
            *document = hidden(document, place);
        }
        Change::HideAbsent(at, which, field) => {
            if let Value::Map(map) = document(nth(judged, others, *at), *which) {
                map.insert(field.as_str(), unknown());
            }
        }
    }
}

/// Every change that can be made to the documents of a test.
fn changes(set: &PackSet, control: &Control, test: &ControlTest) -> Vec<Change> {
    let mut found = Vec::new();
    testing::run_changed(set, control, test, |judged, others| {
        for at in 0..=others.len() {
            let resource = nth(judged, others, at);
            let fields = set
                .resources
                .get(&resource.type_name)
                .map(|pack| [pack.field_names("properties"), pack.field_names("attributes")]);
            for (which, fields) in
                DOCUMENTS.into_iter().zip(fields.into_iter().flatten().chain([Vec::new(), Vec::new(), Vec::new()]))
            {
                let document = document(resource, which);
                found.extend(places(document).into_iter().map(|place| Change::Hide(at, which, place)));
                let absent = fields.into_iter().filter(|name| document.get(name).is_none());
                found.extend(absent.map(|name| Change::HideAbsent(at, which, name.to_owned())));
            }
        }
    });
    found
}

#[test]
fn hiding_a_value_never_turns_a_verdict_around() {
    let set = PackSet::load(&builtin()).unwrap_or_else(|problems| panic!("{problems:?}"));
    let (mut checked, mut hidden_verdicts) = (0, 0);
    let mut wrong = Vec::new();
    for control in set.controls.values() {
        for test in &control.tests {
            let before = testing::run(&set, control, test).status;
            for change in changes(&set, control, test) {
                let after =
                    testing::run_changed(&set, control, test, |judged, others| apply(&change, judged, others)).status;
                checked += 1;
                hidden_verdicts += usize::from(after != before);
                if after != before && after != Some(ComplianceStatus::NotAvailable) {
                    wrong.push(format!("{} \"{}\": {change:?} turns {before:?} into {after:?}", control.id, test.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {checked}:\n{}", wrong.len(), wrong.join("\n"));
    // The test has to be able to fail: very many changes are made, and a good part of them matters.
    assert!(checked > 10_000 && hidden_verdicts > 1_000, "{checked} changes, {hidden_verdicts} mattered");
}

/// Functions that look inside documents, each with documents of which some are answered yes and some no.
const CASES: &[(&str, &[&str])] = &[
    ("policy_allows_public(properties)", POLICIES),
    ("policy_allows_public(properties, ['s3:Get*', 's3:PutObject'])", POLICIES),
    ("policy_allows_other_accounts(properties, '111122223333', ['s3:PutObject', 'sqs:*'])", POLICIES),
    ("policy_denies_insecure_transport(properties)", POLICIES),
    ("policy_allows_admin(properties)", POLICIES),
    ("policy_allows_service_wildcard(properties)", POLICIES),
    ("policy_allows_on_all_resources(properties, ['kms:Decrypt', 'kms:ReEncryptFrom'])", POLICIES),
    ("policy_allows_service_unpinned(properties, 's3.amazonaws.com')", POLICIES),
    ("policy_allows_public({'Statement': properties.Statement})", POLICIES),
    ("ingress_rules(properties.IpPermissions).exists(rule, open_to_world(rule) && covers_port(rule, 22))", PERMISSIONS),
    ("ingress_rules(properties.IpPermissions).all(rule, opens_only_ports(rule, [80, 443], []))", PERMISSIONS),
    (
        "egress_rules(properties.IpPermissions).exists(rule, open_to_world_ipv6(rule) || open_to_world_ipv4(rule))",
        PERMISSIONS,
    ),
    ("covers_port(properties, 3389)", ACL_ENTRIES),
    ("covers_port(properties, 53, 'udp')", ACL_ENTRIES),
    ("open_to_world(properties)", ACL_ENTRIES),
    ("opens_only_ports(properties.rule, properties.tcp, properties.udp)", PORTS),
    (
        "backup_selected(properties.selection, 'arn:aws:rds:eu-west-1:111122223333:db:orders', properties.tags)",
        SELECTIONS,
    ),
    ("tagged(tags(properties.list), properties.required)", TAG_LISTS),
    ("tagged(properties.list.map(tag, tag.Key), properties.required)", TAG_LISTS),
    ("tags(properties.list).Owner == 'web'", TAG_LISTS),
    ("dict(properties.list, 'Key', 'Value').Owner == 'web'", TAG_LISTS),
    ("dict(properties.list, 'Key', 'Value') == {'Owner': 'web', 'Stage': 'prod'}", TAG_LISTS),
    ("lookup(properties.list, 'Key', 'Stage').Value == 'prod'", TAG_LISTS),
    ("lookup(json(string(properties.list)), 'Key', 'Stage').Value == 'prod'", TAG_LISTS),
    ("size(distinct(properties.list)) == 2", TAG_LISTS),
    ("size(distinct(properties.list.map(tag, tag.Value))) == 2", TAG_LISTS),
    ("size(flatten([properties.list, properties.required])) > 2", TAG_LISTS),
    ("flatten([properties.required, properties.list])[1].Key == 'Owner'", TAG_LISTS),
    ("without(properties, ['list[].Value']) == {'list': [{'Key': 'Owner'}], 'required': null}", TAG_LISTS),
    ("string(properties.list).contains('Owner')", TAG_LISTS),
    ("properties.list.map(tag, tag.Key).join(',') == 'Owner,Stage'", TAG_LISTS),
    ("pascal(properties).List.exists(tag, tag.Key == 'Owner')", TAG_LISTS),
    ("properties.list.filter(tag, tag.Value == 'prod') == []", TAG_LISTS),
    ("properties.list.filter(tag, tag.Value == 'prod').map(tag, 1) == [1]", TAG_LISTS),
    ("properties.list.filter(tag, tag.Value == 'prod')[0].Key == 'Stage'", TAG_LISTS),
    ("properties.list.filter(tag, tag.Value != 'x')[1].Key == 'Stage'", TAG_LISTS),
    ("properties.list.exists_one(tag, tag.Key == 'Owner')", TAG_LISTS),
    ("properties.list == [{'Key': 'Owner', 'Value': 'web'}]", TAG_LISTS),
    ("coalesce(properties.nothing, properties.required, properties.list) == ['Owner']", TAG_LISTS),
    ("'Owner' in properties.required || size(properties.list) == 1", TAG_LISTS),
    ("has(properties.list[0].Value) ? properties.list[0].Value == 'web' : size(properties.required) == 1", TAG_LISTS),
];

const POLICIES: &[&str] = &[
    r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}"#,
    r#"{"Statement": {"Effect": "Allow", "Principal": {"AWS": ["111122223333", "*"]}, "Action": ["s3:Get*", "sqs:SendMessage"], "Resource": "*"}}"#,
    r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:SourceAccount": ["111122223333", "444455556666"]}}}]}"#,
    r#"{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}, "IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}]}"#,
    r#"{"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}, {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "s3:PutObject", "Resource": "*"}]}"#,
    r#"{"Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": ["s3:GetObject"], "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": [false]}, "StringEquals": {"aws:PrincipalOrgID": "o-1"}}}]}"#,
    r#"{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}"#,
    r#"{"Statement": [{"Effect": "Allow", "Action": ["kms:*", "ec2:Describe*"], "Resource": ["arn:aws:kms:*:111122223333:key/*"]}]}"#,
    r#"{"Statement": [{"Effect": "Allow", "NotAction": ["kms:*", "iam:*"], "NotResource": "arn:aws:s3:::secret/*"}]}"#,
    r#"{"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "sqs:SendMessage", "Resource": "*"}]}"#,
    r#"{"Statement": [{"Effect": "Allow", "Principal": {"Service": ["s3.amazonaws.com"]}, "Action": "sqs:SendMessage", "Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}}}]}"#,
    r#"{"Statement": [{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com", "CanonicalUser": "79a59df9"}, "Action": "sqs:*", "Resource": "*", "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:t"}}}]}"#,
];

const PERMISSIONS: &[&str] = &[
    r#"{"IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}, {"CidrIp": "0.0.0.0/0", "Description": "all"}], "Ipv6Ranges": [], "UserIdGroupPairs": [], "PrefixListIds": []}]}"#,
    r#"{"IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}, {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1", "UserId": "111122223333"}], "PrefixListIds": [{"PrefixListId": "pl-1"}]}]}"#,
    r#"{"IpPermissions": []}"#,
];

const ACL_ENTRIES: &[&str] = &[
    r#"{"Protocol": 6, "PortRange": {"From": 3000, "To": 4000}, "CidrBlock": "0.0.0.0/0"}"#,
    r#"{"Protocol": 17, "PortRange": {"From": 53, "To": 53}, "Ipv6CidrBlock": "::/0"}"#,
    r#"{"Protocol": "-1", "CidrBlock": "10.0.0.0/8"}"#,
    r#"{"IpProtocol": "tcp", "FromPort": "22", "ToPort": "22", "CidrIp": "10.0.0.0/8", "CidrIpv6": "fc00::/7"}"#,
];

const PORTS: &[&str] = &[
    r#"{"rule": {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}, "tcp": [80, 443], "udp": []}"#,
    r#"{"rule": {"IpProtocol": "udp", "FromPort": 53, "ToPort": 54}, "tcp": [80, 443], "udp": [53]}"#,
    r#"{"rule": {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1}, "tcp": [80], "udp": [53]}"#,
];

const SELECTIONS: &[&str] = &[
    r#"{"selection": {"Resources": ["arn:aws:dynamodb:*", "*"], "NotResources": ["arn:aws:rds:*:*:cluster:*"]}, "tags": {"backup": "yes"}}"#,
    r#"{"selection": {"Resources": ["*"], "NotResources": ["arn:aws:rds:*:*:db:*"]}, "tags": {}}"#,
    r#"{"selection": {"ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "yes"}]}, "tags": {"backup": "yes"}}"#,
    r#"{"selection": {"Resources": [], "Conditions": {"StringEquals": [{"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "no"}], "StringNotLike": []}}, "tags": {"backup": "yes"}}"#,
    r#"{"selection": {"Resources": ["*"], "Conditions": {"StringNotEquals": [{"ConditionKey": "aws:ResourceTag/stage", "ConditionValue": "test"}]}}, "tags": {"backup": "yes"}}"#,
    r#"{"selection": null, "tags": {}}"#,
];

const TAG_LISTS: &[&str] = &[
    r#"{"list": [{"Key": "Owner", "Value": "web"}, {"Key": "Stage", "Value": "prod"}], "required": ["Owner"]}"#,
    r#"{"list": [{"Key": "Stage", "Value": "prod"}, {"Key": "Stage", "Value": "prod"}], "required": ["Owner", "Stage"]}"#,
    r#"{"list": [{"Key": "Owner", "Value": "web"}], "required": null}"#,
    r#"{"list": [{"Key": "aws:x", "Value": "web"}], "required": []}"#,
    r#"{"list": [], "required": []}"#,
];

fn truth(program: &Program, document: &Value) -> Truth {
    let roots = [Val::from(document)];
    program.truth(&Env::new(&roots, Timestamp::UNIX_EPOCH))
}

#[test]
fn hiding_parts_of_a_document_never_turns_an_answer_around() {
    let mut wrong = Vec::new();
    for (condition, documents) in CASES {
        let program =
            Program::compile(condition, &["properties"]).unwrap_or_else(|error| panic!("{condition}: {error}"));
        let mut answers = Vec::new();
        for text in *documents {
            let document: Value = serde_json::from_str(text).unwrap();
            let before = truth(&program, &document);
            let places = places(&document);
            for (at, first) in places.iter().enumerate() {
                let once = hidden(&document, first);
                // Two at a time: what one hidden part leaves open, another may not decide.
                for second in &places[at..] {
                    let twice = hidden(&once, second);
                    for changed in [&once, &twice] {
                        let after = truth(&program, changed);
                        if after != before && !matches!(after, Truth::Unknown(_)) {
                            wrong.push(format!("{condition}\n  {before:?} for {document}\n  {after:?} for {changed}"));
                        }
                    }
                }
            }
            answers.push(before);
        }
        assert!(answers.iter().all(|answer| !matches!(answer, Truth::Unknown(_))), "{condition}: {answers:?}");
        assert!(
            answers.contains(&Truth::True) && answers.contains(&Truth::False),
            "{condition} is answered alike: {answers:?}"
        );
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_known_is_enough_where_the_rest_cannot_change_it() {
    for (condition, document, expected) in [
        // Another statement is public, whatever the hidden one says.
        (
            "policy_allows_public(properties)",
            r#"{"Statement": [{"$unknown": {}}, {"Effect": "Allow", "Principal": "*", "Action": "*"}]}"#,
            Truth::True,
        ),
        // A Deny allows nothing, whoever is meant.
        (
            "policy_allows_public(properties)",
            r#"{"Statement": {"Effect": "Deny", "Principal": {"$unknown": {}}, "Action": "*"}}"#,
            Truth::False,
        ),
        (
            "ingress_rules(properties.p).exists(rule, open_to_world(rule))",
            r#"{"p": [{"$unknown": {}}, {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}"#,
            Truth::True,
        ),
        ("tagged(tags, [])", r#"{"Owner": {"$unknown": {}}}"#, Truth::True),
        (
            "backup_selected(properties.s, 'arn:x', tags)",
            r#"{"s": {"NotResources": ["*"], "Resources": {"$unknown": {}}}}"#,
            Truth::False,
        ),
    ] {
        let document: Value = serde_json::from_str(document).unwrap();
        let program = Program::compile(condition, &["properties", "tags"]).unwrap();
        let roots = [Val::from(&document), Val::from(&document)];
        assert_eq!(program.truth(&Env::new(&roots, Timestamp::UNIX_EPOCH)), expected, "{condition} {document}");
    }
}
