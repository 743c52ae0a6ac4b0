//! Closes a VM whose process ends.
//!
//! Closing a VM runs all finalizers, then frees each object by itself, which for a million strings takes as
//! long as making them. So the process ends in between: a userdata that is older than all of the script's is
//! finalized after them.

use std::cell::RefCell;

use mlua::{Lua, ffi};

/// Ends the process.
type End = Box<dyn FnOnce()>;

thread_local! {
    /// What the oldest userdata does when it is finalized: nothing, where only the VM ends.
    static END: RefCell<Option<End>> = const { RefCell::new(None) };
}

struct Oldest;

impl Drop for Oldest {
    fn drop(&mut self) {
        // At the end of a thread the variable may be gone, and there is nothing to do.
        if let Ok(Some(end)) = END.try_with(RefCell::take) {
            end();
            std::process::abort();
        }
    }
}

/// Makes the oldest userdata. To be called before anything else makes one.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    lua.set_named_registry_value("lithops.oldest", lua.create_any_userdata(Oldest)?)
}

/// Runs the finalizers, then `end`, which must end the process: the VM is half closed then.
pub(super) fn close_and(lua: Lua, end: impl FnOnce() + 'static) -> ! {
    END.set(Some(Box::new(end)));
    // Dropping `lua` would collect all garbage first, which nobody needs any more.
    // SAFETY: nothing of the VM is used after this, and the process ends without coming back here: `end` sees to
    // it before anything of the VM is freed, or else the `abort`.
    let _: mlua::Result<()> = unsafe { lua.exec_raw((), |state| ffi::lua_close(state)) };
    std::process::abort()
}
