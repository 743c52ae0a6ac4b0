//! Logs, on standard error.

use std::env;
use std::io;

use tracing_subscriber::filter::{EnvFilter, LevelFilter, Targets};
use tracing_subscriber::layer::{Filter, Layer, SubscriberExt};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt;

use super::high_args::{LogLevel, Logs};
use super::low_args::LogFormat;

/// The variable with a filter, in the syntax of `tracing_subscriber::EnvFilter`. It wins over `-v` and `-q`.
const VARIABLE: &str = "LITHOPS_LOG";

/// Sets up logging. `Err`: what is wrong with `LITHOPS_LOG`.
pub fn init(logs: Logs) -> Result<(), String> {
    // Compiling filters takes longer than running a small script, so only where one is given.
    match env::var(VARIABLE) {
        Ok(text) if !text.trim().is_empty() => {
            let filter = EnvFilter::try_new(&text).map_err(|error| format!("{VARIABLE}: {error}"))?;
            install(logs.format, filter);
        }
        Err(env::VarError::NotUnicode(_)) => return Err(format!("{VARIABLE} is not valid UTF-8")),
        _ => {
            let ours = match logs.level {
                LogLevel::Error => LevelFilter::ERROR,
                LogLevel::Warn => LevelFilter::WARN,
                LogLevel::Info => LevelFilter::INFO,
                LogLevel::Debug => LevelFilter::DEBUG,
            };
            // Other crates' warnings mean nothing to a user: what matters of them, we report.
            install(logs.format, Targets::new().with_target("lithops_lua", ours));
        }
    }
    Ok(())
}

fn install(format: LogFormat, filter: impl Filter<Registry> + Send + Sync + 'static) {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = match format {
        LogFormat::Text => lines.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    // Fails where a subscriber is set already, which then stays.
    let _ = tracing_subscriber::registry().with(layer.with_filter(filter)).try_init();
}
