use lithops_lua::config::Override;
use serde_json::json;

use crate::{Machine, source};

#[test]
fn overrides_win_and_the_last_most() {
    let machine = Machine::new();
    machine.write("cwd/.lithops_config", "lithops:\n  retries: 1\n  log_level: info\n");
    let set = [
        Override::parse("lithops.retries=5").unwrap(),
        Override::parse("lithops.retries=6").unwrap(),
        Override::parse("lithops.log_level=").unwrap(),
        Override::parse("lithops.exclude_modules=[a, b]").unwrap(),
        Override::parse("localhost.storage_bucket=123").unwrap(),
        Override::backend("localhost"),
        Override::storage("localhost"),
    ];
    let config = machine.load_with(&set).unwrap();
    assert_eq!((config.lithops.retries, config.lithops.log_level.as_deref()), (6, None));
    assert_eq!(config.lithops.exclude_modules, ["a", "b"]);
    assert_eq!(config.localhost.storage_bucket, "123");
    assert_eq!(source(&config, "lithops", "retries"), "command line (-o lithops.retries)");
    assert_eq!(source(&config, "lithops", "backend"), "command line (--backend)");
    let again =
        config.with_overrides(&[Override::executor_option("retries", "lithops", "retries", &json!(9))]).unwrap();
    assert_eq!((again.lithops.retries, again.lithops.exclude_modules.len()), (9, 2));
    assert_eq!(source(&again, "lithops", "retries"), "executor option `retries`");
}

#[test]
fn the_region_replaces_that_of_the_functions() {
    let machine = Machine::new();
    machine.write(
        "cwd/.lithops_config",
        "aws: {region_name: eu-west-1}\naws_lambda: {region_name: eu-west-2, region: eu-west-2}\n\
         aws_s3: {region_name: eu-west-3}",
    );
    let config = machine.load_with(&[Override::region("eu-north-1")]).unwrap();
    assert_eq!(config.aws.region.as_deref(), Some("eu-north-1"));
    assert_eq!(config.aws_lambda.region.as_deref(), Some("eu-north-1"));
    assert_eq!(config.aws_s3.region.as_deref(), Some("eu-west-3"));
}

#[test]
fn wrong_overrides_name_their_argument_and_no_value() {
    let machine = Machine::new();
    let message = |argument: &str| match Override::parse(argument) {
        Ok(set) => machine.load_with(&[set]).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    assert_eq!(
        message("lithops.bakend=x"),
        "use the configuration: command line (-o lithops.bakend): unknown key `lithops.bakend`; did you mean `backend`?"
    );
    assert!(
        message("localhost.max_workers=x")
            .contains("command line (-o localhost.max_workers): `localhost.max_workers` must be")
    );
    assert!(message("lithop.backend=x").contains("unknown section `lithop`; did you mean `lithops`?"));
    for wrong in ["nonsense", "a=b", ".a=b", "a.=b", "aws.key"] {
        assert!(message(wrong).contains("expected `section.key=value`"), "{wrong}");
    }
    assert!(!message("secret=hunter2").contains("hunter2"));
    // With something else in place of the `=`, also if the secret has one itself.
    for wrong in ["aws.secret_access_key:hunter2", "aws.secret_access_key:hunter2=="] {
        let message = message(wrong);
        assert!(message.contains("(-o aws.secret_access_key): expected") && !message.contains("hunter2"), "{message}");
    }
    assert!(!format!("{:?}", Override::parse("aws.secret_access_key=hunter2")).contains("hunter2"));
}

#[test]
fn a_backend_that_is_named_later_replaces_the_mode() {
    let machine = Machine::new();
    machine.write("cwd/.lithops_config", "lithops: {mode: serverless}");
    assert_eq!(machine.load_with(&[Override::backend("localhost")]).unwrap().lithops.backend, "localhost");
    machine.write("cwd/.lithops_config", "lithops: {mode: localhost}");
    let set = [
        Override::backend("aws_lambda"),
        Override::parse("aws_lambda.execution_role=arn:aws:iam::123456789012:role/r").unwrap(),
    ];
    assert_eq!(machine.load_with(&set).unwrap().lithops.storage, "aws_s3");
}

#[test]
fn overrides_go_into_a_table_but_for_secrets() {
    let set = [
        Override::parse("lithops.retries=5").unwrap(),
        Override::parse("localhost.storage_bucket=123").unwrap(),
        Override::parse("localhost.worker_processes=3").unwrap(),
        Override::parse("aws.secret_access_key=hunter2").unwrap(),
        Override::region("eu-north-1"),
    ];
    let mut table = json!({
        "lithops": {"retries": 1, "progress": false},
        "localhost": {"max_workers": 2},
        "aws_lambda": {"region": "eu-west-1"},
    });
    Override::set_in(&mut table, &set);
    let expected = json!({
        "lithops": {"retries": 5, "progress": false},
        "localhost": {"storage_bucket": "123", "worker_processes": 3},
        "aws": {"region": "eu-north-1"},
        "aws_lambda": {},
    });
    assert_eq!(table, expected);
    assert_eq!(Machine::new().load_table(table).unwrap().localhost.max_workers, 3);
}
