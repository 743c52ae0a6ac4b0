//! Running a line of the prompt: Ctrl-C ends what it runs, and not the process.
//!
//! Lua code is stopped by the VM's hook, which another thread sets and which raises an error at each instruction until the line has
//! ended, so that no `pcall` in a loop survives it. What waits in Rust is woken by [`crate::io::interrupt`]. A hook is not seen by
//! compiled code, so that the JIT compiler is off where lines are typed; nor by a C function, which only the end of the process stops.
//!
//! Lua allows `lua_sethook` from a signal handler of the thread that runs the VM, not from another thread, as here. What is relied upon
//! is how LuaJIT does it. It writes the hook's function, count and mask, and the interpreter's dispatch table: aligned words and a byte,
//! each of which the machine writes at once, and the VM reads each of them anew at every instruction, so that it goes on in the old way or
//! in the new one, both of which are whole. The byte of the mask has flags of the VM's own, which it reads, changes and writes back around
//! calls of hooks and finalizers: then one of the two may undo the other, so that the hook is set again until it has been called, and
//! nothing else of the VM uses hooks while a line runs. The compiler, whose trace in the making is also given up, is off.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mlua::{Lua, ffi};

/// After this, code that has not stopped is said not to stop.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks at code that is to stop.
const LOOK: Duration = Duration::from_millis(100);

struct Running {
    state: State,
    /// Tells it from the ones before.
    number: u64,
    is_interrupted: bool,
    /// The next Ctrl-C ends the process.
    is_given_up: bool,
}

/// The VM's main state.
struct State(*mut ffi::lua_State);

// SAFETY: used by other threads for `lua_sethook` alone, and only under the lock of PROMPT while that holds it, which the VM outlives.
// That is a race with the VM's own thread; the top of this file says why it does no harm.
unsafe impl Send for State {}

struct Prompt {
    running: Option<Running>,
    count: u64,
    /// What a Ctrl-C does when nothing runs.
    when_idle: Option<fn()>,
}

/// `None`: this process runs no prompt.
static PROMPT: Mutex<Option<Prompt>> = Mutex::new(None);
/// Whether the hook has been called since it was set.
static HAS_FIRED: AtomicBool = AtomicBool::new(false);

fn prompt() -> MutexGuard<'static, Option<Prompt>> {
    PROMPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From here on, Ctrl-C ends evaluations, and does `when_idle` between them.
pub fn use_prompt(when_idle: fn()) {
    *prompt() = Some(Prompt { running: None, count: 0, when_idle: Some(when_idle) });
}

/// Whether this process has a prompt.
pub fn has_prompt() -> bool {
    prompt().is_some()
}

/// What a Ctrl-C comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reaction {
    /// The process ends.
    End,
    /// All was done.
    Nothing,
    /// The evaluation of this number is to stop, and has to be watched.
    Watch(u64),
}

/// A Ctrl-C has come.
pub(super) fn react() -> Reaction {
    let mut prompt = prompt();
    let Some(prompt) = &mut *prompt else { return Reaction::End };
    match &mut prompt.running {
        None => {
            if let Some(act) = prompt.when_idle {
                act();
            }
            Reaction::Nothing
        }
        Some(running) if running.is_given_up => Reaction::End,
        Some(running) if running.is_interrupted => Reaction::Nothing,
        Some(running) => {
            running.is_interrupted = true;
            HAS_FIRED.store(false, Ordering::SeqCst);
            set_hook(running);
            crate::io::interrupt();
            crate::job::give();
            Reaction::Watch(running.number)
        }
    }
}

/// Sees to the end of an evaluation that was interrupted.
pub(super) async fn watch(number: u64) {
    let mut waited = Duration::ZERO;
    loop {
        tokio::time::sleep(LOOK).await;
        waited += LOOK;
        let mut prompt = prompt();
        let running = prompt.as_mut().and_then(|prompt| prompt.running.as_mut());
        let Some(running) = running.filter(|running| running.number == number) else { return };
        if !HAS_FIRED.load(Ordering::SeqCst) {
            // The VM may have written to the same word at the same time.
            set_hook(running);
        }
        if waited >= PATIENCE {
            running.is_given_up = true;
            crate::report::say("this code does not stop; one more Ctrl-C ends lithops-lua");
            return;
        }
    }
}

fn set_hook(running: &Running) {
    // SAFETY: the VM lives as long as the evaluation, which takes itself out of PROMPT before it ends: `running` is in there, and its lock
    // is held. The hook is a function that never dies. As to the VM's thread, see the top of this file.
    unsafe { ffi::lua_sethook(running.state.0, Some(stop), ffi::LUA_MASKCOUNT, 1) };
}

/// The hook.
unsafe extern "C-unwind" fn stop(state: *mut ffi::lua_State, _: *mut ffi::lua_Debug) {
    HAS_FIRED.store(true, Ordering::SeqCst);
    // SAFETY: a hook has room on the stack, and may raise an error. Nothing with a destructor is alive.
    unsafe {
        ffi::lua_pushlstring(state, MESSAGE.as_ptr().cast(), MESSAGE.len());
        ffi::lua_error(state);
    }
}

/// What stopped code has raised.
const MESSAGE: &str = "interrupted";

/// Code that Ctrl-C stops, as long as this lives.
pub struct Evaluation<'a> {
    lua: &'a Lua,
}

impl<'a> Evaluation<'a> {
    /// Begins one, in a process with a prompt; in another one this does nothing.
    pub fn begin(lua: &'a Lua) -> mlua::Result<Self> {
        if prompt().is_some() {
            super::interrupt::watch();
            let mut pointer = std::ptr::null_mut();
            // SAFETY: only looks where the state is, and leaves the stack as it is.
            unsafe { lua.exec_raw::<()>((), |state| pointer = state) }?;
            if let Some(prompt) = &mut *prompt() {
                prompt.count += 1;
                let number = prompt.count;
                prompt.running =
                    Some(Running { state: State(pointer), number, is_interrupted: false, is_given_up: false });
            }
        }
        Ok(Self { lua })
    }

    /// Whether it was to stop.
    pub fn is_interrupted(&self) -> bool {
        prompt().as_ref().and_then(|prompt| prompt.running.as_ref()).is_some_and(|running| running.is_interrupted)
    }
}

impl Drop for Evaluation<'_> {
    fn drop(&mut self) {
        let running = prompt().as_mut().and_then(|prompt| prompt.running.take());
        if running.is_some_and(|running| running.is_interrupted) {
            // No other thread sets it any more.
            // SAFETY: takes the hook away, and leaves the stack as it is.
            let _: mlua::Result<()> = unsafe {
                self.lua.exec_raw((), |state| {
                    ffi::lua_sethook(state, None, 0, 0 as c_int);
                })
            };
            crate::io::resume();
        }
    }
}
