//! What AWS says of an invocation that went wrong, and what follows from it.

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::report::LogTail;
use crate::aws::{AwsError, AwsErrorKind};
use crate::compute::Usage;
use crate::protocol::{RemoteError, kind};

/// What became of one attempt to run an invocation.
#[derive(Debug)]
pub(super) enum Attempt {
    /// The platform says that it ended well.
    Done,
    /// The function ended badly: it is not to be blamed on the platform.
    Ended(RemoteError),
    /// It failed, and would again.
    Failed(RemoteError),
    /// The connection broke while an answer came, or was silent for longer than the invocation can have run. It is the job's
    /// to repeat what is not known to have ended.
    Cut(RemoteError),
    /// AWS could not be reached, or the connection broke before anything of an answer came.
    Unreached(RemoteError),
    /// Nothing of an answer came, and another attempt may go better.
    Retry(RemoteError),
    /// AWS takes no more invocations at the moment; what it said.
    Throttled(String),
    /// The function does not exist.
    Gone(RemoteError),
    /// The region does not stream answers.
    WithoutStreams,
}

/// The settings of the invoked function, for messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settings<'a> {
    pub function: &'a str,
    pub memory_mb: u32,
    pub timeout: Duration,
    /// How long after its time limit an invocation may be silent, before its connection is taken for broken.
    pub slack: Duration,
}

/// What AWS says where an operation does not exist in a region.
const NO_SUCH_OPERATION: &[&str] = &["Unable to determine service/operation name", "UnknownOperation"];

/// A request that AWS did not accept.
pub(super) fn refused<E>(function: &str, error: &SdkError<E, HttpResponse>) -> Attempt
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let explained = AwsError::of(format!("invoke function {function}"), error);
    let message = format!("failed to {explained}");
    let start_failed = || RemoteError::new(kind::START_FAILED, message.clone());
    let is_unknown = || {
        let code = explained.code().unwrap_or_default();
        NO_SUCH_OPERATION.iter().any(|text| message.contains(text) || code.contains(text))
    };
    match explained.kind() {
        _ if is_unknown() => Attempt::WithoutStreams,
        AwsErrorKind::Throttled => Attempt::Throttled(said(error)),
        AwsErrorKind::Connection => Attempt::Unreached(start_failed()),
        AwsErrorKind::Server => Attempt::Retry(start_failed()),
        // While a function is being made or changed, its state says so with a conflict.
        AwsErrorKind::Conflict => Attempt::Retry(start_failed()),
        AwsErrorKind::NotFound => Attempt::Gone(RemoteError::new(
            kind::START_FAILED,
            format!("{message}: it was deleted while the job ran; run the job again, and it is made anew"),
        )),
        AwsErrorKind::TooLarge => Attempt::Failed(RemoteError::new(
            kind::UNSENDABLE,
            format!("{message}: pass large values through storage (`lithops.storage.put_cloudobject`)"),
        )),
        _ => Attempt::Failed(start_failed()),
    }
}

/// AWS did not say in time whether it takes an invocation.
pub(super) fn unanswered(function: &str) -> Attempt {
    let message = format!("failed to invoke function {function}: AWS Lambda did not answer in time");
    Attempt::Unreached(RemoteError::new(kind::START_FAILED, message))
}

/// The words of AWS themselves.
fn said<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> String {
    let message = error.as_service_error().and_then(|error| error.message());
    message.unwrap_or("no reason was given").trim_end_matches('.').to_owned()
}

/// A connection that broke after AWS had accepted the request.
pub(super) fn broken(is_answer_begun: bool, why: &str) -> Attempt {
    let error = RemoteError::new(kind::WORKER_LOST, format!("the connection to AWS Lambda was cut: {why}"));
    if is_answer_begun { Attempt::Cut(error) } else { Attempt::Unreached(error) }
}

/// A connection that said nothing for so long that the invocation must have ended: it may have run.
pub(super) fn silent(settings: &Settings) -> Attempt {
    let seconds = settings.slack.as_secs();
    broken(true, &format!("it was silent for all of `aws_lambda.runtime_timeout` and {seconds} s more"))
}

/// A function that ended badly: what AWS calls it, with details, and the end of its log.
pub(super) fn of_function(settings: &Settings, code: &str, details: &str, tail: &LogTail) -> RemoteError {
    let usage = tail.usage();
    let said = error_message(details);
    let text = format!("{code} {said} {}", tail.own_lines());
    let is_killed = text.contains("signal: killed");
    let is_full = usage.is_some_and(|usage| u64::from(usage.max_memory_mb) * 100 >= u64::from(settings.memory_mb) * 95);
    let (kind, message) = if text.contains("Task timed out") || code.contains("Timedout") || code.contains("Timeout") {
        let seconds = settings.timeout.as_secs_f64();
        let message = format!(
            "the invocation ran past `aws_lambda.runtime_timeout`, {seconds} s: raise it (up to 900), or give each \
             invocation fewer calls (`chunksize`)"
        );
        (kind::TIMEOUT, message)
    } else if text.contains("OutOfMemory") || (is_killed && is_full) {
        let message = format!(
            "the function instance needed more than `aws_lambda.runtime_memory`, {} MB: raise it (up to 10240)",
            settings.memory_mb
        );
        (kind::OUT_OF_MEMORY, message)
    } else if code.contains("Refused") || details.contains("Lithops.Refused") {
        (kind::PROTOCOL, format!("the worker refused the invocation: {said}"))
    } else if let Some(how) = exit(&text) {
        (kind::WORKER_LOST, format!("the worker ended: {how}"))
    } else {
        (kind::WORKER_LOST, format!("the function failed ({code}): {said}"))
    };
    RemoteError::new(kind, format!("{message}{}", used(usage, settings)))
}

fn used(usage: Option<Usage>, settings: &Settings) -> String {
    usage.map_or_else(String::new, |usage| {
        let Usage { billed_ms, max_memory_mb, .. } = usage;
        format!(" (billed {billed_ms} ms; {max_memory_mb} of {} MB used)", settings.memory_mb)
    })
}

/// How a runtime ended: `Error: Runtime exited with error: exit status 3`, or `signal: killed`.
fn exit(text: &str) -> Option<String> {
    let (_, after) = text.split_once("Runtime exited")?;
    let how = after.lines().next().unwrap_or_default().trim_start_matches(" with error: ").trim();
    let how = how.split("Runtime.").next().unwrap_or_default().trim();
    Some(match how {
        "" | "without providing a reason" => "it exited without a reason".into(),
        how => how.to_owned(),
    })
}

/// The message of `{"errorType": …, "errorMessage": …}`, or the text itself.
fn error_message(details: &str) -> String {
    let message = serde_json::from_str::<serde_json::Value>(details).ok();
    let message = message.as_ref().and_then(|value| value.get("errorMessage")?.as_str());
    message.unwrap_or(details).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    const SETTINGS: Settings =
        Settings { function: "f", memory_mb: 256, timeout: Duration::from_secs(3), slack: Duration::ZERO };

    fn told(code: &str, details: &str, max_memory_mb: u32) -> (String, String) {
        let log = format!(
            "REPORT RequestId: a\tDuration: 1.00 ms\tBilled Duration: 20 ms\tMemory Size: 256 MB\tMax Memory Used: {max_memory_mb} MB\t"
        );
        let tail = LogTail::of(Some(&base64::engine::general_purpose::STANDARD.encode(log)));
        let error = of_function(&SETTINGS, code, details, &tail);
        assert!(error.message.ends_with(&format!("(billed 20 ms; {max_memory_mb} of 256 MB used)")), "{error}");
        (error.kind.clone(), error.message)
    }

    #[test]
    fn ways_to_end_are_told_apart() {
        let (kind, message) = told("Sandbox.Timedout", "RequestId: a Error: Task timed out after 3.00 seconds", 60);
        assert!(kind == kind::TIMEOUT && message.contains("runtime_timeout`, 3 s"), "{message}");
        let killed = "RequestId: a Error: Runtime exited with error: signal: killed";
        let (kind, message) = told("Runtime.ExitError", killed, 256);
        assert!(kind == kind::OUT_OF_MEMORY && message.contains("256 MB"), "{message}");
        assert_eq!(told("Runtime.OutOfMemory", killed, 100).0, kind::OUT_OF_MEMORY);
        let (kind, message) = told("Runtime.ExitError", killed, 60);
        assert!(kind == kind::WORKER_LOST && message.contains("the worker ended: signal: killed"), "{message}");
        for details in [
            "RequestId: a Error: Runtime exited with error: exit status 3",
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: a Error: Runtime exited with error: exit status 3"}"#,
        ] {
            let (kind, message) = told("Runtime.ExitError", details, 60);
            assert!(kind == kind::WORKER_LOST && message.contains("ended: exit status 3 (billed"), "{message}");
        }
        let details = r#"{"errorType":"Lithops.Refused","errorMessage":"another version"}"#;
        let (kind, message) = told("Lithops.Refused", details, 60);
        assert!(kind == kind::PROTOCOL && message.contains("invocation: another version"), "{message}");
    }
}
