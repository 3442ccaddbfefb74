//! How a finding's body is stored: its JSON, compressed with zstd against a fixed dictionary.
//!
//! Findings are short (about 1 KB) and all alike, so without a dictionary compression would spell the field
//! names out again in each. The dictionary of format 1 is `body-dictionary-1.json`; it is part of the stored
//! format and therefore never changes: a better one becomes format 2, and format 1 stays readable.

use sekisho_model::Finding;
use zstd::bulk::{Compressor, Decompressor};

/// The format that is written.
pub(super) const BODY_FORMAT: i64 = 1;

/// A raw-content dictionary: a text that looks like a typical body.
const DICTIONARY_1: &[u8] = include_bytes!("body-dictionary-1.json");

/// Compression level; 3 is zstd's default and where time and size balance for short texts.
const LEVEL: i32 = 3;

/// Larger bodies are refused when read: a damaged or hostile file must not make us allocate without limit.
/// Security Hub's own limit for a finding is 240 KB.
const BODY_MAX_BYTES: usize = 16 * 1024 * 1024;

/// A compressed body.
pub(super) struct Packed {
    /// The compressed bytes.
    pub(super) bytes: Vec<u8>,
    /// Their length when unpacked.
    pub(super) size: i64,
}

/// Packs bodies; keeps zstd's working memory and the prepared dictionary between them.
pub(super) struct Packer(Compressor<'static>, Vec<u8>);

impl Packer {
    pub(super) fn new() -> Result<Self, String> {
        let compressor = Compressor::with_dictionary(LEVEL, DICTIONARY_1).map_err(|error| error.to_string())?;
        Ok(Self(compressor, Vec::with_capacity(4096)))
    }

    pub(super) fn pack(&mut self, finding: &Finding) -> Result<Packed, String> {
        self.1.clear();
        serde_json::to_writer(&mut self.1, finding).map_err(|error| error.to_string())?;
        if self.1.len() > BODY_MAX_BYTES {
            return Err(format!("its body has {} bytes, the limit is {BODY_MAX_BYTES}", self.1.len()));
        }
        let bytes = self.0.compress(&self.1).map_err(|error| error.to_string())?;
        Ok(Packed { bytes, size: i64::try_from(self.1.len()).unwrap_or(i64::MAX) })
    }
}

/// Unpacks bodies.
pub(super) struct Unpacker(Decompressor<'static>);

impl Unpacker {
    pub(super) fn new() -> Result<Self, String> {
        Decompressor::with_dictionary(DICTIONARY_1).map(Self).map_err(|error| error.to_string())
    }

    pub(super) fn unpack(&mut self, format: i64, size: i64, bytes: &[u8]) -> Result<Finding, String> {
        if format != BODY_FORMAT {
            return Err(format!("its body has format {format}, this sekisho reads {BODY_FORMAT}"));
        }
        let size = usize::try_from(size).ok().filter(|size| *size <= BODY_MAX_BYTES);
        let size = size.ok_or_else(|| format!("its body claims more than {BODY_MAX_BYTES} bytes"))?;
        let json = self.0.decompress(bytes, size).map_err(|error| error.to_string())?;
        serde_json::from_slice(&json).map_err(|error| error.to_string())
    }
}
