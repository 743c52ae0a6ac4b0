//! The modes of the terminal, which who reads keys changes: they are what they were before, however the process ends.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// Ends what the line editor has begun: that what is pasted comes in brackets.
const NO_BRACKETED_PASTE: &[u8] = b"\x1b[?2004l";

/// The modes before they were changed, while they are.
static BEFORE: Mutex<Option<Before>> = Mutex::new(None);

struct Before {
    modes: Termios,
    is_editing: bool,
}

fn before() -> MutexGuard<'static, Option<Before>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Modes that are changed by this thread as long as this lives. It sets them back by itself; this is for its not coming to that.
pub struct Changing(());

impl Changing {
    /// Remembers those of now. `is_editing`: the line editor reads.
    pub fn begin(is_editing: bool) -> Changing {
        *before() = tcgetattr(stdin()).ok().map(|modes| Before { modes, is_editing });
        Changing(())
    }
}

impl Drop for Changing {
    fn drop(&mut self) {
        *before() = None;
    }
}

/// From now on another thread may end the process: a signal's, or one that panics.
pub fn restore_at_exit() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        crate::lua::on_exit(|| {
            let Some(before) = before().take() else { return };
            let _ = tcsetattr(stdin(), OptionalActions::Now, &before.modes);
            if before.is_editing {
                let _ = io::stdout().write_all(NO_BRACKETED_PASTE).and_then(|()| io::stdout().flush());
            }
        });
    });
}
