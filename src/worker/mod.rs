//! The worker: a Lambda function, on AWS or on this machine.
//!
//! The main thread runs `lambda_runtime`'s loop over the Runtime API; the threads of `tasks` own the Lua VMs and
//! run the calls, as `invocation` says; between them, an `answer` collects the frames that the loop streams back, or that `delivery` puts
//! into storage. So a call that never ends keeps neither its prints nor its time limit from being served.

mod answer;
mod delivery;
mod gathered;
mod invocation;
mod lifeline;
mod output;
mod tasks;

use std::convert::Infallible;
use std::fs::File;
use std::future::Future;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use lambda_runtime::tower::layer::layer_fn;
use lambda_runtime::{
    Diagnostic, FunctionResponse, LambdaEvent, LambdaInvocation, Runtime, Service, StreamResponse, service_fn,
};

use self::answer::Answer;
use self::tasks::{Task, Threads};
use crate::compute::aws_lambda::relay;
use crate::compute::local::{JOURNAL_VARIABLE, SCRATCH_VARIABLE, WORKERS_VARIABLE};
use crate::lua::session::ConfigLoader;
use crate::protocol::{Event, ObjectAnswer, Request, Surroundings, VERSION, whole_answer};
use crate::storage::Scratch;

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
    if is_local() {
        // Without a subscriber, the runtime prints the driver's end as a failed request, on the terminal of somebody who knows.
        let _ = tracing::subscriber::set_global_default(tracing::subscriber::NoSubscriber::new());
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return 1;
        }
    };
    crate::io::adopt(runtime.handle().clone());
    let mut threads = match Threads::start() {
        Ok(threads) => threads,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return 1;
        }
    };
    let mut cold = true;
    let journal = open_journal();
    let handler = service_fn(move |event: LambdaEvent<Event>| {
        let was_cold = std::mem::replace(&mut cold, false);
        let begun = begin(event, &mut threads, journal.clone(), was_cold);
        async move { Ok::<_, Diagnostic>(respond(begun?).await) }
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

/// What an invocation has become.
enum Begun {
    /// Its calls run, and this is what they say.
    Running(Arc<Answer>),
    /// The same, and it goes to storage.
    Delivered(Arc<Answer>, Arc<Scratch>, ObjectAnswer),
    /// Further invocations, to be started.
    Relaying(crate::protocol::Relay),
}

/// Hands an invocation to the threads that run calls.
fn begin(
    event: LambdaEvent<Event>,
    threads: &mut Threads,
    journal: Option<Arc<File>>,
    cold: bool,
) -> Result<Begun, Diagnostic> {
    let refuse = |message: String| Diagnostic { error_type: "Lithops.Refused".into(), error_message: message };
    if event.payload.version() != VERSION {
        return Err(refuse(format!(
            "the worker speaks version {VERSION} of the protocol, the driver {}; deploy the same release of both",
            event.payload.version()
        )));
    }
    let request: Request = match event.payload {
        Event::Run(request) => *request,
        Event::Relay(relay) => return Ok(Begun::Relaying(relay)),
    };
    let answer = Arc::new(Answer::new(journal));
    answer.hello(&worker_name(), cold);
    if let Some(timeout_ms) = request.timeout_ms {
        tokio::spawn(watch(answer.clone(), Duration::from_millis(timeout_ms)));
    }
    // `arn:aws:lambda:REGION:ACCOUNT:function:NAME`.
    let account_id = event.context.invoked_function_arn.split(':').nth(4).map(str::to_owned);
    let scratch = match &request.surroundings {
        None => local_scratch(),
        Some(surroundings) => {
            crate::compute::aws_lambda::serve(&surroundings.scratch_prefix);
            stored_scratch(surroundings, account_id.clone())
                .map_err(|error| refuse(format!("cannot use the driver's configuration: {error}")))?
        }
    };
    let delivered = request.surroundings.as_ref().and_then(|surroundings| surroundings.answer.clone());
    let begun = match delivered {
        Some(target) => Begun::Delivered(answer.clone(), scratch.clone(), target),
        None => Begun::Running(answer.clone()),
    };
    let deadline_us = event.context.deadline * 1000;
    threads.run(Task::new(request, answer, deadline_us, scratch, account_id)).map_err(refuse)?;
    Ok(begun)
}

/// Loads the configuration that a driver sent. The role's credentials are found by the SDK; what AWS would have to be
/// asked for is known here.
fn config_loader(text: String, account_id: Option<String>) -> ConfigLoader {
    Box::new(move || {
        let mut table: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        if let (Some(sections), Some(account_id)) = (table.as_object_mut(), account_id) {
            let aws = sections.entry("aws").or_insert_with(|| serde_json::json!({}));
            if let Some(keys) = aws.as_object_mut() {
                keys.entry("account_id").or_insert_with(|| account_id.into());
            }
        }
        let request = crate::config::Request { table: Some(table), ..Default::default() };
        crate::config::load(request).map_err(|error| error.to_string())
    })
}

/// A message on standard error, on AWS the function's log. Where that cannot be written, nobody is left to tell.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "lithops-lua worker: {message}");
}

/// The file in which the local backend finds what a worker had said when it died.
fn open_journal() -> Option<Arc<File>> {
    let path = std::env::var_os(JOURNAL_VARIABLE)?;
    let opened = File::options().write(true).create(true).truncate(true).mode(0o600).open(&path);
    opened.inspect_err(|error| tracing::warn!(%error, "cannot keep a journal")).ok().map(Arc::new)
}

async fn respond(begun: Begun) -> FunctionResponse<String, FrameStream> {
    let answer = match begun {
        Begun::Running(answer) => answer,
        Begun::Delivered(answer, scratch, target) => {
            delivery::run(&answer, &scratch, &target).await;
            return FunctionResponse::BufferedResponse(String::new());
        }
        Begun::Relaying(relay) => return FunctionResponse::BufferedResponse(relay::start_all(relay).await),
    };
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

/// Whether this worker is a child of its driver, on the same machine.
fn is_local() -> bool {
    std::env::var_os(JOURNAL_VARIABLE).is_some()
}

/// The scratch store of a driver on this machine.
fn local_scratch() -> Arc<Scratch> {
    let folder = std::env::var_os(SCRATCH_VARIABLE).unwrap_or_else(|| "/tmp/lithops-scratch".into());
    Arc::new(Scratch::local(folder.into()))
}

/// The scratch store that a driver names. The one of the last invocation is kept: most are of the same driver.
fn stored_scratch(surroundings: &Surroundings, account_id: Option<String>) -> Result<Arc<Scratch>, String> {
    static LAST: Mutex<Option<(String, String, Arc<Scratch>)>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some((config, prefix, scratch)) = &*last
        && *config == surroundings.config
        && *prefix == surroundings.scratch_prefix
    {
        return Ok(scratch.clone());
    }
    let config = config_loader(surroundings.config.clone(), account_id)()?;
    let scratch = Arc::new(Scratch::in_storage(config, surroundings.scratch_prefix.clone()));
    *last = Some((surroundings.config.clone(), surroundings.scratch_prefix.clone(), scratch.clone()));
    Ok(scratch)
}

/// How many workers the platform runs at a time.
fn max_workers() -> usize {
    std::env::var(WORKERS_VARIABLE).ok().and_then(|count| count.parse().ok()).unwrap_or(1)
}
