//! Time as the client sees it: a wall clock for signatures, a steady clock for rates and deadlines, and waiting.

use std::time::{Duration, SystemTime};

use sekisho_model::Timestamp;

use super::BoxFuture;

/// A source of time.
pub trait Clock: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Timestamp;
    /// A steady clock, since some fixed start.
    fn elapsed(&self) -> Duration;
    /// Waits.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// A timestamp in the form that the credential and signing crates use; times before 1970 become 1970.
pub(crate) fn system_time(time: Timestamp) -> SystemTime {
    let since_epoch = Duration::from_millis(u64::try_from(time.as_millisecond()).unwrap_or(0));
    SystemTime::UNIX_EPOCH + since_epoch
}

/// Real time. The wall clock is handed in, since only the binary may read it.
#[derive(Debug)]
pub struct SystemClock {
    wall: fn() -> Timestamp,
    start: tokio::time::Instant,
}

impl SystemClock {
    /// A clock over the given wall clock.
    pub fn new(wall: fn() -> Timestamp) -> Self {
        Self { wall, start: tokio::time::Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        (self.wall)()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}
