//! Processes as `/proc` has them: which of them are drivers that live.

use std::fs;
use std::sync::LazyLock;

/// The name of this machine.
pub fn host() -> &'static str {
    static HOST: LazyLock<String> =
        LazyLock::new(|| fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned());
    &HOST
}

/// What the line of a process in `/proc` says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stat {
    /// Whether it has ended, and nobody has taken notice.
    pub is_zombie: bool,
    /// Its parent.
    pub parent: u32,
    /// When it began, in clock ticks since the machine did.
    pub start: u64,
}

impl Stat {
    /// That of a process; `None` if there is none of this number.
    pub fn of(pid: u32) -> Option<Self> {
        Self::read(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// The name, which may hold anything, is in parentheses; state, parent and, as the 20th, the start follow it (proc(5)).
    fn read(line: &str) -> Option<Self> {
        let mut fields = line.rsplit_once(')')?.1.split_ascii_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        Some(Self { is_zombie: matches!(state, "Z" | "X"), parent, start: fields.nth(17)?.parse().ok()? })
    }
}

/// Whether the process that began then is still there.
pub fn is_running(pid: u32, start: u64) -> bool {
    Stat::of(pid).is_some_and(|stat| stat.start == start && !stat.is_zombie)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_known_by_number_and_start() {
        let stat = Stat::of(std::process::id()).unwrap();
        assert!(is_running(std::process::id(), stat.start) && !is_running(std::process::id(), stat.start + 1));
        assert!(!host().is_empty());
    }

    #[test]
    fn a_name_may_hold_anything() {
        let rest = "S 7 5 5 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 12345 999 1";
        let expected = Stat { is_zombie: false, parent: 7, start: 12345 };
        assert_eq!(Stat::read(&format!("42 (a) Z 1 (b) {rest}")), Some(expected));
        assert_eq!(Stat::read("42 (a) S"), None);
    }

    #[test]
    fn a_process_that_has_ended_does_not_run() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let start = Stat::of(child.id()).unwrap().start;
        // A zombie, until it is waited for.
        while Stat::of(child.id()).is_some_and(|stat| !stat.is_zombie) {
            std::thread::yield_now();
        }
        assert!(!is_running(child.id(), start));
        child.wait().unwrap();
    }
}
