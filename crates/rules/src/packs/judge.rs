//! One control on one resource.

use std::sync::Arc;

use sekisho_model::{ComplianceStatus, Evidence, Resource, Timestamp, Unknown, Value};

use super::control::Control;
use crate::cel::{Env, Truth, Val};
use crate::inventory::Inventory;

/// Where the judged thing lives.
#[derive(Debug, Clone, Copy)]
pub struct Place<'r> {
    /// 12-digit account.
    pub account: &'r str,
    /// Region.
    pub region: &'r str,
    /// Partition.
    pub partition: &'r str,
}

/// The outcome.
#[derive(Debug, Clone, PartialEq)]
pub enum Judged {
    /// The control does not apply: no finding.
    NotApplicable,
    /// A verdict; with why it is not known for NOT_AVAILABLE.
    Verdict(ComplianceStatus, Option<Arc<Unknown>>),
}

/// What is judged, prepared once and used for all controls of its type.
pub struct Subject<'a, 'r> {
    roots: Vec<Val<'a>>,
    place: Place<'r>,
    now: Timestamp,
    inventory: &'r Inventory<'a>,
    declared: bool,
}

/// The slot of `parameters` in [`super::CONTROL_ROOTS`].
const PARAMETERS_SLOT: usize = 9;

impl<'a, 'r> Subject<'a, 'r> {
    /// Prepares `resource`, seen from `place` at `now`.
    pub fn new(
        resource: &'a Resource,
        place: Place<'r>,
        now: Timestamp,
        now_text: &'a str,
        inventory: &'r Inventory<'a>,
    ) -> Self
    where
        'r: 'a,
    {
        let roots = vec![
            Val::from(&resource.properties),
            Val::from(&resource.attributes),
            Val::from(&resource.tags),
            Val::Str(&resource.arn),
            Val::Str(&resource.name),
            Val::Str(&resource.type_name),
            Val::Str(place.account),
            Val::Str(place.region),
            Val::Str(place.partition),
            Val::Null,
            Val::Str(now_text),
        ];
        Self { roots, place, now, inventory, declared: false }
    }

    /// The same of a declaration: scalars may be written as texts.
    #[must_use]
    pub fn declared(self) -> Self {
        Self { declared: true, ..self }
    }

    fn set_parameters(&mut self, parameters: &'a Value) {
        if let Some(slot) = self.roots.get_mut(PARAMETERS_SLOT) {
            *slot = Val::from(parameters);
        }
    }

    fn env(&self) -> Env<'a, '_> {
        Env {
            account: self.place.account,
            region: self.place.region,
            partition: self.place.partition,
            inventory: Some(self.inventory),
            converts: self.declared,
            ..Env::new(&self.roots, self.now)
        }
    }

    /// The verdict of `control` with `parameters`.
    pub fn judge(&mut self, control: &'a Control, parameters: &'a Value) -> Judged {
        self.set_parameters(parameters);
        let env = self.env();
        let unknown = |why| Judged::Verdict(ComplianceStatus::NotAvailable, Some(why));
        match control.applies_when.as_ref().map(|condition| condition.truth(&env)) {
            Some(Truth::False) => return Judged::NotApplicable,
            Some(Truth::Unknown(why)) => return unknown(why),
            Some(Truth::True) | None => {}
        }
        match control.warns_when.as_ref().map(|condition| condition.truth(&env)) {
            Some(Truth::True) => return Judged::Verdict(ComplianceStatus::Warning, None),
            Some(Truth::Unknown(why)) => return unknown(why),
            Some(Truth::False) | None => {}
        }
        match control.passes_when.truth(&env) {
            Truth::True => Judged::Verdict(ComplianceStatus::Passed, None),
            Truth::False => Judged::Verdict(ComplianceStatus::Failed, None),
            Truth::Unknown(why) => unknown(why),
        }
    }

    /// What decided the verdict of the last [`Self::judge`] with the same control and parameters.
    pub fn evidence(&mut self, control: &'a Control, parameters: &'a Value, judged: &Judged) -> Vec<Evidence> {
        self.set_parameters(parameters);
        let env = self.env();
        let undecided = |condition: &&'a crate::cel::Program| matches!(condition.truth(&env), Truth::Unknown(_));
        let deciding = match judged {
            Judged::NotApplicable => control.applies_when.as_ref(),
            Judged::Verdict(ComplianceStatus::Warning, _) => control.warns_when.as_ref(),
            Judged::Verdict(ComplianceStatus::NotAvailable, _) => control
                .applies_when
                .as_ref()
                .filter(undecided)
                .or_else(|| control.warns_when.as_ref().filter(undecided))
                .or(Some(&control.passes_when)),
            Judged::Verdict(..) => Some(&control.passes_when),
        };
        deciding.map(|condition| condition.evidence(&env)).unwrap_or_default()
    }
}
