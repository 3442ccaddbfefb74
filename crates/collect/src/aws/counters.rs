//! What the client has done so far, readable while it works.

use std::sync::atomic::{AtomicU64, Ordering};

/// Running totals. Reading them is free and may be done from anywhere.
#[derive(Debug, Default)]
pub struct Counters {
    calls: AtomicU64,
    retries: AtomicU64,
    throttled: AtomicU64,
    refused: AtomicU64,
    bytes: AtomicU64,
}

/// The totals at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CountersNow {
    /// HTTP requests sent, retries and further pages included.
    pub calls: u64,
    /// Requests that repeated an earlier one.
    pub retries: u64,
    /// Answers that said to slow down.
    pub throttled: u64,
    /// Calls that AWS refused.
    pub refused: u64,
    /// Bytes of bodies received.
    pub bytes: u64,
}

impl Counters {
    /// The totals now. They are read one by one, so they may be a request apart.
    pub fn now(&self) -> CountersNow {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CountersNow {
            calls: read(&self.calls),
            retries: read(&self.retries),
            throttled: read(&self.throttled),
            refused: read(&self.refused),
            bytes: read(&self.bytes),
        }
    }

    pub(crate) fn sent(&self, is_retry: bool) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if is_retry {
            self.retries.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn throttled(&self) {
        self.throttled.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn refused(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}
