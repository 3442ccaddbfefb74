//! What CloudFormation's expressions come to, and that nothing in a file can hurt. Expected values are those that the pages of the
//! intrinsic functions state.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod memory;

use std::sync::LazyLock;

use memory::Memory;
use proptest::prelude::*;
use sekisho_iac::{Options, ProblemKind, Reading, cloudformation, shape};
use sekisho_model::{Resource, Value};
use sekisho_rules::packs::{PackSet, builtin_for_judging};

static PACKS: LazyLock<PackSet> = LazyLock::new(|| PackSet::load(&builtin_for_judging()).unwrap());

fn read(text: &str) -> Reading {
    cloudformation::read("t.yaml", text.into(), &Options::default())
}

fn shaped(text: &str, options: &Options) -> Vec<Resource> {
    let reading = cloudformation::read("t.yaml", text.into(), options);
    assert_eq!(reading.problems, [], "{text}");
    shape::shape(&reading.declared, &PACKS, options).into_iter().map(|shaped| shaped.resource).collect()
}

/// The value that `expression` gives as a property, in a template with a parameter, a mapping, conditions and a topic.
fn value(expression: &str) -> Value {
    let text = format!(
        r#"
Parameters:
  Stage: {{ Type: String, Default: prod }}
  Ports: {{ Type: CommaDelimitedList, Default: "80, 443" }}
  Nothing: {{ Type: String }}
Mappings:
  Sizes: {{ prod: {{ db: large, "1": one }} }}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  Both: !And [!Condition IsProd, !Condition IsDev]
  Either: !Or [!Condition IsProd, !Condition Unsure]
  Unsure: !Equals [!Ref Nothing, x]
  Round: !Not [!Condition Round]
Resources:
  Topic: {{ Type: AWS::SNS::Topic, Properties: {{ TopicName: alerts }} }}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: b
      Probe: {expression}
"#
    );
    let bucket = shaped(&text, &Options::default()).into_iter().find(|one| one.type_name == "AWS::S3::Bucket").unwrap();
    bucket.properties.get("Probe").cloned().unwrap_or_default()
}

#[test]
fn functions_give_what_their_pages_say() {
    for (expression, wanted) in [
        ("!Ref Stage", r#""prod""#),
        ("!Ref Ports", r#"["80","443"]"#),
        ("!Ref AWS::Region", r#""us-east-1""#),
        ("!Ref AWS::NoValue", "null"),
        ("[1, !Ref AWS::NoValue, 2]", "[1,2]"),
        ("!Sub '${Stage}-${AWS::Partition}-${!kept}'", r#""prod-aws-${kept}""#),
        ("!Sub ['${a}/${Stage}', { a: !Ref Stage }]", r#""prod/prod""#),
        ("!Join ['-', [a, !Ref Stage, 3]]", r#""a-prod-3""#),
        ("!Join ['', !Split ['.', a.b.c]]", r#""abc""#),
        ("!Select [1, !Ref Ports]", r#""443""#),
        ("!FindInMap [Sizes, !Ref Stage, db]", r#""large""#),
        ("!FindInMap [Sizes, !Ref Stage, 1]", r#""one""#),
        ("{ 'Fn::FindInMap': [Sizes, none, db, { DefaultValue: small }] }", r#""small""#),
        ("!If [IsProd, yes-it-is, no]", r#""yes-it-is""#),
        ("!If [IsDev, a, !Ref AWS::NoValue]", "null"),
        ("!If [Both, a, b]", r#""b""#),
        ("!If [Either, a, b]", r#""a""#),
        ("!If [Unsure, same, same]", r#""same""#),
        ("{ 'Fn::Length': !Ref Ports }", "2"),
        ("!Ref Bucket", r#""b""#),
        ("!GetAtt Bucket.Arn", r#""arn:aws:s3:::b""#),
        ("!Sub '${Bucket.Arn}/*'", r#""arn:aws:s3:::b/*""#),
        ("0123", r#""0123""#),
        ("'true'", r#""true""#),
    ] {
        assert_eq!(value(expression).to_string(), wanted, "{expression}");
    }
    // A topic's Ref is its ARN (its pack says `ref_is_arn`), and so is what anything else calls its ARN.
    assert_eq!(value("!Ref Topic"), value("!GetAtt Topic.TopicArn"));
}

#[test]
fn what_is_outside_the_template_is_unknown_and_says_why() {
    for (expression, source) in [
        ("!Ref Nothing", "!Ref Nothing"),
        ("!Sub 'x-${Nothing}'", "!Ref Nothing"),
        ("!If [Unsure, a, b]", "!Ref Nothing"),
        ("!If [Round, a, b]", "Conditions"),
        ("!ImportValue other", "Fn::ImportValue"),
        ("!GetAtt Topic.Color", "!GetAtt Topic.Color"),
        ("!GetAtt Gone.Arn", "!GetAtt Gone.Arn"),
        ("!FindInMap [Sizes, dev, db]", "Fn::FindInMap Sizes.dev.db"),
        ("'{{resolve:ssm:/db/password}}'", "{{resolve:...}}"),
        ("!Select [7, !Ref Ports]", "Fn::Select"),
        ("!Mystery x", "Fn::Mystery"),
    ] {
        let found = value(expression);
        let why = found.as_unknown().unwrap_or_else(|| panic!("{expression} gave {found}"));
        assert!(why.source.starts_with(source), "{expression}: {}", why.source);
    }
}

#[test]
fn a_given_parameter_wins_over_its_default() {
    let text = "Parameters: { A: { Type: String, Default: x } }\nResources: { B: { Type: AWS::S3::Bucket, Properties: { BucketName: !Ref A } } }";
    let options = Options { parameters: [("A".to_owned(), "given".to_owned())].into(), ..Options::default() };
    assert_eq!(shaped(text, &options)[0].properties.get("BucketName").and_then(Value::as_str), Some("given"));
}

#[test]
fn a_condition_that_does_not_hold_takes_its_resource_out() {
    let text = "Conditions: { No: !Equals [a, b] }\nResources:\n  A: { Type: AWS::S3::Bucket, Condition: No }\n  B: { Type: AWS::S3::Bucket }";
    let names: Vec<String> = read(text).declared.iter().map(|one| one.address.to_string()).collect();
    assert_eq!(names, ["B"]);
}

#[test]
fn parts_are_joined_into_what_they_belong_to() {
    let text = r#"
Resources:
  Logs: { Type: AWS::S3::Bucket }
  Other: { Type: AWS::S3::Bucket }
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties: { Bucket: !Ref Logs, PolicyDocument: { Statement: [] } }
  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x } }
  Rule:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: { GroupId: !GetAtt Group.GroupId, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0 }
"#;
    let resources = shaped(text, &Options::default());
    let one = |name: &str| resources.iter().find(|resource| resource.name == name).unwrap();
    assert_eq!(one("Logs").attributes.get("Policy").unwrap().to_string(), r#"{"Statement":[]}"#);
    assert!(one("Other").attributes.get("Policy").unwrap().is_null());
    let rules = one("Group").properties.get("SecurityGroupIngress").unwrap().as_list().unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0].get("CidrIp").and_then(Value::as_str), Some("0.0.0.0/0"));
}

/// SAM Developer Guide: a function is AWS::Lambda::Function with the globals below its own properties; an API has a stage.
#[test]
fn sam_types_become_what_sam_makes_of_them() {
    let text = r#"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: { Runtime: python3.13, Tracing: Active, Environment: { Variables: { A: "1", B: "2" } } }
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties: { Handler: app.main, CodeUri: src/, Runtime: nodejs22.x, Environment: { Variables: { B: "3" } } }
  Shop: { Type: AWS::Serverless::Api, Properties: { StageName: prod, TracingEnabled: true } }
  Table: { Type: AWS::Serverless::SimpleTable, Properties: { SSESpecification: { SSEEnabled: true } } }
"#;
    let resources = shaped(text, &Options::default());
    let one = |type_name: &str| &resources.iter().find(|one| one.type_name == type_name).unwrap().properties;
    let lambda = one("AWS::Lambda::Function");
    assert_eq!(lambda.at("Runtime").and_then(Value::as_str), Some("nodejs22.x"));
    assert_eq!(lambda.at("TracingConfig.Mode").and_then(Value::as_str), Some("Active"));
    assert_eq!(lambda.at("Environment.Variables").unwrap().to_string(), r#"{"A":"1","B":"3"}"#);
    let stage = one("AWS::ApiGateway::Stage");
    assert_eq!(stage.at("TracingEnabled"), Some(&Value::Bool(true)));
    assert_eq!(stage.at("RestApiId").and_then(Value::as_str), Some("Shop"));
    assert_eq!(one("AWS::DynamoDB::Table").at("SSESpecification.SSEEnabled"), Some(&Value::Bool(true)));
}

#[test]
fn a_transform_that_is_not_known_is_said() {
    let reading = read("Transform: [AWS::LanguageExtensions, Mine]\nResources: { B: { Type: AWS::S3::Bucket } }");
    assert_eq!(reading.problems.len(), 1);
    assert!(reading.problems[0].message.starts_with("Mine runs at deployment"));
}

#[test]
fn json_is_read_as_yaml_is() {
    let json = "{\n\t\"Resources\": {\n\t\t\"B\": {\"Type\": \"AWS::S3::Bucket\", \"Properties\": {\"BucketName\": {\"Fn::Sub\": \"x-${AWS::Region}\"}}}\n\t}\n}";
    let resources = shaped(json, &Options::default());
    assert_eq!(resources[0].properties.get("BucketName").and_then(Value::as_str), Some("x-us-east-1"));
}

#[test]
fn hostile_files_are_refused_with_a_place() {
    let deep = format!("Resources: {}", "[".repeat(150));
    // Each line repeats the one before it ten times.
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let repeated = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{repeated}]\n"));
    }
    for (text, words) in [
        (deep.as_str(), "nested deeper"),
        (bomb.as_str(), "more than"),
        ("Resources:\n  A:\n    Type: x\n   B: y\n", "neither YAML nor JSON"),
        ("", "empty"),
        ("Resources: {}", "no section `Resources`"),
    ] {
        let reading = read(text);
        assert!(reading.declared.is_empty());
        let problem = &reading.problems[0];
        assert_ne!(problem.kind, ProblemKind::NotUnderstood);
        assert!(problem.message.contains(words), "{}", problem.message);
    }
}

#[test]
fn a_resource_without_a_type_costs_only_itself() {
    let reading = read("Resources:\n  A: { Type: { b: c } }\n  B: { Type: AWS::S3::Bucket }\n");
    assert_eq!(reading.declared.len(), 1);
    assert!(reading.problems[0].message.contains("`A` has no `Type`"), "{:?}", reading.problems);
}

proptest! {
    /// No text makes the reader panic or hang.
    #[test]
    fn any_text_is_read_or_refused(text in r#"(Resources|Type|AWS::S3::Bucket|!Ref|!Sub|\$\{A\}|Fn::If|Conditions|[ \n:\{\}\[\],'"&*!-]|A|B|x){0,60}"#) {
        let reading = read(&text);
        let _ = shape::shape(&reading.declared, &PACKS, &Options::default());
    }
}

#[test]
fn loops_make_the_copies_that_their_page_describes() {
    let text = r#"
Transform: AWS::LanguageExtensions
Parameters:
  Names: { Type: CommaDelimitedList, Default: "a.b,c" }
  Later: { Type: CommaDelimitedList }
Resources:
  Fn::ForEach::Buckets:
    - Name
    - !Ref Names
    - "Bucket&{Name}":
        Type: AWS::S3::Bucket
        Properties:
          BucketName: !Sub "x-${Name}"
          Tags:
            - { Key: n, Value: !Ref Name }
          Fn::ForEach::Switches:
            - Switch
            - [Acls, Policy]
            - "Block${Switch}": true
  Fn::ForEach::Unknown:
    - Name
    - !Ref Later
    - "Other${Name}": { Type: AWS::SNS::Topic }
"#;
    let reading = read(text);
    let names: Vec<&str> = reading.declared.iter().map(|declared| &*declared.address).collect();
    assert_eq!(names, ["Bucketab", "Bucketc"]);
    let [unknown] = &reading.problems[..] else { panic!("{:?}", reading.problems) };
    assert!(unknown.message.contains("Unknown") && unknown.message.contains("not known before deployment"));
    let first = &shape::shape(&reading.declared, &PACKS, &Options::default())[0].resource;
    assert_eq!(first.properties.get("BucketName").unwrap().as_str(), Some("x-a.b"));
    assert_eq!(first.properties.get("BlockPolicy").unwrap().as_bool(), Some(true));
    assert_eq!(first.tags.to_string(), r#"{"n":"a.b"}"#);
}

#[test]
fn tags_are_found_where_a_type_names_them_otherwise() {
    let text = r#"
Resources:
  Check:
    Type: AWS::Route53::HealthCheck
    Properties: { HealthCheckTags: [{ Key: owner, Value: web }] }
  Pool:
    Type: AWS::Cognito::UserPool
    Properties: { UserPoolTags: { owner: web } }
"#;
    for resource in shaped(text, &Options::default()) {
        assert_eq!(resource.tags.to_string(), r#"{"owner":"web"}"#, "{}", resource.type_name);
    }
}

#[test]
fn the_logging_of_a_firewall_is_part_of_the_firewall() {
    let text = r#"
Resources:
  Firewall: { Type: AWS::NetworkFirewall::Firewall, Properties: { FirewallName: edge } }
  Logging:
    Type: AWS::NetworkFirewall::LoggingConfiguration
    Properties:
      FirewallArn: !Ref Firewall
      LoggingConfiguration: { LogDestinationConfigs: [{ LogType: ALERT }] }
"#;
    let firewall = shaped(text, &Options::default()).remove(0);
    let configs = firewall.attributes.at("LoggingConfiguration.LogDestinationConfigs").unwrap();
    assert_eq!(configs.to_string(), r#"[{"LogType":"ALERT"}]"#);
}

#[test]
fn loops_in_loops_end() {
    let mut entries = "X: { Type: AWS::SNS::Topic }".to_owned();
    for level in 0..12 {
        entries = format!("Fn::ForEach::L{level}: [V{level}, [a, b, c, d, e, f, g, h, i, j], {{ {entries} }}]");
    }
    let reading = read(&format!("Resources: {{ {entries} }}"));
    assert!(
        reading.problems.iter().any(|problem| problem.message.contains("copies")),
        "{:?}",
        reading.problems.first()
    );
}

#[test]
fn nested_stacks_are_read_with_their_parent() {
    let parent = r#"
Parameters: { Size: { Type: String } }
Resources:
  Network: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ./nested/network.yaml, Parameters: { Name: prod, Size: !Ref Size } } }
  App:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: nested/app.yaml, Parameters: { Topic: !GetAtt Network.Outputs.Topic } }
  Far: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: "https://s3.amazonaws.com/b/t.yaml" } }
  Gone: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: nested/gone.yaml } }
"#;
    let network = r#"
Parameters: { Name: { Type: String }, Size: { Type: String, Default: small } }
Resources:
  Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: !Sub "${Name}-alerts", DisplayName: !Ref Size } }
  Back: { Type: AWS::CloudFormation::Stack, Properties: { TemplateURL: ../parent.yaml } }
Outputs: { Topic: { Value: !Ref Topic } }
"#;
    let app = "Parameters: { Topic: { Type: String } }\nResources:\n  Bucket: { Type: AWS::S3::Bucket, Properties: { Probe: !Ref Topic } }\n";
    let files = Memory::with(&[("nested/network.yaml", network), ("nested/app.yaml", app), ("parent.yaml", parent)]);
    let options = Options::default();
    let reading = cloudformation::read_with_nested("parent.yaml", &parent.into(), &options, &files);
    let names: Vec<&str> = reading.declared.iter().map(|declared| &*declared.address).collect();
    assert_eq!(names, ["Network", "App", "Far", "Gone", "App/Bucket", "Network/Topic", "Network/Back"]);
    let told: Vec<&str> = reading.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(
        told.iter().any(|told| told.contains("in a circle")) && told.iter().any(|told| told.contains("gone.yaml")),
        "{told:?}"
    );
    let shaped: Vec<Resource> =
        shape::shape(&reading.declared, &PACKS, &options).into_iter().map(|shaped| shaped.resource).collect();
    let of = |name: &str| shaped.iter().find(|one| one.type_name == name).unwrap();
    let topic = of("AWS::SNS::Topic");
    assert_eq!(topic.properties.get("TopicName").unwrap().as_str(), Some("prod-alerts"));
    // What the parent does not know the child's default does not replace.
    assert_eq!(topic.properties.get("DisplayName").unwrap().as_unknown().unwrap().source, "!Ref Size");
    assert_eq!(of("AWS::S3::Bucket").properties.get("Probe").unwrap().as_str(), Some(topic.arn.as_str()));
    let paths = cloudformation::nested_paths("parent.yaml", &parent.into(), &options, &files);
    assert_eq!(paths.len(), 2);
}

#[test]
fn nested_stacks_of_the_cdk_are_found_by_its_list_of_assets() {
    let hash = "ab".repeat(32);
    let parent = format!(
        r#"{{"Resources":{{"Nest":{{"Type":"AWS::CloudFormation::Stack","Properties":{{"TemplateURL":{{"Fn::Join":["",["https://s3.",{{"Ref":"AWS::URLSuffix"}},"/b/{hash}.json"]]}}}}}}}}}}"#
    );
    let assets = format!(r#"{{"files":{{"{hash}":{{"source":{{"path":"AppNest.nested.template.json"}}}}}}}}"#);
    let child = r#"{"Resources":{"Queue":{"Type":"AWS::SQS::Queue"}}}"#;
    let files = Memory::with(&[("out/App.assets.json", &assets), ("out/AppNest.nested.template.json", child)]);
    let text = parent.as_str().into();
    let reading = cloudformation::read_with_nested("out/App.template.json", &text, &Options::default(), &files);
    let names: Vec<&str> = reading.declared.iter().map(|declared| &*declared.address).collect();
    assert_eq!(names, ["Nest", "Nest/Queue"]);
}

/// Each doubles at every step, or asks for itself, if nobody remembers or counts.
#[test]
fn what_refers_to_itself_or_doubles_ends_and_is_unknown() {
    let bucket = "B: { Type: AWS::S3::Bucket, Condition: A, Properties: { BucketName: x } }";
    let read = |text: &str| {
        let reading = cloudformation::read("t.yaml", text.into(), &Options::default());
        shape::shape(&reading.declared, &PACKS, &Options::default())
    };
    let circle = format!("Conditions: {{ A: !And [!Condition A, !Condition A] }}\nResources: {{ {bucket} }}");
    assert_eq!(read(&circle).len(), 1);
    let mut doubling = "Conditions:\n  C0: !Equals [a, b]\n".to_owned();
    for level in 1..60 {
        doubling.push_str(&format!("  C{level}: !Or [!Condition C{0}, !Condition C{0}]\n", level - 1));
    }
    assert_eq!(read(&format!("{doubling}  A: !Condition C59\nResources: {{ {bucket} }}")).len(), 0);
    let map = "Mappings: { M: { a: { b: [!FindInMap [M, a, b], !FindInMap [M, a, b]] } } }\nResources: { B: { Type: AWS::S3::Bucket, \
               Properties: { BucketName: !FindInMap [M, a, b] } } }";
    assert_eq!(read(map).len(), 1);
    let long = "x".repeat(100_000);
    let text = format!(
        "Parameters: {{ P: {{ Type: String, Default: {long} }} }}\nResources: {{ B: {{ Type: AWS::S3::Bucket, Properties: {{ BucketName: !Sub \
         \"{}\" }} }} }}",
        "${P}".repeat(100_000)
    );
    let name = read(&text).remove(0).resource.properties.get("BucketName").cloned().unwrap();
    assert!(name.as_unknown().is_some_and(|why| why.message.contains("longer")), "{name}");
    // A name that is repeated wherever it is referred to.
    let names = "${B}".repeat(2_000);
    let text = format!(
        "Resources: {{ B: {{ Type: AWS::S3::Bucket, Properties: {{ BucketName: {} }} }}, T: {{ Type: AWS::SNS::Topic, Properties: {{ DisplayName: !Sub \
         \"{names}\" }} }} }}",
        "x".repeat(2_000)
    );
    let shown = read(&text).remove(1).resource.properties.get("DisplayName").cloned().unwrap();
    assert!(shown.as_unknown().is_some_and(|why| why.message.contains("longer")));
}

#[test]
fn copies_of_a_large_part_end() {
    let keys: String = (0..2_000).map(|at| format!("K{at}: v, ")).collect();
    let items: Vec<String> = (0..1_000).map(|at| format!("a{at}")).collect();
    let reading = read(&format!(
        "Resources: {{ 'Fn::ForEach::L': [N, [{}], {{ 'B${{N}}': {{ Type: AWS::S3::Bucket, Properties: {{ {keys} }} }} }}] }}",
        items.join(", ")
    ));
    assert_eq!(reading.declared.len(), 0);
    assert!(reading.problems[0].message.contains("copies"), "{:?}", reading.problems);
}

const CHILD: &str = r#"
Parameters: { P: { Type: String }, Q: { Type: String, Default: q }, Ports: { Type: CommaDelimitedList, Default: "1,2" } }
Resources: { Topic: { Type: AWS::SNS::Topic, Properties: { DisplayName: !Ref P, Probe: !Ref Ports } } }
Outputs: { X: { Value: !Sub "${P}${Q}" } }
"#;

fn nested(parent: &str) -> Vec<Resource> {
    let files = Memory::with(&[("child.yaml", CHILD), ("parent.yaml", parent)]);
    let options = Options::default();
    let reading = cloudformation::read_with_nested("parent.yaml", &parent.into(), &options, &files);
    shape::shape(&reading.declared, &PACKS, &options).into_iter().map(|shaped| shaped.resource).collect()
}

fn stack(name: &str, parameters: &str) -> String {
    format!(
        "  {name}: {{ Type: AWS::CloudFormation::Stack, Properties: {{ TemplateURL: child.yaml, Parameters: {{ {parameters} }} }} }}\n"
    )
}

#[test]
fn a_stack_that_is_given_its_own_output_is_unknown() {
    let parent = format!("Resources:\n{}", stack("S", "P: !GetAtt S.Outputs.X"));
    let topic = nested(&parent).remove(0);
    let why = topic.properties.get("DisplayName").and_then(Value::as_unknown).unwrap().clone();
    assert!(why.message.contains("in a circle"), "{why:?}");
}

#[test]
fn outputs_that_double_from_stack_to_stack_end() {
    let mut parent = format!("Resources:\n{}", stack("S0", "P: a, Q: b"));
    for level in 1..60 {
        let output = format!("!GetAtt S{}.Outputs.X", level - 1);
        parent.push_str(&stack(&format!("S{level}"), &format!("P: {output}, Q: {output}")));
    }
    let topics = nested(&parent);
    assert_eq!(topics.len(), 60);
    let shown = |topic: &Resource| topic.properties.get("DisplayName").and_then(Value::as_str).map(str::to_owned);
    let known: Vec<String> = topics.iter().filter_map(shown).collect();
    assert!(known.contains(&"abab".to_owned()) && known.len() < 60, "{} known", known.len());
}

#[test]
fn a_list_given_as_a_text_is_a_list_in_the_nested_stack() {
    let probe = |given: &str| {
        let parent = format!(
            "Parameters: {{ Later: {{ Type: String }} }}\nResources:\n{}",
            stack("S", &format!("P: p, {given}"))
        );
        nested(&parent).remove(0).properties.get("Probe").cloned().unwrap()
    };
    assert_eq!(probe("").to_string(), r#"["1","2"]"#);
    assert_eq!(probe("Ports: '80, 443'").to_string(), r#"["80","443"]"#);
    assert_eq!(probe("Ports: !Join [',', [80, 443]]").to_string(), r#"["80","443"]"#);
    let mixed = probe("Ports: !Sub '80,${Later}'");
    let items = mixed.as_list().unwrap();
    assert_eq!(items.len(), 2);
    assert_eq!(items[0].as_str(), Some("80"));
    assert!(items[1].as_unknown().is_some());
    assert!(probe("Ports: !Ref Later").as_unknown().is_some());
}
