//! What to run, and how.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::time::Duration;

use mlua::{Lua, LuaString, Table, Value};

use crate::lua::bind::Raise;
use crate::lua::options::{Options, show};

/// A program with its arguments and surroundings.
pub(super) struct Request {
    pub argv: Vec<OsString>,
    pub input: Option<Vec<u8>>,
    pub cwd: Option<PathBuf>,
    /// Names and values; `None`: the variable is taken away.
    pub env: Vec<(OsString, Option<OsString>)>,
    pub timeout: Option<Duration>,
    pub check: bool,
}

impl Request {
    /// Reads the arguments of `function`, which has these `more` options.
    pub fn read(
        lua: &Lua,
        argv: &Table,
        options: Option<Table>,
        function: &'static str,
        more: &[&str],
    ) -> Result<Request, Raise> {
        let known = [&["stdin", "cwd", "env"], more].concat();
        let options = Options::new(options, &known, function)?;
        let input = match options.value("stdin")? {
            None => None,
            Some(value) => match lua.coerce_string(value.clone())? {
                Some(text) => Some(text.as_bytes().to_vec()),
                None => return Err(options.refuse("stdin", "a string", &value)),
            },
        };
        let cwd = match options.value("cwd")? {
            None => None,
            Some(Value::String(path)) => Some(os(&path).into()),
            Some(value) => return Err(options.refuse("cwd", "a path", &value)),
        };
        Ok(Request {
            argv: read_argv(lua, argv)?,
            input,
            cwd,
            env: read_env(lua, &options)?,
            timeout: options.seconds("timeout")?,
            check: options.boolean("check")?.unwrap_or(false),
        })
    }

    /// The program's name, for messages.
    pub fn program(&self) -> String {
        self.argv.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

fn os(text: &LuaString) -> OsString {
    OsString::from_vec(text.as_bytes().to_vec())
}

fn has_nul(text: &OsStr) -> bool {
    text.as_bytes().contains(&0)
}

fn read_argv(lua: &Lua, argv: &Table) -> Result<Vec<OsString>, Raise> {
    let mut words = Vec::new();
    for (index, word) in argv.sequence_values::<Value>().enumerate() {
        let word = word?;
        match lua.coerce_string(word.clone())?.map(|text| os(&text)) {
            Some(text) if !has_nul(&text) => words.push(text),
            _ => {
                let text = format!("element {} must be a string without NUL, not {}", index + 1, show(&word));
                return Err(Raise::argument(1, text));
            }
        }
    }
    if words.is_empty() {
        return Err(Raise::argument(1, "a list expected: the program and its arguments"));
    }
    Ok(words)
}

fn read_env(lua: &Lua, options: &Options) -> Result<Vec<(OsString, Option<OsString>)>, Raise> {
    let mut variables = Vec::new();
    let Some(table) = options.table("env")? else {
        return Ok(variables);
    };
    for pair in table.pairs::<Value, Value>() {
        let (name, value) = pair?;
        let name = name.as_string().map(os).filter(|name| !name.is_empty() && !has_nul(name));
        let name = name.filter(|name| !name.as_bytes().contains(&b'='));
        let text = match &value {
            Value::Boolean(false) => Some(None),
            other => lua.coerce_string(other.clone())?.map(|text| os(&text)).filter(|text| !has_nul(text)).map(Some),
        };
        match (name, text) {
            (Some(name), Some(text)) => variables.push((name, text)),
            _ => return Err(options.refuse("env", "a table of names and strings (false takes one away)", &value)),
        }
    }
    Ok(variables)
}
