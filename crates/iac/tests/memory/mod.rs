//! Files for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use sekisho_iac::Files;

/// Files that are nowhere but here.
#[derive(Default)]
pub(crate) struct Memory(BTreeMap<String, String>);

impl Memory {
    /// Files by path and text.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }
}

impl Files for Memory {
    fn read(&self, path: &str) -> Result<Arc<str>, String> {
        self.0.get(path).map(|text| text.as_str().into()).ok_or_else(|| "there is no such file".to_owned())
    }

    fn list(&self, folder: &str) -> Option<Vec<String>> {
        let names: Vec<String> = self.list_below(folder)?.into_iter().filter(|name| !name.contains('/')).collect();
        Some(names)
    }

    fn list_below(&self, folder: &str) -> Option<Vec<String>> {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let below: Vec<String> =
            self.0.keys().filter_map(|path| path.strip_prefix(&start)).map(str::to_owned).collect();
        (!below.is_empty() || folder.is_empty()).then_some(below)
    }

    fn current_folder(&self) -> String {
        "/work".to_owned()
    }
}
