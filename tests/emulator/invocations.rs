use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use lithops_lua::protocol::{Event, Frame, Outcome, kind};

use crate::bed::{Answer, Bed, FUNCTION, Gate, call, calls, refusal, request, stream_watched, wait_until};
use crate::emulator::{Knobs, SECRET_ACCESS_KEY};

#[test]
fn an_answer_in_one_piece_arrives_in_a_chunk_too() {
    let bed = Bed::new(Knobs::default());
    // The worker streams what takes it longer than a moment, as the first one may, and others on a busy machine.
    let mut answers = (0..100).map(|_| bed.stream(calls("return x", 3)).unwrap());
    let whole = answers.find(|answer| {
        assert_eq!(answer.values(), 3);
        answer.body[0] == b'"'
    });
    assert_eq!(whole.expect("the runtime sends short answers as a JSON string").pieces, 1);
    assert_eq!(bed.invoke(calls("return x", 3)).unwrap().values(), 3);
    let record = bed.emulator.record();
    let streamed = record.count("lambda:InvokeWithResponseStream");
    assert_eq!(record.count("lambda:InvokeFunction"), 1);
    assert_eq!(record.invocations.len() as u64, streamed + 1);
    assert_eq!((record.environments_started, record.max_concurrent), (1, 1));
    assert!(record.invocations[0].cold && record.invocations[1..].iter().all(|invoked| !invoked.cold));
    let wanted = calls("return x", 3);
    assert!(record.invocations.iter().all(|invoked| invoked.ended && invoked.payload == wanted));
}

#[test]
fn a_streamed_answer_arrives_as_it_is_made_prelude_and_all() {
    let bed = Bed::patient(Knobs::default());
    let gate = Gate::closed();
    let payload = call(&format!("print 'one' {} print 'two'", gate.passage()));
    let outputs =
        |answer: &Answer| answer.frames().iter().filter(|frame| matches!(frame, Frame::Output { .. })).count();
    // The function goes on only once its first line is here.
    let watch = |answer: &Answer| {
        if outputs(answer) == 1 {
            gate.open();
        }
    };
    let answer = bed.wait(stream_watched(bed.lambda.clone(), payload, watch)).unwrap();
    assert_eq!(answer.values(), 1);
    assert!(answer.body.starts_with(b"{"), "{answer:?}");
    assert!(answer.body.windows(8).any(|window| window == [0; 8]));
    assert_eq!(outputs(&answer), 2);
}

#[test]
fn the_log_has_the_lines_of_the_platform_and_of_the_process() {
    let bed = Bed::new(Knobs::default());
    let cold = bed.stream(call("io.stderr:write('from the function\\n')")).unwrap();
    let id = bed.emulator.record().invocations[0].request_id.clone();
    let lines: Vec<&str> = cold.log.lines().collect();
    assert_eq!(
        lines[..3],
        [&format!("START RequestId: {id} Version: $LATEST"), "from the function", &format!("END RequestId: {id}")]
    );
    let fields: Vec<(&str, &str)> = lines[3].split('\t').filter_map(|field| field.split_once(": ")).collect();
    let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
    let expected =
        ["REPORT RequestId", "Duration", "Billed Duration", "Memory Size", "Max Memory Used", "Init Duration"];
    assert_eq!(names, expected, "{}", cold.log);
    assert_eq!(fields[3].1, "256 MB");
    let number = |index: usize| fields[index].1.split(' ').next().unwrap().parse::<f64>().unwrap();
    assert!(number(2) >= number(1) + number(5) && number(4) >= 3.0, "{}", cold.log);
    let warm = bed.stream(call("return 1")).unwrap();
    assert!(!warm.log.contains("Init Duration") && !warm.log.contains("from the function"), "{}", warm.log);
    let whole = bed.emulator.logs();
    assert!(whole.len() == 1 && whole[0].1.contains("INIT_START") && whole[0].1.matches("REPORT").count() == 2);
}

#[test]
fn a_function_sees_what_lambda_shows_it_and_nothing_of_the_host() {
    let bed = Bed::empty(Knobs::default());
    let variables = aws_sdk_lambda::types::Environment::builder().variables("OWN", "value").build();
    bed.wait(bed.creation(FUNCTION, crate::bed::worker_zip()).environment(variables).send()).unwrap();
    let answer =
        bed.stream(call("local f = io.open('/proc/self/environ') print(f:read('*a'):gsub('%z', '\\n'))")).unwrap();
    let printed = answer.printed();
    let names: Vec<&str> = printed.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    let mut expected = vec![
        "AWS_ENDPOINT_URL",
        "OWN",
        "_HANDLER",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
        "LANG",
        "TZ",
        "PATH",
        "LD_LIBRARY_PATH",
    ];
    let mut found = names;
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(printed.contains("OWN=value\n") && !printed.contains(SECRET_ACCESS_KEY));
    assert!(printed.contains(&format!("AWS_ENDPOINT_URL={}\n", bed.emulator.url())));
}

#[test]
fn an_asynchronous_invocation_runs_later_and_is_repeated_as_configured() {
    let bed = Bed::patient(Knobs { event_retry_ms: 10, ..Knobs::default() });
    let ended = |count: usize| {
        let record = bed.emulator.record();
        record.invocations.len() == count && record.invocations.iter().all(|invoked| invoked.ended)
    };
    let gate = Gate::closed();
    bed.event(call(&gate.passage())).unwrap();
    assert!(bed.emulator.record().invocations.iter().all(|invoked| !invoked.ended), "it was waited for");
    gate.open();
    wait_until("one run", || ended(1));
    bed.emulator.forget();
    bed.event(call("os.exit(7)")).unwrap();
    wait_until("three runs by default", || ended(3));
    bed.emulator.forget();
    let config = bed.lambda.put_function_event_invoke_config().function_name(FUNCTION).maximum_retry_attempts(0);
    bed.wait(config.send()).unwrap();
    bed.event(call("os.exit(7)")).unwrap();
    wait_until("one run as configured", || ended(1));
    // A second one that is through proves that there is no second run of the first on its way.
    bed.event(call("return 1")).unwrap();
    wait_until("another", || ended(2));
    let record = bed.emulator.record();
    assert_eq!(record.invocations[0].error.as_deref(), Some("Runtime.ExitError"));
    assert!(record.invocations.iter().all(|invoked| invoked.kind == "Event"));
}

#[test]
fn a_dry_run_runs_nothing() {
    let bed = Bed::new(Knobs::default());
    let request = |name: &str| bed.lambda.invoke().function_name(name).invocation_type(InvocationType::DryRun).send();
    assert_eq!(bed.wait(request(FUNCTION)).unwrap().status_code(), 204);
    refusal(bed.wait(request("other")).unwrap_err()).is(
        404,
        "ResourceNotFoundException",
        "Function not found: arn:aws:lambda",
    );
    assert!(bed.emulator.record().invocations.is_empty());
}

#[test]
fn a_payload_is_json() {
    let bed = Bed::new(Knobs::default());
    bed.stream(b"{".to_vec()).unwrap_err().is(400, "InvalidRequestContentException", "Could not parse");
}

#[test]
fn functions_have_names_and_arns() {
    let bed = Bed::new(Knobs::default());
    for name in [
        "worker",
        "worker:$LATEST",
        "arn:aws:lambda:us-east-1:123456789012:function:worker",
        "123456789012:function:worker",
    ] {
        let request = bed.lambda.invoke().function_name(name).payload(Blob::new(call("return 1")));
        assert_eq!(bed.wait(request.send()).unwrap().function_error(), None, "{name}");
    }
}

#[test]
fn what_the_worker_refuses_is_an_error_of_the_function() {
    let bed = Bed::new(Knobs::default());
    let old = lithops_lua::protocol::Request { version: 999_999, ..request("return 1", 1) };
    let payload = serde_json::to_vec(&Event::Run(Box::new(old))).unwrap();
    bed.stream(payload.clone()).unwrap().failed("Unhandled", "\"Lithops.Refused\"");
    bed.invoke(payload).unwrap().failed("Unhandled", "\"Lithops.Refused\"");
    assert_eq!(bed.stream(call("return 1")).unwrap().values(), 1);
    assert_eq!(bed.emulator.record().environments_started, 1, "the same environment goes on");
}

#[test]
fn a_process_stands_still_while_it_has_nothing_to_do() {
    let bed = Bed::new(Knobs::default());
    bed.stream(call("return 1")).unwrap();
    let state = |pid: i32| {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap().rsplit_once(") ").unwrap().1[..1].to_owned()
    };
    let [pid] = bed.emulator.processes()[..] else { panic!("one process") };
    wait_until("it is stopped", || state(pid) == "T");
    assert_eq!(bed.stream(call("return 1")).unwrap().values(), 1);
    assert_eq!(bed.emulator.processes(), [pid]);
}

#[test]
fn nothing_is_left_when_the_emulator_ends() {
    let bed = Bed::new(Knobs::default());
    bed.stream(call("return 1")).unwrap();
    bed.event(call("os.execute('sleep 600')")).unwrap();
    wait_until("both run", || bed.emulator.record().invocations.len() == 2);
    let group = |pid: i32| {
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let stats = processes.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
        let of_group = |stat: &String| {
            let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
            fields[2] == pid.to_string() && fields[0] != "Z"
        };
        stats.filter(of_group).count()
    };
    let [pid] = bed.emulator.processes()[..] else { panic!("one process") };
    wait_until("the function's own child runs", || group(pid) >= 2);
    let folder = bed.emulator.buckets();
    drop(bed);
    wait_until("all have ended", || group(pid) == 0);
    assert!(!folder.exists());
}

/// Bytecode is trusted code: of a function whose bytes are not those that the invocation names, nothing runs.
#[test]
fn a_function_with_another_hash_does_not_run() {
    let bed = Bed::new(Knobs::default());
    let mut forged = request("io.stderr:write('it ran\\n') return x", 2);
    forged.function.sha256 = request("return x", 2).function.sha256;
    let answer = bed.stream(serde_json::to_vec(&Event::Run(Box::new(forged))).unwrap()).unwrap();
    let failed = answer.frames().into_iter().filter_map(|frame| match frame {
        Frame::Finished { outcome: Outcome::Error(error), .. } => Some(error),
        _ => None,
    });
    let failed: Vec<_> = failed.collect();
    assert_eq!(failed.len(), 2, "{:?}", answer.frames());
    for error in &failed {
        assert!(error.kind == kind::PROTOCOL && error.message.contains("the bytes have the hash"), "{error:?}");
    }
    assert!(!answer.log.contains("it ran"), "{}", answer.log);
}
