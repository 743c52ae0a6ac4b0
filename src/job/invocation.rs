//! One invocation: from its request to its last frame, and what of it has to be run again.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Notify;

use super::input::Again;
use super::job::Job;
use super::slots::State;
use super::{now_us, signal};
use crate::compute::{Invocation, Sink};
use crate::protocol::{Blob, Frame, FrameDecoder, FrameError, RemoteError, Request, VERSION, Work, kind, sha256_hex};

/// So many invocations in a row that are lost before any call begins fail the job.
const MAX_LOST_IDLE: u32 = 5;

/// Runs invocation `number` of `job`.
pub(super) async fn run(job: Arc<Job>, number: u32, work: Work, budget_us: u64, abort: Arc<Notify>) {
    let mut answer = Answer {
        job: &job,
        number,
        decoder: FrameDecoder::of_answer(),
        broken: None,
        current: None,
        ended: false,
        retried: Vec::new(),
    };
    let result = match prepare(&job, &work, budget_us).await {
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
        (None, Ok(())) if !answer.ended => Err(RemoteError::new(kind::WORKER_LOST, "the worker's answer broke off")),
        (_, result) => result,
    };
    let Answer { current, retried, .. } = answer;
    finish(&job, number, &work, current, retried, result);
    // Also when input is wanted: then the script has to be woken to hand it in.
    signal::give_if(job.is_ended() || job.progress().failed > 0 || job.wanted_elements() > 0);
    job.pump();
}

/// The payload, and the key of the object that was put into the scratch store for it alone.
async fn prepare(job: &Job, work: &Work, budget_us: u64) -> Result<(Bytes, Option<String>), RemoteError> {
    let limits = job.compute.limits();
    let spec = &job.spec;
    let function = job.function_blob.get_or_try_init(|| shared_blob(job, "functions", &spec.function)).await?.clone();
    let extra_args = match &spec.extra_args {
        Some(extra) => Some(job.extra_blob.get_or_try_init(|| shared_blob(job, "data", extra)).await?.clone()),
        None => None,
    };
    let bytes = work.to_bytes();
    let mut scratch_key = None;
    let work = if bytes.len() <= (1 << 20).max(limits.inline_blob_bytes) {
        Blob { sha256: String::new(), inline: Some(bytes), key: None }
    } else {
        let blob = shared_blob(job, "work", &bytes).await?;
        scratch_key.clone_from(&blob.key);
        blob
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
        memory_bytes: spec.memory_bytes,
        inline_result_bytes: limits.inline_result_bytes as u64,
        stream_logs: spec.logs.is_some(),
    };
    let payload = serde_json::to_vec(&request)
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
    job.compute.scratch().put(&key, bytes.clone()).await.map_err(|error| {
        let message = format!("cannot pass {} bytes to the workers: failed to {error}", bytes.len());
        RemoteError::new(kind::STORAGE, message)
    })?;
    Ok(Blob::object(sha256, key))
}

/// Takes in the answer and updates the job as it comes.
struct Answer<'a> {
    job: &'a Arc<Job>,
    number: u32,
    decoder: FrameDecoder,
    broken: Option<FrameError>,
    /// The call that has begun and not ended.
    current: Option<u64>,
    ended: bool,
    /// Calls that failed and have attempts left.
    retried: Vec<u64>,
}

impl Answer<'_> {
    fn read(&mut self) {
        let mut told = Vec::new();
        let mut outputs = Vec::new();
        let mut state = self.job.state();
        let failed_before = state.failed;
        loop {
            match self.decoder.next_frame() {
                Ok(Some(frame)) => {
                    match &frame {
                        Frame::Started { call, .. } => self.current = Some(*call),
                        Frame::Finished { .. } => self.current = None,
                        Frame::End { .. } => self.ended = true,
                        Frame::Output { call, text } => outputs.push((*call, text.clone())),
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
        drop(state);
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
}

/// Brings the calls of an invocation that is over to their ends, or back into the queue.
fn finish(
    job: &Arc<Job>,
    number: u32,
    work: &Work,
    current: Option<u64>,
    retried: Vec<u64>,
    result: Result<(), RemoteError>,
) {
    if let Err(error) = &result
        && (error.kind == kind::START_FAILED || (error.kind == kind::STORAGE && !job.is_shared()))
    {
        job.state().in_flight -= 1;
        job.fail_rest(error);
        return;
    }
    let mut told = Vec::new();
    let mut state = job.state();
    state.in_flight -= 1;
    let record = &state.invocations[number as usize];
    let began_us = if record.worker_start_us == 0 { record.submitted_us } else { record.worker_start_us };
    let mut fatal = None;
    match &result {
        Err(error) if error.kind == kind::PROTOCOL || error.kind == kind::STORAGE => fatal = Some(error.clone()),
        Err(error) if current.is_none() && error.kind != kind::CANCELLED => {
            state.lost_idle += 1;
            if state.lost_idle >= MAX_LOST_IDLE {
                fatal = Some(error.clone());
            }
        }
        _ => {}
    }
    let mut ran = 0;
    let mut again = Vec::new();
    for (position, (call, attempt)) in work.calls().enumerate() {
        let slot = state.slots.get(call);
        if slot.state.is_final() || slot.invocation != number {
            ran += u64::from(slot.invocation == number);
            continue;
        }
        let next_attempt = if retried.contains(&call) {
            ran += 1;
            attempt + 1
        } else if let Some(error) = &fatal {
            told.extend(state.fail(call, error.clone(), State::Failed));
            continue;
        } else if Some(call) == current
            && let Err(error) = &result
            && error.kind != kind::CANCELLED
        {
            let spoiled = state.spoiled.entry(call).or_default();
            *spoiled += 1;
            if error.kind != kind::WORKER_LOST || *spoiled > job.spec.platform_retries {
                told.extend(state.fail(call, error.clone(), State::Failed));
                continue;
            }
            attempt + 1
        } else {
            attempt
        };
        let message = state.source.message_of(work, position);
        state.slots.get_mut(call).state = State::New;
        again.push(Again { call, attempt: next_attempt, message });
    }
    if result.is_ok() {
        state.chunker.measured(ran, now_us().saturating_sub(began_us));
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
