//! The end of the process: hooks that run however it ends, and Lua's `os.exit`. In a worker, also the end of a call.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};

use mlua::{Function, Lua, Table, Value};

use super::bind::{Raise, bind};
use super::output;

type Hook = Box<dyn FnOnce() + Send>;

struct Hooks {
    waiting: Vec<Hook>,
    /// The thread that runs them.
    runner: Option<ThreadId>,
}

static HOOKS: Mutex<Hooks> = Mutex::new(Hooks { waiting: Vec::new(), runner: None });

fn hooks() -> MutexGuard<'static, Hooks> {
    HOOKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `hook` before the process ends: after the script, after its error, at `os.exit`, at Ctrl-C.
/// The last one registered runs first.
pub fn on_exit(hook: impl FnOnce() + Send + 'static) {
    hooks().waiting.push(Box::new(hook));
    // The system's own way to end a process runs no hooks.
    super::interrupt::watch();
}

/// Runs the hooks, each once. Whoever calls this ends the process next; a second thread that wants to end the
/// process too never returns from here, so that the hooks come to their end.
pub fn run_exit_hooks() {
    let this = thread::current().id();
    {
        let mut hooks = hooks();
        match hooks.runner {
            None => hooks.runner = Some(this),
            // A hook that ends the process itself.
            Some(runner) if runner == this => {}
            Some(_) => {
                drop(hooks);
                loop {
                    thread::park();
                }
            }
        }
    }
    loop {
        let next = hooks().waiting.pop();
        let Some(hook) = next else { break };
        // The others have to run all the same; the panic hook has said what happened.
        let _ = catch_unwind(AssertUnwindSafe(hook));
    }
}

/// The process that is to end in good order, and what gives its exit code if it does not.
static ON_SUDDEN_EXIT: OnceLock<(u32, fn() -> i32)> = OnceLock::new();

unsafe extern "C" {
    fn atexit(handler: extern "C" fn()) -> c_int;
}

/// From here on, the process ends with what `code` gives if something calls the C library's `exit` and no exit hooks ran
/// before, as a C function may that a script has called.
pub fn on_sudden_exit(code: fn() -> i32) {
    if ON_SUDDEN_EXIT.set((process::id(), code)).is_ok() {
        // SAFETY: a function of the program itself is there until the process ends. It does not unwind.
        unsafe { atexit(end_sudden_exit) };
    }
}

/// Runs where the thread's own variables are gone: the hooks, which may need them, are left out.
extern "C" fn end_sudden_exit() {
    let Some((process, code)) = ON_SUDDEN_EXIT.get() else { return };
    // A fork of the process may end as it likes.
    if *process == process::id() && hooks().runner.is_none() {
        output::try_flush();
        output::end_at_once(code());
    }
}

/// What waits for the end of the call that a VM runs.
#[derive(Default)]
struct CallHooks(Vec<Box<dyn FnOnce()>>);

/// Runs `hook` when the worker's call ends that this VM runs, whether it returns or fails. A worker that is killed runs
/// none.
pub fn on_call_end(lua: &Lua, hook: impl FnOnce() + 'static) {
    let mut hooks = lua.remove_app_data::<CallHooks>().unwrap_or_default();
    hooks.0.push(Box::new(hook));
    lua.set_app_data(hooks);
}

/// Runs the hooks of the call that has just ended, the last one registered first.
pub fn run_call_hooks(lua: &Lua) {
    if let Some(hooks) = lua.remove_app_data::<CallHooks>() {
        for hook in hooks.0.into_iter().rev() {
            hook();
        }
    }
}

/// Replaces `os.exit` by one that runs the hooks first.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let os: Table = lua.globals().raw_get("os")?;
    let native: Function = os.raw_get("exit")?;
    let exit = bind(lua, "os.exit", move |lua, (code, close): (Value, Option<Value>)| {
        let code = match code {
            Value::Nil | Value::Boolean(_) => code,
            other => match lua.coerce_number(other.clone())? {
                Some(number) => Value::Number(number),
                None => {
                    return Err(Raise::argument(1, format!("number expected, got {}", other.type_name())));
                }
            },
        };
        run_exit_hooks();
        if let Err(error) = output::flush() {
            output::fail(&error);
        }
        native.call::<()>((code, close)).map_err(Raise::from)
    })?;
    os.raw_set("exit", exit)
}
