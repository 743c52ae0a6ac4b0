//! The life of an environment's process: its start, its end, and who ends it before its time.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use super::environment::Phase;
use super::work::FunctionError;
use super::{Cloud, pool};

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
    cloud.freed.notify_waiters();
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

/// Ends the invocation when its time is up.
pub async fn time_out(cloud: Arc<Cloud>, token: String, request_id: String, timeout: Duration) {
    tokio::time::sleep(timeout).await;
    let mut lambda = cloud.lambda();
    let Some(environment) = lambda.environments.get_mut(&token) else { return };
    let Some(run) = environment.run(&request_id).filter(|run| !run.answered) else { return };
    let message = format!("Task timed out after {:.2} seconds", timeout.as_secs_f64());
    run.error = Some(FunctionError::platform(&request_id, "Sandbox.Timedout", &message));
    environment.end();
}

/// Kills the process that runs the invocation, on purpose.
pub async fn kill_later(cloud: Arc<Cloud>, token: String, request_id: String, delay: Duration) {
    tokio::time::sleep(delay).await;
    let mut lambda = cloud.lambda();
    let Some(environment) = lambda.environments.get_mut(&token) else { return };
    if environment.run(&request_id).is_some() {
        cloud.record().killed += 1;
        environment.end();
    }
}
