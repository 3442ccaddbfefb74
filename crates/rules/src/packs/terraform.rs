//! How Terraform's AWS provider names what a resource pack describes.
//!
//! One mapping per type of the provider: expressions over `item`, the arguments as they are declared, that give CloudFormation's
//! properties. What the provider splits off as a resource of its own (a bucket's versioning) names with `of` what it is
//! part of. The names of arguments are those of the provider's documentation.

use std::sync::OnceLock;

use sekisho_model::Key;

use super::raw::{Ordered, RawExpr, RawTerraform};
use crate::cel::{CompileError, Program};

/// The variables of a mapping's expressions.
pub const TERRAFORM_ROOTS: [&str; 4] = ["item", "account", "region", "partition"];

/// One type of the provider.
#[derive(Debug)]
pub struct TerraformMapping {
    /// `aws_s3_bucket_versioning`.
    pub type_name: String,
    /// The CloudFormation type that it is, or is part of.
    pub is: String,
    /// What it is part of: an expression that gives the other's name or ARN.
    pub of: Option<Expression>,
    /// What the provider declares inside a resource of another type.
    pub inside: Option<Inside>,
    /// The argument that names it, where it is not one of the usual ones.
    pub name: Option<String>,
    /// CloudFormation properties.
    pub properties: Vec<(Key, Expression)>,
    /// Attributes, where the provider declares what CloudFormation cannot.
    pub attributes: Vec<(Key, Expression)>,
    /// Properties and attributes of a part that are added to the list that is there.
    pub append: Vec<String>,
    /// Tags, where they are not in `tags_all`.
    pub tags: Option<Expression>,
}

/// Resources that are declared inside another one: the rules of a network ACL.
#[derive(Debug)]
pub struct Inside {
    /// Gives the list of their properties.
    pub each: Expression,
    /// The property that names the resource around them.
    pub within: Key,
}

/// An expression over a declaration that is compiled when it is first needed.
#[derive(Debug)]
pub struct Expression {
    source: String,
    compiled: OnceLock<Option<Program>>,
}

impl Expression {
    pub(super) fn new(source: impl Into<String>) -> Self {
        Self { source: source.into(), compiled: OnceLock::new() }
    }

    pub(super) fn compile(&self) -> Result<Program, CompileError> {
        Program::compile(&self.source, &TERRAFORM_ROOTS)
    }

    /// The program; none if it is wrong, which the check of packs has said.
    pub fn program(&self) -> Option<&Program> {
        self.compiled.get_or_init(|| self.compile().ok()).as_ref()
    }

    /// As it is written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The arguments that it reads.
    pub fn reads(&self) -> Vec<String> {
        let uses = self.program().map(Program::uses).unwrap_or_default();
        uses.fields.into_iter().filter(|(root, _)| root == "item").map(|(_, field)| field).collect()
    }
}

impl TerraformMapping {
    /// The expressions that cannot be compiled.
    pub(crate) fn mistakes(&self) -> Vec<(String, CompileError)> {
        let fields = self.properties.iter().chain(&self.attributes).map(|(name, expression)| (&**name, expression));
        let all = fields.chain(self.of.iter().map(|of| ("of", of))).chain(self.tags.iter().map(|tags| ("tags", tags)));
        let all = all.chain(self.inside.iter().map(|inside| ("each", &inside.each)));
        all.filter_map(|(name, expression)| Some((name.to_owned(), expression.compile().err()?))).collect()
    }
}

/// The mappings of a pack.
///
/// # Errors
/// What is wrong with their frame.
pub(super) fn mappings(raw: &Ordered<RawTerraform>, is: &str) -> Result<Vec<TerraformMapping>, String> {
    let mapping = |(type_name, own): &(String, RawTerraform)| {
        let raw = match &own.like {
            None => own,
            Some(wanted) => {
                let other = raw.0.iter().find(|(name, other)| name == wanted && other.like.is_none());
                &other.ok_or_else(|| format!("{type_name} is like {wanted}, which is not described here"))?.1
            }
        };
        let expressions = |fields: &Ordered<RawExpr>| {
            fields
                .0
                .iter()
                .map(|(name, expr)| (Key::from(name.as_str()), Expression::new(&*expr.0)))
                .collect::<Vec<_>>()
        };
        let same =
            raw.same.iter().map(|name| (Key::from(name.as_str()), Expression::new(format!("item.{}", snake(name)))));
        let properties = expressions(&raw.properties);
        let attributes = expressions(&raw.attributes);
        for name in &raw.append {
            if !properties.iter().chain(&attributes).any(|(own, _)| **own == **name) {
                return Err(format!("{type_name} appends {name}, which it does not give"));
            }
        }
        let inside = match (&raw.each, &raw.within) {
            (Some(each), Some(within)) => {
                Some(Inside { each: Expression::new(&*each.0), within: Key::from(within.as_str()) })
            }
            (None, None) => None,
            _ => return Err(format!("{type_name} has one of `each` and `within`; give both")),
        };
        Ok(TerraformMapping {
            inside,
            type_name: type_name.clone(),
            is: is.to_owned(),
            of: raw.of.as_ref().map(|of| Expression::new(&*of.0)),
            name: raw.name.clone(),
            properties: same.chain(properties).collect(),
            attributes,
            append: raw.append.clone(),
            tags: raw.tags.as_ref().map(|tags| Expression::new(&*tags.0)),
        })
    };
    raw.0.iter().map(mapping).collect()
}

/// `StorageEncrypted` as `storage_encrypted`, `MultiAZ` as `multi_az`, `KmsKeyId` as `kms_key_id`, `EnableIAMDatabase` as
/// `enable_iam_database`.
pub fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| letters.get(before));
        let after = letters.get(at + 1);
        let starts = letter.is_ascii_uppercase()
            && before.is_some_and(|before| !before.is_ascii_uppercase() || after.is_some_and(char::is_ascii_lowercase));
        if starts && !out.ends_with('_') {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn names_of_properties_become_names_of_arguments() {
        for (property, argument) in [
            ("StorageEncrypted", "storage_encrypted"),
            ("MultiAZ", "multi_az"),
            ("KmsKeyId", "kms_key_id"),
            ("EnableIAMDatabaseAuthentication", "enable_iam_database_authentication"),
            ("Engine", "engine"),
        ] {
            assert_eq!(snake(property), argument);
        }
    }
}
