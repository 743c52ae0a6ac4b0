//! The prompt in a real terminal: how soon it is there, and how soon Tab answers. `cargo bench --bench repl`.
//!
//! Ends with status 1 if a target is missed by more than what a busy machine explains: 1.5 times.

#[path = "support/table.rs"]
#[allow(dead_code, reason = "other benchmarks use the rest")]
mod table;
#[path = "../tests/support/terminal.rs"]
#[allow(dead_code, reason = "tests use the rest")]
mod terminal;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use table::{Table, Target, median};
use terminal::{CTRL_C, TAB, Terminal};

const RUNS: usize = 15;

fn main() -> ! {
    let folder = tempfile::tempdir().expect("a folder");
    let mut table = Table::begin();

    let script = median(RUNS, || {
        let started = Instant::now();
        let status =
            program(folder.path()).args(["-e", "print(1)"]).stdin(Stdio::null()).stdout(Stdio::null()).status();
        assert!(status.is_ok_and(|status| status.success()));
        ms(started)
    });
    let prompt = median(RUNS, || {
        let started = Instant::now();
        let terminal = Terminal::start(program(folder.path()));
        terminal.wait_for_prompt();
        ms(started)
    });
    table.row("start to the prompt, with a terminal's set-up", "ms", prompt, Target::Below(50.0));
    let peer = Target::Peer { name: "a one-line script", figure: script, times: 0.0 };
    table.row("the same", "ms", prompt, peer);
    let history: String = (0..3000).map(|i| format!("local value_{i} = lithops.map(f, {{ 1, 2, 3 }})\n")).collect();
    let file = folder.path().join(".local/state/lithops-lua/history");
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a writable folder");
    std::fs::write(&file, format!("#V2\n{history}")).expect("a writable folder");
    let with_history = median(RUNS, || {
        let started = Instant::now();
        let terminal = Terminal::start(program(folder.path()));
        terminal.wait_for_prompt();
        ms(started)
    });
    table.row("the same with a full history", "ms", with_history, Target::Below(50.0));

    // It reads the annotations.
    let first = median(RUNS, || {
        let terminal = Terminal::start(program(folder.path()));
        terminal.wait_for_prompt();
        terminal.run("fexec = lithops.FunctionExecutor()");
        complete(&terminal, "fexec:map_r", "fexec:map_reduce")
    });
    table.row("completion: the first one, a method", "ms", first, Target::Below(20.0));
    let many = folder.path().join("many");
    std::fs::create_dir(&many).expect("a folder");
    for name in (0..2000).map(|i| format!("part-{i}.csv")).chain(["zz_last.csv".into()]) {
        std::fs::write(many.join(name), "").expect("a file");
    }
    let terminal = Terminal::start(program(folder.path()));
    terminal.wait_for_prompt();
    terminal.run("lithops.storage:create_bucket('shop') lithops.storage:put_object('shop', 'logs/may.log', '')");
    terminal.run("big = {} for i = 1, 2e6 do big['key_' .. i] = i end big.other = 1");
    for (what, begun, line) in [
        ("completion: a global", "tonu", "tonumber"),
        ("completion: a method", "lithops.storage:put_o", "lithops.storage:put_object"),
        ("completion: an option", "lithops.map(f, d, { chu", "lithops.map(f, d, { chunksize ="),
        ("completion: a module", "require 'datas", "require 'dataset"),
        ("completion: a file among 2,000", "io.open('many/zz_l", "io.open('many/zz_last.csv"),
        ("completion: a stored object", "'local://shop/logs/m", "'local://shop/logs/may.log"),
    ] {
        let time = median(RUNS, || complete(&terminal, begun, line));
        table.row(what, "ms", time, Target::Below(20.0));
    }
    let time = median(RUNS, || {
        terminal.send("big.no_such_key");
        terminal.wait_for_line("> big.no_such_key");
        let started = Instant::now();
        terminal.send(TAB);
        terminal.send("|");
        terminal.wait_for_line("> big.no_such_key|");
        let time = ms(started);
        drop_line(&terminal);
        time
    });
    table.row("completion: in a table of 2,000,000", "ms", time, Target::Below(20.0));
    table.end()
}

fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lithops-lua"));
    command.current_dir(home).env("HOME", home).env("TERM", "xterm-256color");
    for name in
        ["LITHOPS_CONFIG", "LITHOPS_CONFIG_FILE", "LITHOPS_LOG", "LUA_PATH", "LUA_CPATH", "NO_COLOR", "XDG_STATE_HOME"]
    {
        command.env_remove(name);
    }
    command
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// How long Tab takes to make `line` of what was typed.
fn complete(terminal: &Terminal, begun: &str, line: &str) -> f64 {
    terminal.send(begun);
    terminal.wait_for_line(&format!("> {begun}"));
    let started = Instant::now();
    terminal.send(TAB);
    terminal.wait_for_line(&format!("> {line}"));
    let time = ms(started);
    drop_line(terminal);
    time
}

fn drop_line(terminal: &Terminal) {
    let mark = terminal.mark();
    terminal.send(CTRL_C);
    terminal.next_prompt(mark);
}
