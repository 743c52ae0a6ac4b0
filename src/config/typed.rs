//! The configuration as the program reads it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::aws::{Aws, AwsLambda, AwsS3};
use super::check::{Given, Values};
use super::find::Environment;
use super::rule::Rule;
use super::schema;

/// A checked configuration, defaults filled in. Cheap enough to clone; its `Debug` shows no secrets.
#[derive(Clone)]
pub struct Config {
    pub lithops: Lithops,
    pub localhost: Localhost,
    pub aws: Aws,
    pub aws_lambda: AwsLambda,
    pub aws_s3: AwsS3,
    pub(super) values: Arc<Values>,
    pub(super) given: Arc<Vec<Given>>,
    pub(super) environment: Arc<Environment>,
}

/// The section `lithops`: what is the same for all backends.
#[derive(Debug, Clone, PartialEq)]
pub struct Lithops {
    /// The name of the compute backend: `localhost`, `aws_lambda`.
    pub backend: String,
    /// The name of the storage backend: `localhost`, `aws_s3`.
    pub storage: String,
    pub monitoring: Monitoring,
    /// Between two looks into storage, with `monitoring: storage`.
    pub monitoring_interval: Duration,
    /// For one call, retries not counted.
    pub execution_timeout: Duration,
    pub data_cleaner: bool,
    pub include_modules: IncludeModules,
    pub exclude_modules: Vec<String>,
    /// `error`, `warn`, `info`, `debug`, `trace`; `None`: as the command line says.
    pub log_level: Option<String>,
    /// `None`: as the command line says.
    pub log_format: Option<LogFormat>,
    /// `None`: no limit.
    pub data_limit_mb: Option<u64>,
    /// Further attempts after the function itself failed.
    pub retries: u32,
    /// Further attempts after a failure of the platform.
    pub platform_retries: u32,
    pub progress: bool,
    pub stream_logs: bool,
    /// Whether jobs are written down for `lithops-lua job`.
    pub job_records: bool,
}

/// The section `localhost`: the local backend and the local storage.
#[derive(Debug, Clone, PartialEq)]
pub struct Localhost {
    /// The executable of the workers, absolute.
    pub runtime: PathBuf,
    /// At least 1.
    pub max_workers: usize,
    /// `None`: no limit.
    pub runtime_memory_mb: Option<u64>,
    /// For one invocation; `None`: no limit.
    pub runtime_timeout: Option<Duration>,
    /// Absolute; it need not exist.
    pub storage_root: PathBuf,
    /// The bucket used where none is named.
    pub storage_bucket: String,
}

/// How results come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Monitoring {
    Stream,
    Storage,
}

/// How log messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// Which Lua modules travel with a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IncludeModules {
    /// Those that are found by themselves.
    Found,
    /// Those, and these too.
    Also(Vec<String>),
    /// None at all.
    None,
}

impl Config {
    pub(super) fn new(values: Values, given: Vec<Given>, environment: Environment) -> Config {
        Config {
            lithops: Lithops::read(&values),
            localhost: Localhost::read(&values),
            aws: Aws::read(&values),
            aws_lambda: AwsLambda::read(&values),
            aws_s3: AwsS3::read(&values),
            values: Arc::new(values),
            given: Arc::new(given),
            environment: Arc::new(environment),
        }
    }
}

impl Config {
    /// Megabytes of memory for each worker of a job that asks for `asked`; `None`: no limit.
    ///
    /// # Errors
    /// What a job may ask for, where it asks for more or less than the backend has: reads after the option's name.
    pub fn runtime_memory_mb(&self, asked: Option<u64>) -> Result<Option<u64>, String> {
        let backend = self.lithops.backend.as_str();
        let Some(asked) = asked else {
            return Ok(match backend {
                "aws_lambda" => Some(self.aws_lambda.runtime_memory_mb.into()),
                _ => self.localhost.runtime_memory_mb,
            });
        };
        let keys = schema::section(backend).map_or(&[][..], |section| section.keys);
        match keys.iter().find(|key| key.name == "runtime_memory").map(|key| key.rule) {
            Some(Rule::Whole { min, max } | Rule::WholeOrNone { min, max })
                if !i64::try_from(asked).is_ok_and(|asked| (min..=max).contains(&asked)) =>
            {
                let expected = Rule::Whole { min, max }.expected();
                Err(format!("must be {expected} with backend `{backend}`, not {asked}"))
            }
            _ => Ok(Some(asked)),
        }
    }
}

/// With secrets redacted, as everything that prints a configuration.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Config {}", self.to_json_redacted())
    }
}

impl Lithops {
    fn read(values: &Values) -> Lithops {
        let of = Reader { values, section: "lithops" };
        Lithops {
            backend: of.text("backend"),
            storage: of.text("storage"),
            monitoring: match of.text("monitoring").as_str() {
                "storage" => Monitoring::Storage,
                _ => Monitoring::Stream,
            },
            monitoring_interval: of.seconds("monitoring_interval").unwrap_or_default(),
            execution_timeout: of.seconds("execution_timeout").unwrap_or_default(),
            data_cleaner: of.flag("data_cleaner"),
            include_modules: match of.value("include_modules") {
                None => IncludeModules::Found,
                Some(Value::Bool(false)) => IncludeModules::None,
                Some(_) => IncludeModules::Also(of.texts("include_modules")),
            },
            exclude_modules: of.texts("exclude_modules"),
            log_level: of.value("log_level").map(|_| of.text("log_level")),
            log_format: of.value("log_format").map(|format| match format.as_str() {
                Some("json") => LogFormat::Json,
                _ => LogFormat::Text,
            }),
            data_limit_mb: of.number("data_limit"),
            retries: of.count("retries"),
            platform_retries: of.count("platform_retries"),
            progress: of.flag("progress"),
            stream_logs: of.flag("stream_logs"),
            job_records: of.flag("job_records"),
        }
    }
}

impl Localhost {
    fn read(values: &Values) -> Localhost {
        let of = Reader { values, section: "localhost" };
        let workers = of.number("worker_processes").or_else(|| of.number("max_workers")).unwrap_or(1);
        Localhost {
            runtime: of.text("runtime").into(),
            max_workers: usize::try_from(workers).unwrap_or(usize::MAX),
            runtime_memory_mb: of.number("runtime_memory"),
            runtime_timeout: of.seconds("runtime_timeout"),
            storage_root: of.text("storage_root").into(),
            storage_bucket: of.text("storage_bucket"),
        }
    }
}

/// Reads one section. The rules made sure of each value's form, so a wrong one reads as nothing.
pub(super) struct Reader<'a> {
    pub values: &'a Values,
    pub section: &'static str,
}

impl Reader<'_> {
    pub fn value(&self, key: &str) -> Option<&Value> {
        self.values.get(self.section, key)
    }

    pub fn text(&self, key: &str) -> String {
        self.value(key).and_then(Value::as_str).unwrap_or_default().into()
    }

    /// A text that may be absent.
    pub fn optional(&self, key: &str) -> Option<String> {
        self.value(key).and_then(Value::as_str).map(String::from)
    }

    /// A mapping of names to texts; an absent one is empty.
    pub fn text_map(&self, key: &str) -> BTreeMap<String, String> {
        let entries = self.value(key).and_then(Value::as_object).into_iter().flatten();
        entries.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
    }

    pub fn texts(&self, key: &str) -> Vec<String> {
        let items = self.value(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(Value::as_str).map(String::from).collect()
    }

    pub fn flag(&self, key: &str) -> bool {
        self.value(key).and_then(Value::as_bool).unwrap_or_default()
    }

    pub fn number(&self, key: &str) -> Option<u64> {
        self.value(key).and_then(Value::as_u64)
    }

    pub fn count(&self, key: &str) -> u32 {
        self.number(key).and_then(|number| number.try_into().ok()).unwrap_or_default()
    }

    pub fn seconds(&self, key: &str) -> Option<Duration> {
        Duration::try_from_secs_f64(self.value(key)?.as_f64()?).ok()
    }
}
