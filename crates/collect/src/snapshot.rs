//! Saved scans: zstd-compressed NDJSON.
//!
//! Line 1 is the header (format number and the scan's frame), then one line per gap and per resource, and a
//! last line with their numbers. A file without that last line was cut off, and is refused: judging half an
//! account would invent passes. Stored formats are kept readable; a newer one is refused by name.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use sekisho_model::{Gap, Resource, ScanMeta, Snapshot};
use serde::{Deserialize, Serialize};

/// The format that is written, and the newest that is read.
const FORMAT: u32 = 1;
/// No resource is larger; a longer line is an attack or not a snapshot.
const LINE_MAX_BYTES: u64 = 64 << 20;
/// Decompressed size beyond which a snapshot is refused.
const TOTAL_MAX_BYTES: u64 = 32 << 30;
const COMPRESSION_LEVEL: i32 = 6;

/// Why a snapshot cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file cannot be read or decompressed.
    #[error("the snapshot cannot be read: {0}; was it saved by `sekisho scan --save`?")]
    Io(#[from] io::Error),
    /// A line is not what it should be.
    #[error("line {line} of the snapshot is damaged: {reason}; save the account again")]
    Damaged {
        /// 1-based line in the decompressed text.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The end is missing.
    #[error("the snapshot was cut off after {resources} resources (the end mark is missing); save the account again")]
    CutOff {
        /// How many resources were read.
        resources: usize,
    },
    /// Written by a newer Sekisho.
    #[error("the snapshot has format {0}, this Sekisho reads up to {FORMAT}; use a newer Sekisho")]
    Newer(u32),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Sekisho { format: u32, meta: ScanMeta },
    Gap(Gap),
    Resource(Resource),
    End { gaps: usize, resources: usize },
}

/// Writes a snapshot.
///
/// # Errors
/// Those of `out`; what has been written then has no end mark and will not be read.
pub fn write(snapshot: &Snapshot, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::new(zstd::Encoder::new(out, COMPRESSION_LEVEL)?);
    let mut line = |line: &Line| -> io::Result<()> {
        serde_json::to_writer(&mut out, line)?;
        out.write_all(b"\n")
    };
    line(&Line::Sekisho { format: FORMAT, meta: snapshot.meta.clone() })?;
    for gap in &snapshot.gaps {
        line(&Line::Gap(gap.clone()))?;
    }
    for resource in &snapshot.resources {
        line(&Line::Resource(resource.clone()))?;
    }
    line(&Line::End { gaps: snapshot.gaps.len(), resources: snapshot.resources.len() })?;
    let encoder = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    encoder.finish()?.flush()
}

/// Reads a snapshot.
///
/// # Errors
/// [`SnapshotError`] with what is wrong; never half a snapshot.
pub fn read(input: impl Read) -> Result<Snapshot, SnapshotError> {
    let mut reader = BufReader::with_capacity(1 << 18, zstd::Decoder::new(input)?.take(TOTAL_MAX_BYTES));
    let mut text = Vec::new();
    let mut number = 0;
    let (mut meta, mut gaps, mut resources) = (None, Vec::new(), Vec::new());
    loop {
        text.clear();
        number += 1;
        let read = (&mut reader).take(LINE_MAX_BYTES).read_until(b'\n', &mut text)?;
        if read == 0 {
            return Err(SnapshotError::CutOff { resources: resources.len() });
        }
        let damaged = |reason: String| SnapshotError::Damaged { line: number, reason };
        let line = serde_json::from_slice::<Line>(&text).map_err(|error| damaged(error.to_string()))?;
        match (line, &meta) {
            (Line::Sekisho { format, .. }, None) if format > FORMAT => return Err(SnapshotError::Newer(format)),
            (Line::Sekisho { meta: found, .. }, None) => meta = Some(found),
            (_, None) => return Err(damaged("the header is missing".into())),
            (Line::Sekisho { .. }, Some(_)) => return Err(damaged("there is a second header".into())),
            (Line::Gap(gap), _) => gaps.push(gap),
            (Line::Resource(resource), _) => resources.push(resource),
            (Line::End { gaps: gap_count, resources: count }, Some(_)) => {
                if (gap_count, count) != (gaps.len(), resources.len()) {
                    return Err(damaged(format!(
                        "it announces {count} resources and {gap_count} gaps, there are {} and {}",
                        resources.len(),
                        gaps.len()
                    )));
                }
                break;
            }
        }
    }
    meta.map(|meta| Snapshot { meta, resources, gaps }).ok_or(SnapshotError::CutOff { resources: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sekisho_model::{Timestamp, Unknown, UnknownKind, Value};

    fn snapshot() -> Snapshot {
        let mut resource =
            Resource::new("AWS::KMS::Key", "arn:aws:kms:us-east-1:111122223333:key/1", "111122223333", "us-east-1");
        let unknown = Unknown { source: "kms:GetKeyPolicy".into(), kind: UnknownKind::Denied, message: "no".into() };
        resource.properties = Value::Map(
            [("KeyPolicy", Value::from(unknown.clone())), ("Text", Value::from("鍵\n"))].into_iter().collect(),
        );
        let gap = Gap {
            type_name: "AWS::S3::Bucket".into(),
            account: "111122223333".into(),
            region: "us-east-1".into(),
            unknown,
        };
        let meta = ScanMeta { taken_at: Timestamp::UNIX_EPOCH, accounts: Vec::new(), version: "0".into() };
        Snapshot { meta, resources: vec![resource], gaps: vec![gap] }
    }

    fn saved() -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&snapshot(), &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn what_is_saved_is_read_again() {
        assert_eq!(read(saved().as_slice()).unwrap(), snapshot());
    }

    #[test]
    fn a_missing_end_is_noticed() {
        let text = zstd::decode_all(saved().as_slice()).unwrap();
        let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        let cut = zstd::encode_all(lines[..lines.len() - 1].concat().as_slice(), 1).unwrap();
        assert!(matches!(read(cut.as_slice()), Err(SnapshotError::CutOff { resources: 1 })));
        let short = zstd::encode_all([lines[0], lines[3]].concat().as_slice(), 1).unwrap();
        assert!(matches!(read(short.as_slice()), Err(SnapshotError::Damaged { line: 2, .. })));
    }

    proptest! {
        #[test]
        fn damaged_files_are_refused(at in 0usize..400, byte: u8) {
            let mut bytes = saved();
            let at = at % bytes.len();
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            // zstd does not protect every bit (unused header flags); what is read must then still be the same.
            if let Ok(found) = read(bytes.as_slice()) {
                prop_assert_eq!(found.resources.len(), 1);
            }
        }

        #[test]
        fn cut_files_are_refused(keep in 0usize..1000) {
            let bytes = saved();
            let keep = keep % bytes.len();
            prop_assert!(read(&bytes[..keep]).is_err());
        }
    }
}
