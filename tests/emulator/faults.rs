use std::time::{Duration, Instant};

use crate::bed::{Bed, call, calls};
use crate::emulator::Knobs;

/// Of 60 invocations with this knob at one half, so many fail in this way, and all others are well.
fn half(turn: impl FnOnce(&mut Knobs), fails: impl Fn(&Bed) -> bool) -> Bed {
    let bed = Bed::new(Knobs { seed: 1, ..Knobs::default() });
    bed.emulator.turn(turn);
    let failed = (0..60).filter(|_| fails(&bed)).count();
    assert!((15..45).contains(&failed), "{failed} of 60");
    bed
}

#[test]
fn refused_for_the_rate() {
    let bed = half(
        |knobs| knobs.throttle = 0.5,
        |bed| match bed.stream(call("return 1")) {
            Ok(answer) => answer.values() != 1,
            Err(refused) => {
                refused.is(429, "TooManyRequestsException", "Rate Exceeded");
                true
            }
        },
    );
    let record = bed.emulator.record();
    assert_eq!(record.errors["TooManyRequestsException"] + record.invocations.len() as u64, 60);
}

#[test]
fn failed_by_the_server_without_a_run() {
    let bed = half(
        |knobs| knobs.server_error = 0.5,
        |bed| match bed.invoke(call("return 1")) {
            Ok(answer) => answer.values() != 1,
            Err(failed) => {
                failed.is(500, "ServiceException", "An error occurred");
                true
            }
        },
    );
    let record = bed.emulator.record();
    assert_eq!(record.errors["ServiceException"] + record.invocations.len() as u64, 60);
}

#[test]
fn failed_by_the_server_after_the_run() {
    let bed = half(|knobs| knobs.server_error_after_run = 0.5, |bed| bed.stream(call("return 1")).is_err());
    assert!(bed.emulator.record().invocations.len() == 60);
}

#[test]
fn cut_off() {
    let bed = half(
        |knobs| knobs.cut_answer = 0.5,
        |bed| match bed.stream(call("return 1")) {
            Ok(answer) if answer.complete => answer.values() != 1,
            Ok(_) => true,
            Err(broken) => {
                assert_eq!(broken.status, 0, "{broken:?}");
                true
            }
        },
    );
    let record = bed.emulator.record();
    assert_eq!(record.invocations.len(), 60, "all of them ran");
    assert!((15..45).contains(&record.cut), "{}", record.cut);
}

#[test]
fn cut_off_in_all_places() {
    let bed = Bed::new(Knobs { cut_answer: 1.0, ..Knobs::default() });
    let answers: Vec<_> = (0..40).map(|_| bed.stream(calls("return ('x'):rep(1000)", 20))).collect();
    assert!(answers.iter().any(Result::is_err), "nothing of it arrived");
    assert!(answers.iter().flatten().all(|answer| !answer.complete));
    assert!(answers.iter().flatten().any(|answer| answer.body.is_empty()), "only its head");
    assert!(answers.iter().flatten().any(|answer| !answer.body.is_empty()), "all but its end");
    assert_eq!(bed.emulator.record().cut, 40);
}

#[test]
fn killed() {
    let bed = half(
        |knobs| knobs.kill_worker = 0.5,
        |bed| {
            let answer = bed.stream(call("lithops.sleep(0.01) return 1")).unwrap();
            if answer.error.is_some() {
                answer.failed("Runtime.ExitError", "signal: killed");
            }
            answer.error.is_some()
        },
    );
    let record = bed.emulator.record();
    let lost = record.invocations.iter().filter(|invoked| invoked.error.is_some()).count();
    assert_eq!(record.killed, lost as u64);
}

#[test]
fn the_same_seed_gives_the_same_faults() {
    let run = |seed| {
        let bed = Bed::new(Knobs { seed, throttle: 0.5, ..Knobs::default() });
        (0..30).map(|_| bed.stream(call("return 1")).is_ok()).collect::<Vec<_>>()
    };
    let first = run(5);
    assert_eq!(first, run(5));
    assert_ne!(first, run(6));
}

#[test]
fn a_region_without_streams() {
    let bed = Bed::new(Knobs { response_streaming: false, ..Knobs::default() });
    bed.stream(call("return 1")).unwrap_err().is(404, "UnknownOperationException", "");
    assert_eq!(bed.invoke(call("return 1")).unwrap().values(), 1);
}

#[test]
fn latency_and_cold_starts() {
    let bed = Bed::new(Knobs { latency_ms: 50, cold_start_ms: 200, ..Knobs::default() });
    let time = || {
        let begun = Instant::now();
        bed.stream(call("return 1")).unwrap();
        begun.elapsed()
    };
    assert!(time() >= Duration::from_millis(250));
    // Long enough that a warm start cannot be taken for a cold one.
    bed.emulator.turn(|knobs| knobs.cold_start_ms = 60_000);
    let warm = time();
    assert!(warm >= Duration::from_millis(50) && warm < Duration::from_secs(60), "{warm:?}");
    let record = bed.emulator.record();
    assert_eq!(record.environments_started, 1);
    assert_eq!(record.invocations.iter().map(|invoked| invoked.cold).collect::<Vec<_>>(), [true, false]);
}
