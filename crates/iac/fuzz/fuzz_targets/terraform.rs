//! Any text as a module of Terraform and as a plan: it is read or refused, and what is declared stands where it says.
#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use sekisho_iac::terraform::{self, Files, plan};
use sekisho_iac::{Options, Reading, shape};
use sekisho_rules::packs::{PackSet, builtin_for_judging};

static PACKS: LazyLock<PackSet> = LazyLock::new(|| PackSet::load(&builtin_for_judging()).expect("the packs load"));

/// One file, which is also whatever else is asked for.
struct One(Arc<str>);

impl Files for One {
    fn read(&self, _: &str) -> Result<Arc<str>, String> {
        Ok(self.0.clone())
    }
    fn list(&self, _: &str) -> Option<Vec<String>> {
        Some(vec!["main.tf".to_owned()])
    }
    fn list_below(&self, folder: &str) -> Option<Vec<String>> {
        self.list(folder)
    }
    fn current_folder(&self) -> String {
        "/".to_owned()
    }
}

fn check(reading: &Reading, text: &str) {
    for problem in &reading.problems {
        assert!(!problem.message.is_empty());
    }
    for declared in &reading.declared {
        let span = declared.span.expect("a resource stands somewhere");
        assert!(span.start <= span.end && span.end as usize <= text.len());
        assert!(text.is_char_boundary(span.start as usize) && text.is_char_boundary(span.end as usize));
    }
    shape::shape(&reading.declared, &PACKS, &Options::default());
}

fuzz_target!(|text: &str| {
    let files = One(text.into());
    check(&terraform::read("", &files, &Options::default()), text);
    check(&plan::read("plan.json", text.into()), text);
    let _ = terraform::evaluate(text);
});
