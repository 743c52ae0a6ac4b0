//! How many calls an invocation carries, so that its cost is small beside theirs and no worker sits idle.

use crate::compute::Limits;

/// Grows the chunks of a job from one call, as fast as the measured times allow.
#[derive(Clone, Debug)]
pub(super) struct Chunker {
    /// The user's `chunksize`: invocations carry multiples of it.
    fixed: Option<u64>,
    target_us: u64,
    least_us: u64,
    workers: u64,
    /// Calls that a worker runs at the same time: fewer would leave a part of it idle.
    parallel: u64,
    /// Smoothed time of one call in a worker, all included.
    call_us: Option<f64>,
    last: u64,
}

/// A chunk is at most so many times larger than the one before: early times are those of a cold worker, or luck.
const GROWTH: u64 = 16;
/// A worker begins no further call after so many times the time that an invocation should take.
const BUDGET_FACTOR: u64 = 5;
/// Planning, and undoing, a chunk must stay cheap.
const MAX_CALLS: u64 = 16_384;

impl Chunker {
    /// `fixed`: the user's `chunksize`. Then `target_us`, how long an invocation should take, is short: several
    /// chunks go together only as long as nobody would notice.
    pub fn new(fixed: Option<u64>, limits: &Limits, workers: usize) -> Self {
        let target_us = if fixed.is_some() { limits.target_chunks_us } else { limits.target_invocation_us };
        let parallel = u64::from(limits.parallel_calls.max(1));
        Self {
            fixed,
            target_us,
            least_us: limits.least_invocation_us,
            workers: workers.max(1) as u64,
            parallel,
            call_us: None,
            last: fixed.unwrap_or(parallel),
        }
    }

    /// After so many calls, or a multiple of them, a worker may hand the others back.
    pub fn unit(&self) -> u64 {
        self.fixed.unwrap_or(1)
    }

    /// How long an invocation may begin further calls: longer than it should take, but not much.
    pub fn budget_us(&self) -> u64 {
        BUDGET_FACTOR * self.target_us
    }

    /// How many calls the next chunk has, `remaining` being left (`None`: not known yet).
    pub fn next(&mut self, remaining: Option<u64>) -> u64 {
        let unit = self.unit();
        let Some(call_us) = self.call_us else {
            return unit.max(self.first());
        };
        let calls_in = |us: u64| (us as f64 / call_us.max(0.01)) as u64;
        let by_time = calls_in(self.target_us);
        let by_growth = self.last.saturating_mul(GROWTH);
        // The last chunks shrink, so that all workers end at about the same time.
        let by_share = remaining.map_or(u64::MAX, |remaining| remaining.div_ceil(2 * self.workers));
        let by_share = by_share.max(calls_in(self.least_us));
        let size = by_time.min(by_growth).min(by_share).clamp(self.first(), MAX_CALLS);
        let size = (size / unit).max(1) * unit;
        self.last = self.last.max(size);
        size
    }

    /// Calls of the smallest chunk: one for each that a worker runs at the same time, unless the user says otherwise.
    fn first(&self) -> u64 {
        if self.fixed.is_some() { 1 } else { self.parallel }
    }

    /// An invocation ran `calls` calls in `elapsed_us`.
    pub fn measured(&mut self, calls: u64, elapsed_us: u64) {
        if calls == 0 {
            return;
        }
        let new = elapsed_us as f64 / calls as f64;
        self.call_us = Some(match self.call_us {
            // Slower than thought is believed at once: a chunk too long hurts more than one too short.
            Some(old) if new < old => 0.5 * old + 0.5 * new,
            _ => new,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        max_workers: 2,
        max_starting: usize::MAX,
        parallel_calls: 1,
        inline_work_bytes: 0,
        least_invocation_us: 0,
        keeps_last_words: true,
        worker_overhead_bytes: 0,
        inline_blob_bytes: 0,
        inline_result_bytes: 0,
        target_invocation_us: 20_000,
        target_chunks_us: 1_000,
    };

    #[test]
    fn long_calls_go_one_by_one() {
        let mut chunker = Chunker::new(None, &LIMITS, 2);
        assert_eq!(chunker.next(Some(10)), 1);
        chunker.measured(1, 60_000_000);
        assert_eq!(chunker.next(Some(9)), 1);
    }

    #[test]
    fn short_calls_go_in_ever_larger_chunks_and_share_the_rest() {
        let mut chunker = Chunker::new(None, &LIMITS, 2);
        assert_eq!(chunker.next(Some(100_000)), 1);
        chunker.measured(1, 4);
        assert_eq!(chunker.next(Some(100_000)), 16);
        chunker.measured(16, 64);
        assert_eq!(chunker.next(Some(100_000)), 256);
        assert_eq!(chunker.next(Some(100_000)), 4096);
        assert_eq!(chunker.next(Some(100_000)), 5000);
        assert_eq!(chunker.next(Some(40)), 10);
        assert_eq!(chunker.next(Some(1)), 1);
    }

    #[test]
    fn a_call_that_turns_slow_shrinks_the_next_chunk_at_once() {
        let mut chunker = Chunker::new(None, &LIMITS, 2);
        chunker.measured(1, 10);
        chunker.next(None);
        chunker.measured(1, 1_000_000);
        assert_eq!(chunker.next(None), 1);
    }

    #[test]
    fn short_calls_are_not_spread_thin_where_an_invocation_costs_much() {
        let limits = Limits { target_invocation_us: 1_000_000, least_invocation_us: 50_000, ..LIMITS };
        let mut chunker = Chunker::new(None, &limits, 1000);
        chunker.measured(1, 1_000);
        chunker.next(Some(900));
        assert_eq!(chunker.next(Some(900)), 50);
        // Long calls each go to a worker of their own.
        chunker.measured(1, 10_000_000);
        assert_eq!(chunker.next(Some(900)), 1);
    }

    #[test]
    fn every_part_of_a_worker_gets_a_call() {
        let mut chunker = Chunker::new(None, &Limits { parallel_calls: 4, ..LIMITS }, 2);
        assert_eq!(chunker.next(Some(10)), 4);
        chunker.measured(4, 60_000_000);
        assert_eq!(chunker.next(Some(6)), 4);
    }

    #[test]
    fn chunks_of_a_given_size_go_together_only_while_they_are_short() {
        let mut chunker = Chunker::new(Some(7), &LIMITS, 2);
        assert_eq!(chunker.next(Some(1000)), 7);
        chunker.measured(7, 7 * 500);
        assert_eq!(chunker.next(Some(993)), 7);
        chunker.measured(7, 7);
        chunker.measured(7, 7);
        chunker.measured(7, 7);
        chunker.measured(7, 7);
        assert_eq!(chunker.next(Some(900)) % 7, 0);
        assert!(chunker.next(Some(900)) > 7);
        assert_eq!(chunker.next(Some(3)), 7);
    }
}
