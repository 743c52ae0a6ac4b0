//! How many invocations at a time, what refusals teach, and when to try again.
//!
//! AWS refuses invocations (429) above a concurrency that nobody tells us: the account's, the function's, or how fast it
//! may grow. So the limit is learned: a refusal lowers it to what runs, successes raise it slowly, and time faster.
//! Other failures are tried again as long as a budget lasts that all invocations share: where everything fails,
//! trying everything several times helps nobody. A network that fails for a moment breaks all connections at once, which
//! says no more than one that breaks; and where AWS has answered before, it is waited for.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a driver waits for concurrency while none of its invocations runs: other work of the account may end. So long
/// it also waits for a network that was there before.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
/// The same inside a function, where waiting costs, and the place that is missing is often the waiting call's own.
pub(super) const PATIENCE_INSIDE: Duration = Duration::from_secs(20);

/// The pause after a first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often one invocation is tried.
const MAX_ATTEMPTS: u32 = 8;
/// The shared budget: what a retry costs of it, what a success gives back, as in the SDK's own standard mode.
const BUDGET: f64 = 500.0;
const RETRY_COST: f64 = 5.0;
const SUCCESS_GAIN: f64 = 1.0;
/// Connections that break within this time of each other break for one reason.
const MOMENT: Duration = Duration::from_secs(1);
/// AWS lets a function grow by 1,000 instances each 10 s: so often, a learned limit is doubted.
const DOUBT_AFTER: Duration = Duration::from_secs(10);
const DOUBT_FACTOR: f64 = 1.5;
/// What is left of the limit after a refusal, if less does not run already.
const REFUSED_FACTOR: f64 = 0.7;

/// Gives places to invocations.
pub(super) struct Pace {
    max_workers: usize,
    max_starting: usize,
    patience: Duration,
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    /// Invocations that have a place.
    active: usize,
    /// Those among them that AWS has not begun to answer.
    starting: usize,
    limit: f64,
    limited_at: Instant,
    budget: f64,
    /// Refusals without a success between them.
    refusals: u32,
    not_before: Instant,
    /// Since when nothing runs because of refusals.
    starved_since: Option<Instant>,
    /// AWS has begun to answer, or has accepted an event.
    is_reached: bool,
    /// Moments in which connections broke, without a success between them: when the first and the last one were, and how
    /// many.
    cuts: Option<(Instant, Instant, u32)>,
}

/// The right to run one invocation.
pub(super) struct Place<'a> {
    pace: &'a Pace,
    is_starting: bool,
}

impl Pace {
    pub fn new(max_workers: usize, max_starting: usize, patience: Duration) -> Self {
        let now = Instant::now();
        let state = State {
            active: 0,
            starting: 0,
            limit: max_workers as f64,
            limited_at: now,
            budget: BUDGET,
            refusals: 0,
            not_before: now,
            starved_since: None,
            is_reached: false,
            cuts: None,
        };
        Self { max_workers, max_starting, patience, state: Mutex::new(state), changed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Waits for a place.
    pub async fn place(&self) -> Place<'_> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Registered before the look, so that a change in between is not missed.
            changed.as_mut().enable();
            let wait_until = {
                let mut state = self.state();
                let now = Instant::now();
                if state.limit < self.max_workers as f64 && now.duration_since(state.limited_at) >= DOUBT_AFTER {
                    state.limit = (state.limit * DOUBT_FACTOR).min(self.max_workers as f64);
                    state.limited_at = now;
                }
                let is_free = state.active < state.limit as usize && state.starting < self.max_starting;
                if is_free && now >= state.not_before {
                    state.active += 1;
                    state.starting += 1;
                    return Place { pace: self, is_starting: true };
                }
                // With the pause over, or when the limit is to be doubted, look again.
                if is_free { state.not_before } else { state.limited_at.max(now) + DOUBT_AFTER }
            };
            tokio::select! {
                () = &mut changed => {}
                () = tokio::time::sleep_until(wait_until) => {}
            }
        }
    }

    /// AWS refused an invocation, whose place is free again. Gives how long nothing has run, if that is for too long.
    pub fn throttled(&self) -> Option<Duration> {
        let mut state = self.state();
        let now = Instant::now();
        let running = state.active.saturating_sub(state.starting) as f64;
        state.limit = state.limit.min((state.active + 1) as f64);
        // Refusals of the same moment teach the same lesson once.
        if now >= state.not_before {
            state.limit *= REFUSED_FACTOR;
            state.refusals += 1;
            state.not_before = now + jittered(doubled(state.refusals));
        }
        state.limit = state.limit.max(running).max(1.0);
        state.limited_at = now;
        if state.active > 0 {
            state.starved_since = None;
            return None;
        }
        let waited = now.duration_since(*state.starved_since.get_or_insert(now));
        (waited >= self.patience).then_some(waited)
    }

    /// An invocation came to its end.
    pub fn succeeded(&self) {
        let mut state = self.state();
        state.budget = (state.budget + SUCCESS_GAIN).min(BUDGET);
        state.refusals = 0;
        state.cuts = None;
        state.starved_since = None;
        state.limit = (state.limit + 1.0 / state.limit).min(self.max_workers as f64);
        drop(state);
        self.changed.notify_waiters();
    }

    /// How long to wait before an invocation that failed `attempts` times is tried again; `None`: it is not.
    pub fn pause_before_retry(&self, attempts: u32) -> Option<Duration> {
        let mut state = self.state();
        if attempts >= MAX_ATTEMPTS || state.budget < RETRY_COST {
            return None;
        }
        state.budget -= RETRY_COST;
        Some(jittered(doubled(attempts)))
    }

    /// How long to wait before an invocation is tried again for which AWS could not be reached `attempts` times since
    /// `since`; `None`: it is not.
    pub fn pause_before_reconnect(&self, attempts: u32, since: Instant) -> Option<Duration> {
        if !self.state().is_reached {
            // It is more likely that the address is wrong.
            return self.pause_before_retry(attempts);
        }
        let is_over = attempts >= MAX_ATTEMPTS && since.elapsed() >= self.patience;
        (!is_over).then(|| jittered(doubled(attempts)))
    }

    /// How long to wait before what is left of an invocation is repeated whose connection broke; `None`: they break all the
    /// time.
    pub fn pause_after_cut(&self) -> Option<Duration> {
        let mut state = self.state();
        let now = Instant::now();
        let (first, last, moments) = state.cuts.unwrap_or((now, now, 0));
        if moments == 0 || now.duration_since(last) >= MOMENT {
            let is_hopeless = moments >= MAX_ATTEMPTS && now.duration_since(first) >= self.patience;
            if is_hopeless || state.budget < RETRY_COST {
                return None;
            }
            state.budget -= RETRY_COST;
            state.cuts = Some((first, now, moments + 1));
        }
        Some(jittered(FIRST_PAUSE))
    }
}

impl Place<'_> {
    /// AWS has begun to answer, or has accepted an event: another invocation may be started.
    pub fn started(&mut self) {
        if self.is_starting {
            self.pace.state().is_reached = true;
        }
        self.starts_no_more();
    }

    fn starts_no_more(&mut self) {
        if std::mem::take(&mut self.is_starting) {
            self.pace.state().starting -= 1;
            self.pace.changed.notify_waiters();
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.starts_no_more();
        self.pace.state().active -= 1;
        self.pace.changed.notify_waiters();
    }
}

fn doubled(attempts: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << attempts.saturating_sub(1).min(16)).min(LONGEST_PAUSE)
}

/// Half of a pause and a random part of the other half, so that those who failed together do not come back together.
fn jittered(pause: Duration) -> Duration {
    let mut random = [0; 4];
    // Without randomness the pause is whole.
    let part =
        getrandom::fill(&mut random).map_or(1.0, |()| f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX));
    pause.mul_f64(0.5 + 0.5 * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
    }

    async fn is_refused(pace: &Pace) -> bool {
        tokio::time::timeout(Duration::from_millis(10), pace.place()).await.is_err()
    }

    #[test]
    fn no_more_than_the_limits() {
        run(async {
            let pace = Pace::new(3, 2, PATIENCE);
            let mut first = pace.place().await;
            let _second = pace.place().await;
            assert!(is_refused(&pace).await);
            first.started();
            let mut third = pace.place().await;
            third.started();
            assert!(is_refused(&pace).await);
            drop(first);
            assert!(!is_refused(&pace).await);
        });
    }

    #[test]
    fn a_refusal_lowers_the_limit_to_what_runs_and_successes_raise_it() {
        run(async {
            let pace = Pace::new(100, 100, PATIENCE);
            let mut places = Vec::new();
            for _ in 0..10 {
                let mut place = pace.place().await;
                place.started();
                places.push(place);
            }
            drop(pace.place().await);
            assert_eq!(pace.throttled(), None);
            assert_eq!(pace.state().limit, 10.0);
            for _ in 0..11 {
                pace.succeeded();
            }
            assert!(pace.state().limit >= 11.0);
            tokio::time::sleep(FIRST_PAUSE).await;
            assert!(!is_refused(&pace).await);
        });
    }

    #[test]
    fn patience_ends_only_while_nothing_runs() {
        run(async {
            let pace = Pace::new(100, 100, Duration::ZERO);
            let place = pace.place().await;
            assert_eq!(pace.throttled(), None);
            drop(place);
            assert!(pace.throttled().is_some());
        });
    }

    #[test]
    fn retries_end_with_the_budget_or_the_attempts() {
        let pace = Pace::new(1, 1, PATIENCE);
        assert!(pace.pause_before_retry(MAX_ATTEMPTS).is_none());
        let retries = (0..1000).take_while(|_| pace.pause_before_retry(1).is_some()).count();
        assert_eq!(retries, 100);
        for _ in 0..5 {
            pace.succeeded();
        }
        assert!(pace.pause_before_retry(1).is_some() && pace.pause_before_retry(1).is_none());
    }

    #[test]
    fn connections_that_break_in_one_moment_cost_once() {
        let pace = Pace::new(1000, 1000, PATIENCE);
        assert!((0..1000).all(|_| pace.pause_after_cut().is_some()));
        let spent = BUDGET - pace.state().budget;
        // More than one moment only on a machine that stood still in between.
        assert!((RETRY_COST..=10.0 * RETRY_COST).contains(&spent), "{spent}");
    }

    #[test]
    fn connections_that_break_all_the_time_are_given_up() {
        let pace = Pace::new(1, 1, Duration::ZERO);
        let long_ago = Instant::now() - 2 * MOMENT;
        let broke = |moments| {
            pace.state().cuts = Some((long_ago, long_ago, moments));
            pace.pause_after_cut()
        };
        assert!(broke(MAX_ATTEMPTS - 1).is_some());
        assert!(broke(MAX_ATTEMPTS).is_none());
        pace.succeeded();
        assert!(pace.pause_after_cut().is_some());
        pace.state().budget = 0.0;
        assert!(broke(1).is_none());
    }

    #[test]
    fn who_was_reached_before_is_waited_for() {
        run(async {
            let pace = Pace::new(1, 1, PATIENCE);
            let now = Instant::now();
            drop(pace.place().await);
            assert!(pace.pause_before_reconnect(1, now).is_some());
            assert!(pace.pause_before_reconnect(MAX_ATTEMPTS, now).is_none());
            pace.place().await.started();
            let spent = pace.state().budget;
            assert!((1..1000).all(|attempts| pace.pause_before_reconnect(attempts, now).is_some()));
            assert_eq!(pace.state().budget, spent);
            let impatient = Pace { patience: Duration::ZERO, ..pace };
            assert!(impatient.pause_before_reconnect(MAX_ATTEMPTS - 1, now).is_some());
            assert!(impatient.pause_before_reconnect(MAX_ATTEMPTS, now).is_none());
        });
    }

    #[test]
    fn pauses_double_to_a_longest() {
        for attempts in 1..40 {
            let pause = jittered(doubled(attempts));
            assert!(pause >= doubled(attempts) / 2 && pause <= LONGEST_PAUSE, "{attempts}: {pause:?}");
        }
    }
}
