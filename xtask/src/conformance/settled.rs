//! Labels that contradict AWS's own pages: which, and the page that settles each.
//!
//! Neither side is bent to match the other. A difference that is settled here is still listed by every run, apart from the
//! mismatches. Entries speak of a control and of both verdicts, never of a resource, so that they hold for labels that nobody
//! has seen; a difference of the same control in any other direction stays a mismatch.

use serde_json::{Value, json};

struct Settled {
    suite: &'static str,
    control: &'static str,
    /// What the label says.
    labels: &'static [&'static str],
    /// What the scan says; none where it gives no verdict.
    found: Option<&'static str>,
    because: &'static str,
    page: &'static str,
}

const SETTLED: [Settled; 7] = [
    Settled {
        suite: "lab",
        control: "CloudFront.1",
        labels: &["FAILED", "PASSED"],
        found: None,
        because: "the control is for distributions with S3 origins; one with only custom origins gets no finding",
        page: "https://docs.aws.amazon.com/securityhub/latest/userguide/cloudfront-controls.html#cloudfront-1",
    },
    Settled {
        suite: "lab",
        control: "EC2.21",
        labels: &["FAILED", "PASSED"],
        found: None,
        because: "default network ACLs are left out",
        page: "https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-21",
    },
    Settled {
        suite: "lab",
        control: "ELB.5",
        labels: &["FAILED", "PASSED"],
        found: None,
        because: "the rule does not apply to Network Load Balancers",
        page: "https://docs.aws.amazon.com/config/latest/developerguide/elb-logging-enabled.html",
    },
    Settled {
        suite: "lab",
        control: "ELB.17",
        labels: &["PASSED"],
        found: Some("FAILED"),
        because: "the policy is no longer in the control's list of recommended ones (parameter sslPolicies)",
        page: "https://docs.aws.amazon.com/securityhub/latest/userguide/elb-controls.html#elb-17",
    },
    Settled {
        suite: "iac",
        control: "ECS.10",
        labels: &["FAILED"],
        found: Some("NOT_APPLICABLE"),
        because: "1.4.0 is the latest version for Linux by the control's own parameter; the operating system is known after deployment",
        page: "https://docs.aws.amazon.com/securityhub/latest/userguide/ecs-controls.html#ecs-10",
    },
    Settled {
        suite: "iac",
        control: "RDS.16",
        labels: &["FAILED", "PASSED"],
        found: Some("NOT_APPLICABLE"),
        because: "the control is for Aurora clusters; the labelled ones are Multi-AZ clusters of MySQL",
        page: "https://docs.aws.amazon.com/securityhub/latest/userguide/rds-controls.html#rds-16",
    },
    Settled {
        suite: "iac",
        control: "ECR.5",
        labels: &["PASSED"],
        found: Some("NOT_AVAILABLE"),
        because: "the key is named by an id: whether it is a customer managed key is known in the account only",
        page: "https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-5",
    },
];

/// The mismatches of a suite without those that are settled, and these with their reason and page.
pub(crate) fn apart(suite: &str, mismatches: Vec<Value>) -> (Vec<Value>, Vec<Value>) {
    let mut open = Vec::new();
    let mut settled = Vec::new();
    for mut mismatch in mismatches {
        match SETTLED.iter().find(|entry| entry.suite == suite && entry.fits(&mismatch)) {
            Some(entry) => {
                if let Some(fields) = mismatch.as_object_mut() {
                    fields.insert("because".to_owned(), json!(entry.because));
                    fields.insert("page".to_owned(), json!(entry.page));
                }
                settled.push(mismatch);
            }
            None => open.push(mismatch),
        }
    }
    (open, settled)
}

impl Settled {
    fn fits(&self, mismatch: &Value) -> bool {
        let text = |field: &str| mismatch.get(field).and_then(Value::as_str);
        text("control") == Some(self.control)
            && text("expected").is_some_and(|label| self.labels.contains(&label))
            && text("found") == self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_settled_direction_is_set_apart() {
        let difference = |control, expected, found: Option<&str>| json!({ "control": control, "key": "k", "expected": expected, "found": found });
        let all = vec![
            difference("ELB.5", "FAILED", None),
            difference("ELB.5", "FAILED", Some("PASSED")),
            difference("ELB.6", "FAILED", None),
        ];
        let (open, settled) = apart("lab", all.clone());
        assert_eq!(open, all[1..]);
        assert_eq!(settled.len(), 1);
        assert!(settled[0]["page"].as_str().unwrap().contains("elb-logging-enabled"));
        assert_eq!(apart("iac", all.clone()).0, all);
    }
}
