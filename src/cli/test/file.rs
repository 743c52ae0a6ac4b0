//! Runs one file of tests, in a VM of its own.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use mlua::{Function, IntoLuaMulti, Lua, Table, Value};

use super::event::{Counts, Event, Status};
use super::report::Report;
use crate::cli::low_args::TestArgs;
use crate::lua::api::wait;
use crate::lua::script::{Program, Script};
use crate::lua::vm::{ConfigChoice, Vm, VmSettings};
use crate::lua::{Raise, bind, call_with_traceback, errors};

/// What all files share.
pub struct Run {
    /// What was asked for.
    pub args: TestArgs,
    /// The order of tests.
    pub seed: Option<u32>,
    /// Where executors find their configuration.
    pub config: ConfigChoice,
    /// How many results there were.
    pub counts: RefCell<Counts>,
    /// Where results are written.
    pub report: RefCell<Report>,
}

/// Why a run ends before all files were run.
pub enum Stop {
    /// An option is wrong.
    Usage(String),
    /// The program itself is.
    Internal(String),
}

/// What `os.exit` was called with, since it was last asked.
type ExitCode = Rc<Cell<Option<String>>>;

impl Run {
    /// A result.
    fn take(&self, event: &Event) {
        self.counts.borrow_mut().add(event.status);
        self.report.borrow_mut().take(event);
    }

    /// Whether there is a reason not to go on.
    pub fn is_over(&self) -> bool {
        self.args.fail_fast && self.counts.borrow().failed() > 0
    }
}

/// Runs a file, and waits for its jobs.
pub fn run(run: &Rc<Run>, path: &Path) -> Result<(), Stop> {
    let name = path.display().to_string();
    run.report.borrow_mut().begin(&name);
    run.counts.borrow_mut().files += 1;
    let result = run_in_vm(run, path, &name);
    run.report.borrow_mut().end();
    result
}

fn run_in_vm(run: &Rc<Run>, path: &Path, name: &str) -> Result<(), Stop> {
    let internal = |error: mlua::Error| Stop::Internal(format!("cannot make a Lua VM: {error}"));
    let script = Script { program: Program::File(path.to_owned()), before: Vec::new(), args: Vec::new() };
    let mut folders = script.folders();
    // Where `LUA_PATH` says nothing of it, too.
    folders.push(PathBuf::from("."));
    let exit_code = ExitCode::default();
    let settings = VmSettings::driver(folders, run.config.clone());
    let vm = Vm::with_setup(&settings, |lua| refuse_exit(lua, exit_code.clone())).map_err(internal)?;
    match script.compile(&vm) {
        Ok(main) => call(run, &vm, main, name, exit_code)?,
        Err(error) => run.take(&Event::of_file(name, "(while it was loaded)", error.to_string())),
    }
    if !run.args.list {
        wait_for_jobs(run, &vm, name);
    }
    Ok(())
}

/// Makes `os.exit` an error: the tests that come after have to run, and the process must not end as if all had passed. As a part of
/// the VM it is sent by its name, and is what it always is in workers.
fn refuse_exit(lua: &Lua, exit_code: ExitCode) -> mlua::Result<()> {
    let exit = bind(lua, "os.exit", move |_, code: Value| {
        let code = match code {
            Value::Nil => String::new(),
            Value::Boolean(code) => code.to_string(),
            code => code.to_string().unwrap_or_default(),
        };
        exit_code.set(Some(code.clone()));
        Err::<(), _>(Raise::Message(format!("`os.exit({code})` was called in a test")))
    })?;
    lua.globals().raw_get::<Table>("os")?.raw_set("exit", exit)
}

fn call(run: &Rc<Run>, vm: &Vm, main: Function, name: &str, exit_code: ExitCode) -> Result<(), Stop> {
    let lua = &vm.lua;
    let send = {
        let run = run.clone();
        bind(lua, "send", move |lua, table: Table| {
            run.take(&Event::from_lua(lua, &table)?);
            Ok(())
        })
    };
    let arguments = || -> mlua::Result<_> {
        let exit_code = lua.create_function(move |_, ()| Ok(exit_code.take()))?;
        let program = std::env::current_exe().ok().map(|path| path.display().to_string());
        (main, name, options(lua, run)?, send?, exit_code, program).into_lua_multi(lua)
    };
    let called = module(lua).and_then(|command| Ok((command.raw_get::<Function>("run")?, arguments()?)));
    let (function, arguments) = called.map_err(|error| Stop::Internal(errors::root_message(&error)))?;
    let results = match call_with_traceback(lua, &function, arguments) {
        Ok(results) => results,
        Err(failure) => {
            // A test has set `pcall` to nil, or the like.
            let message = format!("the tests of this file broke what runs them: {failure}");
            run.take(&Event::of_file(name, "(while it ran)", message));
            return Ok(());
        }
    };
    match (results.front(), results.get(1)) {
        (Some(Value::Table(counts)), _) => {
            let count = |key: &str| counts.raw_get::<f64>(key).unwrap_or_default() as usize;
            let mut all = run.counts.borrow_mut();
            all.tests += count("tests");
            all.selected += count("selected");
            Ok(())
        }
        (_, message) => Err(Stop::Usage(message.map(errors::describe).unwrap_or_default())),
    }
}

fn module(lua: &Lua) -> mlua::Result<Table> {
    lua.globals().raw_get::<Function>("require")?.call("testing.command")
}

fn options(lua: &Lua, run: &Run) -> mlua::Result<Table> {
    let options = lua.create_table()?;
    let args = &run.args;
    for (key, list) in [
        ("filter", &args.filter),
        ("filter_out", &args.filter_out),
        ("tags", &args.tags),
        ("exclude_tags", &args.exclude_tags),
    ] {
        options.raw_set(key, list.as_slice())?;
    }
    options.raw_set("list", args.list)?;
    options.raw_set("fail_fast", args.fail_fast)?;
    options.raw_set("seed", run.seed)?;
    Ok(options)
}

/// Jobs that no test waited for come to their end, and their failures are told.
fn wait_for_jobs(run: &Run, vm: &Vm, name: &str) {
    let message = match wait::drain(&vm.lua) {
        Ok(None) => return,
        Ok(Some(error)) => format!("{}\n{}", error.message, error.traceback),
        Err(Raise::Message(text) | Raise::Argument(_, text)) => text,
        Err(Raise::Value(value)) => errors::describe(&value),
    };
    let event = Event::of_file(name, "(jobs that no test waited for)", message);
    debug_assert_eq!(event.status, Status::Error);
    run.take(&event);
}
