//! The configuration: its places, its checks, and what is shown of it. Each test has folders of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use lithops_lua::config::{
    Config, ConfigError, Environment, IncludeModules, LogFormat, Monitoring, Override, ReadFailure, Request, Source,
    load, render_show,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A working folder, a home and a system file in a temporary folder.
struct Machine {
    folder: TempDir,
    environment: Environment,
}

impl Machine {
    fn new() -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("cwd")).unwrap();
        fs::create_dir_all(at("home/.lithops")).unwrap();
        let environment = Environment {
            cwd: at("cwd"),
            home: Some(at("home")),
            config_text: None,
            config_file: None,
            system_file: at("system"),
            executable: "/opt/lithops-lua".into(),
            cores: 3,
        };
        Machine { folder, environment }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    fn load(&self) -> Result<Config, ConfigError> {
        self.load_with(&[])
    }

    fn load_with(&self, overrides: &[Override]) -> Result<Config, ConfigError> {
        load(Request { table: None, file: None, overrides, environment: self.environment.clone() })
    }

    fn load_file(&self, file: &Path) -> Result<Config, ConfigError> {
        load(Request { table: None, file: Some(file), overrides: &[], environment: self.environment.clone() })
    }

    fn load_table(&self, table: Value) -> Result<Config, ConfigError> {
        load(Request { table: Some(table), file: None, overrides: &[], environment: self.environment.clone() })
    }
}

/// The problems of a text, each without the path of its file.
fn problems(text: &str) -> Vec<String> {
    let machine = Machine::new();
    let path = machine.write("c", text);
    let error = machine.load_file(&path).unwrap_err();
    assert!(!error.problems().is_empty(), "{error}");
    let prefix = format!("{}:", path.display());
    error.problems().iter().map(|problem| problem.to_string().replace(&prefix, "")).collect()
}

fn problem(text: &str) -> String {
    let problems = problems(text);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    problems.into_iter().next().unwrap()
}

fn of_text(text: &str) -> Config {
    let machine = Machine::new();
    let path = machine.write("c", text);
    machine.load_file(&path).unwrap()
}

fn source(config: &Config, section: &str, key: &str) -> String {
    let found = config.show().into_iter().find(|setting| setting.section == section && setting.key == key);
    found.unwrap().source.to_string()
}

// Places.

#[test]
fn nothing_found_means_defaults() {
    let machine = Machine::new();
    let config = machine.load().unwrap();
    let lithops = &config.lithops;
    assert_eq!((lithops.backend.as_str(), lithops.storage.as_str()), ("localhost", "localhost"));
    assert_eq!(lithops.monitoring, Monitoring::Stream);
    assert_eq!(lithops.monitoring_interval, Duration::from_secs(2));
    assert_eq!(lithops.execution_timeout, Duration::from_secs(1800));
    assert!(lithops.data_cleaner && lithops.progress && lithops.stream_logs);
    assert_eq!(lithops.include_modules, IncludeModules::Found);
    assert!(lithops.exclude_modules.is_empty());
    assert_eq!((lithops.log_level.as_deref(), lithops.log_format), (None, LogFormat::Text));
    assert_eq!((lithops.data_limit_mb, lithops.retries, lithops.platform_retries), (None, 0, 2));
    let localhost = &config.localhost;
    assert_eq!(localhost.runtime, Path::new("/opt/lithops-lua"));
    assert_eq!(localhost.max_workers, 3);
    assert_eq!((localhost.runtime_memory_mb, localhost.runtime_timeout), (None, None));
    assert_eq!(localhost.storage_root, machine.path("home/.lithops/storage"));
    assert_eq!(localhost.storage_bucket, "lithops");
}

#[test]
fn the_first_place_wins() {
    let mut machine = Machine::new();
    let retries = |machine: &Machine| machine.load().unwrap().lithops.retries;
    machine.write("system", "lithops: {retries: 1}");
    assert_eq!(retries(&machine), 1);
    machine.write("home/.lithops/config", "lithops: {retries: 2}");
    assert_eq!(retries(&machine), 2);
    machine.write("cwd/.lithops_config", "lithops: {retries: 3}");
    assert_eq!(retries(&machine), 3);
    machine.write("home/other", "lithops: {retries: 4}");
    machine.environment.config_file = Some("~/other".into());
    assert_eq!(retries(&machine), 4);
    machine.environment.config_text = Some("{\"lithops\": {\"retries\": 5}}".into());
    assert_eq!(retries(&machine), 5);
    let file = machine.write("cwd/named", "lithops: {retries: 6}");
    assert_eq!(machine.load_file(&file).unwrap().lithops.retries, 6);
    assert_eq!(machine.load_file(Path::new("named")).unwrap().lithops.retries, 6);
    let table = Some(json!({"lithops": {"retries": 7}}));
    let environment = machine.environment.clone();
    let config = load(Request { table, file: Some(&file), overrides: &[], environment }).unwrap();
    assert_eq!(config.lithops.retries, 7);
    assert_eq!(source(&config, "lithops", "retries"), "config table");
}

#[test]
fn empty_variables_are_absent() {
    let mut machine = Machine::new();
    machine.environment.config_text = Some("".into());
    machine.environment.config_file = Some("".into());
    assert_eq!(machine.load().unwrap().lithops.retries, 0);
}

#[test]
fn a_named_file_that_is_missing_is_an_error() {
    let mut machine = Machine::new();
    let error = machine.load_file(Path::new("absent")).unwrap_err();
    assert!(matches!(error, ConfigError::Read { reason: ReadFailure::Missing, .. }), "{error:?}");
    let expected = format!("read the configuration {}", machine.path("cwd/absent").display());
    assert!(error.to_string().starts_with(&expected), "{error}");
    machine.environment.config_file = Some("/nowhere/config".into());
    let message = machine.load().unwrap_err().to_string();
    assert!(message.contains("/nowhere/config") && message.contains("LITHOPS_CONFIG_FILE"), "{message}");
}

#[test]
fn a_folder_or_an_endless_file_is_no_configuration() {
    let machine = Machine::new();
    let error = machine.load_file(&machine.path("home")).unwrap_err();
    assert!(matches!(error, ConfigError::Read { reason: ReadFailure::Folder, .. }), "{error:?}");
    fs::create_dir(machine.path("cwd/.lithops_config")).unwrap();
    assert!(machine.load().unwrap_err().to_string().contains("it is a folder, not a file"));
    let error = machine.load_file(Path::new("/dev/zero")).unwrap_err();
    assert!(matches!(error, ConfigError::Read { reason: ReadFailure::TooLarge { .. }, .. }), "{error:?}");
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_named() {
    let machine = Machine::new();
    // Permission bits do not bind root, a name too long binds everybody.
    let long = machine.path(&"n".repeat(300));
    let error = machine.load_file(&long).unwrap_err();
    assert!(matches!(error, ConfigError::Read { reason: ReadFailure::Io(_), .. }), "{error:?}");
    assert!(error.to_string().contains("nnn"));
}

// Texts that cannot be read as a whole.

#[test]
fn empty_texts_are_defaults() {
    for text in ["", "\n\n", "# nothing\n", "---\n", "lithops:\nlocalhost: {}\n", "lithops:\n  backend:\n"] {
        assert_eq!(of_text(text).lithops.backend, "localhost", "{text:?}");
    }
}

#[test]
fn not_utf8_names_byte_and_line() {
    let machine = Machine::new();
    let path = machine.write("c", b"lithops:\n  backend: \xff\n");
    let error = machine.load_file(&path).unwrap_err();
    assert!(matches!(error, ConfigError::NotUtf8 { offset: 20, line: 2, .. }), "{error:?}");
    assert!(error.to_string().contains(&format!("{}:2: it is not UTF-8 (byte 20", path.display())), "{error}");
}

#[test]
fn not_yaml_names_the_line() {
    let mut machine = Machine::new();
    let path = machine.write("c", "lithops:\n  backend: localhost\n bad\n");
    let message = machine.load_file(&path).unwrap_err().to_string();
    assert!(message.starts_with(&format!("read the configuration {}:", path.display())), "{message}");
    assert!(message.contains("not valid YAML"), "{message}");
    machine.environment.config_text = Some("{\"lithops\": ".into());
    let message = machine.load().unwrap_err().to_string();
    assert!(message.contains("LITHOPS_CONFIG") && message.contains("not valid YAML"), "{message}");
    let path = machine.write("d", "a: 1\n---\nb: 2\n");
    assert!(matches!(machine.load_file(&path), Err(ConfigError::NotYaml { .. })));
}

#[test]
fn the_top_must_be_a_mapping() {
    for text in ["- a\n- b\n", "just words\n", "42\n"] {
        assert!(problem(text).contains("must be a mapping of sections"), "{text}");
    }
}

// Keys and values.

#[test]
fn unknown_keys_name_line_and_the_nearest() {
    let text = "# my own\n\nlithops:\n  bakend: localhost\n";
    assert_eq!(problem(text), "4: unknown key `lithops.bakend`; did you mean `backend`?");
    assert_eq!(problem("lithops: {colour: 1}"), "1: unknown key `lithops.colour`");
    assert_eq!(
        problem("lithops:\n  storage_bucket: b"),
        "2: unknown key `lithops.storage_bucket`; it belongs to section `localhost`"
    );
    assert_eq!(
        problem("lithops:\n  runtime: b"),
        "2: unknown key `lithops.runtime`; it belongs to section `localhost`"
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
fn every_key_is_read() {
    let config = of_text(
        "lithops:\n  backend: localhost\n  storage: localhost\n  mode: localhost\n  monitoring: Storage\n  \
         monitoring_interval: 0.5\n  execution_timeout: 60\n  data_cleaner: no\n  include_modules: [a, b.c]\n  \
         exclude_modules: [d]\n  log_level: WARNING\n  log_format: json\n  data_limit: 4\n  retries: 3\n  \
         platform_retries: 0\n  progress: false\n  stream_logs: off\n\
         localhost:\n  runtime: ./bin/worker\n  worker_processes: 4\n  runtime_memory: 512\n  runtime_timeout: 1.5\n  \
         storage_root: ~/data\n  storage_bucket: my-bucket\n",
    );
    let lithops = &config.lithops;
    assert_eq!(lithops.monitoring, Monitoring::Storage);
    assert_eq!(lithops.monitoring_interval, Duration::from_millis(500));
    assert_eq!(lithops.execution_timeout, Duration::from_secs(60));
    assert!(!lithops.data_cleaner && !lithops.progress && !lithops.stream_logs);
    assert_eq!(lithops.include_modules, IncludeModules::Also(vec!["a".into(), "b.c".into()]));
    assert_eq!(lithops.exclude_modules, ["d"]);
    assert_eq!((lithops.log_level.as_deref(), lithops.log_format), (Some("warn"), LogFormat::Json));
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
    let message =
        problem("lithops:\n  backend: aws_lambda\n  storage: aws_s3\n".trim_end_matches("  storage: aws_s3\n"));
    assert!(
        message.starts_with("2: `lithops.backend` is `aws_lambda`, but this version has only `localhost`"),
        "{message}"
    );
    assert_eq!(problems("lithops:\n  backend: k8s\n  storage: redis\n").len(), 2);
    assert!(problem("lithops: {backend: localhst}").contains("did you mean `localhost`?"));
    let message = problem("lithops:\n  mode: serverless\n");
    assert!(
        message.starts_with("2: `lithops.mode` is `serverless`, but backend `localhost` runs in mode"),
        "{message}"
    );
}

#[test]
fn other_sections_are_accepted_unchecked() {
    let config = of_text("aws: {region: eu-west-1, anything: [1]}\naws_s3:\ngcp: {x: 1}\nk8s: {}\nredis: {host: h}\n");
    assert_eq!(config.to_json_redacted()["aws"]["region"], "eu-west-1");
}

#[test]
fn duplicates_are_reported_at_the_second() {
    assert_eq!(problem("lithops:\n  retries: 1\n  retries: 2\n"), "3: `lithops.retries` is given twice: remove one");
    assert_eq!(problem("lithops: {}\naws: {}\nlithops: {}\n"), "3: `lithops` is given twice: remove one");
    assert_eq!(problem("aws:\n  a: {b: 1,\n   b: 2}\n"), "3: `aws.a.b` is given twice: remove one");
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
    let text = "aws: &shared\n  retries: 4\n  max_workers: 1\nlithops:\n  <<: {retries: 2}\n  progress: false\n\
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

// Overrides.

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
        "aws: {region: a}\naws_lambda: {region_name: b, region: c}\naws_s3: {region_name: d}",
    );
    let shown = machine.load_with(&[Override::region("eu-north-1")]).unwrap().to_json_redacted();
    assert_eq!(shown["aws"]["region"], "eu-north-1");
    assert_eq!(shown.get("aws_lambda"), None);
    assert_eq!(shown["aws_s3"]["region_name"], "d");
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
    assert!(!format!("{:?}", Override::parse("aws.secret_access_key=hunter2")).contains("hunter2"));
}

// What is shown.

#[test]
fn show_gives_values_and_sources() {
    let machine = Machine::new();
    let path =
        machine.write("home/.lithops/config", "# mine\nlithops:\n  retries: 3\nlocalhost:\n  worker_processes: 2\n");
    let config = machine.load_with(&[Override::backend("localhost")]).unwrap();
    let text = render_show(&config, false);
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
        "aws: {access_key_id: hunter2, secret_access_key: hunter2, session_token: hunter2, region: r}\n\
         minio: {secret_access_key: hunter2}\nredis: {password: hunter2}\nibm: {iam_api_key: hunter2}\n\
         rabbitmq: {amqp_url: 'amqp://user:hunter2@host/vhost'}\naws_lambda: {env_vars: {A: hunter2}}\n\
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
