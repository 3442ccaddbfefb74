//! The variables of a pack's expressions while one element is read.

use std::sync::Arc;

use sekisho_model::{Key, Map, Resource, Timestamp, Value};
use sekisho_rules::cel::{Env, Program, Truth, Val};
use sekisho_rules::packs::ResourcePack;

/// The place in which a pack is read.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) partition: String,
    pub(crate) now: Timestamp,
}

/// Values of a pack's variables, by the slots of [`ResourcePack::roots`]. Copies share what they hold.
#[derive(Clone)]
pub(crate) struct Frame {
    values: Vec<Arc<Value>>,
    pub(crate) place: Place,
}

impl Frame {
    pub(crate) fn new(pack: &ResourcePack, place: Place) -> Self {
        let mut frame = Self { values: pack.roots.iter().map(|_| Arc::default()).collect(), place };
        frame.set_place(pack);
        frame
    }

    fn set_place(&mut self, pack: &ResourcePack) {
        let Place { account, region, partition, now } = self.place.clone();
        for (name, text) in
            [("account", account), ("region", region), ("partition", partition), ("now", now.to_string())]
        {
            self.set(pack, name, Arc::new(Value::from(text)));
        }
    }

    /// The same frame in another Region.
    pub(crate) fn move_to(&mut self, pack: &ResourcePack, region: &str) {
        region.clone_into(&mut self.place.region);
        self.set_place(pack);
    }

    pub(crate) fn set(&mut self, pack: &ResourcePack, name: &str, value: Arc<Value>) {
        if let Some(slot) = pack.roots.iter().position(|root| root == name).and_then(|at| self.values.get_mut(at)) {
            *slot = value;
        }
    }

    /// The value of an expression.
    pub(crate) fn value(&self, program: &Program) -> Value {
        let roots: Vec<Val<'_>> = self.values.iter().map(|value| Val::from(&**value)).collect();
        let mut env = Env::new(&roots, self.place.now);
        env.account = &self.place.account;
        env.region = &self.place.region;
        env.partition = &self.place.partition;
        program.value(&env).to_value()
    }

    /// Whether a condition holds; an unknown one is given back as such.
    pub(crate) fn truth(&self, program: &Program) -> Truth {
        Val::from(self.value(program)).truth()
    }

    /// The parameters of a call. Nulls are left out; an unknown parameter makes the whole call unknown.
    pub(crate) fn parameters(&self, with: &[(Key, Program)]) -> Result<Map, Value> {
        let mut parameters = Map::new();
        for (name, program) in with {
            match self.value(program) {
                Value::Null => {}
                unknown @ Value::Unknown(_) => return Err(unknown),
                value => parameters.insert(name.clone(), value),
            }
        }
        Ok(parameters)
    }
}

/// A parent as the expressions of its children see it.
pub(crate) fn parent_value(parent: &Resource) -> Value {
    let text = |text: &str| Value::from(text);
    Value::Map(Map::from_iter([
        ("arn", text(&parent.arn)),
        ("name", text(&parent.name)),
        ("account", text(&parent.account)),
        ("region", text(&parent.region)),
        ("properties", parent.properties.clone()),
        ("attributes", parent.attributes.clone()),
        ("tags", parent.tags.clone()),
    ]))
}
