//! Every word that the reports say in both languages, side by side.
//!
//! One table, no framework: a field per phrase, English first, Japanese second. A phrase with a number in it
//! has `{}` where the number goes and is filled by [`fill`]; English plurals are two phrases (`_one`, `_many`).
//! Machine formats (JSON, CSV, ASFF, OCSF) do not come here: their words are the same in every language.

use sekisho_model::{Lang, Severity};

macro_rules! words {
    ($($name:ident: $en:literal, $ja:literal;)*) => {
        /// The phrases in one language.
        pub(crate) struct Words { $(pub(crate) $name: &'static str,)* }

        static ENGLISH: Words = Words { $($name: $en,)* };
        static JAPANESE: Words = Words { $($name: $ja,)* };

        impl Words {
            /// Every phrase with its name, for the script inside the HTML report.
            pub(crate) fn entries(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

words! {
    report_title: "AWS security report", "AWS セキュリティレポート";
    scanned: "Scanned", "対象";
    identity: "Identity", "実行者";
    accounts: "Accounts", "アカウント";
    account: "Account", "アカウント";
    regions: "Regions", "リージョン";
    region: "Region", "リージョン";
    packs: "Packs", "コントロール定義";
    taken_at: "Taken", "取得日時";
    finished_at: "Finished", "完了日時";
    version: "Version", "バージョン";
    resources_read: "{}\u{a0}resources", "リソース\u{a0}{}\u{a0}件";
    calls: "{}\u{a0}API calls", "API 呼び出し\u{a0}{}\u{a0}回";
    throttled: "{}\u{a0}throttled", "スロットリング\u{a0}{}\u{a0}回";
    refused: "{}\u{a0}refused", "拒否\u{a0}{}\u{a0}回";
    purged: "Deleted", "削除";
    purged_why: "{} old findings (archived for 30 days, or not seen for 90)", "古い検出結果 {} 件（アーカイブから 30 日、または最後の確認から 90 日が経過）";
    seconds: "{}\u{a0}s", "{}\u{a0}秒";
    cost: "Reading", "読み取り";
    separator: ", ", "、";
    and_more: "and {} more", "ほか {} 件";
    regions_count_one: "1 Region", "1 リージョン";
    regions_count_many: "{} Regions", "{} リージョン";
    accounts_count_one: "1 account", "1 アカウント";
    accounts_count_many: "{} accounts", "{} アカウント";

    by_service: "Findings by service and severity", "サービスと重要度ごとの検出結果";
    by_account: "Findings by account and severity", "アカウントと重要度ごとの検出結果";
    service: "Service", "サービス";
    total: "Total", "合計";
    failed: "Failed", "失敗";
    passed: "Passed", "成功";
    unjudged: "Not judged", "判定不可";
    warning: "Warning", "警告";
    not_available: "Not available", "評価不可";
    suppressed: "Suppressed", "抑制済み";
    suppressed_subset: "Suppressed findings are accepted ones; they are counted in their own column only.", "「抑制済み」は受容した検出結果で、この列でのみ数えます。";
    nothing_found: "No failed finding.", "失敗した検出結果はありません。";
    no_findings: "Nothing was judged.", "判定した項目はありません。";

    critical: "Critical", "重大";
    high: "High", "高";
    medium: "Medium", "中";
    low: "Low", "低";
    informational: "Info", "情報";
    severity: "Severity", "重要度";

    scores: "Security scores", "セキュリティスコア";
    summary_score: "All standards", "すべての標準";
    no_score: "no score", "スコアなし";
    score_explained: "Passed controls / (passed + failed + not judged). Severity and number of resources do not count.", "成功したコントロール数 /（成功 + 失敗 + 判定不可）。重要度とリソース数は影響しません。";
    controls_passed: "{} passed", "成功 {}";
    controls_failed: "{} failed", "失敗 {}";
    controls_unknown: "{} not judged", "判定不可 {}";
    controls_no_data: "{} no data", "データなし {}";
    controls_disabled: "{} disabled", "無効 {}";

    changes: "Since the scan of {}", "前回のスキャン（{}）からの変化";
    changes_short: "Changes", "変化";
    first_scan: "First scan: nothing to compare with yet.", "初回のスキャンのため、比較対象はまだありません。";
    new: "New", "新規";
    fixed: "Fixed", "解消";
    regressed: "Regressed", "再発";
    unchanged: "Unchanged", "変化なし";

    do_first: "Do these first", "最初に取り組むこと";
    do_first_order: "By severity, then by number of resources.", "重要度、次にリソース数の順です。";
    nothing_to_do: "Nothing to do: no open failed finding.", "対応が必要な検出結果はありません。";
    fix: "Fix", "対処";
    resources_one: "1 resource", "1 リソース";
    resources_many: "{} resources", "{} リソース";
    see_control: "Whole text of a control: sekisho controls show ID", "コントロールの全文: sekisho controls show ID";

    not_seen: "What could not be seen", "確認できなかったもの";
    not_seen_explained: "These are not passes. Grant the operation, or look by hand.", "成功とは見なしません。操作を許可するか、手作業で確認してください。";
    all_seen: "Everything in scope could be read.", "対象はすべて読み取れました。";
    operation: "Operation", "操作";
    reason: "Reason", "理由";
    findings: "Findings", "検出結果";
    findings_one: "1 finding", "検出結果 1 件";
    findings_many: "{} findings", "検出結果 {} 件";
    lists_one: "1 resource list", "リソース一覧 1 件";
    lists_many: "{} resource lists", "リソース一覧 {} 件";
    unread_one: "no verdict depends on it; 1 resource", "判定への影響なし、1 リソース";
    unread_many: "no verdict depends on it; {} resources", "判定への影響なし、{} リソース";

    suppressions: "Accepted risks", "受容したリスク";
    until: "until {}", "{} まで";
    until_head: "Until", "期限";
    owner: "Owner", "責任者";
    source: "Source", "記載場所";
    problems: "Problems in sekisho.yaml", "sekisho.yaml の問題";
    written: "Written", "出力ファイル";

    control: "Control", "コントロール";
    title: "Title", "タイトル";
    status: "Status", "ステータス";
    resource: "Resource", "リソース";
    resources: "Resources", "リソース";
    evidence: "Evidence", "根拠";
    since: "Since", "検出日時";
    standard: "Standard", "標準";
    standards: "Standards", "標準";
    why: "Why it matters", "リスク";
    accept_when: "When accepting is reasonable", "受容してよい場合";
    how_to_fix: "How to fix", "対処方法";
    console: "Console", "コンソール";
    cli: "AWS CLI", "AWS CLI";
    cloudformation: "CloudFormation", "CloudFormation";
    terraform: "Terraform", "Terraform";
    copy: "Copy", "コピー";
    copied: "Copied", "コピーしました";
    all: "All", "すべて";
    all_services: "All services", "すべてのサービス";
    all_severities: "All severities", "すべての重要度";
    all_accounts: "All accounts", "すべてのアカウント";
    all_regions: "All Regions", "すべてのリージョン";
    all_standards: "All standards", "すべての標準";
    all_changes: "New and old", "新規と既存";
    new_and_regressed: "New and regressed", "新規と再発";
    search: "Search", "検索";
    search_hint: "Control, resource, evidence ... ( / )", "コントロール、リソース、根拠 …（ / ）";
    clear: "Clear filters", "条件をクリア";
    show_more: "Show {} more", "さらに {} 件を表示";
    matching: "Controls: {}, findings: {}", "コントロール {} 件・検出結果 {} 件";
    no_match: "Nothing matches these filters.", "条件に一致する検出結果はありません。";
    of_resources: "{} of {} resources", "リソース {1} 件中 {0} 件";
    theme: "Light or dark", "配色を切り替え";
    keys: "Keys: / search, j and k next and previous control, Enter open or close, Esc clear", "キー操作: / 検索、j・k 次・前のコントロール、Enter 開閉、Esc クリア";
    needs_script: "The list of findings needs JavaScript; the summary above does not.", "検出結果の一覧の表示には JavaScript が必要です（上の概要には不要です）。";
    as_of: "As of {}", "{} 時点";
    made_by: "Made by Sekisho {}. Everything is in this file; it loads nothing from the network.", "Sekisho {} が作成しました。すべての情報はこのファイルに含まれ、ネットワークには接続しません。";

    progress_accounts: "accounts", "アカウント";
    progress_regions: "Regions", "リージョン";
    progress_services: "services", "サービス";
    progress_resources: "resources", "リソース";
    progress_calls: "calls", "呼び出し";
    progress_throttled: "throttled", "スロットリング";
    progress_refused: "refused", "拒否";
    progress_more: "further findings follow in the summary", "以降の検出結果は最後の概要に表示します";
}

/// The phrases in `lang`.
pub(crate) fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::En => &ENGLISH,
        Lang::Ja => &JAPANESE,
    }
}

/// Puts `value` where the phrase has `{}`.
pub(crate) fn fill(phrase: &str, value: impl std::fmt::Display) -> String {
    phrase.replacen("{}", &value.to_string(), 1)
}

/// The singular or plural phrase, with the number in it.
pub(crate) fn count(one: &str, many: &str, number: usize) -> String {
    if number == 1 { one.to_owned() } else { fill(many, super::text::thousands(number as u64)) }
}

impl Words {
    /// A severity.
    pub(crate) fn severity_word(&self, severity: Severity) -> &'static str {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Informational => self.informational,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_places_to_fill() {
        for ((name, en), (_, ja)) in ENGLISH.entries().into_iter().zip(JAPANESE.entries()) {
            let places = |text: &str| text.matches('{').count();
            let singular = name.ends_with("_one");
            assert!(places(en) == places(ja) || singular, "{name}");
            assert!(!en.is_empty() && !ja.is_empty(), "{name}");
        }
    }

    #[test]
    fn no_word_has_a_character_whose_width_depends_on_the_terminal() {
        use unicode_width::UnicodeWidthStr;
        for (name, phrase) in ENGLISH.entries().into_iter().chain(JAPANESE.entries()) {
            // The hint stands in a field of the HTML report only.
            assert!(name == "search_hint" || phrase.width() == phrase.width_cjk(), "{name}: {phrase}");
        }
    }

    #[test]
    fn numbers_are_filled_in() {
        assert_eq!(count("1 resource", "{} resources", 1), "1 resource");
        assert_eq!(count("1 resource", "{} resources", 1200), "1,200 resources");
    }
}
