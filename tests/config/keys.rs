use std::path::Path;
use std::time::Duration;

use lithops_lua::config::{IncludeModules, LogFormat, Monitoring, Override};
use serde_json::json;

use crate::{Machine, of_text, problem, problems};

#[test]
fn unknown_keys_name_line_and_the_nearest() {
    let text = "# my own\n\nlithops:\n  bakend: localhost\n";
    assert_eq!(problem(text), "4: unknown key `lithops.bakend`; did you mean `backend`?");
    assert_eq!(problem("lithops: {colour: 1}"), "1: unknown key `lithops.colour`");
    assert_eq!(
        problem("lithops:\n  storage_bucket: b"),
        "2: unknown key `lithops.storage_bucket`; it belongs to section `localhost` or `aws_s3`"
    );
    assert_eq!(
        problem("lithops:\n  runtime: b"),
        "2: unknown key `lithops.runtime`; it belongs to section `localhost` or `aws_lambda`"
    );
}

#[test]
fn unknown_sections_name_the_nearest() {
    assert_eq!(problem("\nlithop:\n  backend: x"), "2: unknown section `lithop`; did you mean `lithops`?");
    assert_eq!(problem("aws_lamda: {}"), "1: unknown section `aws_lamda`; did you mean `aws_lambda`?");
    let misplaced = problem("backend: localhost");
    assert_eq!(misplaced, "1: `backend` is a key of section `lithops`: write it below `lithops:`, indented");
    assert!(problem("lithops: localhost").contains("must be a mapping of keys"));
}

#[test]
fn wrong_types_say_what_to_write() {
    for (line, expected) in [
        ("max_workers: many", "`localhost.max_workers` must be a whole number from 1 to 100000, not \"many\""),
        ("max_workers: 0", "`localhost.max_workers` must be a whole number from 1 to 100000, not 0"),
        ("max_workers: 1.5", "`localhost.max_workers` must be a whole number from 1 to 100000, not 1.5"),
        ("max_workers: []", "`localhost.max_workers` must be a whole number from 1 to 100000, not an empty list"),
        ("runtime_timeout: -1", "`localhost.runtime_timeout` must be a number above 0, at most 31536000, not -1"),
        (
            "runtime_timeout: .inf",
            "`localhost.runtime_timeout` must be a number above 0, at most 31536000, not \"inf\"",
        ),
        ("storage_root: 7", "`localhost.storage_root` must be a path, not 7: put it in quotes"),
        ("storage_bucket: Up", "`localhost.storage_bucket` cannot be \"Up\": it must have 3 to 63 characters"),
        ("storage_bucket: {a: 1}", "`localhost.storage_bucket` must be a text, not a mapping"),
        (
            "storage_root: ~root/x",
            "`localhost.storage_root` cannot be \"~root/x\": only `~` and `~/…` are understood, not another user's folder",
        ),
    ] {
        assert_eq!(problem(&format!("localhost:\n  {line}\n")), format!("2: {expected}"));
    }
    for (line, expected) in [
        ("data_cleaner: 1", "`lithops.data_cleaner` must be `true` or `false`, not 1"),
        ("monitoring: strem", "unknown value \"strem\" of `lithops.monitoring`; did you mean `stream`?"),
        ("monitoring: xyz", "`lithops.monitoring` must be `stream` or `storage`, not \"xyz\""),
        (
            "log_level: 10",
            "`lithops.log_level` must be `error`, `warn`, `info`, `debug` or `trace`, not 10: put it in quotes",
        ),
        ("exclude_modules: a", "`lithops.exclude_modules` must be a list of texts, not \"a\""),
        ("include_modules: [1]", "`lithops.include_modules` must be a list of module names, or `none`, not a list"),
        ("data_limit: 0", "`lithops.data_limit` must be a whole number of 1 or more, or `false` for no limit, not 0"),
        (
            "log_filename: x",
            "`lithops.log_filename` is a key of Lithops that does not apply here: logs go to standard error, redirect it with `2>file`; remove the key",
        ),
    ] {
        assert_eq!(problem(&format!("lithops:\n  {line}\n")), format!("2: {expected}"));
    }
}

#[test]
fn numbers_too_large_for_any_key_are_numbers_still() {
    // All digits: a secret that somebody forgot to put in quotes.
    assert_eq!(
        problem("aws:\n  access_key_id: a\n  secret_access_key: 123456789012345678901234\n"),
        "3: `aws.secret_access_key` must be a text: put it in quotes"
    );
    let problem = problem("lithops: {retries: -123456789012345678901234}");
    assert!(problem.starts_with("1: `lithops.retries` must be a whole number from 0 to 1000, not -1"), "{problem}");
}

#[test]
fn every_key_is_read() {
    let config = of_text(
        "lithops:\n  backend: localhost\n  storage: localhost\n  mode: localhost\n  monitoring: Storage\n  \
         monitoring_interval: 0.5\n  execution_timeout: 60\n  data_cleaner: no\n  include_modules: [a, b.c]\n  \
         exclude_modules: [d]\n  log_level: WARNING\n  log_format: json\n  data_limit: 4\n  retries: 3\n  \
         platform_retries: 0\n  progress: false\n  stream_logs: off\n  job_records: no\n\
         localhost:\n  runtime: ./bin/worker\n  worker_processes: 4\n  runtime_memory: 512\n  runtime_timeout: 1.5\n  \
         storage_root: ~/data\n  storage_bucket: my-bucket\n",
    );
    let lithops = &config.lithops;
    assert_eq!(lithops.monitoring, Monitoring::Storage);
    assert_eq!(lithops.monitoring_interval, Duration::from_millis(500));
    assert_eq!(lithops.execution_timeout, Duration::from_secs(60));
    assert!(!lithops.data_cleaner && !lithops.progress && !lithops.stream_logs && !lithops.job_records);
    assert_eq!(lithops.include_modules, IncludeModules::Also(vec!["a".into(), "b.c".into()]));
    assert_eq!(lithops.exclude_modules, ["d"]);
    assert_eq!((lithops.log_level.as_deref(), lithops.log_format), (Some("warn"), Some(LogFormat::Json)));
    assert_eq!((lithops.data_limit_mb, lithops.retries, lithops.platform_retries), (Some(4), 3, 0));
    let localhost = &config.localhost;
    assert!(localhost.runtime.is_absolute() && localhost.runtime.ends_with("bin/worker"), "{localhost:?}");
    assert_eq!((localhost.max_workers, localhost.runtime_memory_mb), (4, Some(512)));
    assert_eq!(localhost.runtime_timeout, Some(Duration::from_millis(1500)));
    assert!(localhost.storage_root.ends_with("home/data"), "{localhost:?}");
    assert_eq!(localhost.storage_bucket, "my-bucket");
}

#[test]
fn modules_and_limits_can_be_none() {
    for text in ["none", "None", "false"] {
        let config = of_text(&format!("lithops: {{include_modules: {text}, data_limit: {text}}}"));
        assert_eq!(config.lithops.include_modules, IncludeModules::None);
        assert_eq!(config.lithops.data_limit_mb, None);
    }
    assert_eq!(of_text("lithops: {include_modules: null}").lithops.include_modules, IncludeModules::Found);
    assert_eq!(of_text("lithops: {include_modules: []}").lithops.include_modules, IncludeModules::Also(vec![]));
}

#[test]
fn paths_are_relative_to_the_file_that_says_them() {
    let machine = Machine::new();
    machine.write("home/.lithops/config", "localhost: {storage_root: data}");
    let config = machine.load().unwrap();
    assert_eq!(config.localhost.storage_root, machine.path("home/.lithops/data"));
    let set = [Override::parse("localhost.storage_root=data").unwrap()];
    assert_eq!(machine.load_with(&set).unwrap().localhost.storage_root, machine.path("cwd/data"));
}

#[test]
fn without_a_home_the_key_to_set_is_named() {
    let mut machine = Machine::new();
    machine.environment.home = None;
    let message = machine.load().unwrap_err().to_string();
    assert!(message.contains("`localhost.storage_root`") && message.contains("HOME"), "{message}");
    let set = [Override::parse("localhost.storage_root=/data").unwrap()];
    assert_eq!(machine.load_with(&set).unwrap().localhost.storage_root, Path::new("/data"));
}

#[test]
fn two_names_of_one_key_must_agree() {
    assert_eq!(of_text("localhost: {max_workers: 2, worker_processes: 2}").localhost.max_workers, 2);
    let message = problem("localhost:\n  worker_processes: 3\n  max_workers: 2\n");
    assert!(message.starts_with("2: `localhost.worker_processes` is 3"), "{message}");
    let machine = Machine::new();
    machine.write("cwd/.lithops_config", "localhost: {worker_processes: 3}");
    let set = [Override::parse("localhost.max_workers=5").unwrap()];
    assert_eq!(machine.load_with(&set).unwrap().localhost.max_workers, 5);
}

#[test]
fn other_backends_are_refused_clearly() {
    let message = problem("lithops:\n  backend: k8s\n");
    assert!(
        message.starts_with(
            "2: `lithops.backend` is `k8s`, but there is only `localhost` and `aws_lambda`: set it to one"
        ),
        "{message}"
    );
    assert_eq!(problems("lithops:\n  backend: k8s\n  storage: redis\n").len(), 2);
    assert!(problem("lithops: {backend: localhst}").contains("did you mean `localhost`?"));
    assert!(problem("lithops: {backend: lambda}").contains("did you mean `aws_lambda`?"));
    assert!(problem("lithops: {storage: s3}").contains("did you mean `aws_s3`?"));
}

#[test]
fn the_mode_names_the_backend_where_nothing_else_does() {
    let role = "aws_lambda: {execution_role: 'arn:aws:iam::123456789012:role/r'}\n";
    let lithops = of_text(&format!("lithops:\n  mode: Serverless\n{role}")).lithops;
    assert_eq!((lithops.backend.as_str(), lithops.storage.as_str()), ("aws_lambda", "aws_s3"));
    assert_eq!(of_text("lithops:\n  mode: localhost\n").lithops.backend, "localhost");
    let message = problem("lithops:\n  mode: standalone\n");
    assert!(
        message.starts_with("2: `lithops.mode` is `standalone`, but backend `localhost` runs in mode"),
        "{message}"
    );
    let message = problem(&format!("lithops:\n  mode: localhost\n  backend: aws_lambda\n{role}"));
    assert!(
        message.starts_with("2: `lithops.mode` is `localhost`, but backend `aws_lambda` runs in mode"),
        "{message}"
    );
}

#[test]
fn sections_of_other_backends_are_accepted_unchecked() {
    let config = of_text("gcp: {region: eu, anything: [1]}\nk8s: {}\nredis: {host: h}\nplots:\n");
    assert_eq!(config.to_json_redacted()["gcp"]["region"], "eu");
}

#[test]
fn duplicates_are_reported_at_the_second() {
    assert_eq!(problem("lithops:\n  retries: 1\n  retries: 2\n"), "3: `lithops.retries` is given twice: remove one");
    assert_eq!(problem("lithops: {}\naws: {}\nlithops: {}\n"), "3: `lithops` is given twice: remove one");
    assert_eq!(problem("gcp:\n  a: {b: 1,\n   b: 2}\n"), "3: `gcp.a.b` is given twice: remove one");
}

#[test]
fn all_problems_are_reported_at_once_in_order() {
    let text = "lithops:\n  bakend: x\n  retries: -1\n  monitoring: later\nlocalhst: {}\nlocalhost:\n  max_workers: many\n  \
                storage_bucket: x\n  max_workers: 1\nfoo: 1\n";
    let found = problems(text);
    let lines: Vec<_> = found.iter().map(|problem| problem.split(':').next().unwrap()).collect();
    assert_eq!(lines, ["2", "3", "4", "5", "7", "8", "9", "10"], "{found:#?}");
    let machine = Machine::new();
    let path = machine.write("c", text);
    let message = machine.load_file(&path).unwrap_err().to_string();
    assert!(message.starts_with("use the configuration: 8 problems\n  "), "{message}");
    assert_eq!(message.lines().count(), 9);
}

#[test]
fn a_flood_of_problems_is_cut() {
    let text: String = (0..5000).map(|n| format!("  key{n}: 1\n")).collect();
    let found = problems(&format!("lithops:\n{text}"));
    assert_eq!(found.len(), 101);
    assert_eq!(found[100], "and 4900 more");
}

#[test]
fn anchors_and_merges() {
    let text = "gcp: &shared\n  retries: 4\n  max_workers: 1\nlithops:\n  <<: {retries: 2}\n  progress: false\n\
                localhost:\n  <<: *shared\n";
    let found = problems(text);
    assert_eq!(found, ["2: unknown key `localhost.retries`; it belongs to section `lithops`"]);
    assert_eq!(of_text("lithops:\n  <<: {retries: 2}\n  progress: false\n").lithops.retries, 2);
}

#[test]
fn tables_of_lua() {
    let machine = Machine::new();
    // All numbers of Lua are floats, and an empty table may arrive as a list.
    let config =
        machine.load_table(json!({"lithops": {"retries": 2.0, "exclude_modules": {}}, "localhost": []})).unwrap();
    assert_eq!(config.lithops.retries, 2);
    let error = machine.load_table(json!({"lithops": {"retrys": 2}})).unwrap_err();
    let expected = "use the configuration: config table: unknown key `lithops.retrys`; did you mean `retries`?";
    assert_eq!(error.to_string(), expected);
    assert!(machine.load_table(json!([])).is_ok());
    assert!(machine.load_table(json!("text")).is_err());
}
