//! One invocation: from its request to its last frame, and what of it has to be run again.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Notify;

use super::input::Again;
use super::job::Job;
use super::signal;
use super::slots::State;
use super::state::JobState;
use crate::compute::{Invocation, Sink, Usage};
use crate::protocol::{
    Blob, Event, Frame, FrameDecoder, FrameError, Outcome, RemoteError, Request, VERSION, Work, kind, sha256_hex,
};

/// A VM with less cannot even load a function.
const LEAST_VM_BYTES: u64 = 16 << 20;
/// So many invocations in a row that are lost before any call begins fail the job.
const MAX_LOST_IDLE: u32 = 5;

/// Runs invocation `number` of `job`.
pub(super) async fn run(job: Arc<Job>, number: u32, work: Work, budget_us: u64, abort: Arc<Notify>) {
    let mut answer = Answer {
        job: &job,
        number,
        decoder: FrameDecoder::of_answer(),
        broken: None,
        running: Vec::new(),
        log_tail: String::new(),
        ended: false,
        refused: None,
        retried: Vec::new(),
    };
    let result = match prepare(&job, number, &work, budget_us).await {
        Err(error) => Err(error),
        Ok((payload, scratch_key)) => {
            let invocation = Invocation { payload, depth: job.spec.depth, memory_bytes: job.spec.memory_bytes };
            let result = tokio::select! {
                result = job.compute.invoke(invocation, &mut answer) => Some(result),
                () = abort.notified() => None,
            };
            if let Some(key) = scratch_key {
                let _ = job.compute.scratch().delete(&key).await;
            }
            result.unwrap_or_else(|| Err(RemoteError::new(kind::CANCELLED, "the invocation was cancelled")))
        }
    };
    let result = match (&answer.broken, result) {
        (Some(error), Ok(())) => {
            Err(RemoteError::new(kind::PROTOCOL, format!("cannot read the worker's answer: {error}")))
        }
        (None, Ok(())) if answer.refused.is_some() => answer.refused.take().map_or(Ok(()), Err),
        (None, Ok(())) if !answer.ended => Err(RemoteError::new(kind::WORKER_LOST, "the worker's answer broke off")),
        (_, result) => result,
    };
    let Answer { running, retried, log_tail, .. } = answer;
    finish(&job, number, &work, &Over { running, retried, log_tail, result });
    // Also when input is wanted: then the script has to be woken to hand it in.
    signal::give_if(job.is_ended() || job.progress().failed > 0 || job.wanted_elements() > 0);
    job.pump();
}

/// The payload, and the key of the object that was put into the scratch store for it alone.
async fn prepare(job: &Job, number: u32, work: &Work, budget_us: u64) -> Result<(Bytes, Option<String>), RemoteError> {
    let limits = job.compute.limits();
    let spec = &job.spec;
    let function = job.function_blob.get_or_try_init(|| shared_blob(job, "functions", &spec.function)).await?.clone();
    let extra_args = match &spec.extra_args {
        Some(extra) => Some(job.extra_blob.get_or_try_init(|| shared_blob(job, "data", extra)).await?.clone()),
        None => None,
    };
    let bytes = work.to_bytes();
    let mut scratch_key = None;
    let work = if bytes.len() <= limits.inline_work_bytes {
        Blob { sha256: String::new(), inline: Some(bytes), key: None }
    } else {
        // Nobody else reads it, so that it can be removed with the invocation, whatever others of the same content there are.
        let sha256 = sha256_hex(&bytes);
        let key = format!("work/{}/{}/{number}", spec.executor_id, spec.job_id);
        put_blob(job, &key, &bytes).await?;
        scratch_key = Some(key.clone());
        Blob::object(sha256, key)
    };
    let request = Request {
        version: VERSION,
        executor_id: spec.executor_id.clone(),
        job_id: spec.job_id.clone(),
        depth: spec.depth,
        function,
        extra_args,
        work,
        env: spec.env.clone(),
        timeout_ms: spec.timeout.map(|timeout| timeout.as_millis() as u64),
        budget_us,
        chunksize: spec.chunksize.unwrap_or(1),
        memory_bytes: spec
            .memory_bytes
            .map(|bytes| bytes.saturating_sub(limits.worker_overhead_bytes).max(LEAST_VM_BYTES)),
        inline_result_bytes: spec
            .inline_result_bytes
            .map_or(limits.inline_result_bytes, |bytes| bytes.min(limits.inline_result_bytes))
            as u64,
        stream_logs: spec.logs.is_some(),
        parallel: limits.parallel_calls,
        surroundings: job.compute.surroundings().await?,
    };
    let payload = serde_json::to_vec(&Event::Run(Box::new(request)))
        .map_err(|error| RemoteError::new(kind::PROTOCOL, format!("cannot write the request: {error}")))?;
    Ok((payload.into(), scratch_key))
}

/// A blob that travels inline, or as an object named after its content.
async fn shared_blob(job: &Job, folder: &str, bytes: &Bytes) -> Result<Blob, RemoteError> {
    if bytes.len() <= job.compute.limits().inline_blob_bytes {
        return Ok(Blob::inline(bytes.clone()));
    }
    let sha256 = sha256_hex(bytes);
    let key = format!("{folder}/{sha256}");
    put_blob(job, &key, bytes).await?;
    Ok(Blob::object(sha256, key))
}

async fn put_blob(job: &Job, key: &str, bytes: &Bytes) -> Result<(), RemoteError> {
    job.compute.scratch().put(key, bytes.clone()).await.map_err(|error| {
        let message = format!("cannot pass {} bytes to the workers: failed to {error}", bytes.len());
        RemoteError::new(kind::STORAGE, message)
    })
}

/// Takes in the answer and updates the job as it comes.
struct Answer<'a> {
    job: &'a Arc<Job>,
    number: u32,
    decoder: FrameDecoder,
    broken: Option<FrameError>,
    /// The calls that have begun and not ended.
    running: Vec<u64>,
    /// The end of what the platform logged.
    log_tail: String,
    ended: bool,
    /// Why none of the calls could run.
    refused: Option<RemoteError>,
    /// Calls that failed and have attempts left.
    retried: Vec<u64>,
}

impl Answer<'_> {
    fn read(&mut self) {
        let mut told = Vec::new();
        let mut outputs = Vec::new();
        let mut state = self.job.state();
        let failed_before = state.failed;
        let starting_before = state.starting;
        loop {
            match self.decoder.next_frame() {
                Ok(Some(frame)) => {
                    match &frame {
                        Frame::Started { call, .. } => self.running.push(*call),
                        Frame::Finished { call, outcome, .. } => {
                            self.running.retain(|running| running != call);
                            if let Outcome::Object { .. } = outcome {
                                self.job.compute.scratch().expect_values();
                            }
                        }
                        Frame::End { .. } => self.ended = true,
                        Frame::Output { call, text } => outputs.push((*call, text.clone())),
                        Frame::Refused { error } => self.refused = Some(error.clone()),
                        Frame::Hello { .. } | Frame::Returned { .. } => {}
                    }
                    let (more, retry) = state.apply(self.number, frame, self.job.spec.retries);
                    told.extend(more);
                    self.retried.extend(retry);
                }
                Ok(None) => break,
                Err(error) => {
                    self.broken = Some(error);
                    break;
                }
            }
        }
        let noteworthy = state.failed > failed_before || state.is_ended();
        let has_arrived = state.starting < starting_before;
        drop(state);
        if has_arrived {
            // There is room for another one on its way.
            self.job.pump();
        }
        if let Some(logs) = &self.job.spec.logs {
            for (call, text) in outputs {
                logs(&self.job.spec.job_id, call, &text);
            }
        }
        self.job.tell(told);
        signal::give_if(noteworthy);
    }
}

impl Sink for Answer<'_> {
    fn data(&mut self, bytes: &[u8]) {
        if self.broken.is_none() {
            self.decoder.push(bytes);
            self.read();
        }
    }

    fn rest(&mut self, all_frames: &[u8]) {
        let known = self.decoder.frame_bytes() as usize;
        if self.broken.is_none() && all_frames.len() > known {
            self.decoder.push_rest(&all_frames[known..]);
            self.read();
        }
    }

    fn usage(&mut self, usage: Usage) {
        let mut state = self.job.state();
        state.invocations[self.number as usize].usage = usage;
        state.tally.used(usage);
    }

    fn log_tail(&mut self, tail: &str) {
        tail.clone_into(&mut self.log_tail);
    }
}

/// An invocation that is over.
struct Over {
    /// Calls that had begun and not ended.
    running: Vec<u64>,
    /// Calls that failed and have attempts left.
    retried: Vec<u64>,
    log_tail: String,
    result: Result<(), RemoteError>,
}

/// Brings the calls of an invocation that is over to their ends, or back into the queue.
fn finish(job: &Arc<Job>, number: u32, work: &Work, over: &Over) {
    let mut told = Vec::new();
    let mut state = job.state();
    state.in_flight -= 1;
    state.tally.under_way.remove(&number);
    state.hear(number);
    if let Err(error) = &over.result
        && ends_job(job, error)
    {
        drop(state);
        job.fail_rest(error);
        return;
    }
    let is_final = |state: &JobState, call| state.slots.get(call).state.is_final();
    let ours = work.calls().enumerate().filter(|(_, (call, _))| state.slots.get(*call).invocation == number);
    let (ended, open): (Vec<_>, Vec<_>) = ours.partition(|(_, (call, _))| is_final(&state, *call));
    let ran = ended.len() + open.iter().filter(|(_, (call, _))| over.retried.contains(call)).count();
    let blame = blame(job, &mut state, over, open.iter().map(|(_, (call, _))| *call).collect());
    // So that the next to be lost is known.
    let goes_alone = |call| match blame {
        Blame::These(..) => over.running.is_empty() || !job.compute.limits().keeps_last_words,
        Blame::OneOfThem => over.running.is_empty() || over.running.contains(&call),
        Blame::Nobody | Blame::All(_) => false,
    };
    let mut again = Vec::new();
    for (position, (call, attempt)) in open {
        match next_attempt(job, &mut state, over, &blame, call, attempt) {
            Ok(attempt) => {
                let message = state.source.message_of(work, position);
                state.set_call_state(call, State::New);
                again.push(Again { call, attempt, message, is_alone: goes_alone(call) });
            }
            Err(error) => told.extend(state.fail(call, error, State::Failed)),
        }
    }
    if over.result.is_ok() {
        // By the worker's own clock, which need not be this machine's.
        let record = &state.invocations[number as usize];
        let elapsed_us = record.worker_end_us.saturating_sub(record.worker_start_us);
        state.chunker.measured(ran as u64, elapsed_us);
    }
    // In front, and in order: somebody may be waiting for the first ones.
    for call in again.into_iter().rev() {
        state.again.push_front(call);
    }
    if let Some(doom) = state.doom.clone() {
        // The job failed as a whole while this ran.
        let left: Vec<u64> = state.again.drain(..).map(|again| again.call).collect();
        for call in left {
            told.extend(state.fail(call, doom.as_ref().clone(), State::Failed));
        }
    }
    drop(state);
    job.tell(told);
}

/// Whether no other invocation of the job can end better than this one.
fn ends_job(job: &Job, error: &RemoteError) -> bool {
    match error.kind.as_str() {
        kind::START_FAILED | kind::THROTTLED => true,
        kind::STORAGE => !job.is_shared(),
        _ => false,
    }
}

/// Which of the calls that have not ended caused the end of their invocation.
enum Blame<'a> {
    /// None of them.
    Nobody,
    /// None of them can run.
    All(&'a RemoteError),
    These(Vec<u64>, &'a RemoteError),
    /// Where a worker's last words can be lost with it, nobody knows which call it died of: that of which they heard last may have
    /// ended, and others after it. That one goes alone from now on, or all of them if nothing was heard; one that was alone is
    /// the one.
    OneOfThem,
}

fn blame<'a>(job: &Job, state: &mut JobState, over: &'a Over, open: Vec<u64>) -> Blame<'a> {
    let Err(error) = &over.result else { return Blame::Nobody };
    let keeps_last_words = job.compute.limits().keeps_last_words;
    // Before its time is over, a worker has long said what it does.
    let is_certain = keeps_last_words || error.kind == kind::TIMEOUT;
    match error.kind.as_str() {
        kind::PROTOCOL | kind::STORAGE => Blame::All(error),
        kind::CANCELLED | kind::CONNECTION_CUT => Blame::Nobody,
        _ if !over.running.is_empty() && is_certain => Blame::These(over.running.clone(), error),
        _ if keeps_last_words => {
            state.lost_idle += 1;
            if state.lost_idle >= MAX_LOST_IDLE { Blame::All(error) } else { Blame::Nobody }
        }
        _ if open.len() == 1 => Blame::These(open, error),
        _ => Blame::OneOfThem,
    }
}

/// The attempt as which a call that has not ended runs again, or why it does not.
fn next_attempt(
    job: &Job,
    state: &mut JobState,
    over: &Over,
    blame: &Blame<'_>,
    call: u64,
    attempt: u32,
) -> Result<u32, RemoteError> {
    if over.retried.contains(&call) {
        return Ok(attempt + 1);
    }
    match blame {
        Blame::All(error) => Err((*error).clone()),
        Blame::These(calls, error) if calls.contains(&call) => {
            let spoiled = state.spoiled.entry(call).or_default();
            *spoiled += 1;
            if error.kind == kind::WORKER_LOST && *spoiled <= job.spec.platform_retries {
                return Ok(attempt + 1);
            }
            state.set_logs(call, Bytes::copy_from_slice(over.log_tail.as_bytes()));
            Err((*error).clone())
        }
        Blame::OneOfThem if over.running.contains(&call) => {
            *state.spoiled.entry(call).or_default() += 1;
            Ok(attempt + 1)
        }
        _ => Ok(attempt),
    }
}
