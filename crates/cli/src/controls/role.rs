//! `sekisho controls role`: the least-privilege policy, derived from what the packs read.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::{Result, bail};
use sekisho_rules::packs::{Control, PackSet};

use super::is_meant;
use crate::Outcome;
use crate::args::RoleFormat;

/// Prints the policy for the controls that `words` name, or for all.
pub(crate) fn run(set: &PackSet, words: &[String], format: RoleFormat) -> Result<Outcome> {
    let controls: Vec<&Control> = set
        .controls_in_order()
        .into_iter()
        .filter(|control| words.is_empty() || words.iter().any(|word| is_meant(control, word)))
        .collect();
    if controls.is_empty() {
        bail!("no control or service is called {}; see `sekisho controls list`", words.join(", "));
    }
    let types = set.types_for(controls);
    let operations = types.iter().filter_map(|name| set.resources.get(name)).flat_map(|pack| pack.operations());
    let mut actions: BTreeSet<String> = operations.flat_map(sekisho_rules::iam_actions).collect();
    // Every scan asks these: who am I, which Regions, which accounts.
    actions.extend(["sts:GetCallerIdentity", "ec2:DescribeRegions", "organizations:ListAccounts"].map(str::to_owned));
    let actions: Vec<String> = actions.into_iter().collect();
    let text = match format {
        RoleFormat::Json => serde_json::to_string_pretty(&policy(&actions))? + "\n",
        RoleFormat::Cloudformation => cloudformation(&actions),
        RoleFormat::Terraform => terraform(&actions),
    };
    io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Outcome::Clean)
}

fn policy(actions: &[String]) -> serde_json::Value {
    serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "SekishoRead", "Effect": "Allow", "Action": actions, "Resource": "*" }],
    })
}

fn cloudformation(actions: &[String]) -> String {
    let list: String = actions.iter().map(|action| format!("                  - {action}\n")).collect();
    format!(
        "AWSTemplateFormatVersion: \"2010-09-09\"
Description: The role with which Sekisho reads this account
Parameters:
  TrustedPrincipal:
    Type: String
    Description: ARN of the principal that runs Sekisho
  ExternalId:
    Type: String
    NoEcho: true
    MinLength: 16
Resources:
  SekishoRole:
    Type: AWS::IAM::Role
    Properties:
      RoleName: SekishoRead
      AssumeRolePolicyDocument:
        Version: \"2012-10-17\"
        Statement:
          - Effect: Allow
            Principal:
              AWS: !Ref TrustedPrincipal
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                sts:ExternalId: !Ref ExternalId
      Policies:
        - PolicyName: SekishoRead
          PolicyDocument:
            Version: \"2012-10-17\"
            Statement:
              - Sid: SekishoRead
                Effect: Allow
                Action:
{list}                Resource: \"*\"
"
    )
}

fn terraform(actions: &[String]) -> String {
    let list: String = actions.iter().map(|action| format!("      \"{action}\",\n")).collect();
    format!(
        "variable \"trusted_principal\" {{
  type        = string
  description = \"ARN of the principal that runs Sekisho\"
}}

variable \"external_id\" {{
  type      = string
  sensitive = true
}}

data \"aws_iam_policy_document\" \"trust\" {{
  statement {{
    actions = [\"sts:AssumeRole\"]
    principals {{
      type        = \"AWS\"
      identifiers = [var.trusted_principal]
    }}
    condition {{
      test     = \"StringEquals\"
      variable = \"sts:ExternalId\"
      values   = [var.external_id]
    }}
  }}
}}

data \"aws_iam_policy_document\" \"read\" {{
  statement {{
    sid       = \"SekishoRead\"
    resources = [\"*\"]
    actions = [
{list}    ]
  }}
}}

resource \"aws_iam_role\" \"sekisho\" {{
  name               = \"SekishoRead\"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}}

resource \"aws_iam_role_policy\" \"sekisho\" {{
  name   = \"SekishoRead\"
  role   = aws_iam_role.sekisho.id
  policy = data.aws_iam_policy_document.read.json
}}
"
    )
}
