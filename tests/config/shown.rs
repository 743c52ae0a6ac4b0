use std::fs;

use lithops_lua::config::{Environment, Override, Request, Source, load, render_show};
use serde_json::{Value, json};

use crate::{Machine, of_text};

#[test]
fn show_gives_values_and_sources() {
    let machine = Machine::new();
    let path =
        machine.write("home/.lithops/config", "# mine\nlithops:\n  retries: 3\nlocalhost:\n  worker_processes: 2\n");
    let config = machine.load_with(&[Override::backend("localhost")]).unwrap();
    let text = render_show(&config, false);
    let text = text.split("\naws:\n").next().unwrap();
    let line = |key: &str| {
        let found = text.lines().find(|line| line.trim_start().starts_with(&format!("{key}:")));
        found.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    assert_eq!(line("retries").unwrap(), format!("retries: 3 # {}:3", path.display()));
    assert_eq!(line("worker_processes").unwrap(), format!("worker_processes: 2 # {}:5", path.display()));
    assert_eq!(line("max_workers"), None);
    assert_eq!(line("backend").unwrap(), "backend: localhost # command line (--backend)");
    assert_eq!(line("storage").unwrap(), "storage: localhost # default: follows `backend`");
    assert_eq!(line("runtime").unwrap(), "runtime: /opt/lithops-lua # default: this machine");
    assert_eq!(line("platform_retries").unwrap(), "platform_retries: 2 # default");
    assert_eq!(line("log_stream"), None);
    let json: Value = serde_json::from_str(&render_show(&config, true)).unwrap();
    assert_eq!(json["lithops"]["retries"], json!({"value": 3, "source": format!("{}:3", path.display())}));
}

#[test]
fn what_is_shown_can_be_used() {
    let machine = Machine::new();
    let config = machine.load_with(&[Override::parse("lithops.include_modules=none").unwrap()]).unwrap();
    let path = machine.write("c", render_show(&config, false));
    let again = machine.load_file(&path).unwrap();
    assert_eq!((again.lithops, again.localhost), (config.lithops, config.localhost));
    assert_eq!((again.aws, again.aws_lambda, again.aws_s3), (config.aws, config.aws_lambda, config.aws_s3));
}

#[test]
fn the_source_of_a_text_in_a_variable_has_its_line() {
    let mut machine = Machine::new();
    machine.environment.config_text = Some("lithops:\n  retries: 3\n".into());
    let config = machine.load().unwrap();
    let found = config.show().into_iter().find(|setting| setting.key == "retries").unwrap();
    assert_eq!(found.source, Source::Variable { name: "LITHOPS_CONFIG", line: Some(2) });
}

#[test]
fn secrets_are_never_shown() {
    let machine = Machine::new();
    let path = machine.write(
        "c",
        "aws: {access_key_id: hunter2, secret_access_key: hunter2, session_token: hunter2, region: eu-west-1}\n\
         minio: {secret_access_key: hunter2}\nredis: {password: hunter2}\nibm: {iam_api_key: hunter2}\n\
         rabbitmq: {amqp_url: 'amqp://user:hunter2@host/vhost'}\naws_lambda: {env_vars: {AB: hunter2}}\n\
         azure_storage: {storage_account_key: hunter2}\n",
    );
    let config = machine.load_file(&path).unwrap();
    let text = Some(fs::read_to_string(&path).unwrap().into());
    let environment = Environment { config_text: text, ..machine.environment.clone() };
    let everything = [
        render_show(&config, false),
        render_show(&config, true),
        format!("{config:?} {config:#?}"),
        config.to_json_redacted().to_string(),
        format!("{:?}", config.show()),
        format!("session_token {environment:?}"),
    ];
    for text in everything {
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("session_token"), "{text}");
    }
}

/// Each section as far as it can be given without AWS, and secrets wherever they can be.
const EVERYTHING: &str = "\
lithops: {backend: aws_lambda, retries: 3, include_modules: none}
localhost: {max_workers: 2, storage_root: data}
aws: {access_key_id: hunter2, secret_access_key: hunter2, session_token: hunter2, account_id: 123456789012, profile: of-my-own}
aws_lambda:
  execution_role: arn:aws:iam::123456789012:role/r
  region: eu-west-1
  runtime_memory: 512
  env_vars: {API_TOKEN: hunter2, PLAIN: hunter2}
  user_tags: {team: blue, link: 'https://user:hunter2@host/x'}
  vpc: {subnets: [subnet-1], security_groups: [sg-1]}
aws_s3: {storage_bucket: my-bucket, endpoint_url: 'http://127.0.0.1:9000'}
redis: {password: hunter2}
rabbitmq: {amqp_url: 'amqp://user:hunter2@host/vhost'}
";

#[test]
fn what_goes_to_other_machines_loads_there_and_has_no_secrets() {
    let config = of_text(EVERYTHING);
    let sent = config.to_json_without_secrets();
    let text = sent.to_string();
    for absent in
        ["hunter2", "secret_access_key", "access_key_id", "session_token", "env_vars", "of-my-own", "****", "redis"]
    {
        assert!(!text.contains(absent), "{absent} in {text}");
    }
    // A machine without a home, with other cores, and with its own executable.
    let mut other = Machine::new();
    other.environment.home = None;
    other.environment.cores = 7;
    other.environment.executable = "/var/task/bootstrap".into();
    let request = Request { table: Some(sent), file: None, overrides: &[], environment: other.environment.clone() };
    let loaded = load(request).unwrap();
    assert_eq!(loaded.lithops, config.lithops);
    assert_eq!(loaded.aws_s3, config.aws_s3);
    assert_eq!(loaded.aws.account_id.as_deref(), Some("123456789012"));
    assert_eq!((loaded.aws.access_key, loaded.aws.session_token, loaded.aws.profile), (None, None, None));
    assert_eq!(loaded.localhost.storage_root, config.localhost.storage_root);
    assert_eq!((loaded.localhost.max_workers, loaded.localhost.runtime.to_str()), (2, Some("/var/task/bootstrap")));
    let mut functions = config.aws_lambda.clone();
    functions.env_vars.clear();
    functions.user_tags.remove("link");
    assert_eq!(loaded.aws_lambda, functions);
    assert_eq!(loaded.aws_lambda.user_tags["team"], "blue");
    // By default the number of its own cores holds.
    let sent = of_text("lithops: {retries: 1}").to_json_without_secrets();
    let request = Request { table: Some(sent), file: None, overrides: &[], environment: other.environment };
    assert_eq!(load(request).unwrap().localhost.max_workers, 7);
}

#[test]
fn absent_secrets_are_shown_as_absent() {
    let shown = of_text("aws: {region: eu-west-1}").to_json_redacted();
    assert_eq!(shown["aws"], json!({"region": "eu-west-1"}));
}
