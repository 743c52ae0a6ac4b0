//! The Lua host and the command line, mostly through the real binary.

#[path = "support/host.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

/// `arg`, `-e`, `-`, options, help.
#[path = "host/arguments.rs"]
mod arguments;
/// Functions made by `bind`, and the `lithops` table.
#[path = "host/bindings.rs"]
mod bindings;
/// How runs end: exit codes, hooks, closed pipes, bad scripts.
#[path = "host/endings.rs"]
mod endings;
/// What is not set up before it is needed.
#[path = "host/laziness.rs"]
mod laziness;
/// The collection of garbage.
#[path = "host/memory.rs"]
mod memory;
/// `require`, search paths, and what the codec learns of modules.
#[path = "host/modules.rs"]
mod modules;
/// Loops over texts.
#[path = "host/text.rs"]
mod text;
/// What a user sees of an error.
#[path = "host/tracebacks.rs"]
mod tracebacks;
