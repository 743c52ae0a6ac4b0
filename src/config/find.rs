//! Finding the configuration, and reading it.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::check::{self, Completeness, Given};
use super::error::{ConfigError, ReadFailure};
use super::origin::{Origin, Source};
use super::rule::expand_home;
use super::tree::{self, Node};
use super::{Config, Override, Problem};

/// More is not a configuration, but a file named by mistake.
const LARGEST_BYTES: u64 = 1 << 20;
/// The file of a project, in its folder.
pub const OWN_FILE: &str = ".lithops_config";
const TEXT_VARIABLE: &str = "LITHOPS_CONFIG";
const FILE_VARIABLE: &str = "LITHOPS_CONFIG_FILE";

/// Where this program keeps what it remembers for its user: below `XDG_STATE_HOME`, by default `~/.local/state`. `None` where there
/// is no home.
pub fn state_folder() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let home = || std::env::home_dir().filter(|home| home.is_absolute());
    Some(state.or_else(|| Some(home()?.join(".local/state")))?.join("lithops-lua"))
}

/// What the configuration needs to know about this process and machine.
#[derive(Clone)]
pub struct Environment {
    pub cwd: PathBuf,
    pub home: Option<PathBuf>,
    /// `LITHOPS_CONFIG`; an empty one counts as absent.
    pub config_text: Option<OsString>,
    /// `LITHOPS_CONFIG_FILE`; an empty one counts as absent.
    pub config_file: Option<OsString>,
    /// The configuration for all users of the machine.
    pub system_file: PathBuf,
    /// The default of `localhost.runtime`.
    pub executable: PathBuf,
    /// The default of `localhost.max_workers`.
    pub cores: usize,
}

impl Environment {
    /// The environment of this process. What cannot be known is left at a value that fails where it is used, by its name.
    pub fn of_process() -> Environment {
        Environment {
            cwd: std::env::current_dir().unwrap_or_else(|_| ".".into()),
            home: std::env::home_dir().filter(|home| home.is_absolute()),
            config_text: std::env::var_os(TEXT_VARIABLE),
            config_file: std::env::var_os(FILE_VARIABLE),
            system_file: "/etc/lithops/config".into(),
            executable: std::env::current_exe().unwrap_or_else(|_| "lithops-lua".into()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

/// Without the text of `LITHOPS_CONFIG`, which may hold secrets.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.debug_struct("Environment")
            .field("cwd", &self.cwd)
            .field("home", &self.home)
            .field("config_text", &self.config_text.as_ref().map(|_| "…"))
            .field("config_file", &self.config_file)
            .field("system_file", &self.system_file)
            .field("executable", &self.executable)
            .field("cores", &self.cores)
            .finish()
    }
}

/// What a configuration is asked for.
pub struct Request<'a> {
    /// The `config` table of an executor; it wins over all files.
    pub table: Option<Value>,
    /// `--config`, or the `config_file` of an executor. It must exist.
    pub file: Option<&'a Path>,
    /// Applied in order: a later one wins.
    pub overrides: &'a [Override],
    pub environment: Environment,
}

impl std::default::Default for Request<'_> {
    fn default() -> Self {
        Request { table: None, file: None, overrides: &[], environment: Environment::of_process() }
    }
}

/// Finds, reads and checks the configuration.
///
/// # Errors
/// Where a named file is missing, or a text cannot be read; and all rules broken, in one error.
pub fn load(request: Request) -> Result<Config, ConfigError> {
    load_as(request, Completeness::Complete)
}

/// As [`load`], for what helps to complete a configuration: what must yet be made on AWS may be absent.
///
/// # Errors
/// Those of `load`.
pub fn load_incomplete(request: Request) -> Result<Config, ConfigError> {
    load_as(request, Completeness::MayBeIncomplete)
}

/// Where the configuration is that [`load`] would read, without reading what it says; `None` where there is none.
///
/// # Errors
/// Where it cannot be read, or is not YAML.
pub fn source(request: &Request) -> Result<Option<Source>, ConfigError> {
    Ok(first_found(request)?.map(|(origin, _)| origin.source.clone()))
}

/// The files that are looked for where none is named, the first one first.
pub fn usual_places(environment: &Environment) -> Vec<PathBuf> {
    let own = environment.home.as_ref().map(|home| home.join(".lithops/config"));
    let places = [Some(environment.cwd.join(OWN_FILE)), own, Some(environment.system_file.clone())];
    places.into_iter().flatten().collect()
}

fn load_as(request: Request, completeness: Completeness) -> Result<Config, ConfigError> {
    let mut given = Vec::new();
    let mut problems = Vec::new();
    if let Some((origin, tree)) = first_found(&request)? {
        check::read_sections(&origin, &tree, &mut given, &mut problems);
    }
    check::apply(&mut given, request.overrides, &request.environment);
    check::check(given, problems, request.environment, completeness)
}

impl Config {
    /// This configuration with further single keys set, checked again.
    pub fn with_overrides(&self, overrides: &[Override]) -> Result<Config, ConfigError> {
        let mut given: Vec<Given> = self.given.to_vec();
        check::apply(&mut given, overrides, &self.environment);
        check::check(given, Vec::new(), self.environment.as_ref().clone(), Completeness::Complete)
    }
}

fn first_found(request: &Request) -> Result<Option<(Arc<Origin>, Node)>, ConfigError> {
    let environment = &request.environment;
    if let Some(table) = &request.table {
        let origin = Origin::without_text(Source::Table, &environment.cwd);
        return Ok(Some((origin, Node::from_json(table))));
    }
    if let Some(file) = request.file {
        return named_file(file, "named by `--config` or `config_file`", environment).map(Some);
    }
    if let Some(text) = environment.config_text.as_ref().filter(|text| !text.is_empty()) {
        let source = Source::Variable { name: TEXT_VARIABLE, line: None };
        return parse(source, text.as_encoded_bytes(), &environment.cwd).map(Some);
    }
    if let Some(file) = environment.config_file.as_ref().filter(|file| !file.is_empty()) {
        return named_file(Path::new(file), "named by LITHOPS_CONFIG_FILE", environment).map(Some);
    }
    for path in usual_places(environment) {
        match read(&path) {
            Ok(bytes) => return parse_file(&path, &bytes).map(Some),
            Err(ReadFailure::Missing) => {}
            Err(reason) => {
                return Err(ConfigError::Read { path, named_by: "found in its usual place".into(), reason });
            }
        }
    }
    Ok(None)
}

fn named_file(file: &Path, named_by: &str, environment: &Environment) -> Result<(Arc<Origin>, Node), ConfigError> {
    let path = match file.to_str().map(|text| expand_home(text, environment.home.as_deref())) {
        Some(Ok(expanded)) => environment.cwd.join(expanded),
        // Not text, or a `~` that cannot be expanded: then it is a name like any other.
        _ => environment.cwd.join(file),
    };
    match read(&path) {
        Ok(bytes) => parse_file(&path, &bytes),
        Err(reason) => Err(ConfigError::Read { path, named_by: named_by.into(), reason }),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ReadFailure> {
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => ReadFailure::Missing,
        _ => ReadFailure::Io(error),
    })?;
    if file.metadata()?.is_dir() {
        return Err(ReadFailure::Folder);
    }
    let mut bytes = Vec::new();
    file.take(LARGEST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_BYTES {
        return Err(ReadFailure::TooLarge { limit_bytes: LARGEST_BYTES });
    }
    Ok(bytes)
}

fn parse_file(path: &Path, bytes: &[u8]) -> Result<(Arc<Origin>, Node), ConfigError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    parse(Source::File { path: path.into(), line: None }, bytes, folder)
}

fn parse(source: Source, bytes: &[u8], folder: &Path) -> Result<(Arc<Origin>, Node), ConfigError> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let offset = error.valid_up_to();
            let line = 1 + bytes[..offset].iter().filter(|byte| **byte == b'\n').count();
            return Err(ConfigError::NotUtf8 { origin: source, offset, line });
        }
    };
    match tree::parse(text) {
        Ok(tree) => Ok((Origin::of_text(source, text.into(), folder), tree)),
        Err(error) => {
            let line = error.location().map(|location| location.line());
            let origin = match source {
                Source::File { path, .. } => Source::File { path, line },
                Source::Variable { name, .. } => Source::Variable { name, line },
                other => other,
            };
            Err(ConfigError::NotYaml { origin, message: error.to_string() })
        }
    }
}

/// The top of a text must be a mapping of sections.
pub(super) fn not_a_mapping(source: Source) -> Problem {
    let message = "the configuration must be a mapping of sections, as in `lithops:` and, below it, indented, `backend: localhost`";
    Problem { source, key: None, message: message.into() }
}
