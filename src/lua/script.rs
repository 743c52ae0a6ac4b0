//! Reads a program and runs it.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use mlua::{Function, Lua, MultiValue, Value};
use thiserror::Error;
use tracing::debug;

use super::errors::{LuaFailure, call_with_traceback, root_message};
use super::syntax;
use super::vm::Vm;

/// Where a program's text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// In a file.
    File(PathBuf),
    /// On standard input.
    Stdin,
    /// On the command line, after `-e`.
    Code(OsString),
}

/// A program and the command line it was started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The program.
    pub program: Program,
    /// What comes before it on the command line: `arg[-1]` is the last of these.
    pub before: Vec<OsString>,
    /// Its own arguments: `arg[1]` is the first of these.
    pub args: Vec<OsString>,
}

/// Why a program did not run to its end.
#[derive(Debug, Error)]
pub enum ScriptError {
    /// There is no text to run.
    #[error("cannot read `{}`: {reason}", .path.display())]
    Unreadable {
        /// The file as it was named.
        path: PathBuf,
        /// Why, in words.
        reason: String,
    },
    /// There is something, but it is not Lua.
    #[error("`{name}` is not a Lua program: {reason}")]
    NotLua {
        /// The file as it was named.
        name: String,
        /// What it is.
        reason: &'static str,
    },
    /// A syntax error, with its file and line.
    #[error("{0}")]
    Syntax(String),
    /// It raised an error.
    #[error(transparent)]
    Raised(#[from] LuaFailure),
}

impl Script {
    /// Where its modules are: the folder of the script, as it was named; then that of the file it links to.
    pub fn folders(&self) -> Vec<PathBuf> {
        let folder_of = |path: &Path| path.parent().map(Path::to_path_buf);
        match &self.program {
            Program::File(path) => {
                let target = fs::read_link(path).ok().and_then(|_| path.canonicalize().ok());
                folder_of(path).into_iter().chain(target.as_deref().and_then(folder_of)).collect()
            }
            Program::Stdin | Program::Code(_) => vec![PathBuf::from(".")],
        }
    }

    /// Runs the program, with `arg` and `...` set.
    pub fn run(&self, vm: &Vm) -> Result<(), ScriptError> {
        debug!(script = %self.name().to_string_lossy(), arguments = self.args.len(), "script starts");
        let main = self.compile(vm)?;
        let args = self.set_arg(vm).map_err(|error| ScriptError::Syntax(root_message(&error)))?;
        call_with_traceback(&vm.lua, &main, args)?;
        Ok(())
    }

    /// The program as a function that runs it.
    pub fn compile(&self, vm: &Vm) -> Result<Function, ScriptError> {
        if let Program::File(path) = &self.program {
            vm.modules.set_script(path);
        }
        self.compile_text(&vm.lua, &self.read()?)
    }

    /// Compiles `text` as that of this program.
    pub fn compile_text(&self, lua: &Lua, text: &[u8]) -> Result<Function, ScriptError> {
        self.check(text)?;
        lua.load(text).set_name(self.chunk_name()).into_function().map_err(|error| {
            let message = root_message(&error);
            let hint = syntax::hint(&String::from_utf8_lossy(text), &self.name().to_string_lossy(), &message);
            ScriptError::Syntax(hint.map_or(message.clone(), |hint| format!("{message}; {hint}")))
        })
    }

    /// What `arg[0]` is.
    fn name(&self) -> OsString {
        match &self.program {
            Program::File(path) => path.clone().into_os_string(),
            Program::Stdin => OsString::from("-"),
            Program::Code(_) => OsString::from("-e"),
        }
    }

    fn chunk_name(&self) -> String {
        match &self.program {
            Program::File(path) => format!("@{}", path.display()),
            Program::Stdin => String::from("=stdin"),
            Program::Code(_) => String::from("=(command line)"),
        }
    }

    fn read(&self) -> Result<Vec<u8>, ScriptError> {
        match &self.program {
            Program::Code(code) => Ok(code.as_bytes().to_vec()),
            Program::File(path) => fs::read(path).map_err(|error| unreadable(path, &error)),
            Program::Stdin => {
                let mut text = Vec::new();
                io::stdin().read_to_end(&mut text).map_err(|error| unreadable(Path::new("-"), &error))?;
                Ok(text)
            }
        }
    }

    /// The VM would say `unexpected symbol near '<\127>'` to these.
    fn check(&self, text: &[u8]) -> Result<(), ScriptError> {
        let reason = if text.starts_with(b"\x1bLJ") {
            return Ok(());
        } else if text.starts_with(b"\x1bLua") {
            "it is bytecode of another Lua, and only source and LuaJIT's bytecode run here"
        } else if text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") {
            "it is UTF-16 text; save it as UTF-8"
        } else if text.contains(&0) {
            "it is a binary file"
        } else {
            return Ok(());
        };
        Err(ScriptError::NotLua { name: self.name().to_string_lossy().into_owned(), reason })
    }

    fn set_arg(&self, vm: &Vm) -> mlua::Result<MultiValue> {
        let arg = vm.lua.create_table()?;
        let string = |text: &OsString| vm.lua.create_string(text.as_bytes());
        for (index, text) in (1..).zip(self.before.iter().rev()) {
            arg.raw_set(-index, string(text)?)?;
        }
        arg.raw_set(0, string(&self.name())?)?;
        let mut values = MultiValue::new();
        for (index, text) in (1..).zip(&self.args) {
            let text = string(text)?;
            arg.raw_set(index, &text)?;
            values.push_back(Value::String(text));
        }
        vm.lua.globals().raw_set("arg", arg)?;
        Ok(values)
    }
}

fn unreadable(path: &Path, error: &io::Error) -> ScriptError {
    let reason = match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    };
    ScriptError::Unreadable { path: path.to_owned(), reason }
}
