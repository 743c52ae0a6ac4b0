//! The Lua host: the VM, `require`, tracebacks, and the functions that scripts call.
//!
//! - [`vm`] makes a VM for a driver or a worker, and `closing` ends it; [`session`] is what belongs to one.
//! - [`script`] reads a program and runs it; [`syntax`] says what a syntax error probably is; [`lexer`] knows Lua's tokens.
//! - [`require`] finds modules, where [`search_path`] says, and remembers their sources, so that they can travel.
//! - [`environment`] sets variables of the process.
//! - [`errors`] calls Lua functions and tells what went wrong, with [`traceback`]; [`hints`] says what was probably meant.
//! - [`bind`](mod@bind) turns Rust closures into Lua functions; [`options`] reads their option tables.
//! - [`api`] is the `lithops` table, one file a group of functions.
//! - [`modules`] is what of the standard library is written in Rust; [`stdlib`] embeds what is written in Lua.
//! - [`stream`] is how bytes are read piece by piece, whatever they come from; [`userdata`] reads arguments that are userdata.
//! - `gmatch` makes the loop over a text's words fast, and `lines` the one over a stream's lines; `collector` sets how often garbage
//!   is collected.
//! - [`exit`] is what happens when a process ends, and [`output`] what happens when nobody reads its output.
//! - [`interrupt`] is what Ctrl-C does; [`evaluation`] is code that it stops at a prompt.

pub mod api;
pub mod bind;
mod closing;
mod collector;
pub mod environment;
pub mod errors;
pub mod evaluation;
pub mod exit;
mod gmatch;
pub mod hints;
pub mod interrupt;
pub mod lexer;
mod lines;
pub mod modules;
pub mod options;
pub mod output;
pub mod require;
pub mod script;
pub mod search_path;
pub mod session;
pub mod stdlib;
pub mod stream;
pub mod syntax;
pub mod traceback;
pub mod userdata;
pub mod vm;

pub use bind::{Raise, bind};
pub use errors::{LuaFailure, call_with_traceback};
pub use exit::on_exit;
pub use options::Options;
pub use require::ModuleRegistry;
pub use session::Session;
pub use vm::{ConfigChoice, Role, Vm, VmSettings};
