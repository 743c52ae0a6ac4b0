//! The answer to one invocation: frames that the threads of calls write and the runtime's loop streams away. It is also
//! where those threads get their calls from, one after the other.
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
    /// The thread that runs it.
    thread: usize,
    /// In the far future while it waits for its input.
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
    running: Vec<Current>,
    /// Position of the first call that nobody has begun.
    next: u32,
    /// How many calls there are, less those that were handed back.
    count: u32,
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

    /// How many calls there are.
    pub fn set_count(&self, count: u32) {
        self.state().count = count;
    }

    /// Takes the next call: gives its position. `None`: none is left. Before a new chunk of `chunk` calls, those that
    /// are left are handed back if `is_over` says that the invocation has run for long enough.
    pub fn take(&self, chunk: u32, is_over: impl FnOnce() -> bool) -> Option<u32> {
        let mut state = self.state();
        if state.next > 0 && state.next.is_multiple_of(chunk.max(1)) && is_over() {
            self.hand_back_in(&mut state);
            state.write_journal();
        }
        (state.next < state.count && !state.closed).then(|| {
            state.next += 1;
            state.next - 1
        })
    }

    /// None of the calls can run.
    pub fn refuse(&self, error: RemoteError) {
        self.push(&mut self.state(), &Frame::Refused { error });
    }

    /// A call begins, on this thread.
    pub fn start(&self, thread: usize, call: u64) {
        let mut state = self.state();
        let start_us = now_us();
        self.push(&mut state, &Frame::Started { call, at_us: start_us });
        state.running.push(Current { call, thread, start_us, logs: Vec::new(), line: Vec::new() });
        state.write_journal();
    }

    /// The call of this thread begins only now: until here it waited for its input.
    pub fn restart(&self, thread: usize) {
        let mut state = self.state();
        if let Some(current) = state.running.iter_mut().find(|current| current.thread == thread) {
            current.start_us = now_us();
        }
    }

    /// The call of this thread waits for its input, which takes nothing of its own time.
    pub fn wait_for_input(&self, thread: usize) {
        let mut state = self.state();
        if let Some(current) = state.running.iter_mut().find(|current| current.thread == thread) {
            current.start_us = u64::MAX;
        }
    }

    /// The call that runs on this thread printed something.
    pub fn print(&self, thread: usize, text: &[u8]) {
        let mut state = self.state();
        let streaming = state.stream_logs;
        let Some(current) = state.running.iter_mut().find(|current| current.thread == thread) else { return };
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

    /// The call of this thread has ended. It is written to the journal with the next beginning: nothing happens in between.
    pub fn finish(&self, thread: usize, outcome: Outcome) {
        self.finish_in(&mut self.state(), thread, outcome);
    }

    fn finish_in(&self, state: &mut State, thread: usize, outcome: Outcome) {
        let Some(index) = state.running.iter().position(|current| current.thread == thread) else { return };
        let mut current = state.running.swap_remove(index);
        if !current.line.is_empty() {
            let text = Bytes::from(std::mem::take(&mut current.line));
            self.push(state, &Frame::Output { call: current.call, text });
        }
        let tail = current.logs.len().saturating_sub(LOG_TAIL_BYTES);
        let logs = Bytes::copy_from_slice(&current.logs[tail..]);
        let frame = Frame::Finished { call: current.call, start_us: current.start_us, end_us: now_us(), outcome, logs };
        self.push(state, &frame);
    }

    /// The calls that nobody has begun are handed back.
    pub fn hand_back(&self) {
        let mut state = self.state();
        self.hand_back_in(&mut state);
        state.write_journal();
    }

    fn hand_back_in(&self, state: &mut State) {
        if state.next < state.count {
            state.count = state.next;
            let from = state.next;
            self.push(state, &Frame::Returned { from });
        }
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

    /// How much of its time the call that began first has left; `None` once the answer is complete.
    pub fn time_left(&self, timeout: Duration) -> Option<Duration> {
        let state = self.state();
        if state.closed {
            return None;
        }
        let began_us = state.running.iter().map(|current| current.start_us).min();
        Some(began_us.map_or(timeout, |began_us| timeout.saturating_sub(elapsed(began_us))))
    }

    /// Fails the calls that ran out of time, hands back those that follow, and completes the answer.
    /// `false`: they ended just before.
    pub fn time_out(&self, timeout: Duration) -> bool {
        let mut state = self.state();
        let late = state.running.iter().filter(|current| elapsed(current.start_us) >= timeout);
        let late: Vec<usize> = late.map(|current| current.thread).collect();
        if state.closed || late.is_empty() {
            return false;
        }
        let seconds = timeout.as_secs_f64();
        for thread in late {
            let message = format!("the call ran past its timeout of {seconds} s");
            self.finish_in(&mut state, thread, Outcome::Error(RemoteError::new(kind::TIMEOUT, message)));
        }
        self.hand_back_in(&mut state);
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

fn elapsed(began_us: u64) -> Duration {
    Duration::from_micros(now_us().saturating_sub(began_us))
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
