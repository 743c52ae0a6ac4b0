//! Reducers: calls that take the results of other calls, each as one list.
//!
//! What the maps returned inside their frames goes along with the reducer's call. What is larger stays where the maps have put it, and
//! the reducer fetches it there. A reducer may start before all maps have ended: then it finds the rest in the scratch store, as it comes.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::job::Job;
use super::signal;
use super::slots::State;
use super::spec::CallResult;
use crate::protocol::{Gathered, GatheredBatch, GatheredPart, GatheredRest, GatheredValue, RemoteError, kind};

/// Without a wish of the user's, a job that is over sooner gains nothing from a reducer that waits.
const EARLY_AFTER: Duration = Duration::from_secs(1);
/// Between two batches of results for a reducer that waits, and between its looks for them.
const BATCH_EVERY: Duration = Duration::from_millis(100);
/// So much pause for each further reducer: a look takes well under a microsecond.
const LOOK: Duration = Duration::from_micros(20);

/// When reducers start.
#[derive(Clone, Copy, Debug)]
pub struct Spawning {
    /// The percentage of its maps that must have ended.
    pub percent: f64,
    /// Whether the user has said so.
    pub is_wish: bool,
}

/// One reducer.
struct Reduction {
    maps: Arc<Job>,
    /// The maps whose results it takes.
    calls: Range<u64>,
    reducer: Arc<Job>,
    call: u64,
    spawning: Spawning,
    began: Instant,
    /// Between two looks, so that many reducers together do not look all the time.
    pause: Duration,
}

/// Hands the results of `maps` to the calls of `reducer`, each those of one of the `groups`.
pub fn gather(maps: &Arc<Job>, reducer: &Arc<Job>, groups: Vec<Range<u64>>, spawning: Spawning) {
    maps.set_reducer(reducer);
    let began = Instant::now();
    // Without any object there is no group.
    let pause = (LOOK * (groups.len() as u32).saturating_sub(1)).min(BATCH_EVERY);
    for (call, calls) in (0..).zip(groups) {
        let (maps, reducer) = (maps.clone(), reducer.clone());
        let reduction = Reduction { maps, calls, reducer, call, spawning, began, pause };
        crate::io::handle().spawn(reduction.run());
    }
}

impl Reduction {
    async fn run(self) {
        let mut sent = vec![false; (self.calls.end - self.calls.start) as usize];
        let mut over = self.calls.start;
        loop {
            let seen = signal::generation();
            if self.is_over(&mut over) || self.may_start() {
                break;
            }
            signal::until(|| (signal::generation() != seen).then_some(())).await;
            tokio::time::sleep(self.pause).await;
        }
        let mut parts = Vec::new();
        let rest = match self.take(&mut sent, &mut parts) {
            Err(error) => return self.reducer.fail_unplanned(self.call, error),
            Ok(true) => None,
            Ok(false) => Some(GatheredRest {
                prefix: format!("gathered/{}/{}/{}", self.reducer.executor_id(), self.reducer.job_id(), self.call),
                interval_ms: BATCH_EVERY.as_millis() as u64,
            }),
        };
        let gathered = Gathered { total: sent.len() as u64, parts, rest: rest.clone() };
        match postcard::to_stdvec(&gathered) {
            Ok(message) if u32::try_from(message.len()).is_ok() => {
                self.reducer.push_elements(self.call, std::iter::once(Bytes::from(message)));
            }
            _ => {
                let text =
                    "the results of the maps are more than 4 GiB together: return less, or reduce in several steps";
                return self.reducer.fail_unplanned(self.call, RemoteError::new(kind::UNSENDABLE, text));
            }
        }
        if let Some(rest) = rest {
            self.follow(&rest, sent).await;
        }
    }

    /// Whether nothing more will come of the maps, or of the reducer. All calls before `over` have ended well.
    fn is_over(&self, over: &mut u64) -> bool {
        while *over < self.calls.end && self.maps.call_state(*over) == State::Done {
            *over += 1;
        }
        let has_failed = |call| {
            let state = self.maps.call_state(call);
            state.is_final() && state != State::Done
        };
        *over == self.calls.end
            || self.maps.progress().failed > 0 && self.calls.clone().any(has_failed)
            || self.reducer.call_state(self.call).is_final()
    }

    /// Whether enough maps have ended, and none waits for the worker that the reducer would take.
    fn may_start(&self) -> bool {
        if !self.spawning.is_wish && self.began.elapsed() < EARLY_AFTER || !self.maps.has_spare_worker() {
            return false;
        }
        let ended = self.calls.clone().filter(|call| self.maps.call_state(*call).is_final()).count();
        ended as f64 >= (self.calls.end - self.calls.start) as f64 * self.spawning.percent / 100.0
    }

    /// Adds the results that came since. Gives whether these were the last; the error of a map that failed.
    fn take(&self, sent: &mut [bool], parts: &mut Vec<GatheredPart>) -> Result<bool, RemoteError> {
        for (index, call) in self.calls.clone().enumerate().filter(|(index, _)| !sent[*index]).collect::<Vec<_>>() {
            let value = match self.maps.result(call) {
                None => continue,
                Some(CallResult::Message(message)) => GatheredValue::Here(message),
                Some(CallResult::Object { key, sha256 }) => GatheredValue::Object { key, sha256 },
                Some(CallResult::Error(error)) => {
                    let message = format!("map call {call:05} failed: {}", error.message);
                    return Err(RemoteError { message, ..error.as_ref().clone() });
                }
            };
            sent[index] = true;
            parts.push(GatheredPart { index: index as u64, value });
        }
        Ok(sent.iter().all(|sent| *sent))
    }

    /// Puts the results that come later where the reducer looks for them.
    async fn follow(&self, rest: &GatheredRest, mut sent: Vec<bool>) {
        let scratch = self.reducer.compute().scratch();
        let mut keys = Vec::new();
        let mut is_last = false;
        while !is_last && !self.reducer.call_state(self.call).is_final() {
            tokio::time::sleep(BATCH_EVERY).await;
            let mut batch = GatheredBatch::default();
            match self.take(&mut sent, &mut batch.parts) {
                Ok(all) => is_last = all,
                Err(error) => {
                    is_last = true;
                    batch.failed = Some(error.clone());
                    self.reducer.fail_call(self.call, error);
                }
            }
            if batch.parts.is_empty() && batch.failed.is_none() {
                continue;
            }
            let key = rest.key(keys.len() as u64);
            let put = match postcard::to_stdvec(&batch) {
                Ok(bytes) => scratch.put(&key, bytes.into()).await.map_err(|error| error.to_string()),
                Err(error) => Err(error.to_string()),
            };
            if let Err(error) = put {
                let text = format!("cannot pass results to the reducer: failed to {error}");
                self.reducer.fail_call(self.call, RemoteError::new(kind::STORAGE, text));
                // Its worker would wait until its time limit for what does not come.
                self.reducer.abort_call(self.call);
            }
            keys.push(key);
        }
        // A call that was ended here has a worker that still looks for the batch which says so.
        signal::until(|| self.reducer.is_left_by_workers().then_some(())).await;
        if let Err(error) = scratch.delete_all(&keys).await {
            tracing::debug!(%error, "results for a reducer are left");
        }
    }
}
