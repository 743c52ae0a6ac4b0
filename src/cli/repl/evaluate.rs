//! Compiles and runs what was typed.

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, MultiValue, Value};

use super::locals::{Chunk, Locals};
use crate::lua::errors::root_message;
use crate::lua::lexer::{Kind, tokens};
use crate::lua::{LuaFailure, call_with_traceback, syntax};

/// What messages and tracebacks call a typed chunk.
pub const CHUNK_NAME: &str = "=repl";

/// What a text is.
pub enum Compiled {
    /// Something to run. `forgets`: its local variables are not kept, and it does not see those that are.
    Ready { chunk: Function, forgets: bool },
    /// The beginning of something.
    Incomplete(String),
    /// No Lua.
    Wrong(String),
}

/// The VM that runs what is typed, and what of it outlives a line.
pub struct Evaluator {
    pub lua: Lua,
    pub locals: Locals,
}

impl Evaluator {
    pub fn new(lua: Lua) -> mlua::Result<Evaluator> {
        Ok(Evaluator { locals: Locals::new(&lua)?, lua })
    }

    /// Whether more lines are needed to make a chunk of `text`.
    pub fn is_incomplete(&self, text: &str) -> bool {
        matches!(self.parse(text), Parsed::Incomplete(_))
    }

    /// Compiles what was typed: an expression, or else statements.
    pub fn compile(&self, text: &str) -> Compiled {
        match self.parse(text) {
            Parsed::Chunk(source, plain) => self.with_locals(&source, CHUNK_NAME, plain),
            Parsed::Incomplete(message) => Compiled::Incomplete(message),
            Parsed::Wrong(message) => Compiled::Wrong(with_hint(text, "", message)),
        }
    }

    /// Compiles the text of a file.
    pub fn compile_file(&self, text: &str, path: &str) -> Compiled {
        // The line stays, so that those behind it keep their numbers.
        let text = match text.strip_prefix('#') {
            Some(rest) => rest.find('\n').map_or("", |end| &rest[end..]),
            None => text,
        };
        let name = format!("@{path}");
        match self.load(text, &name) {
            Ok(plain) => self.with_locals(text, &name, plain),
            Err(message) => Compiled::Wrong(with_hint(text, path, message)),
        }
    }

    fn with_locals(&self, source: &str, name: &str, plain: Function) -> Compiled {
        match self.locals.chunk(&self.lua, source, name, plain) {
            Ok(Chunk::Plain(chunk) | Chunk::Keeping(chunk)) => Compiled::Ready { chunk, forgets: false },
            Ok(Chunk::Forgetting(chunk)) => Compiled::Ready { chunk, forgets: true },
            Err(error) => Compiled::Wrong(root_message(&error)),
        }
    }

    fn load(&self, source: &str, name: &str) -> Result<Function, String> {
        // At its beginning the VM would take `#` for the first line of a script, and pass over it.
        let shown = if source.starts_with('#') { format!(" {source}") } else { source.to_owned() };
        let chunk = self.lua.load(shown).set_name(name).set_mode(ChunkMode::Text);
        chunk.into_function().map_err(|error| root_message(&error))
    }

    /// A chunk that compiles, as statements that a file may have anywhere: what only gives values prints them.
    pub fn as_statements(&self, text: &str) -> String {
        let text = text.trim_end();
        let explicit = explicit_expression(text).or_else(|| {
            let first = tokens(text).into_iter().find(|token| token.kind != Kind::Comment)?;
            (first.text(text) == "return").then(|| &text[first.end..])
        });
        if explicit.is_none() && self.load(text, CHUNK_NAME).is_ok() {
            // Behind another statement, the parenthesis would begin its arguments.
            let begin = if text.trim_start().starts_with('(') { "do end " } else { "" };
            return format!("{begin}{text}");
        }
        let expressions = without_last_comments(explicit.unwrap_or(text)).trim();
        let expressions = if explicit.is_some() { expressions.trim_end_matches(';') } else { expressions };
        if expressions.is_empty() { String::new() } else { format!("print({expressions})") }
    }

    fn parse(&self, text: &str) -> Parsed {
        let expression = explicit_expression(text);
        let expressions = expression.unwrap_or(text);
        let message = match self.load(&format!("return {expressions}"), CHUNK_NAME) {
            Ok(_) => {
                // A call that is returned leaves its chunk first, and its errors would name no line of it.
                let source = format!("return (function(...) return ... end)({})", without_last_comments(expressions));
                match self.load(&source, CHUNK_NAME) {
                    Ok(plain) => return Parsed::Chunk(source, plain),
                    Err(message) => message,
                }
            }
            Err(message) if is_cut_off(&message, text) => return Parsed::Incomplete(message),
            Err(message) => message,
        };
        if expression.is_some() {
            return Parsed::Wrong(message);
        }
        match self.load(text, CHUNK_NAME) {
            Ok(plain) => Parsed::Chunk(text.to_owned(), plain),
            Err(message) if is_cut_off(&message, text) => Parsed::Incomplete(message),
            Err(message) => Parsed::Wrong(message),
        }
    }

    /// Runs a chunk.
    pub fn run(&self, chunk: &Function) -> Result<MultiValue, LuaFailure> {
        call_with_traceback(&self.lua, chunk, ())
    }

    /// Has `_` be the first of `values`, unless that is nil or there is none.
    pub fn remember(&self, values: &MultiValue) -> mlua::Result<()> {
        match values.front() {
            None | Some(Value::Nil) => Ok(()),
            Some(value) => self.lua.globals().raw_set("_", value),
        }
    }
}

/// A syntax error, and what it probably is.
fn with_hint(text: &str, name: &str, message: String) -> String {
    match syntax::hint(text, name, &message) {
        Some(hint) => format!("{message}; {hint}"),
        None => message,
    }
}

enum Parsed {
    /// The source, and what it compiles to by itself.
    Chunk(String, Function),
    Incomplete(String),
    Wrong(String),
}

/// What follows the `=` that says that it is an expression.
fn explicit_expression(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix('=').filter(|rest| !rest.starts_with('='))
}

/// `text` without the comments that it ends with: what follows is not to be one of them, and errors name the line of what follows.
fn without_last_comments(text: &str) -> &str {
    let last = tokens(text).into_iter().rfind(|token| token.kind != Kind::Comment);
    last.map_or("", |last| &text[..last.end])
}

/// Whether the compiler would have liked to read on. A string in quotes cannot go on in another line, but behind a backslash.
fn is_cut_off(message: &str, text: &str) -> bool {
    message.ends_with("near '<eof>'") && (!message.contains("unfinished string") || text.ends_with('\\'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lua::{Vm, VmSettings};

    fn evaluator() -> Evaluator {
        Evaluator::new(Vm::new(&VmSettings::worker()).unwrap().lua).unwrap()
    }

    #[test]
    fn beginnings_ask_for_more() {
        let evaluator = evaluator();
        let more = [
            "f(",
            "{ 1,",
            "if x then",
            "for i = 1, 2 do",
            "x =",
            "= {",
            "[[a",
            "--[[ a",
            "'a\\",
            "function f()",
            "1 +",
        ];
        for text in more {
            assert!(evaluator.is_incomplete(text), "{text}");
        }
        for text in ["", "1", "x = 1", "'a", "f(1))", "end", "= x y", "return", "== 1", "x ==", "...", "-- c"] {
            assert_eq!(evaluator.is_incomplete(text), text == "x ==", "{text}");
        }
    }

    #[test]
    fn expressions_give_their_values() {
        let evaluator = evaluator();
        for (text, count) in
            [("1, nil", 2), ("=1", 1), ("= (f)", 1), ("x = 3", 0), ("", 0), ("return 1", 1), ("-- c", 0)]
        {
            match evaluator.compile(text) {
                Compiled::Ready { chunk, forgets: false } => {
                    assert_eq!(evaluator.run(&chunk).unwrap().len(), count, "{text}");
                }
                _ => panic!("{text}"),
            }
        }
    }
}
