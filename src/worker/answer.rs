//! The answer to one invocation: frames that the calls' thread writes and the runtime's loop streams away.
//!
//! Small frames are collected for a moment, since a write for each would cost more than a small call. So
//! that a crash in that moment loses nothing, a local worker also appends them to a journal, a file that the
//! driver reads if the worker dies: one `write` for each call, to memory that outlives the process.

use std::fs::File;
use std::io::{Seek, Write};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::job::now_us;
use crate::protocol::{Frame, FrameEncoder, Outcome, RemoteError, kind};

/// Frames are held back no longer than this, so that prints appear as they happen.
const FLUSH_AFTER: Duration = Duration::from_millis(2);
/// More than this is sent at once.
const FLUSH_BYTES: usize = 32 << 10;
/// How long the runtime's thread looks for the end of an answer before it does something else.
const AWAKE_FOR: Duration = Duration::from_micros(50);
/// An answer that is longer is streamed in any case.
const MAX_WHOLE_BYTES: usize = 128 << 10;
/// How much of what a call prints is kept for `stats.logs`.
const LOG_TAIL_BYTES: usize = 4 << 10;

/// A call that runs.
struct Current {
    call: u64,
    /// Its position in the work's order.
    position: u32,
    start_us: u64,
    logs: Vec<u8>,
    /// What it printed since the last line end.
    line: Vec<u8>,
}

#[derive(Default)]
struct State {
    encoder: FrameEncoder,
    pending: Vec<u8>,
    pending_since: Option<Instant>,
    /// So much of `pending` is in the journal.
    journaled: usize,
    journal: Option<Arc<File>>,
    current: Option<Current>,
    stream_logs: bool,
    closed: bool,
}

/// Frames on their way.
pub(super) struct Answer {
    state: Mutex<State>,
    ready: Notify,
}

impl Answer {
    /// An answer that is copied to `journal`.
    pub fn new(journal: Option<Arc<File>>) -> Self {
        let journal = journal.filter(|journal| match empty(journal) {
            Ok(()) => true,
            // Without it a crash costs some work done twice, no more.
            Err(error) => {
                tracing::warn!(%error, "cannot keep a journal");
                false
            }
        });
        Self { state: Mutex::new(State { journal, ..State::default() }), ready: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn push(&self, state: &mut State, frame: &Frame) {
        if state.closed {
            return;
        }
        let State { encoder, pending, .. } = &mut *state;
        let was_empty = pending.is_empty();
        let before = pending.len();
        encoder.push(frame, pending);
        if was_empty {
            state.pending_since = Some(Instant::now());
        }
        if was_empty || (before < FLUSH_BYTES && state.pending.len() >= FLUSH_BYTES) {
            self.ready.notify_one();
        }
    }

    /// The invocation is here.
    pub fn hello(&self, worker: &str, cold: bool) {
        let frame = Frame::Hello { worker: worker.to_owned(), at_us: now_us(), cold };
        self.push(&mut self.state(), &frame);
    }

    /// Whether prints are sent as they happen.
    pub fn set_stream_logs(&self, stream_logs: bool) {
        self.state().stream_logs = stream_logs;
    }

    /// A call begins.
    pub fn start(&self, call: u64, position: u32) {
        let mut state = self.state();
        let start_us = now_us();
        self.push(&mut state, &Frame::Started { call, at_us: start_us });
        let logs = state.current.take().map(|current| current.logs).unwrap_or_default();
        state.current = Some(Current { call, position, start_us, logs, line: Vec::new() });
        state.write_journal();
    }

    /// The call that runs printed something.
    pub fn print(&self, text: &[u8]) {
        let mut state = self.state();
        let streaming = state.stream_logs;
        let Some(current) = state.current.as_mut() else { return };
        current.logs.extend_from_slice(text);
        if current.logs.len() > 2 * LOG_TAIL_BYTES {
            current.logs.drain(..current.logs.len() - LOG_TAIL_BYTES);
        }
        if !streaming {
            return;
        }
        // Whole lines only, so that those of several workers do not mix.
        current.line.extend_from_slice(text);
        if let Some(end) = current.line.iter().rposition(|byte| *byte == b'\n') {
            let rest = current.line.split_off(end + 1);
            let text = std::mem::replace(&mut current.line, rest);
            let call = current.call;
            self.push(&mut state, &Frame::Output { call, text: text.into() });
        }
    }

    /// The call that runs has ended. It is written to the journal with the next beginning: nothing happens in between.
    pub fn finish(&self, outcome: Outcome) {
        let mut state = self.state();
        let Some(mut current) = state.current.take() else { return };
        if !current.line.is_empty() {
            let text = Bytes::from(std::mem::take(&mut current.line));
            self.push(&mut state, &Frame::Output { call: current.call, text });
        }
        let tail = current.logs.len().saturating_sub(LOG_TAIL_BYTES);
        let logs = Bytes::copy_from_slice(&current.logs[tail..]);
        let frame = Frame::Finished { call: current.call, start_us: current.start_us, end_us: now_us(), outcome, logs };
        self.push(&mut state, &frame);
    }

    /// Calls from `from` on are handed back.
    pub fn hand_back(&self, from: u32) {
        let mut state = self.state();
        self.push(&mut state, &Frame::Returned { from });
        state.write_journal();
    }

    /// Nothing follows.
    pub fn end(&self) {
        self.close(&mut self.state());
    }

    fn close(&self, state: &mut State) {
        self.push(state, &Frame::End { at_us: now_us() });
        state.write_journal();
        state.closed = true;
        self.ready.notify_one();
    }

    /// How much of its time the call that runs has left; `None` once the answer is complete.
    pub fn time_left(&self, timeout: Duration) -> Option<Duration> {
        let state = self.state();
        if state.closed {
            return None;
        }
        let Some(current) = &state.current else { return Some(timeout) };
        let elapsed = Duration::from_micros(now_us().saturating_sub(current.start_us));
        Some(timeout.saturating_sub(elapsed))
    }

    /// Fails the call that runs, hands back those that follow, and completes the answer. `false`: it ended just before.
    pub fn time_out(&self, timeout: Duration) -> bool {
        {
            let state = self.state();
            let Some(current) = &state.current else { return false };
            if state.closed || Duration::from_micros(now_us().saturating_sub(current.start_us)) < timeout {
                return false;
            }
        }
        let next = self.state().current.as_ref().map_or(0, |current| current.position + 1);
        let seconds = timeout.as_secs_f64();
        let message = format!("the call ran past its timeout of {seconds} s");
        self.finish(Outcome::Error(RemoteError::new(kind::TIMEOUT, message)));
        let mut state = self.state();
        self.push(&mut state, &Frame::Returned { from: next });
        self.close(&mut state);
        true
    }

    /// All frames, if the answer is complete within a moment and short. Else they are streamed.
    pub async fn whole(&self, moment: Duration) -> Option<Vec<u8>> {
        let until = Instant::now() + moment;
        // The shortest calls have ended before this thread could go to sleep and be woken again.
        let awake_until = Instant::now() + AWAKE_FOR;
        while Instant::now() < awake_until && !self.state().closed {
            std::thread::yield_now();
        }
        loop {
            {
                let mut state = self.state();
                if state.closed && state.pending.len() <= MAX_WHOLE_BYTES {
                    return Some(std::mem::take(&mut state.pending));
                }
                if state.closed || state.pending.len() > MAX_WHOLE_BYTES {
                    return None;
                }
            }
            tokio::select! {
                () = tokio::time::sleep_until(until) => return None,
                () = self.ready.notified() => {}
            }
        }
    }

    /// The next bytes to stream, `None` after the last ones.
    pub async fn next_bytes(&self) -> Option<Bytes> {
        loop {
            let flush_at = {
                let mut state = self.state();
                if state.pending.is_empty() {
                    if state.closed {
                        return None;
                    }
                    None
                } else {
                    let flush_at = state.pending_since.unwrap_or_else(Instant::now) + FLUSH_AFTER;
                    if state.closed || state.pending.len() >= FLUSH_BYTES || Instant::now() >= flush_at {
                        // What is sent over the wire need not be in the journal first, but its place must be kept there.
                        state.write_journal();
                        state.journaled = 0;
                        return Some(std::mem::take(&mut state.pending).into());
                    }
                    Some(flush_at)
                }
            };
            match flush_at {
                Some(flush_at) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(flush_at) => {}
                        () = self.ready.notified() => {}
                    }
                }
                None => self.ready.notified().await,
            }
        }
    }
}

fn empty(mut journal: &File) -> std::io::Result<()> {
    journal.set_len(0)?;
    journal.rewind()
}

impl State {
    fn write_journal(&mut self) {
        if let Some(journal) = &self.journal
            && let Err(error) = (&**journal).write_all(&self.pending[self.journaled..])
        {
            tracing::warn!(%error, "cannot write the journal");
            // Half a frame at its end would be misread.
            let _ = empty(journal);
            self.journal = None;
        }
        self.journaled = self.pending.len();
    }
}
