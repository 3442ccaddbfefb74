//! The document that controls look at.
//!
//! [`Value`] is JSON plus one case: [`Value::Unknown`], the place of a value that Sekisho was refused,
//! failed to read or cannot know (a template parameter). It travels through evaluation as a third truth
//! value, so that unknown never turns into a pass by accident.
//!
//! Documents are many and small (200,000 security groups), so maps are sorted slices instead of trees, texts of up to 24
//! bytes live inside their value, and keys are shared: while a document is parsed, equal keys become one allocation.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use compact_str::CompactString;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A map key; clones share one allocation.
pub type Key = Arc<str>;

/// The key under which an unknown value is written in JSON.
const UNKNOWN_KEY: &str = "$unknown";

/// Keys remembered per thread while parsing. A cap, because hostile documents may carry unlimited keys;
/// beyond it keys are simply not shared.
const KEY_CACHE_MAX: usize = 8192;

/// Why a value is not known, told to the user beside every NOT_AVAILABLE verdict.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Unknown {
    /// The operation (`kms:GetKeyPolicy`) or the template expression (`!Ref KeyArn`) that would have told.
    pub source: String,
    /// What kind of failure it was.
    pub kind: UnknownKind,
    /// The service's own words, or ours: lower-case, without secrets.
    pub message: String,
}

/// The kinds of not knowing. They decide the status reason code of the finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum UnknownKind {
    /// AWS refused the call (AccessDenied and its relatives).
    Denied,
    /// AWS kept throttling until the scan's patience ended.
    Throttled,
    /// The call failed: server error, time-out, cut connection, an answer that cannot be parsed.
    Failed,
    /// The service is not offered in this Region or partition, or the account may not use it.
    Unavailable,
    /// The value depends on something outside the document (templates).
    Undetermined,
    /// It is true of running things only, and this is a declaration: no way of reading it would help.
    Undeployed,
}

/// A JSON-like value with [`Value::Unknown`].
#[derive(Clone, Default, PartialEq)]
pub enum Value {
    /// JSON null. An absent property is judged as null too.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or beyond 64 bits.
    Double(f64),
    /// A string.
    String(CompactString),
    /// A list.
    List(Box<[Value]>),
    /// A map with unique keys.
    Map(Map),
    /// Not known, and why.
    Unknown(Arc<Unknown>),
}

/// A map kept as a slice sorted by key: small, cheap to walk, deterministic to print.
#[derive(Clone, Default, PartialEq)]
pub struct Map(Box<[(Key, Value)]>);

impl Map {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        // Maps are mostly short; a scan that compares lengths first beats a binary search there.
        if self.0.len() <= 16 {
            return self.0.iter().find(|(k, _)| same_key(k, key)).map(|(_, v)| v);
        }
        let at = self.0.binary_search_by(|(k, _)| (**k).cmp(key)).ok()?;
        self.0.get(at).map(|(_, v)| v)
    }

    /// The value under a key that was made by [`shared_key`]: mostly it is the very key of the document, and then its text
    /// is not looked at.
    pub fn get_shared(&self, key: &Key) -> Option<&Value> {
        if self.0.len() <= 16 {
            let same = |own: &Key| Arc::ptr_eq(own, key) || same_key(own, key);
            return self.0.iter().find(|(own, _)| same(own)).map(|(_, value)| value);
        }
        self.get(key)
    }

    /// The value under `key`, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.0.iter_mut().find(|(k, _)| **k == *key).map(|(_, v)| v)
    }

    /// Sets `key`, replacing what was there.
    pub fn insert(&mut self, key: impl Into<Key>, value: Value) {
        let key = key.into();
        match self.0.binary_search_by(|(k, _)| k.cmp(&key)) {
            Ok(at) => {
                if let Some(slot) = self.0.get_mut(at) {
                    slot.1 = value;
                }
            }
            Err(at) => {
                let mut entries = std::mem::take(&mut self.0).into_vec();
                entries.insert(at, (key, value));
                self.0 = entries.into();
            }
        }
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.0.binary_search_by(|(k, _)| (**k).cmp(key)).ok()?;
        let mut entries = std::mem::take(&mut self.0).into_vec();
        let (_, value) = entries.remove(at);
        self.0 = entries.into();
        Some(value)
    }

    /// Whether `key` is present (even with null under it).
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Entries in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.0.iter().map(|(k, v)| (k, v))
    }

    /// Values in key order.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().map(|(_, v)| v)
    }

    /// Keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.iter().map(|(k, _)| k)
    }
}

/// Equality that settles most differences by length and last byte, without a call into the C library: looking
/// fields up is most of what judging does. The last byte, because CloudFormation's names share beginnings.
fn same_key(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.as_bytes().last() == right.as_bytes().last() && left == right
}

impl<K: Into<Key>> FromIterator<(K, Value)> for Map {
    /// Later entries win over earlier ones with the same key.
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        let mut all: Vec<(Key, Value)> = entries.into_iter().map(|(k, v)| (k.into(), v)).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0)); // stable, so that the last of equals stays last
        let mut kept: Vec<(Key, Value)> = Vec::with_capacity(all.len());
        for (key, value) in all {
            match kept.last_mut() {
                Some(last) if last.0 == key => last.1 = value,
                _ => kept.push((key, value)),
            }
        }
        Self(kept.into())
    }
}

impl IntoIterator for Map {
    type Item = (Key, Value);
    type IntoIter = std::vec::IntoIter<(Key, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_vec().into_iter()
    }
}

impl Value {
    /// A string value.
    pub fn string(text: impl AsRef<str>) -> Self {
        Self::String(text.as_ref().into())
    }

    /// The field `key` of a map; `None` for an absent field and for anything that is not a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(map) => map.get(key),
            _ => None,
        }
    }

    /// The value at a dotted path (`KeyMetadata.Arn`); `None` where a step is absent.
    pub fn at(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(self, |value, step| value.get(step))
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The number of an integer.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The elements of a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a map.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Why it is not known.
    pub fn as_unknown(&self) -> Option<&Arc<Unknown>> {
        match self {
            Self::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(items.into())
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<Unknown> for Value {
    fn from(unknown: Unknown) -> Self {
        Self::Unknown(Arc::new(unknown))
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(truth) => Self::Bool(truth),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(int) => Self::Int(int),
                None => Self::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Self::String(text.into()),
            serde_json::Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            serde_json::Value::Object(fields) => {
                Self::Map(fields.into_iter().map(|(k, v)| (shared_key(&k), Self::from(v))).collect()).restored()
            }
        }
    }
}

impl Value {
    /// Turns the written form of an unknown back into [`Value::Unknown`].
    fn restored(self) -> Self {
        let Self::Map(map) = &self else { return self };
        if map.len() != 1 {
            return self;
        }
        let Some(Self::Map(body)) = map.get(UNKNOWN_KEY) else { return self };
        let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = serde_json::from_value(serde_json::Value::String(text("kind"))).unwrap_or(UnknownKind::Failed);
        Unknown { source: text("source"), kind, message: text("message") }.into()
    }
}

/// One shared allocation for equal keys, within a thread and up to a cap.
pub fn shared_key(key: &str) -> Key {
    thread_local! {
        static KEYS: RefCell<HashSet<Key>> = RefCell::default();
    }
    KEYS.with_borrow_mut(|keys| {
        if let Some(shared) = keys.get(key) {
            return shared.clone();
        }
        let fresh: Key = key.into();
        if keys.len() < KEY_CACHE_MAX {
            keys.insert(fresh.clone());
        }
        fresh
    })
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_map(Some(self.len()))?;
        for (key, value) in self.iter() {
            out.serialize_entry(&**key, value)?;
        }
        out.end()
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Double(number) => serializer.serialize_f64(*number),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut out = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    out.serialize_element(item)?;
                }
                out.end()
            }
            Self::Map(map) => map.serialize(serializer),
            Self::Unknown(unknown) => {
                let mut out = serializer.serialize_map(Some(1))?;
                out.serialize_entry(UNKNOWN_KEY, &**unknown)?;
                out.end()
            }
        }
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or_else(|_| Value::Double(number as f64), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Double(number))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::from(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries: Vec<(Key, Value)> = Vec::new();
        while let Some(key) = access.next_key::<std::borrow::Cow<'de, str>>()? {
            entries.push((shared_key(&key), access.next_value()?));
        }
        Ok(Value::Map(entries.into_iter().collect()).restored())
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

impl<'de> Deserialize<'de> for Map {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Map(map) => Ok(map),
            Value::Null => Ok(Map::new()),
            _ => Err(de::Error::custom("expected a map")),
        }
    }
}

impl fmt::Display for Value {
    /// Compact JSON.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_survives_the_round_trip() {
        let text = r#"{"a":[1,-2,1.5,"x",null,true],"b":{"c":{}}}"#;
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(value.to_string(), text);
        assert_eq!(Value::from(serde_json::from_str::<serde_json::Value>(text).unwrap()), value);
    }

    #[test]
    fn a_value_stays_small() {
        assert_eq!(size_of::<Value>(), 24);
    }

    #[test]
    fn entries_are_set_and_taken_out() {
        let mut map: Map = [("b", Value::Int(1))].into_iter().collect();
        map.insert("a", Value::Int(2));
        map.insert("b", Value::Int(3));
        assert_eq!(Value::Map(map.clone()).to_string(), r#"{"a":2,"b":3}"#);
        assert_eq!((map.remove("a"), map.remove("a")), (Some(Value::Int(2)), None));
        assert_eq!(map.len(), 1);
    }

    #[test]
    fn unknown_survives_the_round_trip() {
        let unknown: Value =
            Unknown { source: "kms:GetKeyPolicy".into(), kind: UnknownKind::Denied, message: "no".into() }.into();
        let text = unknown.to_string();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), unknown);
    }

    #[test]
    fn the_last_of_equal_keys_wins_and_keys_are_sorted() {
        let value: Value = serde_json::from_str(r#"{"b":1,"a":2,"b":3}"#).unwrap();
        assert_eq!(value.to_string(), r#"{"a":2,"b":3}"#);
    }

    #[test]
    fn large_maps_are_searched_like_small_ones() {
        let map: Map = (0..100).map(|n| (format!("k{n:03}"), Value::Int(n))).collect();
        assert!((0..100).all(|n| map.get(&format!("k{n:03}")) == Some(&Value::Int(n))));
        assert_eq!(map.get("k100"), None);
    }
}
