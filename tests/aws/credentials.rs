use std::process::Command;

use crate::aws::Aws;
use crate::emulator::{ACCESS_KEY_ID, BEARER_TOKEN, EXPIRED_ACCESS_KEY_ID, ROLE};
use crate::emulator::{SECRET_ACCESS_KEY, SESSION_ACCESS_KEY_ID, SESSION_TOKEN};
use crate::support::Run;

const SCRIPT: &str = r#"print(lithops.call_async(function(x) return ("x"):rep(x) end, 3):result())"#;

/// Runs a pipeline without any credentials but those that `prepare` gives; `aws` is the section of that name.
fn run(site: &Aws, aws: &str, prepare: impl FnOnce(&mut Command)) -> Run {
    let config =
        format!("lithops: {{backend: aws_lambda}}\naws: {{{aws}}}\naws_lambda: {{execution_role: '{ROLE}'}}\n");
    site.folder.write(".lithops_config", config);
    site.folder.write("pipeline.lua", SCRIPT);
    let mut command = site.command(&["pipeline.lua"]);
    for name in ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "CONFIG_FILE", "SHARED_CREDENTIALS_FILE"] {
        command.env_remove(format!("AWS_{name}"));
    }
    prepare(&mut command);
    command.output().unwrap().into()
}

/// The pipeline ends well with such credentials, and no word of them reaches a function.
#[track_caller]
fn works(site: &Aws, aws: &str, prepare: impl FnOnce(&mut Command)) {
    run(site, aws, prepare).prints("xxx\n");
    let record = site.emulator.record();
    let mut sent: Vec<_> =
        record.invocations.iter().map(|invoked| String::from_utf8_lossy(&invoked.payload).into_owned()).collect();
    assert!(!sent.is_empty());
    sent.push(site.emulator.configurations());
    for word in [SECRET_ACCESS_KEY, SESSION_ACCESS_KEY_ID, SESSION_TOKEN, BEARER_TOKEN, "work-profile"] {
        assert!(sent.iter().all(|text| !text.contains(word)), "{word} was sent");
    }
    assert_eq!(record.errors.values().sum::<u64>(), 0, "{:?}", record.errors);
    site.emulator.forget();
}

/// The end of a script whose credentials cannot be had: one sentence with these words.
#[track_caller]
fn fails(site: &Aws, aws: &str, words: &[&str], prepare: impl FnOnce(&mut Command)) {
    let run = run(site, aws, prepare);
    let first = run.err.lines().next().unwrap_or_default();
    assert_eq!(run.code, Some(1), "{run:?}");
    for word in words {
        assert!(first.contains(word), "`{word}` is missing in {run:?}");
    }
}

/// A function that is there already, so that what follows is quick.
fn site() -> Aws {
    let site = Aws::new();
    site.passes("lithops.call_async(function() end):result()");
    site.emulator.forget();
    site
}

#[test]
fn keys_of_the_configuration_and_of_the_environment() {
    let site = site();
    works(&site, &format!("access_key_id: {ACCESS_KEY_ID}, secret_access_key: '{SECRET_ACCESS_KEY}'"), |_| {});
    let session = format!(
        "access_key_id: {SESSION_ACCESS_KEY_ID}, secret_access_key: '{SECRET_ACCESS_KEY}', session_token: '{SESSION_TOKEN}'"
    );
    // They go before those of the environment.
    works(&site, &session, |command| {
        command.envs([("AWS_ACCESS_KEY_ID", EXPIRED_ACCESS_KEY_ID), ("AWS_SECRET_ACCESS_KEY", "no")]);
    });
    works(&site, "", |command| {
        command.envs([("AWS_ACCESS_KEY_ID", SESSION_ACCESS_KEY_ID), ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)]);
        command.env("AWS_SESSION_TOKEN", SESSION_TOKEN);
    });
    fails(
        &site,
        &session.replace(SESSION_TOKEN, "another"),
        &["does not accept the credentials", "`aws.session_token`"],
        |_| {},
    );
}

#[test]
fn profiles() {
    let site = site();
    let keys = format!("aws_access_key_id = {ACCESS_KEY_ID}\naws_secret_access_key = {SECRET_ACCESS_KEY}\n");
    site.folder.write(".aws/credentials", format!("[work-profile]\n{keys}"));
    let process = site.folder.write(
        "process.sh",
        format!(
            "#!/bin/sh\necho '{{\"Version\": 1, \"AccessKeyId\": \"{ACCESS_KEY_ID}\", \"SecretAccessKey\": \
             \"{SECRET_ACCESS_KEY}\"}}'\n"
        ),
    );
    site.folder.write(
        ".aws/config",
        format!(
            "[profile by-process]\ncredential_process = sh {}\n[profile by-role]\nrole_arn = {ROLE}\nsource_profile = \
             work-profile\n[profile alone]\nregion = us-east-1\n",
            process.display()
        ),
    );
    works(&site, "", |command| {
        command.env("AWS_PROFILE", "work-profile");
    });
    // A profile that the configuration names goes before keys of the environment, as in AWS's own tools.
    let others = |command: &mut Command| {
        command.envs([("AWS_ACCESS_KEY_ID", EXPIRED_ACCESS_KEY_ID), ("AWS_SECRET_ACCESS_KEY", "no")]);
    };
    works(&site, "profile: work-profile", others);
    works(&site, "profile: by-process", others);
    run(&site, "profile: by-role", others).prints("xxx\n");
    assert_eq!(site.requests("sts:AssumeRole"), 1);
    for wrong in ["alone", "typo"] {
        fails(&site, &format!("profile: {wrong}"), &[wrong, "`aws.profile`", "aws configure list-profiles"], others);
    }
}

#[test]
fn a_sign_in() {
    let site = site();
    site.folder.write(
        ".aws/config",
        "[profile work-profile]\nsso_session = work\nsso_account_id = 123456789012\nsso_role_name = data\n\
         [sso-session work]\nsso_region = us-east-1\nsso_start_url = https://example.com/start\n",
    );
    // Named after the session's SHA-1, as `aws sso login` writes it.
    let cached = "e274eeff768c6396088ec6eb091f4bf4d47ab1e0";
    let sign_in = |expires: &str| {
        let token = format!("{{\"accessToken\": \"{BEARER_TOKEN}\", \"expiresAt\": \"{expires}\"}}");
        site.folder.write(&format!(".aws/sso/cache/{cached}.json"), token);
    };
    sign_in("2099-01-01T00:00:00Z");
    run(&site, "profile: work-profile", |_| {}).prints("xxx\n");
    assert_eq!(site.requests("sso:GetRoleCredentials"), 1);
    works(&site, "profile: work-profile", |_| {});
    sign_in("2020-01-01T00:00:00Z");
    fails(&site, "profile: work-profile", &["expired", "aws sso login"], |_| {});
}

#[test]
fn containers_and_instances() {
    let site = site();
    let url = site.emulator.url();
    works(&site, "", |command| {
        command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{url}/container/credentials"));
        command.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", BEARER_TOKEN);
    });
    // An instance knows its region, too.
    let instance = |command: &mut Command| {
        command.env_remove("AWS_EC2_METADATA_DISABLED").env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url);
        command.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    };
    run(&site, "", instance).prints("xxx\n");
    assert!(site.requests("imds:GetCredentials") >= 1 && site.requests("imds:GetRegion") >= 1);
    works(&site, "", instance);
}
