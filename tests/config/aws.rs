use std::collections::BTreeMap;
use std::time::Duration;

use lithops_lua::config::{Architecture, EfsMount, Request, Vpc, load_incomplete};
use serde_json::json;

use crate::{Machine, of_text, problem, problems};

const ROLE: &str = "arn:aws:iam::123456789012:role/lithops-role";
const ACCESS_POINT: &str = "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0";

/// The one problem of a section with these lines, without the number of the line.
fn problem_of(section: &str, lines: &str) -> String {
    let message = problem(&format!("{section}:\n  {}\n", lines.replace('\n', "\n  ")));
    message.split_once(": ").unwrap().1.to_owned()
}

#[test]
fn every_key_is_read() {
    let config = of_text(&format!(
        "lithops: {{backend: aws_lambda}}\n\
         aws:\n  access_key_id: AKIAEXAMPLE\n  secret_access_key: secret\n  session_token: token\n  region: eu-west-1\n  \
         account_id: '012345678901'\n  profile: work\n\
         aws_lambda:\n  region_name: eu-west-1\n  execution_role: {}\n  max_workers: 500\n  worker_processes: 4\n  \
         runtime: my-image:1.0\n  runtime_memory: 1769\n  runtime_timeout: 900\n  invoke_pool_threads: 32\n  \
         remote_invoker: true\n  architecture: ARM64\n  ephemeral_storage: 10240\n  env_vars: {{STAGE: test}}\n  \
         user_tags: {{team: blue}}\n  vpc:\n    subnets: [subnet-1, subnet-2]\n    security_groups: [sg-1]\n  \
         efs:\n    - access_point: {ACCESS_POINT}\n      mount_path: /mnt/data\n  namespace: dev\n  bootstrap: bin/bootstrap\n\
         aws_s3:\n  region_name: eu-west-2\n  storage_bucket: my-bucket\n  endpoint_url: https://s3.example.com\n",
        ROLE.replace("123456789012", "012345678901"),
    ));
    let (lithops, aws) = (&config.lithops, &config.aws);
    assert_eq!((lithops.backend.as_str(), lithops.storage.as_str()), ("aws_lambda", "aws_s3"));
    assert_eq!(aws.access_key, Some(("AKIAEXAMPLE".into(), "secret".into())));
    assert_eq!((aws.session_token.as_deref(), aws.region.as_deref()), (Some("token"), Some("eu-west-1")));
    assert_eq!((aws.account_id.as_deref(), aws.profile.as_deref()), (Some("012345678901"), Some("work")));

    let functions = &config.aws_lambda;
    assert_eq!(functions.region.as_deref(), Some("eu-west-1"));
    assert!(functions.execution_role.as_deref().unwrap().ends_with(":role/lithops-role"));
    assert_eq!((functions.max_workers, functions.worker_processes, functions.invoke_pool_threads), (500, 4, 32));
    assert_eq!((functions.runtime.as_deref(), functions.namespace.as_deref()), (Some("my-image:1.0"), Some("dev")));
    assert_eq!((functions.runtime_memory_mb, functions.ephemeral_storage_mb), (1769, 10240));
    assert_eq!(functions.runtime_timeout, Duration::from_secs(900));
    assert!(functions.remote_invoker);
    assert_eq!(functions.architecture, Architecture::Arm64);
    assert_eq!(functions.env_vars, BTreeMap::from([("STAGE".into(), "test".into())]));
    assert_eq!(functions.user_tags, BTreeMap::from([("team".into(), "blue".into())]));
    let expected = Vpc { subnets: vec!["subnet-1".into(), "subnet-2".into()], security_groups: vec!["sg-1".into()] };
    assert_eq!(functions.vpc, Some(expected));
    assert_eq!(functions.efs, [EfsMount { access_point: ACCESS_POINT.into(), mount_path: "/mnt/data".into() }]);
    assert!(functions.bootstrap.as_ref().is_some_and(|path| path.is_absolute() && path.ends_with("bin/bootstrap")));

    let s3 = &config.aws_s3;
    assert_eq!((s3.region.as_deref(), s3.storage_bucket.as_deref()), (Some("eu-west-2"), Some("my-bucket")));
    assert_eq!(s3.endpoint_url.as_deref(), Some("https://s3.example.com"));
}

#[test]
fn the_defaults_are_those_of_lithops() {
    let config = of_text(&format!("lithops: {{backend: aws_lambda}}\naws_lambda: {{execution_role: '{ROLE}'}}"));
    let (aws, functions, s3) = (&config.aws, &config.aws_lambda, &config.aws_s3);
    assert_eq!((&aws.access_key, &aws.region, &aws.account_id, &aws.profile), (&None, &None, &None, &None));
    assert_eq!((functions.max_workers, functions.worker_processes, functions.invoke_pool_threads), (1000, 1, 64));
    assert_eq!((functions.runtime_memory_mb, functions.ephemeral_storage_mb), (256, 512));
    assert_eq!(functions.runtime_timeout, Duration::from_secs(180));
    assert_eq!((functions.remote_invoker, functions.architecture), (false, Architecture::X86_64));
    assert_eq!((&functions.runtime, &functions.vpc, &functions.namespace), (&None, &None, &None));
    assert!(functions.env_vars.is_empty() && functions.user_tags.is_empty() && functions.efs.is_empty());
    assert_eq!((&functions.region, &s3.region, &s3.storage_bucket, &s3.endpoint_url), (&None, &None, &None, &None));
}

#[test]
fn the_region_of_the_account_holds_for_all() {
    for aws in ["region: eu-west-3", "region_name: eu-west-3"] {
        let config = of_text(&format!("aws: {{{aws}}}\naws_s3: {{region: eu-west-1}}"));
        assert_eq!(config.aws_lambda.region.as_deref(), Some("eu-west-3"));
        assert_eq!(config.aws_s3.region.as_deref(), Some("eu-west-1"));
    }
    assert_eq!(of_text("aws: {config_profile: w}").aws.profile.as_deref(), Some("w"));
}

#[test]
fn the_configuration_of_the_lithops_documentation_works_as_it_is() {
    let config = of_text(&format!(
        "lithops:\n    backend: aws_lambda\n\naws:\n    access_key_id: AKIAEXAMPLE\n    secret_access_key: s\n    \
         region: us-east-1\n\naws_lambda:\n    execution_role: {ROLE}\n    env_vars:\n        - name: STAGE\n          \
         value: test\n    user_tags:\n        - {{name: team, value: blue}}\n    efs: []\n"
    ));
    assert_eq!(config.lithops.storage, "aws_s3");
    assert_eq!(config.aws_lambda.region.as_deref(), Some("us-east-1"));
    assert_eq!(config.aws_lambda.env_vars["STAGE"], "test");
    assert_eq!(config.aws_lambda.user_tags["team"], "blue");
}

#[test]
fn functions_need_a_role() {
    let message = problem("lithops:\n  backend: aws_lambda\n");
    assert!(
        message.starts_with("2: `lithops.backend` is `aws_lambda`, which needs `aws_lambda.execution_role`"),
        "{message}"
    );
    assert!(message.contains("`lithops-lua aws template`"), "{message}");
    // A wrong one is one mistake, not two.
    let message = problem("lithops: {backend: aws_lambda}\naws_lambda:\n  execution_role: my-role\n");
    assert_eq!(
        message,
        "3: `aws_lambda.execution_role` cannot be \"my-role\": it must be the ARN of an IAM role, as in \
         `arn:aws:iam::123456789012:role/lithops-role`"
    );
    // What describes the role must work without it; all other rules hold.
    let incomplete = |table| {
        let environment = Machine::new().environment.clone();
        load_incomplete(Request { table: Some(table), file: None, overrides: &[], environment })
    };
    assert_eq!(incomplete(json!({"lithops": {"backend": "aws_lambda"}})).unwrap().aws_lambda.execution_role, None);
    assert!(incomplete(json!({"lithops": {"backend": "aws_lambda"}, "aws": {"region": "x"}})).is_err());
}

#[test]
fn functions_cannot_reach_local_storage() {
    let message = problem(&format!(
        "lithops:\n  backend: aws_lambda\n  storage: localhost\naws_lambda: {{execution_role: '{ROLE}'}}\n"
    ));
    assert!(message.starts_with("3: `lithops.storage` is `localhost`, a folder of this machine"), "{message}");
    assert_eq!(of_text("lithops: {backend: localhost, storage: aws_s3}").lithops.storage, "aws_s3");
}

#[test]
fn limits_are_errors_that_name_them() {
    let whole = |range: &str| format!("must be a whole number from {range}, not ");
    for (key, below, above, range) in [
        ("max_workers", "0", "100001", "1 to 100000"),
        ("worker_processes", "0", "65", "1 to 64"),
        ("runtime_memory", "127", "10241", "128 to 10240"),
        ("runtime_timeout", "0", "901", "1 to 900"),
        ("invoke_pool_threads", "0", "10001", "1 to 10000"),
        ("ephemeral_storage", "511", "10241", "512 to 10240"),
    ] {
        for wrong in [below, above, "1.5", "many"] {
            let message = problem_of("aws_lambda", &format!("{key}: {wrong}"));
            assert!(message.starts_with(&format!("`aws_lambda.{key}` {}", whole(range))), "{message}");
        }
    }
}

#[test]
fn forms_say_what_to_write() {
    let many: String = (0..300).map(|n| format!("subnet-{n}, ")).collect();
    let mounts = format!("{{access_point: {ACCESS_POINT}, mount_path: /mnt/a}}");
    let vpc = "vpc: {subnets: [subnet-1], security_groups: [sg-1]}";
    for (section, lines, expected) in [
        ("aws", "region: Frankfurt".into(), "`aws.region` cannot be \"Frankfurt\": it must be the code of a region"),
        ("aws", "region: eu-west-1a".into(), "`aws.region` cannot be \"eu-west-1a\": it is an availability zone"),
        ("aws_lambda", "region: eu".into(), "`aws_lambda.region` cannot be \"eu\": it must be the code of a region"),
        ("aws_s3", "region_name: 1".into(), "`aws_s3.region_name` must be a text, not 1: put it in quotes"),
        ("aws", "account_id: 1234".into(), "`aws.account_id` must be 12 digits, not 1234: put it in quotes"),
        ("aws", "account_id: '1234'".into(), "`aws.account_id` must be 12 digits, not \"1234\""),
        (
            "aws_lambda",
            "architecture: riscv".into(),
            "`aws_lambda.architecture` must be `x86_64` or `arm64`, not \"riscv\"",
        ),
        ("aws_lambda", "remote_invoker: 1".into(), "`aws_lambda.remote_invoker` must be `true` or `false`, not 1"),
        (
            "aws_lambda",
            "namespace: my project".into(),
            "`aws_lambda.namespace` cannot be \"my project\": it must have 1 to 16",
        ),
        (
            "aws_lambda",
            "runtime: docker.io/library/debian".into(),
            "`aws_lambda.runtime` cannot be \"docker.io/library/debian\": AWS Lambda takes images from ECR only",
        ),
        (
            "aws_lambda",
            "runtime: My Image".into(),
            "`aws_lambda.runtime` cannot be \"My Image\": it must be the name of an image",
        ),
        ("aws_lambda", "bootstrap: 5".into(), "`aws_lambda.bootstrap` must be a path, not 5: put it in quotes"),
        ("aws_lambda", "env_vars: STAGE".into(), "`aws_lambda.env_vars` must be a mapping of names to texts"),
        ("aws_lambda", "env_vars: {STAGE: 7}".into(), "`aws_lambda.env_vars.STAGE` must be a text: put it in quotes"),
        (
            "aws_lambda",
            "env_vars: {AWS_REGION: x}".into(),
            "`aws_lambda.env_vars` cannot have `AWS_REGION`: AWS Lambda sets that variable itself",
        ),
        (
            "aws_lambda",
            "env_vars: {1A: x}".into(),
            "`aws_lambda.env_vars` cannot have `1A`: names of variables are a letter",
        ),
        (
            "aws_lambda",
            format!("env_vars: {{BIG: {}}}", "x".repeat(4096)),
            "`aws_lambda.env_vars` has 4106 bytes, counted as JSON, but AWS Lambda takes 4096",
        ),
        (
            "aws_lambda",
            "user_tags: {'aws:x': y}".into(),
            "`aws_lambda.user_tags` cannot have `aws:x`: names of tags that begin",
        ),
        (
            "aws_lambda",
            format!("user_tags: {{{}}}", (0..49).map(|n| format!("t{n}: x, ")).collect::<String>()),
            "`aws_lambda.user_tags` has 49 tags, but AWS takes 50 for one function, of which 2 are this program's",
        ),
        (
            "aws_lambda",
            "vpc: {subnets: [subnet-1]}".into(),
            "`aws_lambda.vpc` needs a key `security_groups`: a list of security group ids",
        ),
        (
            "aws_lambda",
            "vpc: {subnets: [], security_groups: [sg-1]}".into(),
            "`aws_lambda.vpc.subnets` must have 1 to 16 entries, not 0",
        ),
        (
            "aws_lambda",
            format!("vpc: {{subnets: [{many}], security_groups: [sg-1]}}"),
            "`aws_lambda.vpc.subnets` must have 1 to 16 entries, not 300",
        ),
        (
            "aws_lambda",
            "vpc: {subnets: [subnet-1], security_groups: [sg-1, sg-2, sg-3, sg-4, sg-5, sg-6]}".into(),
            "`aws_lambda.vpc.security_groups` must have 1 to 5 entries, not 6",
        ),
        (
            "aws_lambda",
            "vpc: {subnets: [sg-1], security_groups: [sg-1]}".into(),
            "`aws_lambda.vpc.subnets[1]` cannot be \"sg-1\": it must be the id of a subnet",
        ),
        (
            "aws_lambda",
            "vpc: {subnets: [subnet-1], security_groups: [sg-1], subnet: x}".into(),
            "unknown key `aws_lambda.vpc.subnet`; did you mean `subnets`?",
        ),
        ("aws_lambda", format!("efs: [{mounts}]"), "`aws_lambda.efs` needs `aws_lambda.vpc`"),
        (
            "aws_lambda",
            format!("{vpc}\nefs: [{mounts}, {mounts}]"),
            "`aws_lambda.efs` has 2 entries, but AWS Lambda mounts one file system in a function",
        ),
        (
            "aws_lambda",
            format!("{vpc}\nregion: eu-west-2\nefs: [{mounts}]"),
            "`aws_lambda.efs` is a file system in eu-west-1, but functions are in eu-west-2",
        ),
        (
            "aws_lambda",
            format!("{vpc}\nefs: [{{access_point: fsap-1, mount_path: /mnt/a}}]"),
            "`aws_lambda.efs[1].access_point` cannot be \"fsap-1\": it must be the ARN of an EFS access point",
        ),
        (
            "aws_lambda",
            format!("{vpc}\nefs: [{{access_point: {ACCESS_POINT}, mount_path: /data}}]"),
            "`aws_lambda.efs[1].mount_path` cannot be \"/data\": it must be `/mnt/` and the name of one folder",
        ),
        (
            "aws_s3",
            "storage_bucket: My_Bucket".into(),
            "`aws_s3.storage_bucket` cannot be \"My_Bucket\": only lower-case",
        ),
        (
            "aws_s3",
            "endpoint_url: s3.example.com".into(),
            "`aws_s3.endpoint_url` cannot be \"s3.example.com\": it must be the URL",
        ),
    ] {
        let message = problem_of(section, &lines);
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn keys_that_belong_together() {
    for (text, expected) in [
        (
            "aws:\n  access_key_id: hunter2\n",
            "2: `aws.access_key_id` is given without `aws.secret_access_key`: give both",
        ),
        (
            "aws:\n  secret_access_key: hunter2\n",
            "2: `aws.secret_access_key` is given without `aws.access_key_id`: give both",
        ),
        ("aws:\n  session_token: hunter2\n", "2: `aws.session_token` belongs to temporary credentials"),
        (
            "aws:\n  region: eu-west-1\n  region_name: eu-west-2\n",
            "3: `aws.region_name` is \"eu-west-2\" and `aws.region` is \"eu-west-1\", and both mean the same: remove one",
        ),
        ("aws:\n  profile: a\n  config_profile: b\n", "3: `aws.config_profile` is \"b\" and `aws.profile` is \"a\""),
        ("aws_lambda:\n  region: eu-west-1\n  region_name: eu-west-2\n", "2: `aws_lambda.region` is \"eu-west-1\" and"),
        ("aws_s3:\n  region: eu-west-1\n  region_name: eu-west-2\n", "2: `aws_s3.region` is \"eu-west-1\" and"),
        (
            "aws: {account_id: 999999999999}\naws_lambda:\n  execution_role: arn:aws:iam::123456789012:role/r\n",
            "3: `aws_lambda.execution_role` is a role of account 123456789012, but `aws.account_id` is 999999999999",
        ),
        (
            "aws: {region: eu-west-1}\naws_lambda:\n  runtime: 123456789012.dkr.ecr.us-east-1.amazonaws.com/a/b:1\n",
            "3: `aws_lambda.runtime` is an image in us-east-1, but functions are in eu-west-1",
        ),
    ] {
        let message = problem(text);
        assert!(message.starts_with(expected), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn secrets_are_not_in_messages() {
    for (text, expected) in [
        ("aws:\n  secret_access_key: [hunter2]\n", "2: `aws.secret_access_key` must be a text"),
        ("aws_lambda:\n  env_vars: {AB: [hunter2]}\n", "2: `aws_lambda.env_vars.AB` must be a text"),
        (
            "aws_lambda:\n  env_vars:\n  - {name: AB, value: [hunter2]}\n",
            "3: `aws_lambda.env_vars[1].value` must be a text",
        ),
        (
            "aws_s3:\n  endpoint_url: https://user:hunter2@host\n",
            "2: `aws_s3.endpoint_url` cannot be \"https://********@host\": a name and a password do not belong into it",
        ),
    ] {
        let message = problem(text);
        assert!(message.starts_with(expected), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn keys_that_are_elsewhere_or_not_here_say_so() {
    for (text, expected) in [
        ("aws_lambda:\n  access_key_id: x\n", "2: unknown key `aws_lambda.access_key_id`; it belongs to section `aws`"),
        (
            "aws_lambda:\n  storage_bucket: x\n",
            "2: unknown key `aws_lambda.storage_bucket`; it belongs to section `aws_s3`",
        ),
        ("aws:\n  execution_role: x\n", "2: unknown key `aws.execution_role`; it belongs to section `aws_lambda`"),
        (
            "aws_lambda:\n  runtime_memroy: 1\n",
            "2: unknown key `aws_lambda.runtime_memroy`; did you mean `runtime_memory`?",
        ),
        ("aws_s3:\n  endpoint: x\n", "2: unknown key `aws_s3.endpoint`; did you mean `endpoint_url`?"),
        (
            "aws_lambda:\n  runtime_include_function: true\n",
            "2: `aws_lambda.runtime_include_function` is a key of Lithops that does not apply here: functions travel with",
        ),
        ("lithops:\n  chunksize: 1\n", "2: `lithops.chunksize` is a key of Lithops that does not apply here"),
    ] {
        let message = problem(text);
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn all_problems_of_all_sections_are_reported_at_once() {
    let text = "lithops:\n  backend: aws_lambda\naws:\n  region: nowhere\n  session_token: x\naws_lambda:\n  runtime_memory: 64\n  \
                runtime_timeout: 1000\n  vpc:\n    subnets:\n    - subnet-1\n    - vpc-1\n    security_groups: [sg-1]\n  \
                efs:\n  - mount_path: /mnt/a\naws_s3:\n  storage_bucket: X\n  region: eu-west-1\n";
    let found = problems(text);
    let lines: Vec<_> = found.iter().map(|problem| problem.split(':').next().unwrap()).collect();
    assert_eq!(lines, ["2", "4", "7", "8", "12", "15", "17"], "{found:#?}");
}

#[test]
fn what_the_readme_says_can_be_used() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let blocks: Vec<_> = readme.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let backends: Vec<_> = blocks.iter().map(|block| of_text(block).lithops.backend).collect();
    assert_eq!(backends, ["localhost", "aws_lambda"]);
    // Every key that is one of these sections' is in the table, and on the page about them.
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/src/aws.md")).unwrap();
    let table = readme.split("| section | keys (default) |").nth(1).unwrap().split("\n\n").next().unwrap();
    for section in ["aws", "aws_lambda", "aws_s3"] {
        for key in lithops_lua::config::schema::section(section).unwrap().keys {
            let is_told = table.contains(&format!("`{}`", key.name));
            let is_other_name = key.doc.contains("nother name of") || key.doc.contains("name that Lithops gives");
            assert!(is_told || is_other_name || key.doc.is_empty(), "`{section}.{}` is not in the README", key.name);
            let is_described = page.contains(&format!("`{}`", key.name));
            assert!(is_described || is_other_name || key.doc.is_empty(), "`{section}.{}` is not in aws.md", key.name);
        }
    }
}
