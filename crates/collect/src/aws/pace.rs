//! How fast to send.
//!
//! AWS throttles per account, Region and service, so that is what a [`Pace`] is for. It sends without limit until
//! the first throttling answer, then holds a token bucket whose rate follows CUBIC, as the adaptive mode of AWS's
//! SDKs does: halve at throttling, climb back along a cubic curve that is flat around the rate that was too much
//! and steep away from it. All tasks of a scan share the pace, so one throttled call slows the others down in time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

/// What remains of the rate after throttling.
const BETA: f64 = 0.5;
/// Steepness of the curve; the value of AWS's SDKs, for rates per second and times in seconds.
const SCALE: f64 = 0.4;
/// Requests a second that are always allowed: below it a scan stops making progress, and the waits between the
/// attempts of one call already keep it gentle.
const RATE_MIN: f64 = 2.0;
/// Width of the window over which the sending rate is measured.
const WINDOW: Duration = Duration::from_millis(500);

/// The pace of one service in one account and Region.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Calls (with their waits) at the same time.
    pub(crate) slots: Semaphore,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Requests a second; `None` before the first throttling.
    rate: Option<f64>,
    tokens: f64,
    refilled_at: Duration,
    /// The rate that was too much, and when.
    rate_too_much: f64,
    slowed_at: Duration,
    /// Measured sending rate, smoothed.
    measured: f64,
    window_start: Duration,
    window_count: u32,
}

impl State {
    fn refill(&mut self, now: Duration) {
        if let Some(rate) = self.rate {
            let seconds = now.saturating_sub(self.refilled_at).as_secs_f64();
            // A burst of one second's worth at most.
            self.tokens = (self.tokens + seconds * rate).min(rate.max(1.0));
        }
        self.refilled_at = now;
    }

    fn count(&mut self, now: Duration) {
        self.window_count += 1;
        let width = now.saturating_sub(self.window_start);
        if width >= WINDOW {
            let rate = f64::from(self.window_count) / width.as_secs_f64();
            self.measured = if self.measured == 0.0 { rate } else { 0.8 * rate + 0.2 * self.measured };
            self.window_count = 0;
            self.window_start = now;
        }
    }
}

impl Pace {
    fn new(slots: usize) -> Self {
        Self { slots: Semaphore::new(slots), state: Mutex::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the permission to send one request; gives how long to wait before sending it. Permissions are handed
    /// out in order by letting the bucket go into debt.
    pub(crate) fn reserve(&self, now: Duration) -> Duration {
        let mut state = self.lock();
        state.refill(now);
        let Some(rate) = state.rate else { return Duration::ZERO };
        state.tokens -= 1.0;
        if state.tokens >= 0.0 { Duration::ZERO } else { Duration::from_secs_f64(-state.tokens / rate) }
    }

    /// Notes that a request goes out now.
    pub(crate) fn sent(&self, now: Duration) {
        self.lock().count(now);
    }

    /// Notes an answer that was not throttled.
    pub(crate) fn succeeded(&self, now: Duration) {
        let mut state = self.lock();
        let Some(rate) = state.rate else { return };
        let seconds = now.saturating_sub(state.slowed_at).as_secs_f64();
        let until_plateau = (state.rate_too_much * (1.0 - BETA) / SCALE).cbrt();
        let cubic = SCALE * (seconds - until_plateau).powi(3) + state.rate_too_much;
        // No faster than twice what is really sent, else an idle service would earn a burst.
        let ceiling = (2.0 * state.measured).max(rate);
        state.refill(now);
        state.rate = Some(cubic.clamp(RATE_MIN, ceiling.max(RATE_MIN)));
    }

    /// Notes a throttling answer to a request that was sent at `sent_at`.
    pub(crate) fn throttled(&self, sent_at: Duration, now: Duration) {
        let mut state = self.lock();
        if state.rate.is_some() && sent_at <= state.slowed_at {
            return; // it was on its way when the pace was already lowered
        }
        state.refill(now);
        let measured = if state.measured > 0.0 { state.measured } else { f64::from(state.window_count.max(1)) };
        let current = state.rate.map_or(measured, |rate| rate.min(measured.max(RATE_MIN)));
        state.rate_too_much = current.max(RATE_MIN);
        state.slowed_at = now;
        state.tokens = state.tokens.min(0.0);
        state.rate = Some((current * BETA).max(RATE_MIN));
    }

    /// The rate now, for tests and reports.
    #[cfg(test)]
    fn rate(&self) -> Option<f64> {
        self.lock().rate
    }
}

/// Account, Region, service.
type PaceKey = (String, String, String);

/// The paces of a scan.
#[derive(Debug)]
pub(crate) struct Paces {
    slots: usize,
    paces: Mutex<HashMap<PaceKey, Arc<Pace>>>,
}

impl Paces {
    pub(crate) fn new(slots: usize) -> Self {
        Self { slots: slots.max(1), paces: Mutex::default() }
    }

    pub(crate) fn of(&self, account: &str, region: &str, service: &str) -> Arc<Pace> {
        let mut paces = self.paces.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (account.to_owned(), region.to_owned(), service.to_owned());
        paces.entry(key).or_insert_with(|| Arc::new(Pace::new(self.slots))).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Sends at 100 a second for two seconds, then is throttled.
    fn throttled_pace() -> Pace {
        let pace = Pace::new(1);
        for at in 0..200 {
            assert_eq!(pace.reserve(ms(at * 10)), Duration::ZERO, "no limit before the first throttling");
            pace.sent(ms(at * 10));
        }
        pace.throttled(ms(1990), ms(2000));
        pace
    }

    #[test]
    fn throttling_halves_the_measured_rate_once() {
        let pace = throttled_pace();
        let rate = pace.rate().unwrap();
        assert!((40.0..=60.0).contains(&rate), "{rate}");
        pace.throttled(ms(1995), ms(2010)); // was under way
        assert_eq!(pace.rate(), Some(rate));
        pace.throttled(ms(2020), ms(2030));
        assert!(pace.rate().unwrap() < rate);
    }

    #[test]
    fn permissions_are_spaced_at_the_rate() {
        let pace = throttled_pace();
        let rate = pace.rate().unwrap();
        let waits: Vec<Duration> = (0..10).map(|_| pace.reserve(ms(2000))).collect();
        assert!(waits.windows(2).all(|pair| pair[0] < pair[1]));
        let last = waits.last().unwrap().as_secs_f64();
        assert!((last - 10.0 / rate).abs() < 0.01, "{last}");
    }

    #[test]
    fn the_rate_recovers_and_never_falls_below_the_floor() {
        let pace = throttled_pace();
        let slow = pace.rate().unwrap();
        for at in 0..1000 {
            pace.sent(ms(2010 + at * 10));
            pace.succeeded(ms(2010 + at * 10));
        }
        assert!(pace.rate().unwrap() > 1.9 * slow, "{:?}", pace.rate());
        for at in 0..50 {
            pace.throttled(ms(20_000 + at * 10), ms(20_001 + at * 10));
        }
        assert_eq!(pace.rate(), Some(RATE_MIN));
    }
}
