//! The worker: a Lambda function, on AWS or on this machine.
//!
//! The main thread runs `lambda_runtime`'s loop over the Runtime API; the thread `tasks` owns the Lua VMs and
//! runs the calls; between them, an `answer` collects the frames that the loop streams back. So a call that
//! never ends keeps neither its prints nor its time limit from being served.

mod answer;
mod lifeline;
mod output;
mod tasks;

use std::convert::Infallible;
use std::fs::File;
use std::future::Future;
use std::os::unix::fs::OpenOptionsExt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use lambda_runtime::tower::layer::layer_fn;
use lambda_runtime::{
    Diagnostic, FunctionResponse, LambdaEvent, LambdaInvocation, Runtime, Service, StreamResponse, service_fn,
};

use self::answer::Answer;
use self::tasks::Task;
use crate::compute::local::{JOURNAL_VARIABLE, SCRATCH_VARIABLE, WORKERS_VARIABLE};
use crate::protocol::{Request, VERSION, whole_answer};

/// Set when the thread that runs calls is of no use any more: its call timed out, or its memory ran out.
static SPENT: AtomicBool = AtomicBool::new(false);

/// Whether this process was started as a worker: Lambda starts `bootstrap`, the local backend `… worker`.
pub fn is_worker() -> bool {
    let mut arguments = std::env::args_os();
    let program = arguments.next().unwrap_or_default();
    let is_bootstrap = std::path::Path::new(&program).file_name().is_some_and(|name| name == "bootstrap");
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
        && (is_bootstrap || arguments.next().is_some_and(|argument| argument == "worker"))
}

/// Runs the worker until its platform ends it. Gives the exit code.
pub fn run() -> i32 {
    lifeline::watch();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("lithops-lua worker: cannot start: {error}");
            return 1;
        }
    };
    crate::io::adopt(runtime.handle().clone());
    let tasks = match tasks::start() {
        Ok(tasks) => tasks,
        Err(error) => {
            eprintln!("lithops-lua worker: cannot start: {error}");
            return 1;
        }
    };
    let mut cold = true;
    let journal = open_journal();
    let handler = service_fn(move |event: LambdaEvent<Request>| {
        let was_cold = std::mem::replace(&mut cold, false);
        let answer = begin(event, &tasks, journal.clone(), was_cold);
        async move { Ok::<_, Diagnostic>(respond(answer?).await) }
    });
    let served = runtime.block_on(async { Runtime::new(handler).layer(layer_fn(EndIfSpent)).run().await });
    if let Err(error) = served {
        // The driver is gone, or the platform took the API away.
        tracing::debug!(%error, "the worker ends");
    }
    0
}

type FrameStream = Pin<Box<dyn futures_util::Stream<Item = Result<Bytes, Infallible>> + Send>>;

/// A short answer within this time is sent in one piece, which costs a third of a stream.
const STREAM_AFTER: Duration = Duration::from_millis(2);

/// Hands an invocation to the thread that runs calls.
fn begin(
    event: LambdaEvent<Request>,
    tasks: &mpsc::Sender<Task>,
    journal: Option<Arc<File>>,
    cold: bool,
) -> Result<Arc<Answer>, Diagnostic> {
    let refuse = |message: String| Diagnostic { error_type: "Lithops.Refused".into(), error_message: message };
    let request = event.payload;
    if request.version != VERSION {
        return Err(refuse(format!(
            "the worker speaks version {VERSION} of the protocol, the driver {}; deploy the same release of both",
            request.version
        )));
    }
    let answer = Arc::new(Answer::new(journal));
    answer.hello(&worker_name(), cold);
    if let Some(timeout_ms) = request.timeout_ms {
        tokio::spawn(watch(answer.clone(), Duration::from_millis(timeout_ms)));
    }
    let deadline_us = event.context.deadline * 1000;
    tasks
        .send(Task { request, answer: answer.clone(), deadline_us })
        .map_err(|_| refuse("the thread that runs calls is gone".into()))?;
    Ok(answer)
}

/// The file in which the local backend finds what a worker had said when it died.
fn open_journal() -> Option<Arc<File>> {
    let path = std::env::var_os(JOURNAL_VARIABLE)?;
    let opened = File::options().write(true).create(true).truncate(true).mode(0o600).open(&path);
    opened.inspect_err(|error| tracing::warn!(%error, "cannot keep a journal")).ok().map(Arc::new)
}

async fn respond(answer: Arc<Answer>) -> FunctionResponse<String, FrameStream> {
    if let Some(frames) = answer.whole(STREAM_AFTER).await {
        return FunctionResponse::BufferedResponse(whole_answer(&frames));
    }
    let stream = futures_util::stream::unfold(answer, |answer| async move {
        answer.next_bytes().await.map(|bytes| (Ok(bytes), answer))
    });
    FunctionResponse::StreamingResponse(StreamResponse::from(Box::pin(stream) as FrameStream))
}

/// Names this process: its log stream on AWS, its process id here.
fn worker_name() -> String {
    match std::env::var("AWS_LAMBDA_LOG_STREAM_NAME") {
        Ok(name) if !name.is_empty() => name,
        _ => format!("pid-{}", std::process::id()),
    }
}

/// Ends the answer when a call runs past its time. The call itself cannot be stopped but with its process.
async fn watch(answer: Arc<Answer>, timeout: Duration) {
    loop {
        let Some(left) = answer.time_left(timeout) else { return };
        if left.is_zero() {
            if answer.time_out(timeout) {
                SPENT.store(true, Ordering::Release);
                return;
            }
        } else {
            // Calls begin and end meanwhile; a look at the next possible moment is enough.
            tokio::time::sleep(left.min(timeout)).await;
        }
    }
}

/// Around the runtime's own layers: ends the process after the answer of an invocation that spoiled it was sent.
struct EndIfSpent<S>(S);

impl<S> Service<LambdaInvocation> for EndIfSpent<S>
where
    S: Service<LambdaInvocation>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let answered = self.0.call(invocation);
        Box::pin(async move {
            let result = answered.await;
            if SPENT.load(Ordering::Acquire) {
                std::process::exit(0);
            }
            result
        })
    }
}

/// The scratch store that the platform offers.
fn scratch() -> Arc<crate::storage::Scratch> {
    let folder = std::env::var_os(SCRATCH_VARIABLE).unwrap_or_else(|| "/tmp/lithops-scratch".into());
    Arc::new(crate::storage::Scratch::local(folder.into()))
}

/// How many workers the platform runs at a time.
fn max_workers() -> usize {
    std::env::var(WORKERS_VARIABLE).ok().and_then(|count| count.parse().ok()).unwrap_or(1)
}
