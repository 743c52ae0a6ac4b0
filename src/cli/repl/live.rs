//! Futures that were typed are a line that changes, until all of them have ended or a key is pressed.

use std::io;
use std::time::Duration;

use mlua::Value;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::stdio::stdin;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::Session;
use super::modes::Changing;
use crate::lua::api::futures::{as_future, is_list};
use crate::lua::api::selection::Selection;
use crate::report::Progress;

/// Between two looks at the futures.
const LOOK: Duration = Duration::from_millis(100);

/// Shows futures, if it is futures, as they end. Gives whether it did. The key that ends it is left to who reads from the terminal.
pub fn watch(session: &Session, value: &Value) -> io::Result<bool> {
    let lua = &session.vm.lua;
    let is_meant = match value {
        Value::Table(table) => is_list(lua, table),
        value => as_future(value).is_some(),
    };
    let selection = match is_meant.then(|| Selection::of(lua, None, value, "tostring")) {
        Some(Ok(selection)) if !selection.is_ended() => selection,
        _ => return Ok(false),
    };
    let keys = Keys::take()?;
    let line = Progress::new();
    while !selection.is_ended() {
        let Ok(text) = session.printer.value(value) else { break };
        line.set_line(&text);
        if keys.one_comes_within(LOOK)? {
            break;
        }
    }
    Ok(true)
}

/// A terminal whose keys are not shown, and can be had one by one, as long as this lives.
struct Keys {
    before: Termios,
    /// Dropped when they are set back.
    _changing: Changing,
}

impl Keys {
    fn take() -> io::Result<Keys> {
        let changing = Changing::begin(false);
        let before = tcgetattr(stdin())?;
        let mut now = before.clone();
        // Ctrl-C is a key like any other: who reads it drops the line that it ends.
        now.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        tcsetattr(stdin(), OptionalActions::Now, &now)?;
        Ok(Keys { before, _changing: changing })
    }

    fn one_comes_within(&self, time: Duration) -> io::Result<bool> {
        let stdin = stdin();
        let mut wanted = [PollFd::new(&stdin, PollFlags::IN)];
        let time = Timespec { tv_sec: time.as_secs() as i64, tv_nsec: time.subsec_nanos().into() };
        match poll(&mut wanted, Some(&time)) {
            Ok(count) => Ok(count > 0),
            // A window that has changed its size.
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.before);
    }
}
