//! `lithops-lua hello`: whether functions run where the configuration says, and how long that takes.

use super::exit::{self, Exit, complain};
use super::low_args::HelloArgs;
use super::run::{driver_vm, on_own_thread, refuse};
use crate::lua::output;
use crate::lua::vm::ConfigChoice;

/// By the ordinary API, as a script would do it.
const PROGRAM: &str = include_str!("hello.lua");

/// Tries it.
pub fn run(choice: &ConfigChoice, args: &HelloArgs, quiet: bool) -> Exit {
    if let Err(error) = choice.load() {
        return refuse(&error);
    }
    let (choice, calls) = (choice.clone().without_records(), args.map);
    on_own_thread(move || {
        let vm = match driver_vm(Vec::new(), choice, !quiet) {
            Ok(vm) => vm,
            Err(exit) => return exit,
        };
        let result = match vm.lua.load(PROGRAM).set_name("=hello").call::<Option<String>>(calls) {
            Ok(None) => Exit::Success,
            Ok(Some(failure)) => failed(&failure),
            Err(error) => failed(&format!("start: {error}")),
        };
        vm.close_and(move || exit::end(result))
    })
}

fn failed(what: &str) -> Exit {
    // What went well before comes before it.
    let _ = output::flush();
    complain(&format!("failed to {what}; `lithops-lua doctor` looks for the reason"));
    Exit::Script
}
