//! "Did you mean": the known name closest to a misspelled one.

/// The candidate with the fewest edits (Levenshtein), if they are at most a third of the word.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().take(80).collect();
    let limit = (word.len() / 3).clamp(1, 4);
    let edits = |candidate: &'a str| (edits(&word, &candidate.to_lowercase()), candidate);
    // The first of equals, so that the answer does not depend on more than the order of the candidates.
    candidates
        .into_iter()
        .map(edits)
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

fn edits(word: &[char], candidate: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (line, found) in candidate.chars().take(80).enumerate() {
        let mut left = line + 1;
        let mut next = vec![left];
        for (wanted, pair) in word.iter().zip(row.windows(2)) {
            let (diagonal, above) = (pair.first().copied().unwrap_or(0), pair.last().copied().unwrap_or(0));
            left = (diagonal + usize::from(*wanted != found)).min(above + 1).min(left + 1);
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn textbook_distances_and_the_closest() {
        let count = |a: &str, b: &str| edits(&a.chars().collect::<Vec<_>>(), b);
        assert_eq!(count("kitten", "sitting"), 3);
        assert_eq!(count("", "abc"), 3);
        assert_eq!(count("flaw", "lawn"), 2);
        let known = ["S3.1", "EC2.19", "KMS.4"];
        assert_eq!(closest("EC2.91", known), Some("EC2.19"));
        assert_eq!(closest("kms.4", known), Some("KMS.4"));
        assert_eq!(closest("Lambda.1", known), None);
    }
}
