use std::time::{Duration, Instant};

use crate::aws::Aws;
use crate::emulator::{ACCESS_KEY_ID, Knobs, ROLE, SECRET_ACCESS_KEY};
use crate::support::Run;

const SCRIPT: &str = r#"
local big = ("x"):rep(1e6)
print(table.concat(lithops.map(function(x) return x + #big end, {1, 2}):get_result(), " "))
"#;

/// A file as in Lithops' documentation, and nothing of AWS in the environment but where this one is.
#[test]
fn the_configuration_of_lithops_is_all_that_is_needed() {
    let aws = Aws::new();
    aws.folder.write(
        ".lithops_config",
        format!(
            "lithops:\n    backend: aws_lambda\n    storage: aws_s3\n\naws:\n    region: us-east-1\n    access_key_id: \
             {ACCESS_KEY_ID}\n    secret_access_key: {SECRET_ACCESS_KEY}\n\naws_lambda:\n    execution_role: {ROLE}\n    \
             runtime_memory: 512\n\naws_s3:\n    storage_bucket: my-bucket\n"
        ),
    );
    std::fs::create_dir_all(aws.emulator.buckets().join("my-bucket")).unwrap();
    aws.folder.write("pipeline.lua", SCRIPT);
    let mut command = aws.command(&["-o", "lithops.data_cleaner=false", "pipeline.lua"]);
    for name in ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "REGION", "DEFAULT_REGION"] {
        command.env_remove(format!("AWS_{name}"));
    }
    Run::from(command.output().unwrap()).prints("1000001 1000002\n");
    let objects = aws.objects();
    assert!(!objects.is_empty() && objects.iter().all(|key| key.starts_with("my-bucket/")), "{objects:?}");
    // Nobody else has to be asked who the account is.
    assert_eq!(aws.requests("sts:"), 0);
}

/// `aws.account_id`: the default bucket has its name from it, and STS is not asked.
#[test]
fn the_account_is_asked_for_unless_it_is_configured() {
    let aws = Aws::new();
    aws.folder.write("pipeline.lua", SCRIPT);
    aws.run(&["pipeline.lua"]).prints("1000001 1000002\n");
    assert_eq!(aws.requests("sts:GetCallerIdentity"), 1);
    aws.emulator.forget();
    aws.run(&["-o", "aws.account_id=123456789012", "pipeline.lua"]).prints("1000001 1000002\n");
    assert_eq!(aws.requests("sts:"), 0);
}

/// `aws_lambda.region_name` and `aws_s3.region_name` hold for their services, whatever `aws.region` says.
#[test]
fn each_service_has_its_region() {
    let aws = Aws::with(Knobs { region: "eu-west-3".into(), ..Knobs::default() });
    let config = |lambda: &str, s3: &str| {
        aws.folder.write(
            ".lithops_config",
            format!(
                "lithops: {{backend: aws_lambda}}\naws: {{region: us-west-1, account_id: '123456789012'}}\naws_lambda: \
                 {{execution_role: '{ROLE}', region_name: {lambda}}}\naws_s3: {{region_name: {s3}}}\n"
            ),
        )
    };
    aws.folder.write("pipeline.lua", SCRIPT);
    config("eu-west-3", "eu-west-3");
    let mut command = aws.command(&["pipeline.lua"]);
    command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    Run::from(command.output().unwrap()).prints("1000001 1000002\n");
    for (lambda, s3, who) in [("us-west-1", "eu-west-3", "function"), ("eu-west-3", "us-west-1", "bucket")] {
        config(lambda, s3);
        let run = aws.run(&["pipeline.lua"]);
        assert!(run.code == Some(1) && run.err.contains("region") && run.err.contains(who), "{run:?}");
    }
}

/// `aws_lambda.invoke_pool_threads`: so many requests are on their way at a time.
#[test]
fn no_more_invocations_are_started_at_once_than_configured() {
    for (monitoring, starting) in [("stream", 3), ("storage", 2)] {
        let aws = Aws::new();
        let lithops = format!("monitoring: {monitoring}, monitoring_interval: 0.1");
        aws.configure(&lithops, &format!("invoke_pool_threads: {starting}"));
        aws.passes("lithops.call_async(function() end):result()");
        aws.emulator.forget();
        aws.emulator.turn(|knobs| knobs.latency_ms = 500);
        aws.passes(
            "local r = lithops.map(function(x) return x end, lithops.range(12), {chunksize = 1}):get_result()
            same(#r, 12)",
        );
        assert_eq!(aws.emulator.record().max_starting, starting, "{monitoring}");
    }
}

/// `lithops.monitoring_interval`: the time between two looks at a job's objects.
#[test]
fn storage_is_asked_once_an_interval() {
    let looks_while_a_call_runs = |interval: &str, wanted: u64| {
        let aws = Aws::new();
        aws.configure(&format!("monitoring: storage, monitoring_interval: {interval}"), "");
        aws.folder.write(
            "pipeline.lua",
            "local go = arg[1]
            lithops.call_async(function()
              while not io.open(go) do lithops.sleep(0.02) end
            end):result()",
        );
        let go = aws.folder.path().join("go");
        let mut driver = aws.command(&["pipeline.lua", go.to_str().unwrap()]).spawn().unwrap();
        let until = |done: &dyn Fn() -> bool| {
            let deadline = Instant::now() + Duration::from_secs(60);
            while !done() {
                assert!(Instant::now() < deadline, "nothing happens");
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        until(&|| aws.requests("s3:ListObjectsV2") > 0);
        let (before, began) = (aws.requests("s3:ListObjectsV2"), Instant::now());
        until(&|| aws.requests("s3:ListObjectsV2") >= before + wanted);
        let took = began.elapsed();
        std::fs::write(&go, "").unwrap();
        assert!(driver.wait().unwrap().success());
        took
    };
    // Never sooner than the interval says; and with a short one the same number comes sooner.
    let long = looks_while_a_call_runs("0.6", 3);
    assert!(long >= Duration::from_millis(1200), "{long:?}");
    let short = looks_while_a_call_runs("0.02", 3);
    assert!(short < long, "{short:?} {long:?}");
}

/// `lithops.execution_timeout`: how long a call may run that has no timeout of its own.
#[test]
fn calls_have_the_configured_time() {
    let aws = Aws::new();
    aws.configure("execution_timeout: 0.5", "");
    aws.passes(
        "local err = raises('0.5 s', lithops.get_result, lithops.call_async(function() lithops.sleep(60) end))
        same(err.kind, 'timeout')
        same(lithops.call_async(function() lithops.sleep(0.6) return 1 end, nil, {timeout = 60}):result(), 1)",
    );
}
