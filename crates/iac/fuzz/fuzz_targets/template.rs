//! Any text as a CloudFormation template: it is read or refused, and what is declared stands where it says.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sekisho_iac::{Options, cloudformation, shape};
use sekisho_rules::packs::{PackSet, builtin_for_judging};

static PACKS: LazyLock<PackSet> = LazyLock::new(|| PackSet::load(&builtin_for_judging()).expect("the packs load"));

fuzz_target!(|text: &str| {
    let options = Options::default();
    let reading = cloudformation::read("template", text.into(), &options);
    for problem in &reading.problems {
        assert!(!problem.message.is_empty());
    }
    for declared in &reading.declared {
        let span = declared.span.expect("a resource stands somewhere");
        assert!(span.start <= span.end && span.end as usize <= text.len());
        assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
    }
    let shaped = shape::shape(&reading.declared, &PACKS, &options);
    assert!(shaped.len() <= reading.declared.len());
});
