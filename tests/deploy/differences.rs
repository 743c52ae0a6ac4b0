//! A function that somebody changed is brought back by exactly one call.

use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder as Update;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{Environment, EphemeralStorage, FileSystemConfig, Runtime, VpcConfig};
use serde_json::{Value, json};

use crate::emulator::Knobs;
use crate::support::{Site, once};

const POINT: &str = "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0";

fn settings() -> Value {
    json!({
        "user_tags": {"team": "blue"}, "env_vars": {"COLOUR": "blue"},
        "vpc": {"subnets": ["subnet-0a1b2c3d"], "security_groups": ["sg-0a1b2c3d"]},
        "efs": [{"access_point": POINT, "mount_path": "/mnt/data"}],
    })
}

#[test]
fn one_changed_setting_is_one_update_of_that_setting() {
    let site = Site::with(Knobs::default(), settings());
    let name = site.deploy();
    let network = |subnet: &str| VpcConfig::builder().subnet_ids(subnet).security_group_ids("sg-0a1b2c3d").build();
    let mount = |path: &str| FileSystemConfig::builder().arn(POINT).local_mount_path(path).build().unwrap();
    let storage = EphemeralStorage::builder().size(1024).build().unwrap();
    type Change<'a> = Box<dyn Fn(Update) -> Update + 'a>;
    let changes: Vec<(&str, Change)> = vec![
        ("role", Box::new(|update| update.role("arn:aws:iam::123456789012:role/other"))),
        ("memory", Box::new(|update| update.memory_size(512))),
        ("timeout", Box::new(|update| update.timeout(9))),
        ("ephemeral storage", Box::new(|update| update.ephemeral_storage(storage.clone()))),
        (
            "environment",
            Box::new(|update| update.environment(Environment::builder().variables("SHAPE", "round").build())),
        ),
        ("environment", Box::new(|update| update.environment(Environment::builder().build()))),
        ("network", Box::new(|update| update.vpc_config(network("subnet-0a1b2c3e")))),
        ("file systems", Box::new(|update| update.file_system_configs(mount("/mnt/other")))),
        ("runtime", Box::new(|update| update.runtime(Runtime::Providedal2))),
        ("runtime", Box::new(|update| update.handler("other"))),
    ];
    let before = site.function(&name).configuration().unwrap().clone();
    for (part, change) in changes {
        site.wait(change(site.client().update_function_configuration().function_name(&name)).send()).unwrap();
        site.cloud.forget();
        let run = site.run(&["runtime", "deploy"]);
        assert_eq!((run.code, run.out.trim()), (Some(0), name.as_str()), "{}", run.err);
        assert!(run.err.contains(&format!("updating the function {name}: {part}\n")), "{part}: {}", run.err);
        assert_eq!(site.changes(), once(&["UpdateFunctionConfiguration"]), "{part}");
        let mut after = site.function(&name).configuration().unwrap().clone();
        (after.last_modified, after.revision_id) = (before.last_modified.clone(), before.revision_id.clone());
        assert_eq!(after, before, "{part}");
    }
}

#[test]
fn several_changed_settings_are_one_update() {
    let site = Site::with(Knobs { update_ms: 200, ..Knobs::default() }, settings());
    let name = site.deploy();
    let update = site.client().update_function_configuration().function_name(&name);
    site.wait(update.memory_size(512).timeout(9).send()).unwrap();
    site.cloud.forget();
    site.deploy();
    assert_eq!(site.changes(), once(&["UpdateFunctionConfiguration"]));
}

#[test]
fn other_code_is_one_update_of_the_code() {
    let site = Site::new();
    let name = site.deploy();
    let before = site.function(&name).configuration().unwrap().code_sha256().unwrap().to_owned();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("bootstrap", zip::write::SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
    std::io::Write::write_all(&mut zip, b"#!/bin/sh\n").unwrap();
    let other = zip.finish().unwrap().into_inner();
    site.wait(site.client().update_function_code().function_name(&name).zip_file(Blob::new(other)).send()).unwrap();
    site.cloud.forget();
    site.deploy();
    assert_eq!(site.changes(), once(&["UpdateFunctionCode"]));
    assert_eq!(site.function(&name).configuration().unwrap().code_sha256(), Some(before.as_str()));
}

#[test]
fn a_changed_tag_is_one_tagging_and_tags_of_others_stay() {
    let site = Site::with(Knobs::default(), settings());
    let name = site.deploy();
    let arn = site.function(&name).configuration().unwrap().function_arn().unwrap().to_owned();
    let change = site.client().tag_resource().resource(&arn).tags("team", "red").tags("cost-centre", "7");
    site.wait(change.send()).unwrap();
    site.cloud.forget();
    site.deploy();
    assert_eq!(site.changes(), once(&["TagResource"]));
    let tags = site.function(&name).tags().unwrap().clone();
    assert_eq!((tags["team"].as_str(), tags["cost-centre"].as_str()), ("blue", "7"));
}

#[test]
fn an_update_that_was_asked_for_sets_everything_once() {
    let site = Site::with(Knobs { update_ms: 200, ..Knobs::default() }, settings());
    let name = site.deploy();
    site.cloud.forget();
    let run = site.run(&["runtime", "update"]);
    assert_eq!((run.code, run.out.trim()), (Some(0), name.as_str()), "{}", run.err);
    assert_eq!(site.changes(), once(&["UpdateFunctionCode", "UpdateFunctionConfiguration"]));
}

#[test]
fn any_one_key_that_is_configured_otherwise_is_another_function() {
    let mut site = Site::new();
    let mut names = vec![site.deploy()];
    for section in [
        json!({"runtime_memory": 512}),
        json!({"runtime_timeout": 9}),
        json!({"ephemeral_storage": 1024}),
        json!({"env_vars": {"COLOUR": "blue"}}),
        json!({"user_tags": {"team": "blue"}}),
        json!({"namespace": "blue"}),
        json!({"execution_role": "arn:aws:iam::123456789012:role/other"}),
        json!({"vpc": {"subnets": ["subnet-0a1b2c3d"], "security_groups": ["sg-0a1b2c3d"]}}),
    ] {
        site.configure(section);
        names.push(site.deploy());
        assert!(!site.changes().iter().any(|(operation, _)| operation.starts_with("Update")));
    }
    let functions = site.wait(site.client().list_functions().send()).unwrap();
    assert_eq!(functions.functions().len(), names.len(), "{names:#?}");
}
