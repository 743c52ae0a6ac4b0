//! What an environment logs: the lines of the platform, and what its process writes.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::unix::pipe;

use super::lock;

/// AWS gives the last 4 KB of an invocation's log along with its answer.
const TAIL_BYTES: usize = 4 << 10;

/// The log stream of one environment.
pub struct Output {
    pipe: pipe::Receiver,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    text: Vec<u8>,
    /// Where the log of the current invocation begins.
    invocation: usize,
}

/// What the `REPORT` line says.
pub struct Report<'a> {
    pub request_id: &'a str,
    pub duration: Duration,
    pub memory_mb: u64,
    pub used_mb: u64,
    /// How long the cold start took, if there was one.
    pub init: Option<Duration>,
    /// `Sandbox.Timedout`, for example.
    pub error: Option<&'a str>,
}

impl Output {
    /// Collects what comes through `pipe` until it is closed.
    pub fn collect(pipe: pipe::Receiver) -> Arc<Output> {
        let output = Arc::new(Output { pipe, log: Mutex::default() });
        let collected = output.clone();
        output.line("INIT_START Runtime Version: provided:al2023.v100\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:emulated");
        tokio::spawn(async move { while collected.pipe.readable().await.is_ok() && collected.drain() {} });
        output
    }

    /// Takes in what the process has written so far; `false` after its end.
    fn drain(&self) -> bool {
        let mut buffer = [0; 16 << 10];
        loop {
            match self.pipe.try_read(&mut buffer) {
                Ok(0) => return false,
                Ok(count) => lock(&self.log).text.extend_from_slice(&buffer[..count]),
                Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
            }
        }
    }

    /// A line of the platform.
    pub fn line(&self, line: &str) {
        let text = &mut lock(&self.log).text;
        // What the process wrote need not end with a line's end.
        if text.last().is_some_and(|last| *last != b'\n') {
            text.push(b'\n');
        }
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }

    /// An invocation begins.
    pub fn begin(&self, request_id: &str) {
        self.drain();
        let mut log = lock(&self.log);
        log.invocation = log.text.len();
        drop(log);
        self.line(&format!("START RequestId: {request_id} Version: $LATEST"));
    }

    /// The same for an invocation whose process has not got to it: the whole log is its own.
    pub fn begin_at_start(&self, request_id: &str) {
        self.begin(request_id);
        lock(&self.log).invocation = 0;
    }

    /// An invocation ends. Gives the end of its log.
    pub fn end(&self, report: &Report<'_>) -> Vec<u8> {
        self.drain();
        self.line(&format!("END RequestId: {}", report.request_id));
        self.line(&report.to_string());
        let log = lock(&self.log);
        let own = &log.text[log.invocation..];
        own[own.len().saturating_sub(TAIL_BYTES)..].to_vec()
    }

    /// All of it.
    pub fn text(&self) -> String {
        self.drain();
        String::from_utf8_lossy(&lock(&self.log).text).into_owned()
    }
}

impl std::fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
        // Initialisation is billed along with the invocation that waited for it.
        let billed = ms(self.duration + self.init.unwrap_or_default()).ceil();
        write!(f, "REPORT RequestId: {}\tDuration: {:.2} ms\t", self.request_id, ms(self.duration))?;
        write!(f, "Billed Duration: {billed} ms\tMemory Size: {} MB\t", self.memory_mb)?;
        write!(f, "Max Memory Used: {} MB\t", self.used_mb)?;
        if let Some(init) = self.init {
            write!(f, "Init Duration: {:.2} ms\t", ms(init))?;
        }
        match self.error {
            Some("Sandbox.Timedout") => f.write_str("Status: timeout"),
            Some(error) if error.starts_with("Runtime.") => write!(f, "Status: error\tError Type: {error}"),
            _ => Ok(()),
        }
    }
}
