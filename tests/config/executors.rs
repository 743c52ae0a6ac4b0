use crate::support::Folder;

const CONFIG: &str = "\
aws_lambda:
  execution_role: arn:aws:iam::123456789012:role/r
  region: eu-west-1
  runtime_memory: 1024
";

/// What the expressions in `script` give, by the real binary with this configuration.
fn values(config: &str, script: &str) -> String {
    let folder = Folder::with(script);
    folder.write(".lithops_config", config);
    let run = folder.run(&["pipeline.lua"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    run.out
}

#[test]
fn options_go_to_the_section_of_the_backend_in_effect() {
    let script = "\
local function show(executor)
  local local_, aws = executor.config.localhost, executor.config.aws_lambda
  print(executor.config.lithops.backend, local_.worker_processes or local_.max_workers, local_.runtime_memory,
    aws.max_workers, aws.worker_processes, aws.runtime_memory, aws.runtime, aws.remote_invoker)
end
show(lithops.FunctionExecutor { max_workers = 3, runtime_memory = 300, remote_invoker = true })
show(lithops.FunctionExecutor {
  backend = 'aws_lambda', max_workers = 3, worker_processes = 4, runtime_memory = 300, runtime = 'image:1', remote_invoker = true,
})
show(lithops.ServerlessExecutor { max_workers = 5 })
show(lithops.LocalhostExecutor { worker_processes = 6 })
show(lithops.ServerlessExecutor { max_workers = 5, config = { aws_lambda = { execution_role = 'arn:aws:iam::123456789012:role/r' } } })
";
    let expected = "\
localhost\t3\t300\t1000\t1\t1024\tnil\tfalse
aws_lambda\t2\tnil\t3\t4\t300\timage:1\ttrue
aws_lambda\t2\tnil\t5\t1\t1024\tnil\tfalse
localhost\t6\tnil\t1000\t1\t1024\tnil\tfalse
aws_lambda\tCORES\tnil\t5\t1\t256\tnil\tfalse
";
    let cores = std::thread::available_parallelism().unwrap().to_string();
    let config = format!("localhost: {{max_workers: 2}}\n{CONFIG}");
    assert_eq!(values(&config, script), expected.replace("CORES", &cores));
    // The configuration's backend counts where the script names none, also by its mode.
    for lithops in ["backend: aws_lambda", "mode: serverless"] {
        let config = format!("lithops: {{{lithops}}}\n{CONFIG}");
        let script = "print(lithops.FunctionExecutor({ max_workers = 7 }).config.aws_lambda.max_workers)";
        assert_eq!(values(&config, script), "7\n", "{lithops}");
    }
}

#[test]
fn options_obey_the_rules_of_the_backend_and_name_themselves() {
    let script = "\
local function fails(f, ...) print(select(2, pcall(f, ...))) end
fails(lithops.ServerlessExecutor, { runtime_memory = 64 })
fails(lithops.FunctionExecutor, { remote_invoker = 'yes, please' })
fails(lithops.FunctionExecutor, { memory = 64 })
local executor = lithops.ServerlessExecutor { runtime_memory = 128 }
fails(executor.map, executor, print, { 1 }, { runtime_memory = 64 })
fails(executor.map_reduce, executor, print, { 1 }, print, { reduce_runtime_memory = 20000 })
";
    let expected = [
        "executor option `runtime_memory`: `aws_lambda.runtime_memory` must be a whole number from 128 to 10240, not 64",
        "option `remote_invoker` must be true or false, not \"yes, please\"",
        "unknown option `memory`; known are `backend`",
        "option `runtime_memory` must be a whole number from 128 to 10240 with backend `aws_lambda`, not 64",
        "option `reduce_runtime_memory` must be a whole number from 128 to 10240 with backend `aws_lambda`, not 20000",
    ];
    let out = values(CONFIG, script);
    assert_eq!(out.lines().count(), expected.len(), "{out}");
    for (line, expected) in out.lines().zip(expected) {
        assert!(line.contains(expected), "{line:?} lacks {expected:?}");
    }
}
