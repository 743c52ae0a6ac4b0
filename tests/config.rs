//! The configuration: its places, its checks, and what is shown of it. Each test has folders of its own.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

/// The sections for AWS.
#[path = "config/aws.rs"]
mod aws;
/// Options of executors that stand for keys.
#[path = "config/executors.rs"]
mod executors;
/// Keys and values, of sections for all backends and of the local one.
#[path = "config/keys.rs"]
mod keys;
/// Single keys set by the command line.
#[path = "config/overrides.rs"]
mod overrides;
/// Where a configuration is found, and texts that cannot be read as a whole.
#[path = "config/places.rs"]
mod places;
/// What is shown, and what goes to other machines.
#[path = "config/shown.rs"]
mod shown;

use std::fs;
use std::path::{Path, PathBuf};

use lithops_lua::config::{Config, ConfigError, Environment, Override, Request, load};
use serde_json::Value;
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
