//! `--changed-since REF`: only what the lines that git says are changed may have made otherwise.
//!
//! A finding stays if a changed line stands in one of its declarations: the resource's own, those of its parts, and the calls of
//! modules that lead to it. A changed line outside of every resource (a parameter, a variable, a local value) may reach any
//! resource, so that all of the file, or of the module's folder, stay. New files are changed as a whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::Found;

/// Lines of a file, first and last.
type Lines = (u32, u32);

/// The changed lines by file, as the user would write its path.
pub(super) struct Changed(BTreeMap<String, Vec<Lines>>);

impl Changed {
    /// Asks git.
    ///
    /// # Errors
    /// Outside of a repository, without git, and where there is no such revision.
    pub(super) fn since(revision: &str) -> Result<Self> {
        if revision.starts_with('-') {
            bail!("--changed-since {revision}: this is no revision; name a branch, tag or commit");
        }
        let diff = git(&[
            "-c",
            "core.quotePath=false",
            "diff",
            "--unified=0",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            "--relative",
            revision,
            "--",
            ".",
        ])
        .with_context(|| {
            format!("--changed-since {revision}: is it a revision of a git repository, fetched deep enough?")
        })?;
        let mut files: BTreeMap<String, Vec<Lines>> = BTreeMap::new();
        let mut file = None;
        for line in diff.lines() {
            if let Some(path) = line.strip_prefix("+++ ") {
                file = path.strip_prefix("b/").map(unquoted);
            } else if let (Some(path), Some(lines)) = (&file, line.strip_prefix("@@ ").and_then(added)) {
                files.entry(path.clone()).or_default().push(lines);
            }
        }
        for path in
            git(&["ls-files", "--others", "--exclude-standard", "-z"])?.split('\0').filter(|path| !path.is_empty())
        {
            files.insert(path.to_owned(), vec![(1, u32::MAX)]);
        }
        Ok(Self(files))
    }

    /// Drops the findings that nothing changed can have made otherwise.
    /// `declared` are the places of everything that is declared.
    pub(super) fn keep(&self, found: &mut Vec<Found>, declared: &[(String, Lines)]) {
        // Changed lines that stand in no declaration at all.
        let covered =
            |path: &str, line: &Lines| declared.iter().any(|(own, lines)| plain(own) == path && overlap(lines, line));
        let loose: Vec<&str> = self
            .0
            .iter()
            .filter(|(path, lines)| lines.iter().any(|line| !covered(path, line)))
            .map(|(path, _)| path.as_str())
            .collect();
        let reached = |path: &str| {
            loose.iter().any(|loose| {
                *loose == path || is_terraform(loose) && is_terraform(path) && folder(loose) == folder(path)
            })
        };
        let keep: Vec<bool> = found
            .iter()
            .map(|found| {
                found.places.iter().any(|(path, lines)| {
                    let touched =
                        self.0.get(plain(path)).is_some_and(|all| all.iter().any(|line| overlap(lines, line)));
                    touched || reached(plain(path))
                })
            })
            .collect();
        let mut keep = keep.into_iter();
        found.retain(|_| keep.next().unwrap_or(true));
    }
}

fn git(arguments: &[&str]) -> Result<String> {
    let output = Command::new("git").args(arguments).output().context("cannot run git; is it installed?")?;
    if !output.status.success() {
        bail!("git says: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The lines that `@@ -a,b +c,d @@` adds; where it only takes away, the line before.
fn added(hunk: &str) -> Option<Lines> {
    let new = hunk.split(' ').find_map(|part| part.strip_prefix('+'))?;
    let (start, count) = new.split_once(',').unwrap_or((new, "1"));
    let (start, count): (u32, u32) = (start.parse().ok()?, count.parse().ok()?);
    Some((start.max(1), start.max(1) + count.max(1) - 1))
}

/// A path as git quotes it where it has other than plain letters.
fn unquoted(path: &str) -> String {
    path.trim_matches('"').to_owned()
}

/// Without the `./` that a user may have written.
fn plain(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

fn overlap(a: &Lines, b: &Lines) -> bool {
    a.0 <= b.1 && b.0 <= a.1
}

fn folder(path: &str) -> &Path {
    Path::new(path).parent().unwrap_or(Path::new(""))
}

fn is_terraform(path: &str) -> bool {
    [".tf", ".tf.json", ".tofu", ".tofu.json", ".tfvars", ".tfvars.json"].iter().any(|ending| path.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_name_the_lines_that_are_there_now() {
        assert_eq!(added("-1,2 +3,4 @@ fn x"), Some((3, 6)));
        assert_eq!(added("-1 +7 @@"), Some((7, 7)));
        assert_eq!(added("-5,3 +4,0 @@"), Some((4, 4)));
        assert_eq!(added("-1,3 +0,0 @@"), Some((1, 1)));
    }
}
