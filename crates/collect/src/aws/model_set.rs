//! The pack of service models: the one in the binary, or one given as texts (tests, a user's own).
//!
//! Services are parsed when first called, so that a scan of one service does not pay for seventy.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::Operation;
use super::endpoint::Partitions;
use super::model::{ModelError, Service};

static BUILT_IN: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/models.bin"));

/// Cap on one decompressed model, against a damaged archive.
const MODEL_BYTES_MAX: usize = 32 << 20;

/// The entry that holds partitions instead of a service.
const PARTITIONS: &str = "partitions";

/// All service models that a client may use. Operations that are not in it cannot be called.
#[derive(Debug, Clone)]
pub struct ModelSet(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    sources: BTreeMap<String, Source>,
    parsed: Mutex<HashMap<String, Arc<Service>>>,
    partitions: Arc<Partitions>,
}

#[derive(Debug)]
enum Source {
    Packed(&'static [u8]),
    Text(String),
}

impl Source {
    fn text(&self, name: &str) -> Result<Vec<u8>, ModelError> {
        match self {
            Self::Text(text) => Ok(text.as_bytes().to_vec()),
            Self::Packed(frame) => zstd::bulk::decompress(frame, MODEL_BYTES_MAX)
                .map_err(|error| ModelError::Damaged { service: name.to_owned(), problem: error.to_string() }),
        }
    }
}

impl ModelSet {
    /// The models that the binary carries.
    ///
    /// # Errors
    /// [`ModelError::Damaged`] for an archive without partitions: the project was built without `packs/models`.
    pub fn builtin() -> Result<Self, ModelError> {
        Self::from_sources(archive_entries(BUILT_IN))
    }

    /// The models that the binary carries, with `texts` (service name to the content of its file) in the place of
    /// those of the same name or beside them: what users' own resource packs call.
    ///
    /// # Errors
    /// [`ModelError::Damaged`] as for [`Self::builtin`].
    pub fn builtin_with(texts: impl IntoIterator<Item = (String, String)>) -> Result<Self, ModelError> {
        let mut sources = archive_entries(BUILT_IN);
        sources.extend(texts.into_iter().map(|(name, text)| (name, Source::Text(text))));
        Self::from_sources(sources)
    }

    /// Models given as texts: service name (or `partitions`) to the content of its file.
    ///
    /// # Errors
    /// [`ModelError::Damaged`] where `partitions` is missing or broken.
    pub fn from_texts(texts: impl IntoIterator<Item = (String, String)>) -> Result<Self, ModelError> {
        Self::from_sources(texts.into_iter().map(|(name, text)| (name, Source::Text(text))).collect())
    }

    fn from_sources(mut sources: BTreeMap<String, Source>) -> Result<Self, ModelError> {
        let damaged = |problem: &str| ModelError::Damaged { service: PARTITIONS.into(), problem: problem.into() };
        let text = sources.remove(PARTITIONS).ok_or_else(|| damaged("it is missing"))?.text(PARTITIONS)?;
        let partitions = Partitions::parse(&text).map_err(|problem| damaged(&problem))?;
        Ok(Self(Arc::new(Inner { sources, parsed: Mutex::default(), partitions: Arc::new(partitions) })))
    }

    /// The names of all services, sorted.
    pub fn services(&self) -> impl Iterator<Item = &str> {
        self.0.sources.keys().map(String::as_str)
    }

    /// The parsed model of a service.
    ///
    /// # Errors
    /// [`ModelError`] where it is missing or damaged.
    pub fn service(&self, name: &str) -> Result<Arc<Service>, ModelError> {
        let mut parsed = self.0.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(service) = parsed.get(name) {
            return Ok(service.clone());
        }
        let source = self.0.sources.get(name).ok_or_else(|| ModelError::NoService(name.to_owned()))?;
        let service = Arc::new(Service::parse(name, &source.text(name)?)?);
        parsed.insert(name.to_owned(), service.clone());
        Ok(service)
    }

    /// Checks that the operation can be called and knows these parameters, for the loader of resource packs.
    ///
    /// # Errors
    /// A sentence that names what is wrong.
    pub fn check<'p>(
        &self,
        operation: &Operation,
        parameters: impl IntoIterator<Item = &'p str>,
    ) -> Result<(), String> {
        let service = self.service(&operation.service).map_err(|error| error.to_string())?;
        let model = service
            .operation(&operation.name)
            .ok_or_else(|| ModelError::NoOperation(operation.to_string()).to_string())?;
        let input = service.structure(model.input.as_ref());
        for parameter in parameters {
            if input.member(parameter).is_none() {
                let known: Vec<&str> = input.members.iter().map(|member| &*member.name).collect();
                return Err(format!("{operation} has no parameter `{parameter}`; it has {}", known.join(", ")));
            }
        }
        Ok(())
    }

    /// Whether botocore lists the service in the Region; `None` where it does not know (global services and
    /// services without a list).
    pub fn is_offered(&self, service: &str, region: &str) -> Option<bool> {
        let service = self.service(service).ok()?;
        (!service.regions.is_empty()).then(|| service.regions.iter().any(|listed| listed == region))
    }

    /// Partitions and their Regions.
    pub fn partitions(&self) -> &Partitions {
        &self.0.partitions
    }
}

/// The entries of the archive that build.rs writes; a damaged tail ends the list.
fn archive_entries(mut archive: &'static [u8]) -> BTreeMap<String, Source> {
    fn part(archive: &mut &'static [u8]) -> Option<&'static [u8]> {
        let (length, rest) = archive.split_first_chunk::<4>()?;
        let (part, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        *archive = rest;
        Some(part)
    }
    let mut entries = BTreeMap::new();
    while let (Some(name), Some(frame)) = (part(&mut archive), part(&mut archive)) {
        entries.insert(String::from_utf8_lossy(name).into_owned(), Source::Packed(frame));
    }
    entries
}
