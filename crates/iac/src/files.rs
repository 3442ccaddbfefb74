//! The files that a reading may see: modules and templates name others, and reading itself does no I/O.

use std::sync::Arc;

/// The files that a reading may see. Paths are as the user would write them, with `/`.
pub trait Files {
    /// The text of a file.
    ///
    /// # Errors
    /// Why it cannot be read, in words that go after its path.
    fn read(&self, path: &str) -> Result<Arc<str>, String>;
    /// The names of the files in a folder, sorted; none if there is no such folder. An empty path is the folder where the user stands.
    fn list(&self, folder: &str) -> Option<Vec<String>>;
    /// The paths of all files below a folder, relative to it and sorted.
    fn list_below(&self, folder: &str) -> Option<Vec<String>>;
    /// The absolute path of the folder where the user stands.
    fn current_folder(&self) -> String;
}

/// A path below a folder; `./` and `../` are worked out.
pub(crate) fn joined(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let absolute = folder.starts_with('/');
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}
