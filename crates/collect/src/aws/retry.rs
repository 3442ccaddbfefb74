//! When to send again: full jitter between attempts, and a budget that ends a scan of a dead network.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// A random wait below `base * 2^attempt`, capped ("full jitter": clients that failed together come back apart).
/// `random` is in `0.0..1.0`.
pub(crate) fn jittered(base: Duration, cap: Duration, attempt: u32, random: f64) -> Duration {
    let ceiling = base.saturating_mul(1_u32.checked_shl(attempt.min(20)).unwrap_or(u32::MAX)).min(cap);
    ceiling.mul_f64(random.clamp(0.0, 1.0))
}

/// Failures of the network that a scan may have more than successes.
///
/// One cut connection is weather and is retried. If nothing gets through, every call of the scan would otherwise wait
/// for its own deadline in turn; once the budget is spent, the first failure of a call is its last.
#[derive(Debug)]
pub(crate) struct RetryBudget {
    left: AtomicI64,
    full: i64,
}

impl RetryBudget {
    pub(crate) fn new(full: u32) -> Self {
        let full = i64::from(full);
        Self { left: AtomicI64::new(full), full }
    }

    /// Notes an answer, whatever it was: the network works.
    pub(crate) fn answered(&self) {
        let give_back = |left: i64| (left < self.full).then_some(left + 1);
        // `Err` means that the budget is full already.
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, give_back);
    }

    /// Notes a failure of the network; false where there is nothing left to retry with.
    pub(crate) fn spend(&self) -> bool {
        let take = |left: i64| (left > 0).then_some(left - 1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_cap() {
        let wait = |attempt| jittered(Duration::from_millis(100), Duration::from_secs(20), attempt, 1.0);
        assert_eq!(wait(0), Duration::from_millis(100));
        assert_eq!(wait(3), Duration::from_millis(800));
        assert_eq!(wait(40), Duration::from_secs(20));
        assert_eq!(jittered(Duration::from_millis(100), Duration::from_secs(20), 3, 0.0), Duration::ZERO);
    }

    #[test]
    fn the_budget_ends_and_answers_refill_it() {
        let budget = RetryBudget::new(2);
        assert!(budget.spend() && budget.spend() && !budget.spend());
        budget.answered();
        assert!(budget.spend() && !budget.spend());
    }
}
