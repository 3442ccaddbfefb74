//! Writes a synthetic snapshot for measuring the whole process:
//!
//! ```text
//! cargo run --release -p sekisho-testkit --example bench-snapshot -- 200000 large.ndjson.zst
//! sekisho scan --snapshot large.ndjson.zst
//! ```

use std::fs::File;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(count), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("write bench-snapshot COUNT FILE".into());
    };
    let snapshot = sekisho_testkit::synthetic::snapshot(count.parse()?);
    sekisho_collect::snapshot::write(&snapshot, File::create(path)?)?;
    Ok(())
}
