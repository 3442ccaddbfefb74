//! Any text as `sekisho.yaml`: what is accepted is complete, what is refused is refused at a place in the file.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sekisho_hub::{Known, decisions};

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let control = |id: &str, parameters: &[&str]| {
        (id.to_owned(), parameters.iter().map(|name| (*name, Default::default())).collect())
    };
    Known {
        controls: [control("S3.8", &[]), control("IAM.3", &["maxAccessKeyAge"]), control("EC2.19", &["blockedPorts"])]
            .into(),
        standards: ["fsbp".to_owned(), "cis-5.0.0".to_owned()].into(),
    }
});

fuzz_target!(|text: &str| {
    match decisions::parse(text, "sekisho.yaml", &KNOWN) {
        Ok(accepted) => {
            for rule in accepted.suppressions {
                assert!(!rule.reason.trim().is_empty());
                let anything = rule.control.is_some() || rule.resource.is_some() || rule.account.is_some();
                assert!(anything || rule.region.is_some() || !rule.tags.is_empty());
            }
            for id in accepted.parameters.keys().chain(accepted.disabled.iter().map(|off| &off.control)) {
                assert!(KNOWN.controls.contains_key(id), "{id} is not known");
            }
        }
        Err(refused) => {
            assert!(!refused.0.is_empty());
            for mistake in refused.0 {
                assert!(mistake.line >= 1 && mistake.column >= 1 && !mistake.text.is_empty());
            }
        }
    }
});
