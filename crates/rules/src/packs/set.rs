//! All packs together, checked against each other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sekisho_model::ACCOUNT_TYPE;
use serde::de::DeserializeOwned;

use super::control::Control;
use super::problem::{Problem, line_of, plainly};
use super::resource::{Kind, ResourcePack, Scope};
use super::standard::Standard;
use super::terraform::TerraformMapping;

/// No pack file is sensibly larger; a larger one is refused unread.
const FILE_MAX_BYTES: usize = 256 * 1024;

/// In which form a file is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// YAML, as a person wrote it.
    Written,
    /// JSON without the tests of controls, made at build time from a built-in file whose tests the project runs.
    Bundled,
}

/// One file: its name as shown in messages, and its text.
#[derive(Debug, Clone)]
pub struct PackSource {
    /// Path below the packs folder, `controls/aws/kms/KMS.4.yaml`; the first folder says what the file is.
    pub path: String,
    /// The text.
    pub text: String,
    /// What the text is.
    pub form: Form,
}

impl PackSource {
    /// A file as a person wrote it.
    pub fn written(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), form: Form::Written }
    }

    /// The file as `T`; one definition of its keys serves both forms.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Vec<Problem>> {
        let problem = |line: usize, text: String| vec![Problem { file: self.path.clone(), line, text }];
        match self.form {
            Form::Written => yaml_serde::from_str(&self.text)
                .map_err(|error| problem(error.location().map_or(0, |at| at.line()), plainly(&error.to_string()))),
            Form::Bundled => serde_json::from_str(&self.text).map_err(|error| problem(0, error.to_string())),
        }
    }
}

/// Everything known about AWS: types, controls, standards.
#[derive(Debug, Default)]
pub struct PackSet {
    /// Resource packs by type name.
    pub resources: BTreeMap<String, ResourcePack>,
    /// Controls by id.
    pub controls: BTreeMap<String, Control>,
    /// Standards, in the order of their ids.
    pub standards: Vec<Standard>,
}

impl PackSet {
    /// Parses and checks `sources`.
    ///
    /// # Errors
    /// All problems found, sorted by file and line.
    pub fn load(sources: &[PackSource]) -> Result<Self, Vec<Problem>> {
        let mut set = Self::default();
        let mut problems = Vec::new();
        for source in sources {
            if let Err(found) = set.add(source) {
                problems.extend(found);
            }
        }
        set.standards.sort_by(|a, b| a.id.cmp(&b.id));
        // Cross-checks on a set with holes would only repeat what is known to be missing.
        if problems.is_empty() {
            let texts: HashMap<&str, &str> =
                sources.iter().map(|source| (source.path.as_str(), source.text.as_str())).collect();
            Checker { set: &set, texts, problems: &mut problems }.check();
        }
        if problems.is_empty() {
            return Ok(set);
        }
        problems.sort();
        problems.dedup();
        Err(problems)
    }

    fn add(&mut self, source: &PackSource) -> Result<(), Vec<Problem>> {
        let problem = |text: String| vec![Problem { file: source.path.clone(), line: 0, text }];
        if source.text.len() > FILE_MAX_BYTES {
            return Err(problem(format!("is larger than {FILE_MAX_BYTES} bytes; split it")));
        }
        match source.path.split('/').find(|part| matches!(*part, "resources" | "controls" | "standards")) {
            Some("resources") => {
                let pack = ResourcePack::parse(source)?;
                if let Some(other) = self.resources.get(&pack.type_name) {
                    return Err(problem(format!("{} is described in {} already", pack.type_name, other.file)));
                }
                self.resources.insert(pack.type_name.clone(), pack);
            }
            Some("controls") => {
                let control = Control::parse(source)?;
                if let Some(other) = self.controls.get(&control.id) {
                    return Err(problem(format!(
                        "{} is defined in {} already; choose another id",
                        control.id, other.file
                    )));
                }
                self.controls.insert(control.id.clone(), control);
            }
            Some(_) => {
                let standard: Standard = source.parse()?;
                self.standards.push(standard);
            }
            None => return Err(problem("is neither below resources/, controls/ nor standards/; move it there".into())),
        }
        Ok(())
    }

    /// Controls in the order of service and number (EC2.2 before EC2.10).
    pub fn controls_in_order(&self) -> Vec<&Control> {
        let mut controls: Vec<&Control> = self.controls.values().collect();
        controls.sort_by(|a, b| control_order(&a.id).cmp(&control_order(&b.id)));
        controls
    }

    /// The types of Terraform's provider with what they are, by name. A part may belong to several types (an association).
    pub fn terraform(&self) -> HashMap<&str, Vec<&TerraformMapping>> {
        let mut by_name: HashMap<&str, Vec<&TerraformMapping>> = HashMap::new();
        for mapping in self.resources.values().flat_map(|pack| &pack.terraform) {
            by_name.entry(&mapping.type_name).or_default().push(mapping);
        }
        // What a type is comes before what is declared inside it.
        by_name.values_mut().for_each(|mappings| mappings.sort_by_key(|mapping| mapping.inside.is_some()));
        by_name
    }

    /// The types that are read once per account.
    pub fn global_types(&self) -> HashSet<String> {
        self.resources
            .values()
            .filter(|pack| pack.scope == Scope::Global && pack.region.is_none())
            .map(|pack| pack.type_name.clone())
            .collect()
    }

    /// The types needed to judge `controls`, parents included.
    pub fn types_for<'c>(&self, controls: impl IntoIterator<Item = &'c Control>) -> BTreeSet<String> {
        let mut wanted: BTreeSet<String> = BTreeSet::new();
        for control in controls {
            wanted.extend(control.types().map(str::to_owned));
        }
        loop {
            let parents: Vec<String> = wanted
                .iter()
                .filter_map(|name| self.resources.get(name)?.parent.clone())
                .filter(|parent| !wanted.contains(parent))
                .collect();
            if parents.is_empty() {
                return wanted;
            }
            wanted.extend(parents);
        }
    }

    /// The standards that contain a control, with its requirement numbers.
    pub fn standards_of<'s>(&'s self, control_id: &'s str) -> impl Iterator<Item = (&'s Standard, &'s [String])> {
        self.standards.iter().filter_map(move |standard| Some((standard, standard.requirements(control_id)?)))
    }

    /// AWS Config's names of the types that change-triggered controls judge (what a recorder must record).
    /// They are CloudFormation's, but for two ("Supported Resource Types" in the AWS Config guide).
    pub fn config_types_judged(&self) -> Vec<String> {
        let judged = self.controls.values().filter(|control| control.schedule != sekisho_model::Schedule::Periodic);
        let names: BTreeSet<&str> = judged
            .flat_map(|control| &control.resources)
            .filter(|name| *name != ACCOUNT_TYPE)
            .map(String::as_str)
            .collect();
        let config_name = |name| match name {
            "AWS::CertificateManager::Certificate" => "AWS::ACM::Certificate",
            "AWS::OpenSearchService::Domain" => "AWS::OpenSearch::Domain",
            other => other,
        };
        names.into_iter().map(config_name).map(str::to_owned).collect()
    }

    /// The ASFF name of a type.
    pub fn asff_type(&self, type_name: &str) -> String {
        match self.resources.get(type_name) {
            Some(pack) => pack.asff.clone(),
            None if type_name == ACCOUNT_TYPE => "AwsAccount".to_owned(),
            None => "Other".to_owned(),
        }
    }
}

/// Sorts `EC2.10` after `EC2.2`.
pub fn control_order(id: &str) -> (&str, u64, &str) {
    let (service, number) = id.split_once('.').unwrap_or((id, ""));
    (service, number.parse().unwrap_or(u64::MAX), id)
}

struct Checker<'s, 'p> {
    set: &'s PackSet,
    texts: HashMap<&'s str, &'s str>,
    problems: &'p mut Vec<Problem>,
}

impl Checker<'_, '_> {
    fn problem(&mut self, file: &str, path: &[&str], text: String) {
        let line = self.texts.get(file).map_or(0, |source| line_of(source, path));
        self.problems.push(Problem { file: file.to_owned(), line, text });
    }

    fn check(mut self) {
        let set = self.set;
        let mut uids: HashMap<uuid::Uuid, &str> = HashMap::new();
        for control in set.controls.values() {
            if let Some(other) = uids.insert(control.uid, &control.id) {
                self.problem(&control.file, &["uid"], format!("the uid is that of {other}; make a new random one"));
            }
            self.types_exist(control);
            self.fields_exist(control);
        }
        for pack in set.resources.values() {
            if let Some(parent) = &pack.parent
                && !set.resources.contains_key(parent)
            {
                self.unknown_type(&pack.file, &["parent"], parent);
            }
        }
        for standard in &set.standards {
            for id in standard.controls.keys().filter(|id| !set.controls.contains_key(*id)) {
                let file = format!("standards: {}", standard.id);
                self.problem(
                    &file,
                    &[],
                    format!("contains {id}, for which there is no control; add it or take it out of the list"),
                );
            }
        }
    }

    fn unknown_type(&mut self, file: &str, path: &[&str], name: &str) {
        let hint = sekisho_model::closest(name, self.set.resources.keys().map(String::as_str))
            .map_or_else(|| "add one (docs/add-a-resource.md)".to_owned(), |close| format!("did you mean {close}?"));
        self.problem(file, path, format!("there is no resource pack for {name}; {hint}"));
    }

    fn types_exist(&mut self, control: &Control) {
        for name in control.types().map(str::to_owned).collect::<BTreeSet<_>>() {
            if !self.set.resources.contains_key(&name) {
                self.unknown_type(&control.file, &["resource"], &name);
            }
        }
        for test in &control.tests {
            for given in &test.given {
                if !self.set.resources.contains_key(&given.type_name) {
                    self.unknown_type(&control.file, &["tests", &given.type_name], &given.type_name);
                }
            }
        }
    }

    /// A misspelled property would be null for ever.
    fn fields_exist(&mut self, control: &Control) {
        let set = self.set;
        let packs: Vec<&ResourcePack> = control.resources.iter().filter_map(|name| set.resources.get(name)).collect();
        for (root, field) in &control.uses.fields {
            if root == "parameters" && !control.parameters.contains_key(field) {
                self.undeclared_parameter(control, field);
            }
            if !matches!(root.as_str(), "properties" | "attributes")
                || packs.iter().any(|pack| pack.has_field(root, field))
            {
                continue;
            }
            self.missing_field(control, &control.resources.join(", "), root, field, &packs);
        }
        for (type_name, document, field) in &control.uses.setting_fields {
            let Some(pack) = set.resources.get(type_name) else { continue };
            if pack.kind != Kind::Setting {
                let text = format!("{type_name} is not a `kind: setting`; use resources(..) or related(..)");
                self.problem(&control.file, &["passes_when"], text);
            } else if !pack.has_field(document, field) {
                self.missing_field(control, type_name, document, field, &[pack]);
            }
        }
    }

    fn undeclared_parameter(&mut self, control: &Control, field: &str) {
        let hint = sekisho_model::closest(field, control.parameters.iter().map(|(name, _)| &**name)).map_or_else(
            || format!("give it a default below `parameters`, or null: `parameters: {{ {field}: null }}`"),
            |close| format!("did you mean parameters.{close}?"),
        );
        let text = format!("parameters.{field} is read, but it is no parameter of the control; {hint}");
        self.problem(&control.file, &[condition_with(control, field)], text);
    }

    fn missing_field(
        &mut self,
        control: &Control,
        type_name: &str,
        document: &str,
        field: &str,
        packs: &[&ResourcePack],
    ) {
        let names: Vec<&str> = packs.iter().flat_map(|pack| pack.field_names(document)).collect();
        let hint = sekisho_model::closest(field, names.iter().copied()).map_or_else(
            || format!("add it to {}", packs.first().map_or("the resource pack", |pack| pack.file.as_str())),
            |close| format!("did you mean {document}.{close}?"),
        );
        let text = format!("{type_name} has no {document}.{field}; {hint}");
        self.problem(&control.file, &[condition_with(control, field)], text);
    }
}

/// The key of the condition that reads `field`.
fn condition_with(control: &Control, field: &str) -> &'static str {
    let reads = |program: &Option<crate::cel::Program>| {
        program.as_ref().is_some_and(|program| program.source().contains(field))
    };
    match (reads(&control.applies_when), reads(&control.warns_when)) {
        (true, _) => "applies_when",
        (false, true) => "warns_when",
        (false, false) => "passes_when",
    }
}
