//! Functions that read files below the module, and those on their paths.

use super::Arguments;
use super::encoding::hashed;
use crate::files::joined;
use crate::terraform::scope::{Bound, Scope};
use crate::terraform::template::{self, Lines};
use crate::terraform::types::Type;
use crate::terraform::value::{Evaluated, Fault, Value, fault, unknown};

pub(super) fn call(scope: &Scope<'_>, given: &Arguments<'_>) -> Option<Evaluated> {
    Some(match given.name {
        "basename" => given.text(0).map(|path| match path.trim_end_matches('/').rsplit('/').next() {
            _ if path.is_empty() => ".".into(),
            Some("") | None => "/".into(),
            Some(name) => name.into(),
        }),
        "dirname" => given.text(0).map(|path| match path.rsplit_once('/') {
            Some((folder, _)) => cleaned(if folder.is_empty() { "/" } else { folder }).into(),
            None => ".".into(),
        }),
        "abspath" => given.text(0).map(|path| match path.strip_prefix('/') {
            Some(_) => cleaned(&path).into(),
            None => cleaned(&format!("{}/{path}", scope.names.current_folder())).into(),
        }),
        "pathexpand" => given.text(0).map(|path| match path.strip_prefix('~') {
            Some(_) => unknown(given.name, "it depends on who deploys"),
            None => path.into(),
        }),
        "file" => given.text(0).and_then(|path| Ok(scope.names.file(&path)?.to_string().into())),
        "fileexists" => given.text(0).map(|path| scope.names.file(&path).is_ok().into()),
        "fileset" => fileset(scope, given),
        "filebase64" => given.text(0).and_then(|path| encoded(scope, &path)),
        "templatefile" => templatefile(scope, given),
        "templatestring" => fault("templatestring() takes a reference to a template"),
        name => {
            let hash = name.strip_prefix("file").filter(|hash| ["md5", "sha1", "sha256", "sha512"].contains(hash));
            let hash = hash.or(match name {
                "filebase64sha256" => Some("base64sha256"),
                "filebase64sha512" => Some("base64sha512"),
                _ => None,
            })?;
            given.text(0).and_then(|path| Ok(hashed(hash, scope.names.file(&path)?.as_bytes()).into()))
        }
    })
}

/// A path without `.` and `..`.
fn cleaned(path: &str) -> String {
    let clean = joined("", path);
    match (path.starts_with('/'), clean.is_empty()) {
        (true, _) => joined("/", path.trim_start_matches('/')),
        (false, true) => ".".to_owned(),
        (false, false) => clean,
    }
}

fn encoded(scope: &Scope<'_>, path: &str) -> Evaluated {
    use base64::Engine as _;
    let text = scope.names.file(path)?;
    Ok(base64::engine::general_purpose::STANDARD.encode(text.as_bytes()).into())
}

/// Paths below a folder that fit a pattern with `*`, `**`, `?` and `{a,b}`.
fn fileset(scope: &Scope<'_>, given: &Arguments<'_>) -> Evaluated {
    let (folder, pattern) = (given.text(0)?, given.text(1)?);
    let mut expression = String::from("^");
    let mut symbols = pattern.chars().peekable();
    while let Some(symbol) = symbols.next() {
        match symbol {
            '*' if symbols.next_if_eq(&'*').is_some() => {
                // `**/` may stand for no folder at all.
                expression.push_str(if symbols.next_if_eq(&'/').is_some() { "(?:.*/)?" } else { ".*" });
            }
            '*' => expression.push_str("[^/]*"),
            '?' => expression.push_str("[^/]"),
            '{' => expression.push_str("(?:"),
            '}' => expression.push(')'),
            ',' => expression.push('|'),
            other => expression.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    expression.push('$');
    let fits = regex::Regex::new(&expression).map_err(|_| Fault(format!("\"{pattern}\" is no pattern")))?;
    let found = scope.names.files(&folder)?.into_iter().filter(|path| fits.is_match(path));
    Ok(Value::set(Type::String, found.map(Value::from).collect()))
}

fn templatefile(scope: &Scope<'_>, given: &Arguments<'_>) -> Evaluated {
    let text = scope.names.file(&given.text(0)?)?;
    let variables = given.get(1)?;
    let Some(fields) = variables.fields() else { return fault("templatefile() needs a map of variables") };
    let template = template::parsed(&text)?;
    let bound = Bound { values: fields.iter().map(|(name, value)| (&**name, value.clone())).collect(), outer: None };
    let scope = Scope { names: scope.names, bound: Some(&bound), file: None, sealed: true };
    template::value(&scope, &template, Lines::Yes)
}
