use std::time::{Duration, Instant};

use crate::bed::{Answer, Bed, FUNCTION, call, worker_zip, zip_of};
use crate::emulator::Knobs;

/// Both kinds of invocation tell it; the next one is well.
#[track_caller]
fn ends_with(bed: &Bed, payload: Vec<u8>, code: &str, words: &str) -> Answer {
    let streamed = bed.stream(payload.clone()).unwrap();
    streamed.failed(code, words);
    let whole = bed.invoke(payload).unwrap();
    whole.failed("Unhandled", words);
    assert!(whole.details.contains(&format!("\"errorType\":\"{code}\"")), "{whole:?}");
    assert_eq!(bed.stream(call("return 1")).unwrap().values(), 1);
    streamed
}

#[test]
fn a_process_that_exits() {
    let bed = Bed::new(Knobs::default());
    let answer = ends_with(
        &bed,
        call("io.stderr:write('last words\\n') os.exit(3)"),
        "Runtime.ExitError",
        "Error: Runtime exited with error: exit status 3",
    );
    assert!(answer.log.contains("last words\n"), "{}", answer.log);
    assert!(answer.log.contains("Status: error\tError Type: Runtime.ExitError"), "{}", answer.log);
    assert_eq!(bed.emulator.record().environments_started, 3);
}

#[test]
fn a_process_that_exits_in_peace() {
    let bed = Bed::new(Knobs::default());
    ends_with(&bed, call("os.exit(0)"), "Runtime.ExitError", "Runtime exited without providing a reason");
}

#[test]
fn a_process_that_crashes() {
    let bed = Bed::new(Knobs::default());
    let crash = "local ffi = require 'ffi' ffi.cast('int *', 8)[0] = 1";
    ends_with(&bed, call(crash), "Runtime.ExitError", "signal: segmentation fault");
}

#[test]
fn a_function_that_takes_too_long() {
    let bed = Bed::empty(Knobs::default());
    // Time enough to print before it is up; AWS's default is 3 s, which would not show that the setting counts.
    bed.wait(bed.creation(FUNCTION, worker_zip()).timeout(4).send()).unwrap();
    let begun = Instant::now();
    let answer = bed.stream(call("print 'before' while true do end")).unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(4));
    answer.failed("Sandbox.Timedout", "Error: Task timed out after 4.00 seconds");
    assert!(answer.log.contains("Status: timeout"), "{}", answer.log);
    assert!(!answer.body.is_empty(), "what was said before is there");
    assert_eq!(bed.stream(call("return 1")).unwrap().values(), 1);
}

#[test]
fn a_function_that_needs_too_much_memory() {
    let bed = Bed::new(Knobs::default());
    let grow = "local ffi = require 'ffi' ffi.cdef 'void *malloc(size_t); void *memset(void *, int, size_t);' \
                for _ = 1, 4096 do ffi.C.memset(ffi.C.malloc(1048576), 1, 1048576) end lithops.sleep(3)";
    let answer = ends_with(&bed, call(grow), "Runtime.OutOfMemory", "Error: Runtime exited with error: signal: killed");
    assert!(answer.log.contains("Memory Size: 256 MB\tMax Memory Used: 256 MB"), "{}", answer.log);
    assert!(answer.log.contains("Error Type: Runtime.OutOfMemory"), "{}", answer.log);
}

#[test]
fn a_process_that_never_begins() {
    let bed = Bed::empty(Knobs { init_timeout_ms: 200, ..Knobs::default() });
    bed.create("exits", zip_of(b"#!/bin/sh\necho no; exit 4\n")).unwrap();
    bed.create("sleeps", zip_of(b"#!/bin/sh\nexec sleep 600\n")).unwrap();
    let exits = bed.invoke_function("exits", b"{}".to_vec()).unwrap();
    exits.failed("Unhandled", "Runtime exited with error: exit status 4");
    assert!(exits.log.contains("REPORT"), "{}", exits.log);
    bed.invoke_function("sleeps", b"{}".to_vec()).unwrap().failed("Unhandled", "Task timed out after 0.20 seconds");
    wait_until_gone(&bed);
}

#[test]
fn code_without_an_entry_point() {
    let bed = Bed::empty(Knobs::default());
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("other", zip::write::SimpleFileOptions::default()).unwrap();
    bed.create(FUNCTION, zip.finish().unwrap().into_inner()).unwrap();
    let answer = bed.invoke(b"{}".to_vec()).unwrap();
    answer.failed("Unhandled", "Couldn't find valid bootstrap(s)");
    assert!(answer.details.contains("Runtime.InvalidEntrypoint"), "{answer:?}");
    wait_until_gone(&bed);
}

#[track_caller]
fn wait_until_gone(bed: &Bed) {
    crate::bed::wait_until("its processes are gone", || bed.emulator.processes().is_empty());
}

#[test]
fn a_function_that_is_deleted_ends_its_run_and_no_more() {
    let bed = Bed::new(Knobs::default());
    let runs = bed.lambda.clone();
    let deleted = bed.wait(async {
        let run = crate::bed::stream(runs, call("lithops.sleep(0.3) return 1"));
        let delete = async {
            while bed.emulator.record().invocations.is_empty() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            bed.lambda.delete_function().function_name(FUNCTION).send().await.unwrap();
        };
        tokio::join!(run, delete).0
    });
    assert_eq!(deleted.unwrap().values(), 1);
    bed.stream(call("return 1")).unwrap_err().is(404, "ResourceNotFoundException", "Function not found");
    wait_until_gone(&bed);
}
