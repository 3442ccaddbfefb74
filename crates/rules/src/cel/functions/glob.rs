//! Wildcards as IAM has them: `*` any run of characters, `?` one character. Linear time (no backtracking
//! beyond the last star), since patterns come from policies that others write.

/// Whether `text` matches `pattern`, case-sensitively.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut restart: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                restart = Some((p + 1, t));
                p += 1;
            }
            Some(symbol) if *symbol == '?' || Some(symbol) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match restart {
                Some((after_star, consumed)) => {
                    restart = Some((after_star, consumed + 1));
                    p = after_star;
                    t = consumed + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|symbol| *symbol == '*')
}

/// Whether some text matches both patterns, without regard to case (as IAM actions are compared).
pub fn overlap(left: &str, right: &str) -> bool {
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (left, right) = (lower(left), lower(right));
    // reachable[j]: the first i symbols of left and the first j of right can describe one common text.
    let mut reachable = vec![false; right.len() + 1];
    for i in 0..=left.len() {
        let above = std::mem::take(&mut reachable);
        reachable = Vec::with_capacity(right.len() + 1);
        for j in 0..=right.len() {
            let from_left = i.checked_sub(1).and_then(|at| left.get(at));
            let from_right = j.checked_sub(1).and_then(|at| right.get(at));
            let up = above.get(j).copied().unwrap_or(false);
            let beside = j.checked_sub(1).and_then(|at| reachable.get(at).copied()).unwrap_or(false);
            let diagonal = j.checked_sub(1).and_then(|at| above.get(at).copied()).unwrap_or(false);
            let start = i == 0 && j == 0;
            let star_left = from_left == Some(&'*') && (up || beside);
            let star_right = from_right == Some(&'*') && (up || beside);
            let both = match (from_left, from_right) {
                (Some(a), Some(b)) => diagonal && (a == b || *a == '?' || *b == '?' || *a == '*' || *b == '*'),
                _ => false,
            };
            let value = start || star_left || star_right || both;
            // An empty left pattern can only pair with stars, which the star rules above have covered.
            reachable.push(value);
        }
    }
    reachable.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("s3:Get*", "s3:GetObject", true),
            ("s3:Get?bject", "s3:GetObject", true),
            ("s3:Get", "s3:GetObject", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b", "xxaxxbx", false),
            ("", "x", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn overlapping_patterns() {
        for (left, right, expected) in [
            ("s3:*", "s3:GetObject", true),
            ("s3:getobject", "s3:GetObject", true),
            ("s3:Get*", "s3:*Acl", true),
            ("s3:Get*", "s3:Put*", false),
            ("*", "kms:Decrypt", true),
            ("kms:Decrypt", "*", true),
            ("a*", "*b", true),
            ("ab", "a", false),
            ("", "", true),
            ("", "*", true),
        ] {
            assert_eq!(overlap(left, right), expected, "{left} {right}");
        }
    }

    proptest! {
        #[test]
        fn a_plain_text_overlaps_exactly_when_it_matches(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
            prop_assert_eq!(overlap(&pattern, &text), matches(&pattern, &text));
        }

        #[test]
        fn long_hostile_patterns_end(stars in 1usize..200) {
            let pattern = "*a".repeat(stars);
            prop_assert!(!matches(&pattern, &"a".repeat(stars - 1)));
        }
    }
}
