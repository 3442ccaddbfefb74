//! Markdown for a ticket, a chat or a job summary: short, with the decisive lines first.
//!
//! It lists controls, not resources, except for the things to do first, whose resources are named up to a limit, because
//! tickets and job summaries cut long texts (a GitHub issue takes 65,536 characters). Whatever comes from AWS
//! stands in code spans, where nothing can be a link, an image or a mention.

use std::io::{self, Write};

use sekisho_model::Severity;

use super::report::Report;
use super::summary::{self, Class, class};
use super::text::{clean, minute, shorten, thousands};
use super::words::{count, fill, words};

/// How many things to do are listed.
const PRIORITIES_MAX: usize = 10;
/// How many resources of each are named.
const RESOURCES_MAX: usize = 5;
/// How many rows the other lists have.
const ROWS_MAX: usize = 30;

/// Writes the Markdown.
///
/// # Errors
/// Whatever `out` answers.
pub fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    scope(report, out)?;
    scores(report, out)?;
    priorities(report, out)?;
    table(report, out)?;
    blind(report, out)?;
    accepted(report, out)?;
    if !report.problems.is_empty() {
        writeln!(out, "\n## {}\n", words(report.lang).problems)?;
        for problem in &report.problems {
            writeln!(out, "- {}", plain(problem))?;
        }
    }
    Ok(())
}

/// Text without any Markdown or HTML meaning.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in clean(text).chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A zero-width joiner would be invisible in a copy; the entity is not a mention either.
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

/// A code span. The fence is longer than any run of backticks inside; a pipe would end a table cell.
fn code(text: &str) -> String {
    let text = clean(text).replace('|', "\u{ff5c}");
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

fn scope(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let words = words(report.lang);
    let (_, total) = summary::tally(report);
    writeln!(out, "# {}\n", words.report_title)?;
    let accounts: Vec<String> = report
        .meta
        .accounts
        .iter()
        .take(5)
        .map(|scope| {
            scope
                .name
                .as_deref()
                .map_or_else(|| code(&scope.account), |name| format!("{} ({})", code(&scope.account), plain(name)))
        })
        .collect();
    let more = report.meta.accounts.len().saturating_sub(5);
    let more = if more > 0 { format!("{}{}", words.separator, fill(words.and_more, more)) } else { String::new() };
    writeln!(out, "- {}: {}{more}", words.accounts, accounts.join(words.separator))?;
    writeln!(out, "- {}: {}", words.taken_at, minute(report.meta.taken_at))?;
    writeln!(out, "- {}: {}", words.packs, code(&report.packs))?;
    writeln!(
        out,
        "- **{} {}**, {} {}, {} {}, {} {}",
        words.failed,
        thousands(total.failed_total() as u64),
        words.passed,
        thousands(total.passed as u64),
        words.unjudged,
        thousands(total.unjudged as u64),
        words.suppressed,
        thousands(total.suppressed as u64),
    )?;
    match &report.delta {
        None => writeln!(out, "- {}", words.first_scan),
        Some(delta) => writeln!(
            out,
            "- {}: **{} {}**, **{} {}**, {} {}, {} {}",
            fill(words.changes, minute(delta.previous_at)),
            words.new,
            delta.new.len(),
            words.regressed,
            delta.regressed.len(),
            words.fixed,
            delta.fixed.len(),
            words.unchanged,
            delta.unchanged.len(),
        ),
    }
}

fn scores(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    if report.scores.is_empty() {
        return Ok(());
    }
    let words = words(report.lang);
    let shown = |score: Option<u8>| score.map_or_else(|| words.no_score.to_owned(), |score| format!("{score} %"));
    writeln!(out, "\n## {}\n", words.scores)?;
    writeln!(
        out,
        "| {} | {} | {} | {} | {} |",
        words.standard, words.scores, words.passed, words.failed, words.unjudged
    )?;
    writeln!(out, "|---|---:|---:|---:|---:|")?;
    writeln!(out, "| {} | **{}** | | | |", words.summary_score, shown(report.summary_score))?;
    for standard in &report.scores {
        let name = plain(&format!("{} v{}", standard.name, standard.version));
        writeln!(
            out,
            "| {name} | {} | {} | {} | {} |",
            shown(standard.score),
            standard.passed,
            standard.failed,
            standard.unknown
        )?;
    }
    Ok(())
}

fn priorities(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let words = words(report.lang);
    writeln!(out, "\n## {}\n", words.do_first)?;
    let things = summary::priorities(report, PRIORITIES_MAX);
    if things.is_empty() {
        return writeln!(out, "{}", words.nothing_to_do);
    }
    for (at, thing) in things.iter().enumerate() {
        writeln!(
            out,
            "{}. **{}** {} {} ({})",
            at + 1,
            words.severity_word(thing.severity),
            code(thing.control_id),
            plain(&thing.title),
            count(words.resources_one, words.resources_many, thing.resources),
        )?;
        let failed = report
            .findings
            .iter()
            .filter(|finding| finding.control_id == thing.control_id && class(finding) == Class::Failed);
        for finding in failed.take(RESOURCES_MAX) {
            writeln!(out, "   - {}", code(&finding.resource.id))?;
        }
        if let Some(more) = thing.resources.checked_sub(RESOURCES_MAX).filter(|more| *more > 0) {
            writeln!(out, "   - {}", fill(words.and_more, more))?;
        }
        if !thing.fix.is_empty() {
            let fix = shorten(&thing.fix, 400);
            writeln!(out, "   - {}: {}", words.fix, if fix.starts_with("aws ") { code(&fix) } else { plain(&fix) })?;
        }
    }
    Ok(())
}

fn table(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let words = words(report.lang);
    let (rows, total) = summary::tally(report);
    writeln!(out, "\n## {}\n", words.by_service)?;
    let severities: Vec<&str> =
        Severity::WORST_FIRST.into_iter().take(4).map(|severity| words.severity_word(severity)).collect();
    writeln!(
        out,
        "| {} | {} | {} | {} | {} |",
        words.service,
        severities.join(" | "),
        words.passed,
        words.unjudged,
        words.suppressed
    )?;
    writeln!(out, "|---|{}", "---:|".repeat(7))?;
    for (name, tally) in rows.iter().chain(std::iter::once(&(words.total.to_owned(), total))) {
        let failed: Vec<String> = tally.failed.iter().take(4).map(ToString::to_string).collect();
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            plain(name),
            failed.join(" | "),
            tally.passed,
            tally.unjudged,
            tally.suppressed
        )?;
    }
    Ok(())
}

fn blind(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let words = words(report.lang);
    writeln!(out, "\n## {}\n", words.not_seen)?;
    let spots = summary::blind_spots(report);
    if spots.is_empty() {
        return writeln!(out, "{}", words.all_seen);
    }
    writeln!(out, "{}\n", words.not_seen_explained)?;
    for spot in spots.iter().take(ROWS_MAX) {
        let hidden = spot.hides(words).join(words.separator);
        writeln!(out, "- {} ({hidden}): {}", code(&spot.operation), plain(&spot.reason))?;
    }
    match spots.len().checked_sub(ROWS_MAX).filter(|more| *more > 0) {
        Some(more) => writeln!(out, "- {}", fill(words.and_more, more)),
        None => Ok(()),
    }
}

fn accepted(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let words = words(report.lang);
    let (decisions, by_hand) = summary::accepted(report);
    if decisions.is_empty() && by_hand == 0 {
        return Ok(());
    }
    writeln!(out, "\n## {}\n", words.suppressions)?;
    for decision in decisions.iter().take(ROWS_MAX) {
        let suppression = decision.suppression;
        let owner = suppression.owner.as_deref().map(|owner| format!(", {}", plain(owner))).unwrap_or_default();
        writeln!(
            out,
            "- {} ({}, {}{owner}, {}): {}",
            plain(&decision.controls.join(", ")),
            count(words.findings_one, words.findings_many, decision.findings),
            fill(words.until, plain(&suppression.until)),
            code(&suppression.source),
            plain(&suppression.reason),
        )?;
    }
    if let Some(more) = decisions.len().checked_sub(ROWS_MAX).filter(|more| *more > 0) {
        writeln!(out, "- {}", fill(words.and_more, more))?;
    }
    if by_hand > 0 {
        writeln!(out, "- {}: {}", words.suppressed, count(words.findings_one, words.findings_many, by_hand))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_names_stay_text() {
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`x"), "`` `x ``");
        assert_eq!(code("a|b"), "`a\u{ff5c}b`");
        assert_eq!(plain("![x](http://e) <b> @all a|b\nc"), "\\!\\[x\\](http://e) &lt;b&gt; &#64;all a\\|b c");
    }
}
