//! Logs, on standard error. The command line comes first; what it leaves open, the configuration decides once it is loaded.

use std::env;
use std::io;
use std::sync::OnceLock;

use tracing_subscriber::filter::{EnvFilter, LevelFilter, Targets};
use tracing_subscriber::layer::{Filter, Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::reload;
use tracing_subscriber::util::SubscriberInitExt;

use super::colors;
use super::high_args::{LogLevel, Logs};
use super::low_args::LogFormat;
use crate::config::{self, nearest};
use crate::report::{AroundBar, on_log_settings};

/// The variable with a filter, in the syntax of `tracing_subscriber::EnvFilter`. It wins over `-v` and `-q`.
const VARIABLE: &str = "LITHOPS_LOG";

/// The target of all that this program logs.
const OURS: &str = "lithops_lua";

type Lines = Box<dyn Layer<Registry> + Send + Sync>;

/// Sets the level, where the command line does not.
static LEVEL: OnceLock<reload::Handle<Targets, Registry>> = OnceLock::new();
/// Sets the format, where the command line does not.
static FORMAT: OnceLock<reload::Handle<Lines, Registry>> = OnceLock::new();

/// Sets up logging. `Err`: what is wrong with `LITHOPS_LOG`.
pub fn init(logs: Logs) -> Result<(), String> {
    let format = logs.format.unwrap_or(LogFormat::Text);
    // Compiling filters takes longer than running a small script, so only where one is given.
    match env::var(VARIABLE) {
        Ok(text) if !text.trim().is_empty() => {
            check_word(text.trim())?;
            let filter = EnvFilter::try_new(&text).map_err(|error| format!("{VARIABLE}: {error}"))?;
            // Whoever gives a filter may see spans of other crates, whose form cannot change while they are open.
            install(lines(format), filter);
        }
        Err(env::VarError::NotUnicode(_)) => return Err(format!("{VARIABLE} is not valid UTF-8")),
        _ => {
            let level = match logs.level {
                Some(LogLevel::Error) => LevelFilter::ERROR,
                None => LevelFilter::WARN,
                Some(LogLevel::Info) => LevelFilter::INFO,
                Some(LogLevel::Debug) => LevelFilter::DEBUG,
            };
            let (filter, level_handle) = reload::Layer::new(from_level(level));
            let (lines, format_handle) = reload::Layer::new(lines(format));
            install(lines, filter);
            if logs.level.is_none() {
                let _ = LEVEL.set(level_handle);
            }
            if logs.format.is_none() {
                let _ = FORMAT.set(format_handle);
            }
            on_log_settings(follow);
        }
    }
    Ok(())
}

/// Does what a configuration says, as far as the command line said nothing.
fn follow(settings: &config::Lithops) {
    let level = settings.log_level.as_deref().and_then(|level| level.parse::<LevelFilter>().ok());
    if let (Some(handle), Some(level)) = (LEVEL.get(), level) {
        // Fails where another subscriber was there first, which then stays as it is.
        let _ = handle.reload(from_level(level));
    }
    if let (Some(handle), Some(format)) = (FORMAT.get(), settings.log_format) {
        let format = match format {
            config::LogFormat::Text => LogFormat::Text,
            config::LogFormat::Json => LogFormat::Json,
        };
        let _ = handle.reload(lines(format));
    }
}

/// A word by itself is a level or a target of ours: what else it may be to the filter is most likely a mistake.
fn check_word(text: &str) -> Result<(), String> {
    let is_word = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_word || text.starts_with(OURS) || text.parse::<LevelFilter>().is_ok() {
        return Ok(());
    }
    Err(match nearest(text, ["error", "warn", "info", "debug", "trace", "off"]) {
        Some(level) => format!("{VARIABLE}: unknown level \"{text}\"; did you mean `{level}`?"),
        None => format!(
            "{VARIABLE}: unknown level \"{text}\"; write `error`, `warn`, `info`, `debug` or `trace`, or a filter such as \
             `{OURS}::job=debug,warn`"
        ),
    })
}

/// Other crates' warnings mean nothing to a user: what matters of them, we report.
fn from_level(level: LevelFilter) -> Targets {
    Targets::new().with_target(OURS, level)
}

fn lines(format: LogFormat) -> Lines {
    let lines = tracing_subscriber::fmt::layer().with_writer(|| AroundBar);
    match format {
        LogFormat::Text => lines.with_ansi(colors::are_wanted(&io::stderr())).boxed(),
        LogFormat::Json => lines.json().boxed(),
    }
}

fn install(lines: impl Layer<Registry> + Send + Sync, filter: impl Filter<Registry> + Send + Sync + 'static) {
    // Fails where a subscriber is set already, which then stays.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
}
