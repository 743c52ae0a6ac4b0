//! What prepares AWS for a configuration: policies, template, doctor.
//!
//! Parts of it need `moto` (AWS's control services, by others) and `cfn-lint` in the Python that `LITHOPS_TEST_PYTHON`
//! names, or in `python3`; without them they are left out, unless that variable is set.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

/// `lithops-lua doctor`.
#[path = "setup/doctor.rs"]
mod doctor;
/// A server of moto.
#[path = "setup/moto.rs"]
mod moto;
/// `lithops-lua aws policy`.
#[path = "setup/policy.rs"]
mod policy;
/// `lithops-lua aws template`.
#[path = "setup/template.rs"]
mod template;

use std::process::{Command, Stdio};

use support::{Folder, Run};

/// A role in the account of moto.
const ROLE: &str = "arn:aws:iam::123456789012:role/lithops-role";
const ACCESS_POINT: &str = "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0";

/// A configuration for AWS with these keys of `aws_lambda`.
fn config(aws_lambda: &str) -> String {
    format!("lithops: {{backend: aws_lambda}}\naws: {{region: eu-west-1}}\naws_lambda: {{{aws_lambda}}}\n")
}

/// The program in a folder with this configuration, and nothing of AWS in its environment.
fn command(config: &str, args: &[&str]) -> (Folder, Command) {
    let folder = Folder::new();
    folder.write(".lithops_config", config);
    let mut command = folder.command(args);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").stdin(Stdio::null());
    (folder, command)
}

fn run(config: &str, args: &[&str]) -> Run {
    let (_folder, mut command) = command(config, args);
    command.output().unwrap().into()
}

/// What a run that goes well prints.
#[track_caller]
fn printed(config: &str, args: &[&str]) -> String {
    let run = run(config, args);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    run.out
}

/// A Python that can import `module`; `None` where there is none.
fn python_with(module: &str) -> Option<String> {
    let named = std::env::var("LITHOPS_TEST_PYTHON").ok();
    let python = named.clone().unwrap_or_else(|| "python3".into());
    let found = Command::new(&python).args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    assert!(named.is_none(), "{python} has no {module}");
    eprintln!("left out: {python} has no {module}");
    None
}
