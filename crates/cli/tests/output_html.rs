//! The HTML report: what it says, and that no name of a resource can become markup or script.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod output_support;

use output_support::{HOSTILE, large, small};
use sekisho_cli::output::Format;
use sekisho_model::Lang;

fn page(lang: Lang) -> String {
    let fixture = small();
    let mut out = Vec::new();
    Format::Html.write(&fixture.report(lang), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// With `SEKISHO_TEST_KEEP=DIR` the pages stay, to be looked at in a browser.
fn keep(name: &str, page: &[u8]) {
    if let Ok(folder) = std::env::var("SEKISHO_TEST_KEEP") {
        std::fs::write(std::path::Path::new(&folder).join(name), page).unwrap();
    }
}

fn island(page: &str) -> serde_json::Value {
    let after = page.split_once("<script type=\"application/json\" id=\"data\">").unwrap().1;
    serde_json::from_str(after.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn hostile_names_stay_text() {
    for lang in [Lang::En, Lang::Ja] {
        let mut fixture = small();
        fixture.meta.accounts[0].name = Some(HOSTILE.into());
        fixture.meta.accounts[0].identity = HOSTILE.into();
        fixture.problems = vec![HOSTILE.into()];
        fixture.gaps[0].unknown.message = HOSTILE.into();
        fixture.scores[0].name = HOSTILE.into();
        fixture.findings[6].suppression.as_mut().unwrap().reason = HOSTILE.into();
        fixture.findings[7].control_id = format!("{HOSTILE}.1");
        let mut out = Vec::new();
        Format::Html.write(&fixture.report(lang), &mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        assert!(!page.contains("<img"), "an element came through");
        assert!(!page.contains('\u{1b}'));
        let summary = page.split_once("id=\"data\">").unwrap().0;
        assert!(!summary.contains('\u{202e}'), "the reading direction was turned");
        assert_eq!(page.matches("</script>").count(), 2, "the island and the script end once each");
        assert_eq!(page.matches("<script").count(), 2);
        // It is shown, six times over: in the title of the control, the account, the identity ...
        assert!(summary.matches("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;").count() >= 6);
        island(&page);
    }
}

#[test]
fn the_policy_allows_this_script_and_this_style_only() {
    let page = page(Lang::En);
    let policy = page.split_once("Content-Security-Policy\" content=\"").unwrap().1.split_once('"').unwrap().0;
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"));
    assert!(!policy.contains("unsafe") && !policy.contains("http"));
    // Neither of these would be allowed, so neither may be needed.
    assert!(!page.contains(" style=\"") && !page.contains("onclick="));
    assert!(!page.contains("src=\"http") && !page.contains("url(http") && !page.contains("<link"));
}

#[test]
fn the_summary_needs_no_script() {
    let page = page(Lang::En);
    let html = page.split_once("<section id=\"findings\">").unwrap().0;
    for expected in [
        "111122223333",
        "shop-prod",
        "arn:aws:sts::111122223333:assumed-role/SekishoReadOnly/scan",
        "<div class=\"number\">81<small> %</small></div>",
        "no score",
        "data-control=\"EC2.19\">Security groups do not open high-risk ports to the world</a>",
        "<span class=\"many\">2 resources</span>",
        "elasticfilesystem:<wbr>DescribeFileSystems",
        "2027-03-31",
        "static web site, reviewed by the web team",
        "the suppression of S3.1 matched nothing",
    ] {
        assert!(html.contains(expected), "{expected:?} is missing");
    }
    let japanese = self::page(Lang::Ja);
    keep("small-en.html", page.as_bytes());
    keep("small-ja.html", japanese.as_bytes());
    assert!(
        japanese.contains("<html lang=\"ja\">")
            && japanese.contains("最初に取り組むこと")
            && japanese.contains("確認できなかったもの")
    );
}

#[test]
fn the_island_holds_every_finding_once() {
    let data = island(&page(Lang::En));
    let column = |name: &str| {
        data["findings"][name].as_array().unwrap().iter().map(|number| number.as_i64().unwrap()).collect::<Vec<_>>()
    };
    // Failed, not judged, suppressed, passed in the order of the fixture; controls in natural order.
    assert_eq!(column("class"), [0, 0, 0, 3, 1, 3, 2, 0, 0]);
    assert_eq!(column("control"), [0, 0, 1, 2, 2, 3, 3, 3, 4]);
    assert_eq!(column("change"), [1, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!(data["controls"][3]["id"], "S3.8");
    assert_eq!(data["controls"][4]["id"], "S3.13");
    let bucket = data["findings"]["resource"][7].as_u64().unwrap() as usize;
    let name = data["resources"]["name"][bucket].as_u64().unwrap() as usize;
    assert_eq!(data["strings"][name], HOSTILE);
    // The bucket "logs" is judged twice and stands once.
    assert_eq!(data["findings"]["resource"][5], data["findings"]["resource"][8]);
}

#[test]
fn a_hundred_thousand_findings_stay_small() {
    let fixture = large(100_000);
    let mut out = Vec::new();
    Format::Html.write(&fixture.report(Lang::En), &mut out).unwrap();
    assert!(out.len() < 12_000_000, "{} bytes", out.len());
    keep("large.html", &out);
}
