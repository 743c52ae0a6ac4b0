use std::fs;
use std::net::TcpListener;

use serde_json::Value;

use crate::moto::Moto;
use crate::support::Run;
use crate::{ROLE, command, config, printed, run};

/// Status and detail of one check.
#[track_caller]
fn check(run: &Run, name: &str) -> (String, String) {
    let report: Value = serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"));
    let checks = report["checks"].as_array().unwrap();
    let failed = checks.iter().any(|check| check["status"] == "failed");
    assert_eq!((report["ok"].as_bool(), run.code), (Some(!failed), Some(i32::from(failed))), "{run:?}");
    let found = checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {report:#}"));
    (found["status"].as_str().unwrap().into(), found["detail"].as_str().unwrap().into())
}

#[track_caller]
fn fails(run: &Run, name: &str, words: &[&str]) {
    let (status, detail) = check(run, name);
    assert_eq!(status, "failed", "{detail}");
    for word in words {
        assert!(detail.contains(word), "`{word}` is missing in: {detail}");
    }
}

#[test]
fn a_machine_that_is_fine() {
    let out = printed("", &["doctor"]);
    let names: Vec<_> = out.lines().map(|line| line.split_at(8).0.trim()).collect();
    assert_eq!(names, ["ok", "ok", "ok"], "{out}");
    let json = run("", &["doctor", "--json"]);
    assert_eq!(check(&json, "workers").0, "ok");
    assert_eq!(check(&json, "configuration").1, "backend `localhost`, storage `localhost`");
}

#[test]
fn a_worker_that_does_not_start() {
    let run = run("localhost: {runtime: /nowhere/lithops-lua}", &["doctor", "--json"]);
    fails(&run, "workers", &["/nowhere/lithops-lua", "`localhost.runtime`"]);
    assert_eq!(check(&run, "storage folder").0, "ok");
}

#[test]
fn a_storage_folder_that_cannot_be_written() {
    let (folder, mut command) = command("localhost: {storage_root: file/below}", &["doctor", "--json"]);
    fs::write(folder.path().join("file"), "").unwrap();
    let run: Run = command.output().unwrap().into();
    fails(&run, "storage folder", &["/file cannot be written", "set `localhost.storage_root`"]);
    assert_eq!(check(&run, "workers").0, "ok");
    // Looking makes nothing.
    assert!(!folder.path().join(".lithops/storage").exists());
}

#[test]
fn a_configuration_that_is_wrong() {
    let run = run("aws: {region: x}\nlithops: {backend: y}", &["doctor", "--json"]);
    fails(&run, "configuration", &["2 problems", "`aws.region`", "`lithops.backend`"]);
}

#[test]
fn without_region_or_credentials() {
    let no_region = run("lithops: {backend: aws_lambda}", &["doctor", "--json"]);
    fails(&no_region, "region", &["set `aws.region`, or AWS_REGION"]);
    let no_credentials = run(&config(""), &["doctor", "--json"]);
    assert_eq!(check(&no_credentials, "region"), ("ok".into(), "eu-west-1".into()));
    fails(&no_credentials, "credentials", &["there are no AWS credentials", "AWS_PROFILE"]);
}

#[test]
fn an_aws_that_cannot_be_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (_folder, mut command) = command(&config(""), &["doctor", "--json"]);
    let keys = [("AWS_ENDPOINT_URL", url.as_str()), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "hunter2")];
    let run: Run = command.envs(keys).output().unwrap().into();
    fails(&run, "credentials", &["cannot be reached", "that there is a region `eu-west-1`"]);
    assert!(!run.out.contains("hunter2"));
}

#[test]
fn roles_on_aws() {
    let Some(moto) = Moto::start() else { return };
    let doctor = |keys: &str| moto.run(&config(keys), &["doctor", "--json"]);
    let with_role = |arn: &str| doctor(&format!("execution_role: '{arn}'"));

    let run = doctor("");
    fails(&run, "role", &["`aws_lambda.execution_role` is not set", "`lithops-lua aws template`"]);
    assert_eq!(check(&run, "function").0, "unknown");
    let (status, detail) = check(&run, "bucket");
    assert!(status == "unknown" && detail.contains("lithops-lua-123456789012-eu-west-1 is not there yet"), "{detail}");
    fails(&with_role(ROLE), "role", &["there is no role", ROLE]);
    fails(&with_role(&ROLE.replace("1234", "9999")), "role", &["another account than the credentials (123456789012)"]);

    moto.python(
        &[&printed("", &["aws", "policy", "trust"])],
        "iam = client('iam')\n\
         iam.create_role(RoleName='lithops-role', AssumeRolePolicyDocument=documents[0])\n\
         iam.create_role(RoleName='deep', Path='/a/b/', AssumeRolePolicyDocument=documents[0])\n\
         iam.create_role(RoleName='of-machines', AssumeRolePolicyDocument=documents[0].replace('lambda.', 'ec2.'))\n",
    );
    let run = with_role(ROLE);
    assert_eq!(check(&run, "role"), ("ok".into(), ROLE.into()));
    assert_eq!(check(&run, "credentials").0, "ok");
    let (status, detail) = check(&run, "function");
    assert!(status == "ok" && detail.starts_with("lithops-lua-") && detail.contains("is not there yet"), "{detail}");
    assert_eq!(check(&with_role("arn:aws:iam::123456789012:role/a/b/deep"), "role").0, "ok");
    fails(
        &with_role("arn:aws:iam::123456789012:role/deep"),
        "role",
        &["it is arn:aws:iam::123456789012:role/a/b/deep"],
    );
    let run = with_role("arn:aws:iam::123456789012:role/of-machines");
    fails(&run, "role", &["AWS Lambda may not run functions", "`lithops-lua aws policy trust`"]);
}

#[test]
fn the_account_and_the_bucket_on_aws() {
    let Some(moto) = Moto::start() else { return };
    let with = |more: &str| moto.run(&format!("lithops: {{storage: aws_s3}}\n{more}"), &["doctor", "--json"]);
    let run = with("aws: {account_id: 999999999999}");
    fails(&run, "credentials", &["they are of account 123456789012", "`aws.account_id` is 999999999999"]);
    let run = with("aws: {access_key_id: AKIAOTHER, secret_access_key: hunter2}\naws_s3: {storage_bucket: my-bucket}");
    let (status, detail) = check(&run, "bucket");
    assert!(status == "ok" && detail.starts_with("my-bucket is not there yet"), "{detail}");
    assert!(!run.out.contains("hunter2"));
    let place = "CreateBucketConfiguration={'LocationConstraint': 'eu-west-1'}";
    moto.python(&[], &format!("client('s3').create_bucket(Bucket='my-bucket', {place})"));
    assert_eq!(check(&with("aws_s3: {storage_bucket: my-bucket}"), "bucket"), ("ok".into(), "my-bucket".into()));
}
