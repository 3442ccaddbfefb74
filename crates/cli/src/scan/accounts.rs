//! The accounts file of `--accounts`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::files;

const FILE_MAX_BYTES: u64 = 4 << 20;

/// One entry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Twelve digits; YAML may have read them as a number.
    pub(crate) id: AccountId,
    /// A name for people.
    pub(crate) name: Option<String>,
    /// Role name or ARN; default as `--role-name` says.
    pub(crate) role: Option<String>,
    /// External id; default as `--external-id` says.
    pub(crate) external_id: Option<String>,
}

/// An account id, written as text or as a number (leading zeros need quotes).
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum AccountId {
    Text(String),
    Number(u64),
}

impl AccountId {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => format!("{number:012}"),
        }
    }
}

/// Reads the file.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>> {
    let text = files::read_text(path, FILE_MAX_BYTES)?;
    let entries: Vec<Entry> = yaml_serde::from_str(&text).with_context(|| {
        format!(
            "{} is not a list of accounts; write `- id: \"111122223333\"` and optionally name, role, external_id",
            path.display()
        )
    })?;
    for entry in &entries {
        let id = entry.id.text();
        if id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            bail!("{}: `{id}` is not an account id; write twelve digits in quotes", path.display());
        }
    }
    if entries.is_empty() {
        bail!("{} names no accounts", path.display());
    }
    Ok(entries)
}
