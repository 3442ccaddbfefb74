//! "Did you mean": the known word closest to a misspelled one.

/// The candidate within a third of the word's length in edits (Levenshtein), if there is one.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).clamp(1, 4);
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(edits, _)| *edits <= limit)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) =
        (a.to_lowercase().chars().take(80).collect(), b.to_lowercase().chars().take(80).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        let mut next = vec![before];
        for (right, above) in b.iter().zip(row.iter().skip(1)) {
            let cell = (diagonal + usize::from(left != right)).min(before + 1).min(above + 1);
            diagonal = *above;
            before = cell;
            next.push(cell);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        assert_eq!(closest("EnableKeyRotatoin", ["EnableKeyRotation", "KeyPolicy"]), Some("EnableKeyRotation"));
        assert_eq!(closest("properites", ["properties"]), Some("properties"));
        assert_eq!(closest("zebra", ["properties"]), None);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
