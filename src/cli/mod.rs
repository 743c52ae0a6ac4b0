//! The command line: arguments, logs, exit codes.
//!
//! - [`low_args`] is what was typed, [`high_args`] what it means.
//! - [`run`] does it; [`exit`] says how the process ends.
//! - [`aws`], [`clean`], [`config`], [`doctor`] and [`runtime`] are the commands of those names.
//! - [`logging`] sets up `tracing`; [`panics`] turns our own bugs into one sentence.

pub mod aws;
pub mod clean;
pub mod config;
pub mod doctor;
pub mod exit;
pub mod high_args;
pub mod logging;
pub mod low_args;
pub mod panics;
pub mod run;
pub mod runtime;

pub use run::main;
