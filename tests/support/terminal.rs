//! A terminal that a test sits at: a pseudo-terminal with the program in it, keys, and the screen that they lead to.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::fd::OwnedFd;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// Longer than anything takes, on a machine that is busy with other things.
const DEADLINE: Duration = Duration::from_secs(60);
const ROWS: u16 = 40;
const COLUMNS: u16 = 100;
/// What the line editor writes when it begins to read a line, and when it has read one.
const BEGINS: &[u8] = b"\x1b[?2004h";
const ENDS: &[u8] = b"\x1b[?2004l";

pub const CTRL_C: &str = "\x03";
pub const CTRL_D: &str = "\x04";
pub const TAB: &str = "\t";
pub const UP: &str = "\x1b[A";
pub const RIGHT: &str = "\x1b[C";

/// What came from the program, and the screen that it makes.
struct Shown {
    bytes: Vec<u8>,
    screen: vt100::Parser,
    is_closed: bool,
}

type Shared = Arc<(Mutex<Shown>, Condvar)>;

/// A program in a terminal. It is killed if the test ends before.
pub struct Terminal {
    child: Child,
    master: Option<File>,
    shown: Shared,
    stop: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Starts `command` in a terminal of its own.
    pub fn start(mut command: Command) -> Terminal {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let size = Winsize { ws_row: ROWS, ws_col: COLUMNS, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).unwrap();
        let slave = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        // It makes the terminal that of a new session, and then is the program.
        let mut in_session = Command::new("setsid");
        in_session.arg("--ctty").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => in_session.env(name, value),
                None => in_session.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            in_session.current_dir(folder);
        }
        let end = |slave: &File| OwnedFd::from(slave.try_clone().unwrap());
        command = in_session;
        let child = command.stdin(end(&slave)).stdout(end(&slave)).stderr(end(&slave)).spawn().unwrap();
        drop((slave, command));
        let shown = Shown { bytes: Vec::new(), screen: screen(ROWS, COLUMNS), is_closed: false };
        let shown = Arc::new((Mutex::new(shown), Condvar::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let master = File::from(master);
        let reader = {
            let (master, shown, stop) = (master.try_clone().unwrap(), shown.clone(), stop.clone());
            std::thread::spawn(move || read(master, &shown, &stop))
        };
        Terminal { child, master: Some(master), shown, stop, reader: Some(reader) }
    }

    /// Types.
    pub fn send(&self, keys: &str) {
        self.master.as_ref().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Sends bytes that no key sends.
    pub fn send_bytes(&self, bytes: &[u8]) {
        self.master.as_ref().unwrap().write_all(bytes).unwrap();
    }

    /// Waits until `is_so` of all bytes that came, and the screen.
    #[track_caller]
    fn wait<T>(&self, what: &str, mut is_so: impl FnMut(&[u8], &vt100::Screen) -> Option<T>) -> T {
        let (shown, changed) = &*self.shown;
        let begun = Instant::now();
        let mut shown = lock(shown);
        loop {
            if let Some(value) = is_so(&shown.bytes, shown.screen.screen()) {
                return value;
            }
            let left = DEADLINE.saturating_sub(begun.elapsed());
            assert!(
                !left.is_zero() && !shown.is_closed,
                "{what} did not come; the screen:\n{}\nthe end of what came: {:?}",
                shown.screen.screen().contents(),
                String::from_utf8_lossy(&shown.bytes[shown.bytes.len().saturating_sub(400)..])
            );
            shown = changed.wait_timeout(shown, left).unwrap().0;
        }
    }

    /// Waits until `text` is on the screen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait(&format!("{text:?}"), |_, screen| screen.contents().contains(text).then_some(()));
    }

    /// Waits until the screen is so.
    #[track_caller]
    pub fn wait_until(&self, is_so: impl Fn(&str) -> bool) {
        self.wait("a certain screen", |_, screen| is_so(&screen.contents()).then_some(()));
    }

    /// Waits until these bytes came.
    #[track_caller]
    pub fn wait_for_bytes(&self, wanted: &str) {
        self.wait(&format!("{wanted:?}"), |bytes, _| find(bytes, wanted.as_bytes(), 0).map(drop));
    }

    /// Waits for the first prompt.
    #[track_caller]
    pub fn wait_for_prompt(&self) {
        self.wait("a prompt", |bytes, _| find(bytes, BEGINS, 0).map(drop));
    }

    /// Types a chunk and Return, and waits for the next prompt. Gives what was shown in between.
    #[track_caller]
    pub fn run(&self, chunk: &str) -> String {
        let begun = self.mark();
        self.send(chunk);
        self.send("\r");
        self.next_prompt(begun)
    }

    /// A place in what comes, for [`next_prompt`](Self::next_prompt).
    pub fn mark(&self) -> usize {
        lock(&self.shown.0).bytes.len()
    }

    /// Waits until a line that was read after `mark` has ended. Gives what it showed.
    #[track_caller]
    pub fn next_prompt(&self, mark: usize) -> String {
        self.wait("the next prompt", |bytes, _| {
            let from = find(bytes, ENDS, mark)? + ENDS.len();
            let to = find(bytes, BEGINS, from)?;
            Some(text(&bytes[from..to]))
        })
    }

    /// Waits for the end of the line that is being read, after which nothing reads.
    #[track_caller]
    pub fn wait_for_line_end(&self, mark: usize) {
        self.wait("the end of the line", |bytes, _| find(bytes, ENDS, mark).map(drop));
    }

    pub fn screen(&self) -> String {
        lock(&self.shown.0).screen.screen().contents()
    }

    /// All bytes that came.
    pub fn bytes(&self) -> String {
        String::from_utf8_lossy(&lock(&self.shown.0).bytes).into_owned()
    }

    /// The line with the cursor.
    pub fn line(&self) -> String {
        let shown = lock(&self.shown.0);
        let screen = shown.screen.screen();
        screen.rows(0, COLUMNS).nth(usize::from(screen.cursor_position().0)).unwrap_or_default()
    }

    /// Waits until the line with the cursor is this, whatever spaces follow.
    #[track_caller]
    pub fn wait_for_line(&self, line: &str) {
        self.wait(&format!("the line {line:?}"), |_, screen| {
            let shown = screen.rows(0, COLUMNS).nth(usize::from(screen.cursor_position().0));
            shown.is_some_and(|shown| shown.trim_end() == line).then_some(())
        });
    }

    pub fn resize(&self, rows: u16, columns: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(self.master.as_ref().unwrap(), size).unwrap();
        lock(&self.shown.0).screen.screen_mut().set_size(nonzero(rows), nonzero(columns));
    }

    /// Whether the terminal shows what is typed.
    pub fn has_echo(&self) -> bool {
        tcgetattr(self.master.as_ref().unwrap()).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn kill(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Closes the terminal, as one whose window is closed.
    pub fn hang_up(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.master = None;
    }

    /// Waits until the program has ended; its exit code.
    #[track_caller]
    pub fn end(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < DEADLINE, "it does not end; the screen:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.hang_up();
    }
}

fn read(mut master: File, shown: &Shared, stop: &AtomicBool) {
    let mut buffer = [0; 1 << 16];
    let look = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
    while !stop.load(Ordering::SeqCst) {
        let mut wanted = [PollFd::new(&master, PollFlags::IN)];
        match poll(&mut wanted, Some(&look)) {
            Ok(0) | Err(_) => continue,
            Ok(_) => {}
        }
        // A terminal that no program has open any more is an error.
        let count = master.read(&mut buffer).unwrap_or(0);
        let mut now = lock(&shown.0);
        now.bytes.extend_from_slice(&buffer[..count]);
        now.screen.process(&buffer[..count]);
        now.is_closed = count == 0;
        drop(now);
        shown.1.notify_all();
        if count == 0 {
            return;
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.windows(wanted.len()).position(|window| window == wanted).map(|place| place + from)
}

/// A test that has failed has left it as it was.
fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

fn nonzero(size: u16) -> NonZero<u16> {
    NonZero::new(size).expect("a size")
}

fn screen(rows: u16, columns: u16) -> vt100::Parser {
    vt100::Parser::new(nonzero(rows), nonzero(columns), 1000)
}

/// What bytes leave on a screen, without empty lines around.
fn text(bytes: &[u8]) -> String {
    let mut screen = screen(1000, COLUMNS);
    screen.process(bytes);
    screen.screen().contents().trim_matches('\n').trim_end().to_owned()
}
