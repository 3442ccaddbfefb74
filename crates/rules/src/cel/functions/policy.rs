//! Questions to IAM policy documents: resource policies and identity policies.
//!
//! These are the questions that Security Hub's controls ask, answered by the text of one document, as AWS
//! Config's rules do; they are no authorization engine. What counts as public follows "The meaning of
//! 'public'" in the S3 user guide: an Allow to everyone whose conditions do not pin the caller to fixed values.

use sekisho_model::Value;

use super::super::eval::Env;
use super::super::value::Val;
use super::glob;

/// Condition keys that pin who may call, if compared positively with fixed values (S3 user guide, "The
/// meaning of public"; the others are the keys of the same kind for other services).
const PINNING_KEYS: [&str; 17] = [
    "aws:sourcearn",
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:userid",
    "aws:sourceip",
    "aws:vpcsourceip",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// IPv4 ranges wider than this count as public (S3 user guide: "RFC 1918 ... /0 to /8" is too wide).
const WIDEST_FIXED_IPV4_PREFIX: u8 = 8;

/// One value or a list of them, as policy elements allow both.
fn each(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (one, many) = match value {
        Some(Value::List(items)) => (None, items.as_slice()),
        other => (other, [].as_slice()),
    };
    one.into_iter().chain(many)
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    each(value).filter_map(Value::as_str)
}

/// A statement of a policy document.
pub struct Statement<'a>(&'a Value);

/// The statements of a document, whether it has one or a list of them.
pub fn statements(document: &Value) -> impl Iterator<Item = Statement<'_>> {
    each(document.get("Statement")).map(Statement)
}

impl<'a> Statement<'a> {
    fn get(&self, element: &str) -> Option<&'a Value> {
        self.0.get(element)
    }

    fn effect_is(&self, effect: &str) -> bool {
        self.get("Effect").and_then(Value::as_str) == Some(effect)
    }

    fn aws_principals(&self) -> impl Iterator<Item = &'a str> {
        let principal = self.get("Principal");
        let named = principal.and_then(|principal| principal.get("AWS"));
        texts(principal).chain(texts(named))
    }

    /// Whether everyone is meant. An Allow with NotPrincipal means everyone but a few.
    fn is_for_everyone(&self) -> bool {
        self.aws_principals().any(|principal| principal == "*")
            || (self.effect_is("Allow") && self.get("NotPrincipal").is_some())
    }

    /// Whether the actions include one that a pattern of `wanted` describes.
    fn allows_one_of(&self, wanted: &[&str]) -> bool {
        let mut actions = texts(self.get("Action"));
        if self.get("NotAction").is_some() {
            return wanted.iter().any(|wanted| {
                !texts(self.get("NotAction"))
                    .any(|action| glob::matches(&action.to_lowercase(), &wanted.to_lowercase()))
            });
        }
        actions.any(|action| wanted.iter().any(|wanted| glob::overlap(action, wanted)))
    }

    fn covers_all_of(&self, wanted: &[&str]) -> bool {
        wanted.iter().all(|wanted| {
            texts(self.get("Action")).any(|action| glob::matches(&action.to_lowercase(), &wanted.to_lowercase()))
        })
    }

    /// Whether a condition ties the caller to fixed values.
    fn pins_the_caller(&self) -> bool {
        let Some(Value::Map(condition)) = self.get("Condition") else { return false };
        condition.iter().any(|(operator, keys)| {
            let Some(keys) = keys.as_map() else { return false };
            is_positive(operator) && keys.iter().any(|(key, values)| is_pinning_key(key) && all_fixed(key, values))
        })
    }

    fn is_on_all_resources(&self) -> bool {
        self.get("NotResource").is_some() || texts(self.get("Resource")).any(means_all_resources)
    }
}

/// Operators that restrict when they hold. `...IfExists` and `ForAllValues:` also hold when the key is absent.
fn is_positive(operator: &str) -> bool {
    let operator = operator.to_lowercase();
    let operator = operator.strip_prefix("foranyvalue:").unwrap_or(&operator);
    matches!(operator, "stringequals" | "stringequalsignorecase" | "stringlike" | "arnequals" | "arnlike" | "ipaddress")
}

fn is_pinning_key(key: &str) -> bool {
    PINNING_KEYS.iter().any(|pinning| key.eq_ignore_ascii_case(pinning))
}

/// Whether all values are fixed: no wildcard, no policy variable, no overly wide IP range.
fn all_fixed(key: &str, values: &Value) -> bool {
    let is_ip = key.eq_ignore_ascii_case("aws:sourceip") || key.eq_ignore_ascii_case("aws:vpcsourceip");
    let mut any = false;
    for value in texts(Some(values)) {
        any = true;
        let fixed = if is_ip { is_narrow_range(value) } else { !value.contains(['*', '?']) && !value.contains("${") };
        if !fixed {
            return false;
        }
    }
    any
}

fn is_narrow_range(text: &str) -> bool {
    match text.parse::<ipnet::IpNet>() {
        Ok(ipnet::IpNet::V4(range)) => range.prefix_len() >= WIDEST_FIXED_IPV4_PREFIX,
        Ok(ipnet::IpNet::V6(range)) => range.prefix_len() >= 32,
        Err(_) => text.parse::<std::net::IpAddr>().is_ok(),
    }
}

/// `*`, or an ARN that names all resources of a kind: `arn:aws:kms:*:111122223333:key/*`.
fn means_all_resources(resource: &str) -> bool {
    if resource == "*" {
        return true;
    }
    let Some(tail) = resource.splitn(6, ':').nth(5) else { return false };
    tail == "*" || tail.split_once('/').is_some_and(|(kind, rest)| rest == "*" && !kind.contains(['/', ':']))
}

fn account_of(principal: &str) -> Option<&str> {
    if principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(principal);
    }
    principal.strip_prefix("arn:")?.split(':').nth(3)
}

/// Runs a question against a document argument; null (no policy) is false, texts are parsed first.
fn ask<'a>(document: Option<&Val<'a>>, question: impl Fn(&Value) -> bool) -> Val<'a> {
    match document {
        None | Some(Val::Null) => Val::Bool(false),
        Some(Val::Ref(document)) => Val::Bool(question(document)),
        Some(other) => {
            let document = other.to_value();
            match document.as_str().map(serde_json::from_str::<Value>) {
                Some(Ok(parsed)) => Val::Bool(question(&parsed)),
                Some(Err(_)) => super::super::value::type_error("the policy document is not JSON"),
                None => Val::Bool(question(&document)),
            }
        }
    }
}

fn patterns<'v>(value: Option<&'v Val<'_>>) -> Vec<String> {
    match value {
        None | Some(Val::Null) => vec!["*".to_owned()],
        Some(text) if text.as_str().is_some() => text.as_str().map(str::to_owned).into_iter().collect(),
        Some(list) => {
            list.elements().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        }
    }
}

pub(super) fn allows_public<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let wanted = patterns(args.get(1));
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    ask(args.first(), |document| {
        statements(document).any(|statement| {
            statement.effect_is("Allow")
                && statement.is_for_everyone()
                && statement.allows_one_of(&wanted)
                && !statement.pins_the_caller()
        })
    })
}

pub(super) fn allows_other_accounts<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let wanted = patterns(args.get(2));
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let own = args.get(1).and_then(|account| account.as_str().map(str::to_owned)).unwrap_or_default();
    ask(args.first(), |document| {
        statements(document).any(|statement| {
            let foreign = statement.is_for_everyone()
                || statement.get("Principal").is_some_and(|principal| principal.get("CanonicalUser").is_some())
                || statement
                    .aws_principals()
                    .any(|principal| account_of(principal).is_none_or(|account| account != own));
            statement.effect_is("Allow") && foreign && statement.allows_one_of(&wanted)
        })
    })
}

pub(super) fn denies_insecure_transport<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    ask(args.first(), |document| {
        statements(document).any(|statement| {
            let condition = statement.get("Condition").and_then(Value::as_map);
            let without_tls = condition.is_some_and(|condition| {
                condition.iter().any(|(operator, keys)| {
                    operator.eq_ignore_ascii_case("bool")
                        && keys.as_map().is_some_and(|keys| {
                            keys.iter().any(|(key, values)| {
                                key.eq_ignore_ascii_case("aws:securetransport") && each(Some(values)).all(is_false)
                            })
                        })
                })
            });
            // More conditions would make the denial narrower than "all requests without TLS".
            let only_that = condition.is_some_and(|condition| {
                condition.len() == 1 && condition.values().all(|keys| keys.as_map().is_some_and(|keys| keys.len() == 1))
            });
            statement.effect_is("Deny")
                && statement.is_for_everyone()
                && without_tls
                && only_that
                && statement.covers_all_of(&["s3:GetObject", "s3:PutObject", "s3:ListBucket"])
        })
    })
}

fn is_false(value: &Value) -> bool {
    value.as_bool() == Some(false) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("false"))
}

pub(super) fn allows_admin<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    ask(args.first(), |document| {
        statements(document).any(|statement| {
            statement.effect_is("Allow")
                && texts(statement.get("Action")).any(|action| action == "*" || action == "*:*")
                && texts(statement.get("Resource")).any(|resource| resource == "*")
        })
    })
}

pub(super) fn allows_service_wildcard<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    ask(args.first(), |document| {
        statements(document).any(|statement| {
            let mut actions = texts(statement.get("Action")).chain(texts(statement.get("NotAction")));
            statement.effect_is("Allow") && actions.any(|action| action == "*" || action.ends_with(":*"))
        })
    })
}

pub(super) fn allows_on_all_resources<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let wanted = patterns(args.get(1));
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    ask(args.first(), |document| {
        statements(document).any(|statement| {
            statement.effect_is("Allow") && statement.is_on_all_resources() && statement.allows_one_of(&wanted)
        })
    })
}

/// Keys that tie a call by an AWS service to the account it acts for. An S3 bucket ARN carries no account.
const SOURCE_ACCOUNT_KEYS: [&str; 6] = [
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:principalorgid",
    "aws:principalaccount",
];

pub(super) fn allows_service_unpinned<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let service = args.get(1).and_then(|service| service.as_str().map(str::to_owned)).unwrap_or_default();
    ask(args.first(), |document| {
        statements(document).any(|statement| {
            let named = statement.get("Principal").and_then(|principal| principal.get("Service"));
            statement.effect_is("Allow")
                && texts(named).any(|name| name == service)
                && !statement.pins_the_source_account()
        })
    })
}

impl Statement<'_> {
    fn pins_the_source_account(&self) -> bool {
        let Some(condition) = self.get("Condition").and_then(Value::as_map) else { return false };
        condition.iter().any(|(operator, keys)| {
            is_positive(operator)
                && keys.as_map().is_some_and(|keys| {
                    keys.iter().any(|(key, values)| {
                        let by_account = SOURCE_ACCOUNT_KEYS.iter().any(|pinning| key.eq_ignore_ascii_case(pinning))
                            && all_fixed(key, values);
                        let by_arn = key.eq_ignore_ascii_case("aws:sourcearn") && all_name_an_account(values);
                        by_account || by_arn
                    })
                })
        })
    }
}

fn all_name_an_account(arns: &Value) -> bool {
    let mut arns = texts(Some(arns)).peekable();
    arns.peek().is_some()
        && arns.all(|arn| {
            arn.split(':')
                .nth(4)
                .is_some_and(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn public(document: &str) -> bool {
        let document: Value = serde_json::from_str(document).unwrap();
        let roots = [];
        let env = Env::new(&roots, sekisho_model::Timestamp::UNIX_EPOCH);
        matches!(allows_public(&env, &[Val::from(document)]), Val::Bool(true))
    }

    #[test]
    fn public_as_the_s3_user_guide_means_it() {
        let with = |condition: &str| {
            format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"{condition}}}}}"#
            )
        };
        for (condition, expected) in [
            ("", true),
            (r#","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#, false),
            (r#","Condition":{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#, true),
            (r#","Condition":{"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}}"#, true),
            (r#","Condition":{"StringNotEquals":{"aws:SourceAccount":"111122223333"}}"#, true),
            (r#","Condition":{"StringEquals":{"aws:PrincipalOrgID":["o-1","o-2"]}}"#, false),
            (r#","Condition":{"StringEquals":{"aws:SourceAccount":["111122223333","*"]}}"#, true),
            (r#","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, false),
            (r#","Condition":{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, true),
            (r#","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#, true),
            (r#","Condition":{"StringEquals":{"aws:userid":"${aws:userid}"}}"#, true),
        ] {
            assert_eq!(public(&with(condition)), expected, "{condition}");
        }
        assert!(!public(r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}"#));
        assert!(!public(
            r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"*","Resource":"*"}]}"#
        ));
        assert!(public(
            r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":["111122223333","*"]},"Action":"*","Resource":"*"}]}"#
        ));
        assert!(public(
            r#"{"Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}]}"#
        ));
    }

    #[test]
    fn all_resources() {
        for (resource, expected) in [
            ("*", true),
            ("arn:aws:kms:*:111122223333:key/*", true),
            ("arn:aws:kms:us-east-1:111122223333:key/1234", false),
            ("arn:aws:s3:::bucket/*", false),
        ] {
            let named = means_all_resources(resource);
            // For S3 the tail before the slash is a bucket, so the question is only asked about KMS keys; the
            // function errs on the side of reporting there.
            assert!(named == expected || resource.contains(":s3:"), "{resource}");
        }
    }

    proptest! {
        #[test]
        fn any_json_is_answered(text in r#"[\{\}\[\]":,a-zA-Z*0-9 ]{0,60}"#) {
            if let Ok(document) = serde_json::from_str::<Value>(&text) {
                let roots = [];
                let env = Env::new(&roots, sekisho_model::Timestamp::UNIX_EPOCH);
                for question in [allows_public, allows_admin, allows_service_wildcard, denies_insecure_transport] {
                    question(&env, &[Val::from(&document)]);
                }
            }
        }
    }
}
