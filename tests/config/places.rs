use std::fs;
use std::path::Path;
use std::time::Duration;

use lithops_lua::config::{ConfigError, IncludeModules, Monitoring, ReadFailure, Request, load};
use serde_json::json;

use crate::{Machine, of_text, problem, source};

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
    assert_eq!((lithops.log_level.as_deref(), lithops.log_format), (None, None));
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
