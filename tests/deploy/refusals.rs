//! What AWS refuses is told in one sentence, with what to do about it.

use serde_json::{Value, json};

use crate::emulator::Knobs;
use crate::support::Site;

#[track_caller]
fn said(knobs: Knobs, section: Value, words: &[&str]) {
    let said = Site::with(knobs, section).refused();
    for word in words {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    assert!(said.starts_with("lithops-lua: failed to ") && !said.contains("ServiceError"), "{said}");
}

#[test]
fn missing_permissions() {
    for action in ["GetFunction", "CreateFunction"] {
        let denied = vec![format!("lambda:{action}")];
        said(Knobs { denied, ..Knobs::default() }, json!({}), &["access denied", action, "lithops-lua aws policy"]);
    }
}

#[test]
fn a_role_of_another_account() {
    let section = json!({"execution_role": "arn:aws:iam::999999999999:role/lithops"});
    said(Knobs::default(), section, &["use a role of the same account", "aws_lambda.execution_role"]);
}

#[test]
fn more_memory_than_the_account_may_have() {
    let section = json!({"runtime_memory": 4096});
    said(Knobs { max_memory_mb: 3008, ..Knobs::default() }, section, &["3008", "lower `runtime_memory`"]);
}

#[test]
fn an_image_that_does_not_exist() {
    let section = json!({"runtime": "nothing:1"});
    let uri = "123456789012.dkr.ecr.us-east-1.amazonaws.com/nothing:1";
    said(Knobs::default(), section, &[uri, "does not exist", "lithops-lua runtime build"]);
}

#[test]
fn expired_credentials() {
    said(Knobs { credentials_expired: true, ..Knobs::default() }, json!({}), &["expired"]);
}

#[test]
fn no_role_and_no_region() {
    let site = Site::new();
    let mut command = site.command(&["runtime", "deploy"]);
    command.env("LITHOPS_CONFIG", "aws_lambda: {runtime_memory: 256}");
    let run: crate::host::Run = command.output().unwrap().into();
    assert!(run.code != Some(0) && run.err.contains("execution_role"), "{}", run.err);
    let mut command = site.command(&["runtime", "deploy"]);
    command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    let run: crate::host::Run = command.output().unwrap().into();
    assert!(run.code == Some(1) && run.err.contains("set `aws.region`, or AWS_REGION"), "{}", run.err);
}
