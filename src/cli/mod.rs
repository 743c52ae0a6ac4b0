//! The command line: arguments, logs, exit codes.
//!
//! - [`low_args`] is what was typed, [`high_args`] what it means.
//! - [`run`] does it; [`exit`] says how the process ends.
//! - [`repl`] is the prompt.
//! - [`aws`], [`check`], [`clean`], [`config`], [`doctor`], [`hello`], [`job`], [`runtime`], [`storage`], [`mod@test`], [`types`] and
//!   [`worker`] are the commands of those names; [`shell`] is what shells and `man` read, [`table`] what people do.
//! - [`logging`] sets up `tracing`; [`panics`] turns our own bugs into one sentence; [`question`] asks whoever is at the terminal;
//!   [`colors`] are for those who want them.
//! - [`lua_files`] walks through folders of Lua; [`io_errors`] puts into words why something cannot be read; [`printable`] keeps
//!   texts from elsewhere from doing more to a terminal than to be read.

pub mod aws;
pub mod check;
pub mod clean;
pub mod colors;
pub mod config;
pub mod doctor;
pub mod exit;
pub mod hello;
pub mod high_args;
pub mod io_errors;
pub mod job;
pub mod logging;
pub mod low_args;
pub mod lua_files;
pub mod man;
pub mod panics;
pub mod printable;
pub mod question;
pub mod repl;
pub mod run;
pub mod runtime;
pub mod shell;
pub mod storage;
pub mod table;
pub mod test;
pub mod types;
pub mod worker;

pub use run::main;
