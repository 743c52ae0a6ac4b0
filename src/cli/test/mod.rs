//! `lithops-lua test`: finds files of tests, runs each in a VM of its own, and reports.
//!
//! What a test is, and how it runs, is in `stdlib/testing`; `file` calls it and gets an `event` for each test, which `report` writes.

mod event;
mod file;
mod files;
mod report;

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Instant;

use self::event::Counts;
use self::file::{Run, Stop};
use self::files::PathError;
use self::report::Report;
use super::exit::{Exit, complain};
use super::low_args::TestArgs;
use super::run::{on_own_thread, refuse};
use crate::lua::exit::on_sudden_exit;
use crate::lua::vm::ConfigChoice;

/// Runs it.
pub fn run(choice: &ConfigChoice, args: &TestArgs, quiet: bool) -> Exit {
    // What the user typed is checked even if no test starts a job.
    if !choice.is_default()
        && let Err(error) = choice.load()
    {
        return refuse(&error);
    }
    let files = match files::find(&args.paths) {
        Ok(files) => files,
        Err(error) => {
            complain(&error.to_string());
            return match error {
                PathError::Unreadable(..) => Exit::Usage,
                PathError::Empty(_) => Exit::Script,
            };
        }
    };
    let (config, args) = (choice.clone(), args.clone());
    on_own_thread(move || run_files(config, args, files, quiet))
}

fn run_files(config: ConfigChoice, args: TestArgs, mut files: Vec<PathBuf>, quiet: bool) -> Exit {
    let seed = match (args.seed, args.shuffle) {
        (None, true) => match random_seed() {
            Ok(seed) => Some(seed),
            Err(error) => {
                complain(&format!("no random numbers: {error}"));
                return Exit::Internal;
            }
        },
        (seed, _) => seed,
    };
    if let Some(seed) = seed {
        shuffle(&mut files, seed);
    }
    let report = match Report::new(&args, quiet) {
        Ok(report) => RefCell::new(report),
        Err(error) => {
            complain(&format!("cannot write to standard output: {error}"));
            return Exit::Script;
        }
    };
    on_sudden_exit(|| {
        complain("a test ended the process before all tests were done, as by `exit` of the C library");
        Exit::Script.code()
    });
    let start = Instant::now();
    let run = Rc::new(Run { args, seed, config, counts: RefCell::new(Counts::default()), report });
    for path in &files {
        match file::run(&run, path) {
            Ok(()) if run.is_over() => break,
            Ok(()) => {}
            Err(Stop::Usage(message)) => {
                complain(&message);
                return Exit::Usage;
            }
            Err(Stop::Internal(message)) => {
                complain(&format!("internal error: {message}"));
                return Exit::Internal;
            }
        }
    }
    let counts = run.counts.borrow().clone();
    run.report.borrow_mut().finish(&counts, start.elapsed(), seed);
    verdict(&counts)
}

fn verdict(counts: &Counts) -> Exit {
    if counts.failed() > 0 {
        return Exit::Script;
    }
    if counts.selected == 0 {
        complain(&format!("nothing was tested: the options leave out all {} tests", counts.tests));
        return Exit::Script;
    }
    Exit::Success
}

fn random_seed() -> Result<u32, getrandom::Error> {
    // Short enough to be typed.
    Ok(getrandom::u32()? % 100_000)
}

/// An order that depends on the seed alone, by the minimal standard generator of Park and Miller.
fn shuffle(files: &mut [PathBuf], seed: u32) {
    let mut state = u64::from(seed) % 0x7fff_fffe + 1;
    for last in (1..files.len()).rev() {
        state = state * 48_271 % 0x7fff_ffff;
        files.swap(last, state as usize % (last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_an_order() {
        let files: Vec<PathBuf> = (0..20).map(|number| PathBuf::from(number.to_string())).collect();
        let order = |seed| {
            let mut files = files.clone();
            shuffle(&mut files, seed);
            files
        };
        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
        let mut sorted = order(7);
        sorted.sort_by_key(|path| path.display().to_string().parse::<u32>().ok());
        assert_eq!(sorted, files);
    }
}
