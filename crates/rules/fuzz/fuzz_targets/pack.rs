//! Any text as a pack file. The first character says which kind: `r`esource, `c`ontrol, anything else a standard.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_rules::packs::{PackSet, PackSource, testing};

fuzz_target!(|text: &str| {
    let Some(kind) = text.chars().next() else { return };
    let path = match kind {
        'r' => "resources/X.1.yaml",
        'c' => "controls/X.1.yaml",
        _ => "standards/X.1.yaml",
    };
    let text: String = text.chars().skip(1).collect();
    match PackSet::load(&[PackSource::written(path, text)]) {
        Ok(set) => {
            for control in set.controls.values() {
                for test in &control.tests {
                    testing::run(&set, control, test);
                }
            }
        }
        Err(problems) => assert!(problems.iter().all(|problem| !problem.to_string().is_empty())),
    }
});
