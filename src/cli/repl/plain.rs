//! Reading without editing: from a pipe or a file, and from terminals that know no escape sequences.

use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::Input;

/// Where a Ctrl-C is told to who waits for a line.
static WAKE: OnceLock<UnixStream> = OnceLock::new();

/// A terminal gives a line at a time; of a pipe, a byte at a time, so that what follows a line is left to the code in it, which may
/// read from standard input itself.
const TERMINAL_BYTES: usize = 4096;

/// Reads lines from standard input.
pub struct Plain {
    is_terminal: bool,
    /// Prompts are written.
    has_prompt: bool,
    /// Read from a terminal, and not yet given.
    ahead: Vec<u8>,
    woken: Option<UnixStream>,
    is_at_end: bool,
}

/// A line, or why there is none.
enum Line {
    Text(Vec<u8>),
    End,
    Interrupted,
    Failed(io::Error),
}

impl Plain {
    pub fn new() -> Plain {
        let is_terminal = io::stdin().is_terminal();
        Plain {
            is_terminal,
            has_prompt: is_terminal && io::stderr().is_terminal(),
            ahead: Vec::new(),
            woken: None,
            is_at_end: false,
        }
    }

    /// Has [`wake`] end the reading of a line.
    pub fn listen(&mut self) -> io::Result<()> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        let _ = WAKE.set(writer);
        self.woken = Some(reader);
        Ok(())
    }

    /// The next chunk: a line, and more lines while `is_incomplete` says that they are needed.
    pub fn read(&mut self, is_incomplete: impl Fn(&str) -> bool) -> Input {
        let mut chunk = String::new();
        let mut lines = 0;
        if self.is_at_end {
            return Input::End;
        }
        loop {
            if self.has_prompt {
                let _ = io::stderr().write_all(if lines == 0 { b"> " } else { b">> " });
            }
            let line = match self.line() {
                Line::Text(line) => line,
                Line::End if lines == 0 => return Input::End,
                Line::End => {
                    // What is missing is told by the compiler.
                    self.is_at_end = true;
                    return Input::Chunk(chunk);
                }
                Line::Interrupted => {
                    // Behind the `^C` that the terminal shows.
                    let _ = io::stderr().write_all(if self.has_prompt { b"\n" } else { b"" });
                    return Input::Interrupted;
                }
                Line::Failed(error) => return Input::Failed(error),
            };
            let Ok(line) = String::from_utf8(line) else { return Input::NotText };
            if lines > 0 {
                chunk.push('\n');
            }
            chunk.push_str(&line);
            lines += 1;
            if !is_incomplete(&chunk) {
                return Input::Chunk(chunk);
            }
        }
    }

    fn line(&mut self) -> Line {
        let mut buffer = [0; TERMINAL_BYTES];
        let room = if self.is_terminal { TERMINAL_BYTES } else { 1 };
        let mut searched = 0;
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.ahead[searched..]) {
                let rest = self.ahead.split_off(searched + end + 1);
                let mut line = std::mem::replace(&mut self.ahead, rest);
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Line::Text(line);
            }
            searched = self.ahead.len();
            match self.wait() {
                Ok(true) => {}
                Ok(false) => {
                    self.ahead.clear();
                    return Line::Interrupted;
                }
                Err(error) => return Line::Failed(error),
            }
            match rustix::io::read(rustix::stdio::stdin(), &mut buffer[..room]) {
                Ok(0) if self.ahead.is_empty() => return Line::End,
                Ok(0) => return Line::Text(std::mem::take(&mut self.ahead)),
                Ok(count) => self.ahead.extend_from_slice(&buffer[..count]),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(error) => return Line::Failed(error.into()),
            }
        }
    }

    /// Waits until there is something to read; `false` after [`wake`].
    fn wait(&mut self) -> io::Result<bool> {
        let Some(woken) = &mut self.woken else { return Ok(true) };
        loop {
            let stdin = rustix::stdio::stdin();
            let mut wanted = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(&*woken, PollFlags::IN)];
            match poll(&mut wanted, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let [input, wake] = wanted.map(|wanted| !wanted.revents().is_empty());
            if wake {
                let _ = woken.read(&mut [0; 64]);
                return Ok(false);
            }
            if input {
                return Ok(true);
            }
        }
    }
}

/// Ends the reading of a line.
pub fn wake() {
    if let Some(mut writer) = WAKE.get() {
        let _ = writer.write(&[0]);
    }
}
