//! A local worker ends with its driver, however that ended: the driver holds the other end of its standard input.

use std::fs::File;
use std::io::Read;

use rustix::process::{Signal, getpgrp, kill_process_group};

use crate::compute::local::JOURNAL_VARIABLE;

/// Watches standard input, and gives functions an empty one instead. Does nothing on AWS.
pub(super) fn watch() {
    if std::env::var_os(JOURNAL_VARIABLE).is_none() {
        return;
    }
    let pipe = std::io::stdin().lock();
    let Ok(pipe) = std::os::fd::AsFd::as_fd(&pipe).try_clone_to_owned() else { return };
    if let Ok(null) = File::open("/dev/null") {
        let _ = rustix::stdio::dup2_stdin(null);
    }
    let mut pipe = File::from(pipe);
    let watcher = std::thread::Builder::new().name("lifeline".into()).stack_size(64 << 10).spawn(move || {
        // The driver writes nothing: this returns when it is gone.
        let _ = pipe.read(&mut [0]);
        // The worker leads its group, so this ends what functions started as well.
        let _ = kill_process_group(getpgrp(), Signal::KILL);
        std::process::exit(0);
    });
    if let Err(error) = watcher {
        super::complain(&format!("cannot watch its driver: {error}"));
    }
}
