//! `lithops-lua check`.

use std::path::PathBuf;

use clap::ValueHint;

const EXAMPLES: &str = "\
Examples:
  lithops-lua check pipeline.lua           one script
  lithops-lua check scripts lib/*.lua      all Lua files below `scripts`, and these
  cat pipeline.lua | lithops-lua check -   standard input
  lithops-lua check --json . | jq -r 'select(.severity == \"error\") | .message'

Nothing of a script is run. Each finding is a line, `file:line:column: error: what, and what to do [rule]`; standard
error has a line with their number. What is not certain is left out. Names and
modules that are needed under a condition only, and errors that a `pcall` catches, are warnings.

Rules:
  syntax              LuaJIT does not take it
  undefined-global    a name that nobody gives a value: most often a typing mistake
  unknown-function    a call of what `lithops`, a module or an executor does not have
  dot-or-colon        `fexec.map(…)`, `lithops:map(…)`, `future.result()`
  swapped-arguments   the function comes first
  not-a-function      a call, a name in quotes or a table where a function is sent
  not-a-list          a number, a text, `pairs(t)` or a table with names as the input of a job
  not-futures         `get_result` of a function
  unknown-option      of `map`, `get_result`, `FunctionExecutor`, …; also: not-options
  unsendable          a function that holds an open file, a coroutine, memory of C, or an iterator
  missing-module      `require` does not find it
  Warnings:
  no-result           a function that returns nothing, and whose results are used
  changed-copy        a function changes what it captured, and the script reads it afterwards
  set-too-late        a variable that a function needs gets its value only after the function is sent
  c-module            a function requires a library of C
  not-analysed        only the syntax was checked

Exit codes: 0 if there is no error, 1 if there is one, 2 if a file cannot be read";

/// What is checked.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// Lua files, folders of them, or `-` for standard input
    #[arg(value_name = "SCRIPT", required = true, value_hint = ValueHint::AnyPath)]
    pub scripts: Vec<PathBuf>,

    /// As JSON: an object a line with `file`, `line`, `column`, `rule`, `severity` and `message`
    #[arg(long)]
    pub json: bool,
}
