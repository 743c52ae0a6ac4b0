//! Every section and key that is known, as data: it drives the checks, the defaults and `config show`.
//!
//! A new key is a row here and, if the program reads it, a field in `typed`.

mod aws;

use serde_json::{Value, json};

use super::check::Values;
use super::find::Environment;
use super::names::check_bucket_name;
use super::rule::Rule;

/// One key of a section.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    pub name: &'static str,
    pub rule: Rule,
    pub default: Default,
    /// One sentence, with the unit of the value.
    pub doc: &'static str,
    /// Never shown.
    pub secret: bool,
}

/// What holds where the configuration says nothing.
#[derive(Debug, Clone, Copy)]
pub enum Default {
    /// Null: what that means is in the key's `doc`.
    Absent,
    /// Only in mappings within a value: the key must be given.
    Required,
    Flag(bool),
    Whole(i64),
    Text(&'static str),
    /// An empty list.
    Empty,
    /// Depends on this machine.
    Machine(fn(&Environment) -> Value),
    /// The value of another key of the same section, or in its place the value beside it, or the last one where it is absent.
    Follows(&'static str, &'static [(&'static str, &'static str)], Option<&'static str>),
}

impl Key {
    const fn new(name: &'static str, rule: Rule, default: Default, doc: &'static str) -> Key {
        Key { name, rule, default, doc, secret: false }
    }

    const fn secret(name: &'static str, doc: &'static str) -> Key {
        Key { name, rule: Rule::Text, default: Default::Absent, doc, secret: true }
    }

    pub(super) fn is_required(&self) -> bool {
        matches!(self.default, Default::Required)
    }
}

/// A rule that is broken: the key to blame, `section.key`, and what to write instead.
pub type Broken = (&'static str, String);

/// A section of the file.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    pub name: &'static str,
    pub keys: &'static [Key],
    /// Rules that tie keys together, also to those of sections before this one.
    pub together: fn(&Values) -> Vec<Broken>,
}

/// The sections whose keys are checked.
pub const SECTIONS: &[Section] = &[
    Section { name: "lithops", keys: LITHOPS, together: lithops_together },
    Section { name: "localhost", keys: LOCALHOST, together: localhost_together },
    Section { name: "aws", keys: aws::AWS, together: aws::aws_together },
    Section { name: "aws_lambda", keys: aws::AWS_LAMBDA, together: aws::aws_lambda_together },
    Section { name: "aws_s3", keys: aws::AWS_S3, together: aws::aws_s3_together },
];

/// Sections of Lithops that are accepted as they are: a file written for several backends stays one file.
pub const UNCHECKED: &[&str] = &[
    "aliyun",
    "aliyun_fc",
    "aliyun_oss",
    "aws_batch",
    "aws_ec2",
    "azure",
    "azure_containers",
    "azure_functions",
    "azure_storage",
    "azure_vms",
    "ceph",
    "code_engine",
    "gcp",
    "gcp_cloudrun",
    "gcp_functions",
    "gcp_storage",
    "ibm",
    "ibm_cf",
    "ibm_cos",
    "ibm_vpc",
    "infinispan",
    "infinispan_hotrod",
    "joblib",
    "k8s",
    "knative",
    "minio",
    "oci",
    "one",
    "openwhisk",
    "oracle",
    "oracle_f",
    "oracle_oss",
    "plots",
    "prometheus",
    "rabbitmq",
    "redis",
    "serverless",
    "singularity",
    "standalone",
    "swift",
    "vm",
];

/// The compute backends of this version, and the mode of Lithops that each runs in.
pub const BACKENDS: &[(&str, &str)] = &[("localhost", "localhost"), ("aws_lambda", "serverless")];
/// The backend that a mode of Lithops means where none is named; others mean `localhost`.
const MODES: &[(&str, &str)] = &[("serverless", "aws_lambda"), ("localhost", "localhost"), ("standalone", "localhost")];
/// The storage backends of this version.
pub const STORAGES: &[&str] = &["localhost", "aws_s3"];

const ANY: i64 = i64::MAX;
/// A year: whatever is meant by more is a mistake of units.
const LONGEST: f64 = 31_536_000.0;

const LITHOPS: &[Key] = &[
    Key::new(
        "backend",
        Rule::Text,
        Default::Follows("mode", MODES, Some("localhost")),
        "Where functions run; `mode: serverless` alone means `aws_lambda`.",
    ),
    Key::new(
        "storage",
        Rule::Text,
        Default::Follows("backend", &[("aws_lambda", "aws_s3")], None),
        "Where data and large results are kept; follows the backend: `aws_s3` for `aws_lambda`.",
    ),
    Key::new(
        "mode",
        Rule::Choice { of: &["localhost", "serverless", "standalone"], same: &[] },
        Default::Absent,
        "The kind of backend; follows from the backend.",
    ),
    Key::new(
        "monitoring",
        Rule::Choice { of: &["stream", "storage"], same: &[] },
        Default::Text("stream"),
        "How results come back: streamed by the workers, or as objects in storage.",
    ),
    Key::new(
        "monitoring_interval",
        Rule::Positive { max: LONGEST },
        Default::Whole(2),
        "Seconds between two looks into storage, with `monitoring: storage`.",
    ),
    Key::new(
        "execution_timeout",
        Rule::Positive { max: LONGEST },
        Default::Whole(1800),
        "Seconds that one call may take, retries not counted.",
    ),
    Key::new("data_cleaner", Rule::Flag, Default::Flag(true), "Remove temporary objects when the executor ends."),
    Key::new(
        "include_modules",
        Rule::Modules,
        Default::Absent,
        "Lua modules to send besides those that are found by themselves; `none` sends none at all.",
    ),
    Key::new("exclude_modules", Rule::Texts, Default::Empty, "Lua modules that are never sent."),
    Key::new(
        "log_level",
        Rule::Choice {
            of: &["error", "warn", "info", "debug", "trace"],
            same: &[("critical", "error"), ("warning", "warn")],
        },
        Default::Absent,
        "The least severe log message that is shown; `-v`, `-q` and LITHOPS_LOG win over it.",
    ),
    Key::new(
        "log_format",
        Rule::Choice { of: &["text", "json"], same: &[] },
        Default::Absent,
        "How log messages are written, by default as text; `--log-format` and LITHOPS_LOG win over it.",
    ),
    Key::new(
        "data_limit",
        Rule::WholeOrNone { min: 1, max: ANY },
        Default::Absent,
        "The most megabytes that the values of one job's input may have, as they are sent; absent: no limit.",
    ),
    Key::new(
        "retries",
        Rule::Whole { min: 0, max: 1000 },
        Default::Whole(0),
        "Further attempts after the function itself failed.",
    ),
    Key::new(
        "platform_retries",
        Rule::Whole { min: 0, max: 1000 },
        Default::Whole(2),
        "Further attempts after a failure of the platform: worker lost, throttled, connection cut.",
    ),
    Key::new("progress", Rule::Flag, Default::Flag(true), "Show a progress bar on a terminal."),
    Key::new("stream_logs", Rule::Flag, Default::Flag(true), "Show what functions print, as they print it."),
    Key::new(
        "job_records",
        Rule::Flag,
        Default::Flag(true),
        "Keep a record of the jobs for `lithops-lua job` and `worker`.",
    ),
    Key::new(
        "chunksize",
        Rule::Foreign(
            "chunks are sized by themselves; remove the key, and set option `chunksize` of `map` where it matters",
        ),
        Default::Absent,
        "",
    ),
    Key::new("log_stream", Rule::Foreign("logs go to standard error; remove the key"), Default::Absent, ""),
    Key::new(
        "log_filename",
        Rule::Foreign("logs go to standard error, redirect it with `2>file`; remove the key"),
        Default::Absent,
        "",
    ),
    Key::new(
        "customized_runtime",
        Rule::Foreign("functions carry their modules with them; remove the key"),
        Default::Absent,
        "",
    ),
    Key::new("telemetry", Rule::Foreign("there is no metrics server; remove the key"), Default::Absent, ""),
];

const LOCALHOST: &[Key] = &[
    Key::new(
        "runtime",
        Rule::Path,
        Default::Machine(|env| env.executable.to_string_lossy().into()),
        "The executable of the workers: a lithops-lua of the same version.",
    ),
    Key::new(
        "max_workers",
        Rule::Whole { min: 1, max: 100_000 },
        Default::Machine(|env| env.cores.into()),
        "Worker processes at most; by default one for each core.",
    ),
    Key::new(
        "worker_processes",
        Rule::Whole { min: 1, max: 100_000 },
        Default::Absent,
        "The name that Lithops gives to `max_workers`.",
    ),
    Key::new(
        "runtime_memory",
        Rule::WholeOrNone { min: 1, max: 1 << 30 },
        Default::Absent,
        "Megabytes that one worker may use; absent: no limit.",
    ),
    Key::new(
        "runtime_timeout",
        Rule::Positive { max: LONGEST },
        Default::Absent,
        "Seconds that one invocation may take; absent: no limit.",
    ),
    Key::new("storage_root", Rule::Path, Default::Text("~/.lithops/storage"), "The folder of the local storage."),
    Key::new(
        "storage_bucket",
        Rule::Checked(check_bucket_name),
        Default::Text("lithops"),
        "The bucket used where none is named.",
    ),
    Key::new("version", Rule::Foreign("there is one local backend; remove the key"), Default::Absent, ""),
];

/// The checked section of this name.
pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

/// All names of sections, checked or not.
pub fn section_names() -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().map(|section| section.name).chain(UNCHECKED.iter().copied())
}

/// Two names of one key; the first is shown where neither is given.
pub(super) const ALIASES: &[(&str, &str, &str)] = &[
    ("localhost", "max_workers", "worker_processes"),
    ("aws", "region", "region_name"),
    ("aws", "profile", "config_profile"),
    ("aws_lambda", "region_name", "region"),
    ("aws_s3", "region_name", "region"),
];

/// The other name of a key that has two.
pub(super) fn alias(section: &str, key: &str) -> Option<&'static str> {
    ALIASES.iter().filter(|(of, ..)| *of == section).find_map(|(_, one, other)| match key {
        _ if key == *one => Some(*other),
        _ if key == *other => Some(*one),
        _ => None,
    })
}

/// The backend that holds where none is named.
pub(super) fn backend_of_mode(mode: Option<&str>) -> &'static str {
    MODES.iter().find(|(name, _)| mode == Some(*name)).map_or("localhost", |(_, backend)| backend)
}

/// What must be there before jobs can run, though the configuration may be put together without it.
pub(super) fn missing(values: &Values, is_given: impl Fn(&str, &str) -> bool) -> Vec<Broken> {
    let backend = values.get("lithops", "backend").and_then(Value::as_str);
    if backend != Some("aws_lambda") || is_given("aws_lambda", "execution_role") {
        return Vec::new();
    }
    let message = "`lithops.backend` is `aws_lambda`, which needs `aws_lambda.execution_role`: the ARN of the role that \
                   functions run as; `lithops-lua aws template` describes one for CloudFormation";
    vec![("lithops.backend", message.into())]
}

/// Both names of one key, with different values.
fn two_names(values: &Values, section: &str, keys: [&'static str; 2], full_name: &'static str) -> Option<Broken> {
    let [one, other] = keys.map(|key| values.given(section, key));
    let (one, other) = (one?, other?);
    (one != other).then(|| {
        let [a, b] = keys;
        let message =
            format!("`{section}.{b}` is {other} and `{section}.{a}` is {one}, and both mean the same: remove one",);
        (full_name, message)
    })
}

fn lithops_together(values: &Values) -> Vec<Broken> {
    let mut broken = Vec::new();
    let text = |key| values.get("lithops", key).and_then(Value::as_str);
    let backend = text("backend").unwrap_or_default();
    let known = BACKENDS.iter().find(|(name, _)| *name == backend);
    if known.is_none() {
        broken.push(("lithops.backend", not_here("backend", backend, BACKENDS.iter().map(|(name, _)| *name))));
    }
    let storage = text("storage").unwrap_or_default();
    // A storage that merely followed a wrong backend is not a second mistake.
    if !STORAGES.contains(&storage) && values.is_given("lithops", "storage") {
        broken.push(("lithops.storage", not_here("storage", storage, STORAGES.iter().copied())));
    }
    if backend == "aws_lambda" && storage == "localhost" {
        let message = "`lithops.storage` is `localhost`, a folder of this machine, which functions on AWS Lambda cannot \
                       reach: remove `storage`, or set it to `aws_s3`";
        broken.push(("lithops.storage", message.into()));
    }
    if let (Some(mode), Some((_, expected))) = (text("mode"), known)
        && mode != *expected
    {
        broken.push((
            "lithops.mode",
            format!("`lithops.mode` is `{mode}`, but backend `{backend}` runs in mode `{expected}`: remove `mode`, or set `backend`"),
        ));
    }
    broken
}

fn not_here(key: &str, value: &str, known: impl Iterator<Item = &'static str> + Clone) -> String {
    // `aws`, `lambda`, `s3` are parts of names.
    let contains = |name: &&str| value.len() > 1 && name.split('_').any(|part| part.eq_ignore_ascii_case(value));
    if let Some(near) = super::nearest(value, known.clone()).or_else(|| known.clone().find(contains)) {
        return format!("unknown {key} `{value}` in `lithops.{key}`; did you mean `{near}`?");
    }
    let names: Vec<_> = known.map(|name| format!("`{name}`")).collect();
    format!(
        "`lithops.{key}` is `{value}`, but there is only {}: set it to one of them, or remove the key",
        names.join(" and ")
    )
}

fn localhost_together(values: &Values) -> Vec<Broken> {
    let keys = ["max_workers", "worker_processes"];
    two_names(values, "localhost", keys, "localhost.worker_processes").into_iter().collect()
}

impl Default {
    /// The default as it would be written; `Follows` is for the caller to follow.
    pub(super) fn value(&self, environment: &Environment) -> Value {
        match self {
            Default::Absent | Default::Required | Default::Follows(..) => Value::Null,
            Default::Flag(flag) => (*flag).into(),
            Default::Whole(number) => (*number).into(),
            Default::Text(text) => (*text).into(),
            Default::Empty => json!([]),
            Default::Machine(ask) => ask(environment),
        }
    }
}
