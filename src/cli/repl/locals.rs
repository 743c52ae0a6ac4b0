//! Local variables at the prompt, which in Lua would end with their line.
//!
//! A chunk that has local variables, or names some that are kept, is compiled as a function inside of another one: the outer one declares
//! the kept names, so that they are upvalues, which are then joined with the variables that are kept. Behind each `local` statement of
//! its top level stands a call that hands out a closure over the new variables. All of that is on the lines that are there, so that
//! errors name the right ones.

use full_moon::LuaVersion;
use full_moon::ast::Stmt;
use full_moon::node::Node;
use full_moon::tokenizer::TokenReference;
use mlua::{Function, Lua, Value};

use crate::codec::RUNTIME_CHUNK;
use crate::lua::lexer::{Kind, tokens};

/// Longer chunks are no lines that somebody types, and reading them as a tree would take long.
const LONGEST_BYTES: usize = 1 << 20;
/// A tree of an expression with more operators is so deep that there may be no room on the stack to go through it.
const MOST_OPERATORS: usize = 50_000;
/// What hands out new variables is called so inside of chunks.
const KEEP: &str = "_KEEP";

/// The kept variables of a VM.
pub struct Locals {
    join: Function,
    value: Function,
    names: Function,
}

/// A chunk, ready to run.
pub enum Chunk {
    /// No local variables are concerned.
    Plain(Function),
    /// It sees the kept ones, and its own will be kept.
    Keeping(Function),
    /// It has some, or names some, but they cannot be had.
    Forgetting(Function),
}

impl Locals {
    /// None is kept yet.
    pub fn new(lua: &Lua) -> mlua::Result<Locals> {
        let (join, value, names) = lua.load(include_str!("locals.lua")).set_name(RUNTIME_CHUNK).call(())?;
        Ok(Locals { join, value, names })
    }

    /// The kept variable of this name.
    pub fn get(&self, name: &str) -> Option<Value> {
        let (value, exists): (Value, bool) = self.value.call(name).ok()?;
        exists.then_some(value)
    }

    /// The names of all, in no order.
    pub fn names(&self) -> Vec<String> {
        self.names.call(()).unwrap_or_default()
    }

    /// The chunk of `source`, which was compiled by itself to `plain`.
    pub fn chunk(&self, lua: &Lua, source: &str, chunk_name: &str, plain: Function) -> mlua::Result<Chunk> {
        let kept = self.names();
        let mut used: Vec<&str> = Vec::new();
        let mut has_locals = false;
        let mut operators = Operators::default();
        for token in tokens(source) {
            operators.take(token.kind, token.text(source));
            let text = token.text(source);
            has_locals |= token.kind == Kind::Keyword && text == "local";
            if token.kind == Kind::Name && !used.contains(&text) && kept.iter().any(|name| name == text) {
                used.push(text);
            }
        }
        let own = match has_locals {
            true if operators.most > MOST_OPERATORS => None,
            true => top_level_locals(source),
            false => Some(Vec::new()),
        };
        if own.as_ref().is_some_and(Vec::is_empty) && used.is_empty() {
            return Ok(Chunk::Plain(plain));
        }
        let wrapped = own.map(|own| wrap(source, &used, &own));
        let make = wrapped.and_then(|wrapped| lua.load(wrapped).set_name(chunk_name).into_function().ok());
        match make {
            Some(make) => Ok(Chunk::Keeping(self.join.call(make)?)),
            None => Ok(Chunk::Forgetting(plain)),
        }
    }
}

/// Counts the operators of expressions, each with those around it.
#[derive(Default)]
struct Operators {
    /// Of the expression in the innermost bracket or block.
    inner: usize,
    /// The same, of those around it.
    outer: Vec<usize>,
    /// Of all that are begun.
    sum: usize,
    /// The most that one had.
    most: usize,
}

impl Operators {
    fn take(&mut self, kind: Kind, text: &str) {
        match (kind, text) {
            (Kind::Keyword, "and" | "or" | "not") => self.count(),
            (Kind::Keyword, "nil" | "true" | "false") => {}
            (Kind::Keyword, "function" | "do" | "if" | "repeat") | (Kind::Symbol, "(" | "[" | "{") => {
                self.outer.push(std::mem::take(&mut self.inner));
            }
            (Kind::Keyword, "end" | "until") | (Kind::Symbol, ")" | "]" | "}") => {
                self.forget();
                self.inner = self.outer.pop().unwrap_or(0);
            }
            (Kind::Keyword, _) | (Kind::Symbol, "," | ";" | "=") => self.forget(),
            (Kind::Symbol, "." | ":") => {}
            (Kind::Symbol, _) => self.count(),
            _ => {}
        }
    }

    fn count(&mut self) {
        self.inner += 1;
        self.sum += 1;
        self.most = self.most.max(self.sum);
    }

    /// The expression has ended.
    fn forget(&mut self) {
        self.sum -= std::mem::take(&mut self.inner);
    }
}

/// A `local` statement: its names, and where it ends.
#[derive(Debug, PartialEq)]
struct Statement {
    names: Vec<String>,
    end: usize,
}

/// The `local` statements of the top level; `None` where the text cannot be read as a tree.
fn top_level_locals(source: &str) -> Option<Vec<Statement>> {
    if source.len() > LONGEST_BYTES {
        return None;
    }
    // LuaJIT takes the bytes of all other characters as letters of names.
    let plain: String = source.bytes().map(|byte| if byte.is_ascii() { char::from(byte) } else { 'x' }).collect();
    let tree = full_moon::parse_fallible(&plain, LuaVersion::luajit()).into_result().ok()?;
    let name_of = |name: &TokenReference| {
        let (start, end) = name.range()?;
        source.get(start.bytes()..end.bytes()).map(str::to_owned)
    };
    let mut found = Vec::new();
    for statement in tree.nodes().stmts() {
        let names = match statement {
            Stmt::LocalAssignment(local) => local.names().iter().map(name_of).collect::<Option<_>>()?,
            Stmt::LocalFunction(local) => vec![name_of(local.name())?],
            _ => continue,
        };
        found.push(Statement { names, end: statement.end_position()?.bytes() });
    }
    Some(found)
}

/// The source of a function that makes the chunk. A last line that is a comment must not hide the `end`.
fn wrap(source: &str, used: &[&str], own: &[Statement]) -> String {
    let mut wrapped = String::with_capacity(source.len() + 64 * (own.len() + 1));
    if !used.is_empty() {
        wrapped.push_str(&format!("local {} ", used.join(",")));
    }
    wrapped.push_str(&format!("local {KEEP}=... return function(...) "));
    let mut from = 0;
    for Statement { names, end } in own {
        wrapped.push_str(source.get(from..*end).unwrap_or_default());
        wrapped.push_str(&format!(" {KEEP}(function()return {} end);", names.join(",")));
        from = *end;
    }
    wrapped.push_str(source.get(from..).unwrap_or_default());
    wrapped.push_str("\nend");
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lua::{Vm, VmSettings};

    fn found(source: &str) -> Option<Vec<(Vec<String>, &str)>> {
        Some(top_level_locals(source)?.into_iter().map(|local| (local.names, &source[..local.end])).collect())
    }

    #[test]
    fn statements_of_the_top_level_are_found() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            found("local a, b = f(1), { 2 } -- c\ndo local c end local function d() local e end return a"),
            Some(vec![
                (names(&["a", "b"]), "local a, b = f(1), { 2 }"),
                (names(&["d"]), "local a, b = f(1), { 2 } -- c\ndo local c end local function d() local e end"),
            ])
        );
        assert_eq!(
            found("local é = 'ü' local x"),
            Some(vec![(names(&["é"]), "local é = 'ü'"), (names(&["x"]), "local é = 'ü' local x")])
        );
        assert_eq!(found("local x = 1LL goto done ::done::").map(|found| found.len()), Some(1));
        assert_eq!(found("local = 1"), None);
    }

    #[test]
    fn operators_are_those_of_one_expression() {
        let most = |source: &str| {
            let mut operators = Operators::default();
            tokens(source).iter().for_each(|token| operators.take(token.kind, token.text(source)));
            operators.most
        };
        assert_eq!(most("local x = 1 + 2 .. 3 local y = a and not b"), 2);
        assert_eq!(most("{ 1 + 1, 1 + 1, -1 }"), 1);
        assert_eq!(most("1 + (2 + f(3 * 4, 5)) + 6 - { 7 == 8 }"), 4);
        assert_eq!(most("x = 1 + function() local y = 2 + 3 return 4 end + 5 end until"), 2);
    }

    #[test]
    fn variables_outlive_their_chunk() {
        let lua = Vm::new(&VmSettings::worker()).unwrap().lua;
        let locals = Locals::new(&lua).unwrap();
        let run = |source: &str| -> mlua::Result<String> {
            let plain = lua.load(source).set_name("=repl").into_function()?;
            match locals.chunk(&lua, source, "=repl", plain)? {
                Chunk::Plain(chunk) | Chunk::Keeping(chunk) => chunk.call::<Value>(())?.to_string(),
                Chunk::Forgetting(_) => panic!("{source}"),
            }
        };
        run("local k, text = 3, 'x' -- both").unwrap();
        run("function times(x) return x * k end").unwrap();
        assert_eq!(run("k = k + 1 return times(2)").unwrap(), "8");
        run("local k = 10").unwrap();
        assert_eq!(run("return k + times(1)").unwrap(), "14");
        assert!(run("local early = 1\nerror('no')").unwrap_err().to_string().contains("repl:2: no"));
        assert_eq!(run("return early").unwrap(), "1");
        assert_eq!(run("return text.k").unwrap(), "nil");
        run("local function even(n) return n == 0 or not even(n - 1) end").unwrap();
        assert_eq!(run("return even(10)").unwrap(), "true");
    }
}
