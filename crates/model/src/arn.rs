//! Amazon Resource Names.
//!
//! `arn:partition:service:region:account:resource` as described in the IAM user guide ("Amazon Resource
//! Names"). Region and account are empty for some services (S3 buckets have neither).

use std::fmt;
use std::str::FromStr;

/// A parsed ARN. Ordering and equality are those of the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn {
    text: String,
    /// Byte offsets of the five separators.
    colons: [usize; 5],
}

/// What is wrong with a text that should be an ARN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ARN; write arn:partition:service:region:account:resource")]
pub struct ArnError(String);

impl Arn {
    fn part(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn between(&self, left: usize, right: usize) -> &str {
        match (self.colons.get(left), self.colons.get(right)) {
            (Some(from), Some(to)) => self.part(from + 1, *to),
            _ => "",
        }
    }

    /// `aws`, `aws-cn`, `aws-us-gov` ...
    pub fn partition(&self) -> &str {
        self.between(0, 1)
    }

    /// The service's namespace, `s3`.
    pub fn service(&self) -> &str {
        self.between(1, 2)
    }

    /// The Region, empty for global resources.
    pub fn region(&self) -> &str {
        self.between(2, 3)
    }

    /// The 12-digit account, empty for some services, `aws` for AWS's own.
    pub fn account(&self) -> &str {
        self.between(3, 4)
    }

    /// Everything after the account, colons and slashes included.
    pub fn resource(&self) -> &str {
        self.colons.get(4).map_or("", |at| self.part(at + 1, self.text.len()))
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Arn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, ArnError> {
        let mut colons = [0; 5];
        let mut found = text.match_indices(':');
        for colon in &mut colons {
            *colon = found.next().ok_or_else(|| ArnError(text.to_owned()))?.0;
        }
        let arn = Self { text: text.to_owned(), colons };
        let sound = text.starts_with("arn:")
            && !arn.partition().is_empty()
            && !arn.service().is_empty()
            && !arn.resource().is_empty()
            && !text.chars().any(char::is_control);
        if sound { Ok(arn) } else { Err(ArnError(text.to_owned())) }
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_of_the_usual_forms() {
        let arn: Arn = "arn:aws:lambda:eu-west-1:123456789012:function:web:live".parse().unwrap();
        assert_eq!((arn.partition(), arn.service(), arn.region()), ("aws", "lambda", "eu-west-1"));
        assert_eq!((arn.account(), arn.resource()), ("123456789012", "function:web:live"));
        let bucket: Arn = "arn:aws-cn:s3:::logs".parse().unwrap();
        assert_eq!((bucket.region(), bucket.account(), bucket.resource()), ("", "", "logs"));
    }

    #[test]
    fn what_is_not_an_arn_is_refused() {
        for text in ["", "arn", "arn:aws:s3::", "arn:aws:s3:::", "urn:aws:s3:::b", "arn::s3:::b", "arn:aws:s3:::a\nb"] {
            assert!(text.parse::<Arn>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_parses_or_is_refused_and_parsed_text_is_kept(text in ".{0,80}") {
            if let Ok(arn) = text.parse::<Arn>() {
                prop_assert_eq!(arn.as_str(), text);
            }
        }

        #[test]
        fn parts_make_the_whole(service in "[a-z0-9-]{1,12}", region in "[a-z0-9-]{0,12}", account in "[0-9]{0,12}", rest in "[ -~]{1,40}") {
            let text = format!("arn:aws:{service}:{region}:{account}:{rest}");
            let arn: Arn = text.parse().unwrap();
            prop_assert_eq!((arn.service(), arn.region(), arn.account(), arn.resource()), (&*service, &*region, &*account, &*rest));
        }
    }
}
