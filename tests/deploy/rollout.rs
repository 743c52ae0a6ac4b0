//! From nothing to a function that is ready, whatever happens on the way.

use std::process::Stdio;

use aws_sdk_lambda::types::{Runtime, State};
use serde_json::json;

use crate::emulator::{Knobs, SECRET_ACCESS_KEY};
use crate::host::Run;
use crate::support::{Site, once};

const MADE: [&str; 3] = ["CreateFunction", "PutFunctionEventInvokeConfig", "TagResource"];

#[test]
fn a_function_is_made_once_and_then_looked_at_once() {
    let site = Site::new();
    let name = site.deploy();
    assert_eq!(site.changes(), once(&MADE));
    let found = site.function(&name);
    let configuration = found.configuration().unwrap();
    assert_eq!(configuration.state(), Some(&State::Active));
    assert_eq!(configuration.runtime(), Some(&Runtime::Providedal2023));
    assert!(configuration.code_size() < 15_000_000, "the zip has {} bytes", configuration.code_size());
    let events = site.wait(site.client().get_function_event_invoke_config().function_name(&name).send()).unwrap();
    assert_eq!(events.maximum_retry_attempts(), Some(0));
    site.cloud.forget();
    assert_eq!(site.deploy(), name);
    assert_eq!(site.cloud.record().requests, [("lambda:GetFunction".to_owned(), 1)].into());
}

#[test]
fn all_settings_reach_the_function() {
    let point = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0";
    let site = Site::with(
        Knobs::default(),
        json!({
            "runtime_memory": 1024, "runtime_timeout": 77, "ephemeral_storage": 2048, "namespace": "blue",
            "env_vars": {"COLOUR": "blue"}, "user_tags": {"team": "blue"},
            "vpc": {"subnets": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"], "security_groups": ["sg-0a1b2c3d"]},
            "efs": [{"access_point": point, "mount_path": "/mnt/data"}],
        }),
    );
    let name = site.deploy();
    assert!(name.starts_with("lithops-lua-blue-v") && name.contains("-1024mb-x86_64-"), "{name}");
    let found = site.function(&name);
    let configuration = found.configuration().unwrap();
    assert_eq!((configuration.memory_size(), configuration.timeout()), (Some(1024), Some(77)));
    assert_eq!(configuration.ephemeral_storage().unwrap().size(), 2048);
    assert_eq!(configuration.environment().unwrap().variables().unwrap()["COLOUR"], "blue");
    let vpc = configuration.vpc_config().unwrap();
    assert_eq!(
        (vpc.subnet_ids(), vpc.security_group_ids()),
        (&["subnet-0a1b2c3d".into(), "subnet-0a1b2c3e".into()][..], &["sg-0a1b2c3d".into()][..])
    );
    let mount = &configuration.file_system_configs()[0];
    assert_eq!((mount.arn(), mount.local_mount_path()), (point, "/mnt/data"));
    assert_eq!(found.tags().unwrap()["team"], "blue");
}

#[test]
fn memory_can_be_said_on_the_command_line() {
    let site = Site::new();
    let run = site.run(&["runtime", "deploy", "--memory", "2048"]);
    assert!(run.out.contains("-2048mb-"), "{run:?}");
    let run = site.run(&["runtime", "deploy", "--memory", "1"]);
    assert!(run.code == Some(2) && run.err.contains("--memory") && run.err.contains("128"), "{run:?}");
}

#[test]
fn a_new_role_is_waited_for_and_that_is_said() {
    let site = Site::with(Knobs { role_not_ready: 3, ..Knobs::default() }, json!({}));
    let run = site.run(&["runtime", "deploy"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.err.contains("waits for the role, which AWS Lambda cannot use yet"), "{}", run.err);
    assert_eq!(site.cloud.record().count("lambda:CreateFunction"), 4);
}

#[test]
fn a_function_that_is_being_made_is_waited_for() {
    let site = Site::with(Knobs { pending_ms: 700, ..Knobs::default() }, json!({}));
    let name = site.deploy();
    assert_eq!(site.function(&name).configuration().unwrap().state(), Some(&State::Active));
}

#[test]
fn drivers_that_deploy_at_once_all_succeed() {
    let site = Site::with(Knobs { pending_ms: 500, update_ms: 200, ..Knobs::default() }, json!({}));
    let start = || site.command(&["runtime", "deploy"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let drivers: Vec<_> = (0..4).map(|_| start()).collect();
    let runs: Vec<Run> = drivers.into_iter().map(|driver| driver.wait_with_output().unwrap().into()).collect();
    for run in &runs {
        assert_eq!((run.code, &run.out), (Some(0), &runs[0].out), "{}", run.err);
    }
    let functions = site.wait(site.client().list_functions().send()).unwrap();
    assert_eq!(functions.functions().len(), 1);
}

#[test]
fn drivers_that_update_at_once_all_succeed() {
    let site = Site::with(Knobs { update_ms: 300, ..Knobs::default() }, json!({}));
    let name = site.deploy();
    let change = site.client().update_function_configuration().function_name(&name).memory_size(512).timeout(9);
    site.wait(change.send()).unwrap();
    let start = || site.command(&["runtime", "update"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let drivers: Vec<_> = (0..3).map(|_| start()).collect();
    for driver in drivers {
        let run: Run = driver.wait_with_output().unwrap().into();
        assert_eq!((run.code, run.out.trim()), (Some(0), name.as_str()), "{}", run.err);
    }
    let configuration = site.function(&name).configuration().unwrap().clone();
    assert_eq!((configuration.memory_size(), configuration.timeout()), (Some(256), Some(180)));
}

#[test]
fn a_function_that_could_not_be_made_ready_is_made_anew() {
    let broken = Knobs { creation_fails: Some("SubnetOutOfIPAddresses".into()), ..Knobs::default() };
    let site = Site::with(broken, json!({}));
    let said = site.refused();
    assert!(said.contains("AWS says: Lambda could not set the function up; mend that"), "{said}");
    site.cloud.turn(|knobs| knobs.creation_fails = None);
    let run = site.run(&["runtime", "deploy"]);
    assert!(run.code == Some(0) && run.err.contains("anew"), "{}", run.err);
}

#[test]
fn a_clock_that_is_off_is_put_right_by_the_sdk() {
    let site = Site::with(Knobs { clock_offset_s: 3600, ..Knobs::default() }, json!({}));
    site.deploy();
    assert!(!site.cloud.record().errors.is_empty());
}

#[test]
fn no_credential_is_deployed() {
    let site = Site::with(Knobs::default(), json!({"env_vars": {"COLOUR": "blue"}}));
    let run = site.run(&["-vv", "runtime", "deploy"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    for text in [site.cloud.configurations(), run.out, run.err] {
        assert!(!text.is_empty() && !text.contains(SECRET_ACCESS_KEY), "{text}");
    }
}
