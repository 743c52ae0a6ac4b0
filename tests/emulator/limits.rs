use aws_sdk_lambda::types::InvocationType;

use crate::bed::{Answer, Bed, FUNCTION, Gate, Refusal, call, calls, refusal, stream, until, worker_zip};
use crate::emulator::Knobs;

/// `count` invocations at once: none ends before each of them runs or is refused. The function needs time to wait.
fn at_once(bed: &Bed, count: usize) -> Vec<Result<Answer, Refusal>> {
    let gate = Gate::closed();
    let payload = call(&format!("{} return 1", gate.passage()));
    let decided = || {
        let record = bed.emulator.record();
        let running = record.invocations.iter().filter(|invoked| !invoked.ended).count();
        running + record.errors.get("TooManyRequestsException").map_or(0, |refused| *refused as usize)
    };
    let before = decided();
    bed.wait(async {
        let runs: Vec<_> = (0..count).map(|_| tokio::spawn(stream(bed.lambda.clone(), payload.clone()))).collect();
        until("each runs or is refused", || decided() == before + count).await;
        gate.open();
        let mut answers = Vec::new();
        for run in runs {
            answers.push(run.await.unwrap());
        }
        answers
    })
}

#[track_caller]
fn all_but_are_throttled(answers: Vec<Result<Answer, Refusal>>, well: usize, reason: &str) {
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), well);
    for answer in done {
        assert_eq!(answer.unwrap().values(), 1);
    }
    assert!(!refused.is_empty(), "{reason}");
    for answer in refused {
        answer.unwrap_err().is(429, "TooManyRequestsException", "Rate Exceeded");
    }
}

#[test]
fn the_account_has_so_many_invocations_at_a_time() {
    let bed = Bed::patient(Knobs { account_concurrency: 3, ..Knobs::default() });
    all_but_are_throttled(at_once(&bed, 5), 3, "the account");
    assert_eq!(bed.emulator.record().max_concurrent, 3);
    assert_eq!(bed.emulator.record().errors["TooManyRequestsException"], 2);
    let settings = bed.wait(bed.lambda.get_account_settings().send()).unwrap();
    assert_eq!(settings.account_limit().unwrap().concurrent_executions(), 3);
    all_but_are_throttled(at_once(&bed, 4), 3, "the account, afterwards");
    assert_eq!(bed.emulator.record().environments_started, 3, "warm environments are used again");
}

#[test]
fn a_function_has_what_is_reserved_for_it() {
    let bed = Bed::patient(Knobs::default());
    let reserve =
        |count| bed.lambda.put_function_concurrency().function_name(FUNCTION).reserved_concurrent_executions(count);
    refusal(bed.wait(reserve(901).send()).unwrap_err()).is(
        400,
        "InvalidParameterValueException",
        "below its minimum value of [100]",
    );
    bed.wait(reserve(2).send()).unwrap();
    let found = bed.wait(bed.lambda.get_function().function_name(FUNCTION).send()).unwrap();
    assert_eq!(found.concurrency().unwrap().reserved_concurrent_executions(), Some(2));
    let gate = Gate::closed();
    let payload = call(&gate.passage());
    let error = bed.wait(async {
        let runs = [(); 2].map(|()| tokio::spawn(stream(bed.lambda.clone(), payload.clone())));
        until("both run", || bed.emulator.record().invocations.len() == 2).await;
        let refused = bed.lambda.invoke().function_name(FUNCTION).send().await.unwrap_err().into_service_error();
        gate.open();
        for run in runs {
            assert_eq!(run.await.unwrap().unwrap().values(), 1);
        }
        refused
    });
    let aws_sdk_lambda::operation::invoke::InvokeError::TooManyRequestsException(error) = error else {
        panic!("{error:?}")
    };
    assert_eq!(error.reason().unwrap().as_str(), "ReservedFunctionConcurrentInvocationLimitExceeded");
    bed.wait(bed.lambda.delete_function_concurrency().function_name(FUNCTION).send()).unwrap();
    assert!(at_once(&bed, 3).into_iter().all(|answer| answer.is_ok()));
}

#[test]
fn environments_are_started_at_a_limited_rate() {
    let bed = Bed::patient(Knobs { scaling_per_10_s: 2, ..Knobs::default() });
    all_but_are_throttled(at_once(&bed, 4), 2, "the scaling rule");
    assert_eq!(bed.emulator.record().environments_started, 2);
    assert_eq!(bed.stream(call("return 1")).unwrap().values(), 1, "warm ones do not count");
}

#[test]
fn asynchronous_invocations_wait_for_room() {
    let bed = Bed::new(Knobs { account_concurrency: 1, ..Knobs::default() });
    for _ in 0..4 {
        bed.event(call("lithops.sleep(0.05)")).unwrap();
    }
    crate::bed::wait_until("all four have run", || {
        let record = bed.emulator.record();
        record.invocations.len() == 4 && record.invocations.iter().all(|invoked| invoked.ended)
    });
    let record = bed.emulator.record();
    assert_eq!((record.max_concurrent, record.environments_started), (1, 1));
}

/// A payload of exactly so many bytes, which the worker takes.
fn payload_of(bytes: usize) -> Vec<u8> {
    let mut payload = call("return 1");
    // JSON may end with white space.
    payload.resize(bytes, b' ');
    payload
}

#[test]
fn payloads_of_synchronous_invocations_have_6_mb() {
    let bed = Bed::new(Knobs::default());
    assert_eq!(bed.stream(payload_of(6 << 20)).unwrap().values(), 1);
    let words = "Request must be smaller than 6291456 bytes";
    bed.stream(payload_of((6 << 20) + 1)).unwrap_err().is(413, "RequestTooLargeException", words);
    bed.invoke(payload_of((6 << 20) + 1)).unwrap_err().is(413, "RequestTooLargeException", words);
}

#[test]
fn payloads_of_asynchronous_invocations_have_1_mb() {
    let bed = Bed::new(Knobs::default());
    bed.event(payload_of(1 << 20)).unwrap();
    let words = "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)";
    bed.event(payload_of((1 << 20) + 1)).unwrap_err().is(413, "RequestEntityTooLargeException", words);
}

#[test]
fn an_answer_in_one_piece_has_6_mb_and_a_streamed_one_more() {
    let bed = Bed::new(Knobs::default());
    let large = "lithops.sleep(0.01) return ('x'):rep(7e6)";
    let streamed = bed.stream(call(large)).unwrap();
    assert_eq!(streamed.values(), 1);
    assert!(streamed.body.len() > 7_000_000);
    bed.invoke(call(large)).unwrap().failed("Unhandled", "Function.ResponseSizeTooLarge");
}

#[test]
fn a_streamed_answer_has_an_end_too() {
    let bed = Bed::new(Knobs { stream_bytes: 1 << 20, ..Knobs::default() });
    let answer = bed.stream(call("lithops.sleep(0.01) return ('x'):rep(3e6)")).unwrap();
    answer.failed("Function.ResponseSizeTooLarge", "exceeded maximum allowed payload size (1048576 bytes)");
    assert!(answer.body.len() <= 1 << 20);
    assert_eq!(bed.stream(calls("return x", 2)).unwrap().values(), 2);
}

#[test]
fn a_request_with_code_has_an_end_too() {
    let bed = Bed::empty(Knobs { upload_bytes: 100_000, ..Knobs::default() });
    let words = "Request must be smaller than 100000 bytes for the CreateFunction operation";
    bed.create(FUNCTION, worker_zip()).unwrap_err().is(413, "RequestEntityTooLargeException", words);
    bed.emulator.turn(|knobs| (knobs.upload_bytes, knobs.unpacked_bytes) = (70_000_000, 100_000));
    bed.create(FUNCTION, worker_zip()).unwrap_err().is(
        400,
        "InvalidParameterValueException",
        "Unzipped size must be smaller",
    );
}

#[test]
fn a_name_that_is_unknown_is_refused_before_all_else() {
    let bed = Bed::empty(Knobs::default());
    bed.invoke(b"{}".to_vec()).unwrap_err().is(404, "ResourceNotFoundException", "function:worker");
    let event = bed.lambda.invoke().function_name(FUNCTION).invocation_type(InvocationType::Event);
    refusal(bed.wait(event.send()).unwrap_err()).is(404, "ResourceNotFoundException", "function:worker");
}
