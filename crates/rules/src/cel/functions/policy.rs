//! Questions to IAM policy documents: resource policies and identity policies.
//!
//! These are the questions that Security Hub's controls ask, answered by the text of one document, as AWS
//! Config's rules do; they are no authorization engine. What counts as public follows "The meaning of
//! 'public'" in the S3 user guide: an Allow to everyone whose conditions do not pin the caller to fixed values.

use sekisho_model::{Key, Value};

use super::super::eval::{Env, and, or};
use super::super::value::{Truth, Val};
use super::glob;
use super::three_valued::{all, any, any_entry, any_text, each, field, not, present, text_is, unknown_element};

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

/// A statement of a policy document.
pub struct Statement<'a>(&'a Value);

/// The statements of a document, whether it has one or a list of them.
pub fn statements(document: &Value) -> impl Iterator<Item = Statement<'_>> {
    each(field(Some(document), "Statement")).map(Statement)
}

impl<'a> Statement<'a> {
    fn get(&self, element: &str) -> Option<&'a Value> {
        field(Some(self.0), element)
    }

    fn effect_is(&self, effect: &str) -> Truth {
        text_is(self.get("Effect"), |text| text == effect)
    }

    fn has_principal(&self, holds: impl Fn(&str) -> bool) -> Truth {
        let principal = self.get("Principal");
        or(any_text(principal, &holds), || any_text(field(principal, "AWS"), &holds))
    }

    /// Whether everyone is meant. An Allow with NotPrincipal means everyone but a few.
    fn is_for_everyone(&self) -> Truth {
        or(self.has_principal(|principal| principal == "*"), || {
            and(self.effect_is("Allow"), || present(self.get("NotPrincipal")))
        })
    }

    /// Whether the actions include one that a pattern of `wanted` describes.
    fn allows_one_of(&self, wanted: &[String]) -> Truth {
        let not_action = self.get("NotAction");
        match present(not_action) {
            Truth::True => any(wanted, |wanted| not(any_text(not_action, |action| covers(action, wanted)))),
            Truth::False => {
                any_text(self.get("Action"), |action| wanted.iter().any(|wanted| glob::overlap(action, wanted)))
            }
            unknown => unknown,
        }
    }

    fn covers_all_of(&self, wanted: &[&str]) -> Truth {
        all(wanted, |wanted| any_text(self.get("Action"), |action| covers(action, wanted)))
    }

    /// Whether a condition ties the caller to fixed values.
    fn pins_the_caller(&self) -> Truth {
        self.has_positive_condition(
            |key, values| if is_pinning_key(key) { all_fixed(key, values) } else { Truth::False },
        )
    }

    fn has_positive_condition(&self, holds: impl Fn(&str, &Value) -> Truth) -> Truth {
        any_entry(self.get("Condition"), |operator, keys| {
            if is_positive(operator) { any_entry(Some(keys), |key, values| holds(key, values)) } else { Truth::False }
        })
    }

    fn is_on_all_resources(&self) -> Truth {
        or(present(self.get("NotResource")), || any_text(self.get("Resource"), means_all_resources))
    }
}

/// Whether an action pattern takes in the whole of `wanted`.
fn covers(action: &str, wanted: &str) -> bool {
    glob::matches(&action.to_lowercase(), &wanted.to_lowercase())
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
fn all_fixed(key: &str, values: &Value) -> Truth {
    let is_ip = key.eq_ignore_ascii_case("aws:sourceip") || key.eq_ignore_ascii_case("aws:vpcsourceip");
    all_texts(
        values,
        |value| if is_ip { is_narrow_range(value) } else { !value.contains(['*', '?']) && !value.contains("${") },
    )
}

/// Whether there are texts and `holds` for each of them.
fn all_texts(values: &Value, holds: impl Fn(&str) -> bool) -> Truth {
    let texts = || each(Some(values)).filter(|value| matches!(value, Value::String(_) | Value::Unknown(_)));
    and(any(texts(), |value| text_is(Some(value), |_| true)), || all(texts(), |value| text_is(Some(value), &holds)))
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

/// Whether the question holds for a statement of the document; null (no policy) has none, texts are parsed first.
fn ask<'a>(document: Option<&Val<'a>>, question: impl Fn(&Statement<'_>) -> Truth) -> Val<'a> {
    let answer = |document: &Value| any(statements(document), |statement| question(&statement)).into();
    match document {
        None | Some(Val::Null) => Val::Bool(false),
        Some(Val::Ref(document)) => answer(document),
        Some(other) => {
            let document = other.to_value();
            match document.as_str().map(serde_json::from_str::<Value>) {
                Some(Ok(parsed)) => answer(&parsed),
                Some(Err(_)) => super::super::value::type_error("the policy document is not JSON"),
                None => answer(&document),
            }
        }
    }
}

/// Action patterns from an argument, all of them if it is left out; the unknown, if one of them is.
fn patterns<'a>(value: Option<&Val<'a>>) -> Result<Vec<String>, Val<'a>> {
    match value {
        None | Some(Val::Null) => Ok(vec!["*".to_owned()]),
        Some(text) if text.as_str().is_some() => Ok(text.as_str().map(str::to_owned).into_iter().collect()),
        Some(list) => match unknown_element(list) {
            Some(why) => Err(Val::Unknown(why)),
            None => {
                Ok(list.elements().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect())
            }
        },
    }
}

pub(super) fn allows_public<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let wanted = match patterns(args.get(1)) {
        Ok(wanted) => wanted,
        Err(unknown) => return unknown,
    };
    ask(args.first(), |statement| {
        let to_everyone = and(statement.effect_is("Allow"), || statement.is_for_everyone());
        let allows = and(to_everyone, || statement.allows_one_of(&wanted));
        and(allows, || not(statement.pins_the_caller()))
    })
}

pub(super) fn allows_other_accounts<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let wanted = match patterns(args.get(2)) {
        Ok(wanted) => wanted,
        Err(unknown) => return unknown,
    };
    let own = args.get(1).and_then(|account| account.as_str().map(str::to_owned)).unwrap_or_default();
    ask(args.first(), |statement| {
        let canonical = or(statement.is_for_everyone(), || present(field(statement.get("Principal"), "CanonicalUser")));
        let foreign = or(canonical, || {
            statement.has_principal(|principal| account_of(principal).is_none_or(|account| account != own))
        });
        and(and(statement.effect_is("Allow"), || foreign), || statement.allows_one_of(&wanted))
    })
}

pub(super) fn denies_insecure_transport<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    ask(args.first(), |statement| {
        let denies_everyone = and(statement.effect_is("Deny"), || statement.is_for_everyone());
        let without_tls = and(denies_everyone, || is_without_tls_only(statement.get("Condition")));
        and(without_tls, || statement.covers_all_of(&["s3:GetObject", "s3:PutObject", "s3:ListBucket"]))
    })
}

/// Whether a condition is `Bool aws:SecureTransport false` and nothing else, since more conditions would make the
/// denial narrower than "all requests without TLS".
fn is_without_tls_only(condition: Option<&Value>) -> Truth {
    let only_one = |map: Option<&Value>| match map {
        Some(Value::Map(map)) => (map.len() == 1).into(),
        Some(Value::Unknown(why)) => Truth::Unknown(why.clone()),
        _ => Truth::False,
    };
    let by_tls = any_entry(condition, |operator, keys| {
        let insecure = |key: &Key, values: &Value| {
            if key.eq_ignore_ascii_case("aws:securetransport") {
                all(each(Some(values)), is_false)
            } else {
                Truth::False
            }
        };
        if operator.eq_ignore_ascii_case("bool") {
            and(any_entry(Some(keys), insecure), || only_one(Some(keys)))
        } else {
            Truth::False
        }
    });
    and(only_one(condition), || by_tls)
}

fn is_false(value: &Value) -> Truth {
    or((value.as_bool() == Some(false)).into(), || text_is(Some(value), |text| text.eq_ignore_ascii_case("false")))
}

pub(super) fn allows_admin<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    ask(args.first(), |statement| {
        let every_action = any_text(statement.get("Action"), |action| action == "*" || action == "*:*");
        let on_everything = and(every_action, || any_text(statement.get("Resource"), |resource| resource == "*"));
        and(statement.effect_is("Allow"), || on_everything)
    })
}

pub(super) fn allows_service_wildcard<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let is_wildcard = |action: &str| action == "*" || action.ends_with(":*");
    ask(args.first(), |statement| {
        let wide =
            or(any_text(statement.get("Action"), is_wildcard), || any_text(statement.get("NotAction"), is_wildcard));
        and(statement.effect_is("Allow"), || wide)
    })
}

pub(super) fn allows_on_all_resources<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let wanted = match patterns(args.get(1)) {
        Ok(wanted) => wanted,
        Err(unknown) => return unknown,
    };
    ask(args.first(), |statement| {
        let everywhere = and(statement.effect_is("Allow"), || statement.is_on_all_resources());
        and(everywhere, || statement.allows_one_of(&wanted))
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
    ask(args.first(), |statement| {
        let named = field(statement.get("Principal"), "Service");
        let allows = and(statement.effect_is("Allow"), || any_text(named, |name| name == service));
        and(allows, || not(statement.pins_the_source_account()))
    })
}

impl Statement<'_> {
    fn pins_the_source_account(&self) -> Truth {
        self.has_positive_condition(|key, values| {
            let by_account = SOURCE_ACCOUNT_KEYS.iter().any(|pinning| key.eq_ignore_ascii_case(pinning));
            let by_arn = key.eq_ignore_ascii_case("aws:sourcearn");
            match (by_account, by_arn) {
                (true, _) => all_fixed(key, values),
                (_, true) => all_texts(values, names_an_account),
                _ => Truth::False,
            }
        })
    }
}

fn names_an_account(arn: &str) -> bool {
    arn.split(':')
        .nth(4)
        .is_some_and(|account| account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
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
