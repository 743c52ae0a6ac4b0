//! An execution environment: a process of a function, with one invocation at a time.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use rustix::process::{Pid, Signal, kill_process_group, set_parent_process_death_signal};
use serde_json::json;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::faults::Sabotage;
use super::function::{Function, Revision};
use super::output::{Output, Report};
use super::{Cloud, pool, runtime_api};

/// An invocation on its way to an environment.
pub struct Work {
    pub request_id: String,
    /// `RequestResponse`, `Event`, or `ResponseStream`.
    pub kind: &'static str,
    pub payload: Bytes,
    /// The client context, as the header carries it: base64.
    pub client_context: Option<String>,
    /// Where the answer goes.
    pub events: mpsc::UnboundedSender<Event>,
    /// Whether, and how, its process is to be killed.
    pub sabotage: Option<Sabotage>,
}

/// What becomes of an invocation.
pub enum Event {
    /// The next bytes of the answer.
    Data(Bytes),
    /// Nothing follows.
    Ended(End),
}

/// How an invocation ended.
pub struct End {
    pub error: Option<FunctionError>,
    /// The last 4 KB of its log.
    pub log_tail: Vec<u8>,
}

/// The failure of a function, told by its runtime or by the platform.
#[derive(Clone, Debug)]
pub struct FunctionError {
    /// `Unhandled` if the runtime told it, else the platform's word.
    pub code: String,
    /// JSON with `errorType` and `errorMessage`.
    pub details: Bytes,
}

impl FunctionError {
    /// An error of the platform.
    pub fn platform(request_id: &str, code: &str, message: &str) -> FunctionError {
        let message = format!("RequestId: {request_id} Error: {message}");
        let details = json!({"errorType": code, "errorMessage": message});
        FunctionError { code: code.into(), details: details.to_string().into() }
    }
}

/// What the process gets for its request for work.
pub struct Assignment {
    pub request_id: String,
    pub payload: Bytes,
    pub client_context: Option<String>,
    pub deadline_ms: u128,
    pub arn: String,
}

/// Where an environment is in its life.
pub enum Phase {
    /// Its process has not asked for work yet; the invocation that it was started for waits.
    Starting(Work),
    /// The process waits for work.
    Idle(oneshot::Sender<Assignment>),
    /// The process runs an invocation.
    Busy(Run),
    /// It will not run anything any more.
    Gone,
}

/// An invocation that runs.
pub struct Run {
    pub work: Work,
    began: Instant,
    cold: bool,
    /// The answer is complete: the invocation ends with the next request for work.
    pub answered: bool,
    /// What the runtime, or the platform, says went wrong.
    pub error: Option<FunctionError>,
    pub answer_bytes: u64,
    timer: Option<JoinHandle<()>>,
}

/// For the record.
pub struct Ended {
    pub request_id: String,
    pub error_type: Option<String>,
    pub answer_bytes: u64,
}

/// An environment.
pub struct Environment {
    pub function: String,
    pub function_id: u64,
    arn: String,
    pub revision: Arc<Revision>,
    pub log_stream: String,
    pub pid: Option<Pid>,
    output: Option<Arc<Output>>,
    /// Serves the Runtime API to this environment alone.
    api: Option<JoinHandle<()>>,
    pub phase: Phase,
    started: Instant,
    init: Option<Duration>,
    /// What the process said when it could not begin.
    pub init_error: Option<FunctionError>,
    frozen: bool,
    freezes: bool,
    /// The most memory that was seen; the kernel forgets it with the process.
    peak_kb: u64,
}

impl Environment {
    /// One that is to be started for `work`.
    pub fn new(cloud: &Cloud, function: &Function, revision: Arc<Revision>, work: Work) -> Environment {
        let id = cloud.new_id().replace('-', "");
        let day = cloud.last_modified()[..10].replace('-', "/");
        Environment {
            function: function.name.clone(),
            function_id: function.id,
            arn: function.arn.clone(),
            revision,
            log_stream: format!("{day}/[$LATEST]{id}"),
            pid: None,
            output: None,
            api: None,
            phase: Phase::Starting(work),
            started: Instant::now(),
            init: None,
            init_error: None,
            frozen: false,
            freezes: cloud.knobs().freeze,
            peak_kb: 0,
        }
    }

    /// Whether it waits for work.
    pub fn is_ready(&self) -> bool {
        matches!(&self.phase, Phase::Idle(sender) if !sender.is_closed())
    }

    /// Hands an idle environment its next invocation.
    pub fn assign(&mut self, cloud: &Arc<Cloud>, token: &str, work: Work) {
        self.thaw();
        let Phase::Idle(sender) = std::mem::replace(&mut self.phase, Phase::Gone) else { return };
        let assignment = self.begin(cloud, token, work, false);
        // If the process has died this moment, its end is told to the invocation as any other end is.
        let _ = sender.send(assignment);
    }

    /// The process has asked for work for the first time, and gets what it was started for.
    pub fn begin_first(&mut self, cloud: &Arc<Cloud>, token: &str, work: Work) -> Assignment {
        self.init = Some(self.started.elapsed());
        self.begin(cloud, token, work, true)
    }

    fn begin(&mut self, cloud: &Arc<Cloud>, token: &str, work: Work, cold: bool) -> Assignment {
        let timeout = Duration::from_secs(self.revision.configuration.timeout_s);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let assignment = Assignment {
            request_id: work.request_id.clone(),
            payload: work.payload.clone(),
            client_context: work.client_context.clone(),
            deadline_ms: (now + timeout).as_millis(),
            arn: self.arn.clone(),
        };
        if let Some(output) = &self.output {
            output.begin(&work.request_id);
        }
        if let Some(Sabotage::AtStart(delay)) = work.sabotage {
            tokio::spawn(kill_later(cloud.clone(), token.to_owned(), work.request_id.clone(), delay));
        }
        let timer = tokio::spawn(time_out(cloud.clone(), token.to_owned(), work.request_id.clone(), timeout));
        self.phase = Phase::Busy(Run {
            work,
            began: Instant::now(),
            cold,
            answered: false,
            error: None,
            answer_bytes: 0,
            timer: Some(timer),
        });
        assignment
    }

    /// The invocation with this id, if it runs here.
    pub fn run(&mut self, request_id: &str) -> Option<&mut Run> {
        match &mut self.phase {
            Phase::Busy(run) if run.work.request_id == request_id => Some(run),
            _ => None,
        }
    }

    /// Ends the invocation and tells how.
    pub fn finish(&mut self, error: Option<FunctionError>) -> Option<Ended> {
        let run = match std::mem::replace(&mut self.phase, Phase::Gone) {
            Phase::Busy(run) => run,
            Phase::Starting(work) => {
                // What the process wrote before it failed belongs to the invocation that it was started for.
                if let Some(output) = &self.output {
                    output.begin_at_start(&work.request_id);
                }
                let began = Instant::now();
                Run { work, began, cold: true, answered: false, error: None, answer_bytes: 0, timer: None }
            }
            other => {
                self.phase = other;
                return None;
            }
        };
        if let Some(timer) = run.timer {
            timer.abort();
        }
        let peak_kb = self.pid.and_then(|pid| status_kb(pid, "VmHWM:")).unwrap_or(0);
        self.peak_kb = self.peak_kb.max(peak_kb);
        let error = run.error.or(error);
        let error_type = error.as_ref().map(|error| error_type(&error.details).unwrap_or(error.code.clone()));
        let log_tail = self.output.as_ref().map(|output| {
            if let Some(error) = error.as_ref().filter(|error| error.code != "Unhandled") {
                output.line(&String::from_utf8_lossy(&error.details));
            }
            output.end(&Report {
                request_id: &run.work.request_id,
                duration: run.began.elapsed(),
                memory_mb: self.revision.configuration.memory_mb,
                used_mb: self.peak_kb.div_ceil(1 << 10).min(self.revision.configuration.memory_mb),
                init: if run.cold { self.init } else { None },
                error: error_type.as_deref(),
            })
        });
        let ended = Ended { request_id: run.work.request_id, error_type, answer_bytes: run.answer_bytes };
        // Nobody may be waiting any more: the invocation has run to its end nevertheless, as on AWS.
        let _ = run.work.events.send(Event::Ended(End { error, log_tail: log_tail.unwrap_or_default() }));
        Some(ended)
    }

    /// The process has nothing to do and stands still until it has.
    pub fn freeze(&mut self) {
        if let Some(pid) = self.pid.filter(|_| self.freezes) {
            self.frozen = kill_process_group(pid, Signal::STOP).is_ok();
        }
    }

    fn thaw(&mut self) {
        if let Some(pid) = self.pid.filter(|_| self.frozen) {
            self.frozen = false;
            let _ = kill_process_group(pid, Signal::CONT);
        }
    }

    /// Ends the process and all that it started. What runs in it fails.
    pub fn end(&mut self) {
        match self.pid {
            Some(pid) => {
                let _ = kill_process_group(pid, Signal::KILL);
            }
            // Not started yet: it will not be.
            None => self.phase = Phase::Gone,
        }
    }

    /// Ends it if it needs more memory than the function has.
    pub fn check_memory(&mut self) {
        let Some(pid) = self.pid else { return };
        let limit_kb = self.revision.configuration.memory_mb << 10;
        let Phase::Busy(run) = &mut self.phase else { return };
        let used_kb = status_kb(pid, "VmRSS:").unwrap_or(0);
        self.peak_kb = self.peak_kb.max(used_kb);
        if used_kb > limit_kb {
            let message = "Runtime exited with error: signal: killed";
            run.error = Some(FunctionError::platform(&run.work.request_id, "Runtime.OutOfMemory", message));
            self.end();
        }
    }

    /// All that it has logged.
    pub fn log(&self) -> String {
        self.output.as_ref().map(|output| output.text()).unwrap_or_default()
    }

    /// Starts the process.
    fn start(&mut self, cloud: &Arc<Cloud>, token: &str) -> std::io::Result<Child> {
        let (api, server) = runtime_api::listen(cloud.clone(), token.to_owned())?;
        self.api = Some(server);
        let configuration = &self.revision.configuration;
        let program = &configuration.code.program;
        let folder = program.parent().unwrap_or(Path::new("/"));
        let (reader, writer) = std::io::pipe()?;
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.environment(cloud, &api.to_string(), folder))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .process_group(0);
        // SAFETY: between fork and exec only a system call is made.
        unsafe {
            command.pre_exec(|| Ok(set_parent_process_death_signal(Some(Signal::KILL))?));
        }
        let child = command.spawn()?;
        self.pid = child.id().and_then(|pid| Pid::from_raw(pid as i32));
        self.started = Instant::now();
        self.output = Some(Output::collect(pipe::Receiver::from_owned_fd(reader.into())?));
        Ok(child)
    }

    /// "Defined runtime environment variables" in the developer guide, and the function's own.
    fn environment(&self, cloud: &Cloud, api: &str, folder: &Path) -> Vec<(String, String)> {
        let configuration = &self.revision.configuration;
        let region = cloud.knobs().region.clone();
        let role = &cloud.role_credentials;
        let folder = folder.to_string_lossy();
        let mut variables: Vec<(String, String)> = [
            // Where the services are is a setting of the function's, not of AWS's; it may set another one.
            ("AWS_ENDPOINT_URL", cloud.url().as_str()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        variables.extend(configuration.variables.clone());
        let platform = [
            ("_HANDLER", configuration.handler.as_deref().unwrap_or("")),
            ("AWS_REGION", &region),
            ("AWS_DEFAULT_REGION", &region),
            ("AWS_LAMBDA_FUNCTION_NAME", &self.function),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &configuration.memory_mb.to_string()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", &format!("/aws/lambda/{}", self.function)),
            ("AWS_LAMBDA_LOG_STREAM_NAME", &self.log_stream),
            ("AWS_ACCESS_KEY_ID", &role.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &role.secret_access_key),
            ("AWS_SESSION_TOKEN", &role.session_token),
            ("AWS_LAMBDA_RUNTIME_API", api),
            ("LAMBDA_TASK_ROOT", &folder),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
            ("LANG", "en_US.UTF-8"),
            ("TZ", ":UTC"),
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
            ("LD_LIBRARY_PATH", &format!("{folder}:{folder}/lib")),
        ];
        variables.extend(platform.map(|(name, value)| (name.to_owned(), value.to_owned())));
        variables
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        if let Some(api) = &self.api {
            api.abort();
        }
    }
}

/// The life of an environment, from its process's start to its end.
pub async fn live(cloud: Arc<Cloud>, token: String, cold_start: Duration) {
    tokio::time::sleep(cold_start).await;
    let (child, init_timeout) = {
        let mut lambda = cloud.lambda();
        let Some(environment) = lambda.environments.get_mut(&token) else { return };
        if matches!(environment.phase, Phase::Gone) {
            lambda.environments.remove(&token);
            return;
        }
        let init_timeout = Duration::from_millis(cloud.knobs().init_timeout_ms);
        (environment.start(&cloud, &token), init_timeout)
    };
    match child {
        Ok(mut child) => {
            let status = tokio::select! {
                status = child.wait() => status,
                () = never_begins(&cloud, &token, init_timeout) => child.wait().await,
            };
            ended(&cloud, &token, status.ok());
        }
        Err(error) => {
            let mut lambda = cloud.lambda();
            let message = format!("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap] ({error})");
            let request_id = match lambda.environments.get(&token).map(|environment| &environment.phase) {
                Some(Phase::Starting(work)) => work.request_id.clone(),
                _ => String::new(),
            };
            let error = FunctionError::platform(&request_id, "Runtime.InvalidEntrypoint", &message);
            pool::finish(&cloud, &mut lambda, &token, Some(error));
            lambda.environments.remove(&token);
        }
    }
}

/// Returns when a process that has not asked for work in time was killed for it.
async fn never_begins(cloud: &Cloud, token: &str, init_timeout: Duration) {
    tokio::time::sleep(init_timeout).await;
    let began = {
        let mut lambda = cloud.lambda();
        match lambda.environments.get_mut(token) {
            Some(environment) => match &environment.phase {
                Phase::Starting(work) => {
                    let message = format!("Task timed out after {:.2} seconds", init_timeout.as_secs_f64());
                    environment.init_error =
                        Some(FunctionError::platform(&work.request_id, "Sandbox.Timedout", &message));
                    environment.end();
                    false
                }
                _ => true,
            },
            None => true,
        }
    };
    if began {
        std::future::pending::<()>().await;
    }
}

/// The process has ended: so has its invocation, and the environment.
fn ended(cloud: &Cloud, token: &str, status: Option<ExitStatus>) {
    let mut lambda = cloud.lambda();
    let Some(environment) = lambda.environments.get_mut(token) else { return };
    let request_id = match &environment.phase {
        Phase::Busy(run) => run.work.request_id.clone(),
        Phase::Starting(work) => work.request_id.clone(),
        _ => String::new(),
    };
    let exit = FunctionError::platform(&request_id, "Runtime.ExitError", &describe(status));
    let error = environment.init_error.take().unwrap_or(exit);
    // What it started goes with it. The group's id is not free before its last member is gone.
    environment.end();
    environment.pid = None;
    pool::finish(cloud, &mut lambda, token, Some(error));
    if let Some(environment) = lambda.environments.remove(token) {
        cloud.record().ended_logs.push((environment.log_stream.clone(), environment.log()));
    }
}

/// As AWS words it.
fn describe(status: Option<ExitStatus>) -> String {
    let (code, signal) = status.map(|status| (status.code(), status.signal())).unwrap_or_default();
    let reason = match (code, signal) {
        (Some(0), _) | (None, None) => return "Runtime exited without providing a reason".into(),
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(6)) => "signal: aborted".into(),
        (None, Some(9)) => "signal: killed".into(),
        (None, Some(11)) => "signal: segmentation fault".into(),
        (None, Some(15)) => "signal: terminated".into(),
        (None, Some(signal)) => format!("signal: {signal}"),
    };
    format!("Runtime exited with error: {reason}")
}

async fn time_out(cloud: Arc<Cloud>, token: String, request_id: String, timeout: Duration) {
    tokio::time::sleep(timeout).await;
    let mut lambda = cloud.lambda();
    let Some(environment) = lambda.environments.get_mut(&token) else { return };
    let Some(run) = environment.run(&request_id).filter(|run| !run.answered) else { return };
    let message = format!("Task timed out after {:.2} seconds", timeout.as_secs_f64());
    run.error = Some(FunctionError::platform(&request_id, "Sandbox.Timedout", &message));
    environment.end();
}

async fn kill_later(cloud: Arc<Cloud>, token: String, request_id: String, delay: Duration) {
    tokio::time::sleep(delay).await;
    let mut lambda = cloud.lambda();
    let Some(environment) = lambda.environments.get_mut(&token) else { return };
    if environment.run(&request_id).is_some() {
        cloud.record().killed += 1;
        environment.end();
    }
}

/// `errorType` of what a runtime, or the platform, says.
fn error_type(details: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(details).ok()?;
    value.get("errorType")?.as_str().map(str::to_owned)
}

/// A figure of the process's `/proc/…/status`, in KB.
fn status_kb(pid: Pid, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}
