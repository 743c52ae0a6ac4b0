//! What the annotations in `stdlib/library` say: for `.doc` and completion at the prompt, for editors, and for the reference in the
//! book.
//!
//! The annotations are LuaCATS, as editors read them. This room knows their text only, no VM.
//!
//! - [`model`] is what is described: functions, classes, aliases, values.
//! - [`parse`] reads a file; [`tokens`] tells types from the words behind them, and finds names in them.
//! - [`Library`] is all of them, read at first use: [`library()`] by full name, [`Library::find`] by a part of one.
//! - [`terminal`] and [`markdown`] put them into words.

mod find;
mod library;
pub mod markdown;
pub mod model;
pub mod parse;
pub mod terminal;
pub mod tokens;

pub use library::{Library, OptionsTable, library};
pub use model::{Alias, Class, Function, Item, Module, Param, Return, Value};
