//! The options of `call_async`, `map` and `map_reduce`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use mlua::Value;

use super::executor::Executor;
use super::iterdata::Encoding;
use crate::config::IncludeModules;
use crate::job::LogSink;
use crate::lua::bind::Raise;
use crate::lua::options::Options;

/// The options of each call, and more.
macro_rules! call_options {
    ($($more:literal),*) => {
        &[
            "extra_env",
            "runtime_memory",
            "timeout",
            "include_modules",
            "exclude_modules",
            "retries",
            "stream_logs",
            "extra_args",
            $($more),*
        ]
    };
}

/// The options of `map`, and more.
macro_rules! map_options {
    ($($more:literal),*) => {
        call_options!("chunksize", "max_workers", "obj_chunk_size", "obj_chunk_number", "obj_newline" $(, $more)*)
    };
}

pub(super) const CALL_OPTIONS: &[&str] = call_options!();
pub(super) const MAP_OPTIONS: &[&str] = map_options!();
pub(super) const MAP_REDUCE_OPTIONS: &[&str] = map_options!(
    "extra_args_reduce",
    "map_runtime_memory",
    "reduce_runtime_memory",
    "obj_reduce_by_key",
    "spawn_reducer"
);

/// What the options of a job say.
pub(super) struct JobOptions {
    pub encoding: Encoding,
    pub env: BTreeMap<String, String>,
    pub timeout: Option<Duration>,
    pub retries: u32,
    pub chunksize: Option<u64>,
    pub max_workers: Option<usize>,
    pub memory_bytes: Option<u64>,
    pub logs: Option<LogSink>,
}

impl JobOptions {
    /// Reads them; what they leave open is in the configuration.
    pub fn read(executor: &Executor, options: &Options) -> Result<Self, Raise> {
        let config = &executor.config;
        let (mut modules, mut include) = match &config.lithops.include_modules {
            IncludeModules::Found => (true, Vec::new()),
            IncludeModules::Also(names) => (true, names.clone()),
            IncludeModules::None => (false, Vec::new()),
        };
        match options.value("include_modules")? {
            None => {}
            Some(Value::Boolean(false)) => modules = false,
            Some(Value::Table(_)) => {
                modules = true;
                include = options.strings("include_modules")?.unwrap_or_default();
            }
            Some(value) => return Err(options.refuse("include_modules", "a list of module names, or false", &value)),
        }
        let exclude = options.strings("exclude_modules")?.unwrap_or_else(|| config.lithops.exclude_modules.clone());
        let mut env = BTreeMap::new();
        if let Some(table) = options.table("extra_env")? {
            for pair in table.pairs::<Value, Value>() {
                let (Value::String(name), value) = pair? else {
                    return Err(Raise::message("option `extra_env` must be a table of names and values"));
                };
                let text = match &value {
                    Value::String(text) => text.to_string_lossy(),
                    Value::Number(_) | Value::Integer(_) | Value::Boolean(_) => value.to_string()?,
                    other => {
                        let name = name.to_string_lossy();
                        return Err(Raise::Message(format!(
                            "option `extra_env`: `{name}` must be a string, not a {}",
                            other.type_name()
                        )));
                    }
                };
                let name = name.to_string_lossy();
                if name.is_empty() || name.contains(['=', '\0']) || text.contains('\0') {
                    return Err(Raise::Message(format!(
                        "option `extra_env`: `{name}` cannot be an environment variable"
                    )));
                }
                env.insert(name, text);
            }
        }
        let stream_logs = options.boolean("stream_logs")?.unwrap_or(config.lithops.stream_logs);
        Ok(Self {
            encoding: Encoding { modules, include, exclude, limit_mb: config.lithops.data_limit_mb },
            env,
            timeout: options.seconds("timeout")?.or(Some(config.lithops.execution_timeout)),
            retries: options
                .count("retries")?
                .map_or(config.lithops.retries, |retries| retries.min(u64::from(u32::MAX)) as u32),
            chunksize: options.positive("chunksize")?,
            max_workers: options.positive("max_workers")?.map(|workers| workers as usize),
            memory_bytes: memory_bytes(executor, options, "runtime_memory")?,
            logs: stream_logs.then(|| -> LogSink { Arc::new(crate::report::print_log) }),
        })
    }
}

/// The memory for each worker as an option says, or as the backend has it by default.
pub(super) fn memory_bytes(executor: &Executor, options: &Options, option: &str) -> Result<Option<u64>, Raise> {
    let asked = options.megabytes(option)?;
    let memory_mb = executor.config.runtime_memory_mb(asked);
    let memory_mb = memory_mb.map_err(|why| Raise::Message(format!("option `{option}` {why}")))?;
    Ok(memory_mb.map(|mb| mb << 20))
}
