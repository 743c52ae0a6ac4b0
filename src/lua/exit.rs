//! The end of the process: hooks that run however it ends, and Lua's `os.exit`. In a worker, also the end of a call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
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
