//! The writers on a small report whose figures were counted by hand (see `output_support::small`).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod output_support;

use output_support::{HOSTILE, small};
use sekisho_cli::output::{Format, terminal};
use sekisho_model::Lang;
use unicode_width::UnicodeWidthChar;

fn written(format: Format, lang: Lang) -> String {
    let fixture = small();
    let mut out = Vec::new();
    format.write(&fixture.report(lang), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn terminal_text(lang: Lang, style: &terminal::TerminalStyle) -> String {
    let fixture = small();
    let mut out = Vec::new();
    terminal::write(&fixture.report(lang), style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn cells(line: &str) -> usize {
    line.chars().map(|character| character.width().unwrap_or(0)).sum()
}

#[test]
fn the_terminal_reads_at_80_columns_in_both_languages() {
    for lang in [Lang::En, Lang::Ja] {
        for width in [72, 80, 120] {
            let style = terminal::TerminalStyle { width, ..Default::default() };
            for line in terminal_text(lang, &style).lines() {
                assert!(cells(line) <= width, "{} cells of {width}: {line}", cells(line));
            }
        }
    }
}

#[test]
fn the_terminal_counts_what_is_there() {
    let text = terminal_text(Lang::En, &terminal::TerminalStyle::default());
    let row = |name: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.trim_start().starts_with(&format!("{name} "))).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    // Critical, high, medium, low, passed, not judged, suppressed.
    assert_eq!(row("EC2"), ["EC2", "2", "-", "-", "-", "-", "-", "-"]);
    assert_eq!(row("S3"), ["S3", "-", "1", "-", "1", "1", "-", "1"]);
    assert_eq!(row("KMS"), ["KMS", "-", "-", "-", "-", "1", "1", "-"]);
    assert_eq!(row("Total"), ["Total", "3", "1", "-", "1", "2", "1", "1"]);
    for expected in [
        "  New 1   Regressed 1   Fixed 1   Unchanged 3",
        "  1. Critical  EC2.19  2 resources: Security groups do not open",
        "  2. Critical  IAM.9   1 resource: The root user signs in with MFA",
        "  3. High      S3.8    1 resource: S3 buckets block public access",
        "  4. Low       S3.13   1 resource",
        "elasticfilesystem:DescribeFileSystems (1 resource list; eu-west-1)",
        "kms:ListResourceTags (no verdict depends on it; 3 resources; eu-west-1)",
        "kms:GetKeyRotationStatus (1 finding; ap-northeast-1)",
        "S3.8 / until 2027-03-31 / web@example.com",
        "NIST SP 800-53 Revision 5 v5.0.0  [#########.]   81 %    159     35          3",
        "AWS Foundational Securi... v1.0.0 [..........]    0 %      0      3          0",
        "PCI DSS v4.0.1                    no score          -",
        "sekisho.yaml:20: the suppression of S3.1 matched nothing",
        "111122223333 (shop-prod)",
        "built-in 2026-11-25 + /etc/sekisho/packs",
        "402\u{a0}resources, 1,234\u{a0}API calls, 5\u{a0}throttled, 2\u{a0}refused,\n                    6.2\u{a0}s\n",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}

#[test]
fn many_accounts_and_regions_stay_short() {
    let fixture = output_support::large(2_000);
    let mut out = Vec::new();
    terminal::write(&fixture.report(Lang::En), &terminal::TerminalStyle::default(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("20 accounts (111122223333 (shop-prod), "), "{text}");
    assert!(text.lines().count() < 100 && text.lines().all(|line| cells(line) <= 80), "{text}");
}

#[test]
fn housekeeping_is_told_when_it_happened() {
    let told = |purged: u64| {
        let mut fixture = small();
        fixture.counters.purged = purged;
        let mut out = Vec::new();
        terminal::write(&fixture.report(Lang::En), &terminal::TerminalStyle::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert!(!told(0).contains("Deleted"));
    assert!(told(1234).contains("Deleted           1,234 old findings"));
}

#[test]
fn nothing_found_is_said_in_words() {
    let mut fixture = small();
    fixture.findings.clear();
    fixture.gaps.clear();
    fixture.unread.clear();
    fixture.delta = None;
    fixture.problems.clear();
    for format in Format::ALL {
        let mut out = Vec::new();
        format.write(&fixture.report(Lang::En), &mut out).unwrap();
        assert!(!out.is_empty() || format == Format::Ndjson, "{}", format.name());
        if matches!(format, Format::Json | Format::Asff | Format::Ocsf) {
            serde_json::from_slice::<serde_json::Value>(&out).unwrap();
        }
    }
    let mut out = Vec::new();
    terminal::write(&fixture.report(Lang::En), &terminal::TerminalStyle::default(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    for expected in ["Nothing was judged.", "Nothing to do", "Everything in scope could be read.", "First scan"] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}

#[test]
fn the_terminal_speaks_japanese() {
    let text = terminal_text(Lang::Ja, &terminal::TerminalStyle::default());
    for expected in [
        "最初に取り組むこと",
        "1. 重大  EC2.19  2 リソース: セキュリティグループで",
        "新規 1   再発 1   解消 1   変化なし 3",
        "確認できなかったもの",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
}

#[test]
fn colour_says_nothing_that_the_words_do_not() {
    let plain = terminal_text(Lang::En, &terminal::TerminalStyle::default());
    let colored = terminal_text(Lang::En, &terminal::TerminalStyle { color: true, ..Default::default() });
    assert!(!plain.contains('\u{1b}'));
    assert!(colored.contains("\u{1b}[1;7;31mCritical\u{1b}[0m"));
    let stripped: String = colored
        .split('\u{1b}')
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once('m').unwrap().1 })
        .collect();
    assert_eq!(stripped, plain);
}

#[test]
fn json_has_its_promised_fields() {
    let document: serde_json::Value = serde_json::from_str(&written(Format::Json, Lang::En)).unwrap();
    assert_eq!(document["format"], 1);
    assert_eq!(
        document["counts"]["total"],
        serde_json::json!({"failed": [3, 1, 0, 1, 0], "passed": 2, "unjudged": 1, "suppressed": 1})
    );
    assert_eq!(document["do_first"][0]["control_id"], "EC2.19");
    assert_eq!(
        document["do_first"][2]["fix"],
        "aws s3api put-public-access-block --bucket BUCKET --public-access-block-configuration BlockPublicAcls=true,RestrictPublicBuckets=true"
    );
    assert_eq!(document["not_seen"][0]["operation"], "elasticfilesystem:DescribeFileSystems");
    assert_eq!(document["scores"]["summary"], 33);
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 9);
    assert_eq!(
        findings[0]["evidence"][0],
        serde_json::json!({"path": "properties.SecurityGroupIngress[0].CidrIp", "value": "0.0.0.0/0"})
    );
    assert_eq!(findings[0]["change"], "new");
    assert_eq!(findings[8]["change"], "regressed");
    assert_eq!(findings[6]["suppression"]["until"], "2027-03-31");
    assert_eq!(findings[4]["status"], "NOT_AVAILABLE");
    assert_eq!(findings[7]["resource"]["name"], HOSTILE);
    assert_eq!(
        findings[0]["standards"][1],
        serde_json::json!({"id": "nist-800-53/5.0.0", "requirements": ["AC-4", "AC-4(21)", "SC-7"]})
    );
}

#[test]
fn lines_are_the_findings_of_the_document() {
    let document: serde_json::Value = serde_json::from_str(&written(Format::Json, Lang::Ja)).unwrap();
    let lines: Vec<serde_json::Value> =
        written(Format::Ndjson, Lang::Ja).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(document["findings"], serde_json::Value::Array(lines));
}

/// Reads RFC 4180 back.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match (quoted, character) {
            (true, '"') if characters.peek() == Some(&'"') => cell.push(characters.next().unwrap()),
            (_, '"') => quoted = !quoted,
            (false, ',') => row.push(std::mem::take(&mut cell)),
            (false, '\r') if characters.peek() == Some(&'\n') => {
                characters.next();
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (_, other) => cell.push(other),
        }
    }
    assert!(row.is_empty() && cell.is_empty() && !quoted, "the last line ends with CRLF");
    rows
}

#[test]
fn csv_can_be_read_back() {
    let rows = csv_rows(&written(Format::Csv, Lang::En));
    assert_eq!(rows.len(), 10);
    assert!(rows.iter().all(|row| row.len() == 23));
    assert_eq!(rows[0][0], "control_id");
    assert_eq!(
        rows[1][..6],
        ["EC2.19", "EC2", "Security groups do not open high-risk ports to the world", "CRITICAL", "FAILED", "new"]
    );
    assert_eq!(rows[8][12], format!("'{HOSTILE}"), "a name that begins like a formula is guarded");
    assert_eq!(rows[5][14], "CONFIG_ACCESS_DENIED: kms:GetKeyRotationStatus: access denied");
    let japanese = written(Format::Csv, Lang::Ja);
    assert!(japanese.starts_with("\u{feff}control_id,"));
}

#[test]
fn junit_is_well_formed_and_counts() {
    let text = written(Format::Junit, Lang::En);
    let mut reader = quick_xml::Reader::from_str(&text);
    reader.config_mut().check_end_names = true;
    let (mut suites, mut tests, mut failures, mut errors, mut skipped) = (Vec::new(), 0, 0, 0, 0);
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                let attribute = |name: &str| tag.try_get_attribute(name).unwrap().map(|found| found.value.to_string());
                match tag.name().as_ref() as &str {
                    "testsuite" => suites.push(
                        ["name", "tests", "failures", "errors", "skipped", "timestamp"]
                            .map(|name| attribute(name).unwrap()),
                    ),
                    "testcase" => {
                        assert!(["name", "classname", "time"].iter().all(|name| attribute(name).is_some()));
                        tests += 1;
                    }
                    "failure" => failures += 1,
                    "error" => errors += 1,
                    "skipped" => skipped += 1,
                    _ => {}
                }
            }
            quick_xml::events::Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!((tests, failures, errors, skipped), (9, 5, 1, 1));
    assert_eq!(suites[3], ["S3", "4", "2", "0", "1", "2026-11-25T00:00:00"].map(String::from));
    assert!(text.contains("<error type=\"CONFIG_ACCESS_DENIED\" message=\"kms:GetKeyRotationStatus: access denied\">"));
    assert!(text.contains("<skipped message=\"suppressed until 2027-03-31: static web site, reviewed by the web team (sekisho.yaml:12)\"/>"));
    assert!(!text.contains('\u{1b}') && !text.contains("<img"));
}

#[test]
fn markdown_names_the_first_things_and_lets_nothing_through() {
    let text = written(Format::Markdown, Lang::En);
    for expected in [
        "- **Failed 5**, Passed 2, Not judged 1, Suppressed 1",
        "1. **Critical** `EC2.19` Security groups do not open high-risk ports to the world (2 resources)",
        "   - `arn:aws:ec2:ap-northeast-1:111122223333:security-group/sg-0a1b`",
        "| Total | 3 | 1 | 0 | 1 | 2 | 1 | 1 |",
        "- `kms:GetKeyRotationStatus` (1 finding): access denied",
        "| PCI DSS v4.0.1 | no score | 0 | 0 | 0 |",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in\n{text}");
    }
    // The hostile name holds a backtick, so its code span is fenced with two.
    assert!(text.contains("   - ``arn:aws:s3:::=HYPERLINK"), "{text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for format in Format::ALL {
        assert_eq!(written(format, Lang::Ja), written(format, Lang::Ja), "{}", format.name());
    }
}
