//! `process`.

use crate::jobs::{self, passes, wait_until};

#[test]
fn programs_run_to_their_end() {
    passes(
        r#"
        local process = require "process"
        local r = process.run { "sh", "-c", "echo out; echo err >&2; exit 3" }
        same(r, { ok = false, code = 3, stdout = "out\n", stderr = "err\n" })
        same(process.run({ "printf", "%s|", "a b", "$HOME", "*", 1 }).stdout, "a b|$HOME|*|1|")
        same(process.run({ "cat" }, { stdin = "a\0b" }).stdout, "a\0b")
        same(process.run({ "cat" }), { ok = true, code = 0, stdout = "", stderr = "" })
        -- More than pipes hold, both ways at once; and a program that reads none of it.
        local large = ("x"):rep(3e6)
        same(process.run({ "sh", "-c", "tee /dev/stderr" }, { stdin = large }), { ok = true, code = 0, stdout = large, stderr = large })
        same(process.run({ "true" }, { stdin = large }).code, 0)
        same(process.run({ "pwd" }, { cwd = "/" }).stdout, "/\n")
        same(process.run({ "sh", "-c", "echo $A $HOME." }, { env = { A = 7, HOME = false } }).stdout, "7 .\n")
        same(process.run { "sh", "-c", "kill -TERM $$" }, { ok = false, signal = 15, stdout = "", stderr = "" })
        local nothing, err, number = process.run { "no-such-program" }
        same({ nothing, err, number }, { nil, "no-such-program: there is no such program, or no such `cwd`", 2 })
        same(select(2, process.run { "/" }), "/: permission denied: it is no program, or not for this user")
        same(process.env("HOME"), here)
        same(process.env().HOME, here)
        same(process.env("NO_SUCH_VARIABLE"), nil)
        assert(process.cpu_count() >= 1)
        same(tonumber(process.run({ "sh", "-c", "echo $PPID" }).stdout), process.pid())
        "#,
    );
}

#[test]
fn failures_can_be_errors() {
    passes(
        r#"
        local process = require "process"
        local check = { check = true }
        same(process.run({ "true" }, check).ok, true)
        raises("sh exited with status 3: the last line", process.run, { "sh", "-c", "echo first >&2; echo the last line >&2; exit 3" }, check)
        raises("false exited with status 1", process.run, { "false" }, check)
        raises("no-such-program: there is no such program", process.run, { "no-such-program" }, check)
        raises("sh ran past its timeout", process.run, { "sh", "-c", "sleep 1000 & exit 0" }, { check = true, timeout = 0.1 })
        raises("sleep ran past its timeout", process.run, { "sleep", "1000" }, { check = true, timeout = 0.01 })
        raises("a list expected: the program and its arguments", process.run, {})
        raises("table expected, got string", process.run, "ls -l")
        raises("element 2 must be a string without NUL, not a table", process.run, { "ls", {} })
        raises("unknown option `timout`; did you mean `timeout`?", process.run, { "true" }, { timout = 1 })
        raises("unknown option `timeout`", process.spawn, { "true" }, { timeout = 1 })
        raises("option `env` must be a table of names and strings", process.run, { "true" }, { env = { A = true } })
        "#,
    );
}

#[test]
fn timeouts_kill_all_that_was_started() {
    let script = r#"
        local process = require "process"
        local r = process.run({ "sh", "-c", "sleep 1000 & echo $!; sleep 1000" }, { timeout = 0.2 })
        same({ r.timed_out, r.signal, r.ok }, { true, 9, false })
        while process.run({ "kill", "-0", (r.stdout:gsub("\n", "")) }).ok do
          local stat = read("/proc/" .. r.stdout:gsub("\n", "") .. "/stat")
          if stat == "" or stat:find(") Z ", 1, true) then break end
          lithops.sleep(0.002)
        end
    "#;
    passes(script);
    // In a worker, where it is no leader of a group.
    passes(&format!("lithops.call_async(function() {script} end):result()"));
}

#[test]
fn a_timeout_kills_what_a_program_left_behind() {
    let folder = jobs::folder(
        r#"
        local process = require "process"
        local r = process.run({ "sh", "-c", "sleep 1000 & echo $! > inner; exit 0" }, { timeout = 3 })
        same({ r.ok, r.code, r.timed_out }, { false, 0, true })
        append("after", "")
        await(here .. "/go")
        print "ok"
        "#,
    );
    let script = jobs::spawn(&folder, &[]);
    let inner = pid_in(&folder, "inner");
    wait_until("the timeout", || folder.path().join("after").exists());
    wait_until("its end", || !jobs::is_alive(inner));
    folder.write("go", "");
    let run: crate::support::Run = script.wait_with_output().unwrap().into();
    assert_eq!(run.out, "ok\n", "{}", run.err);
}

#[test]
fn programs_run_beside_the_script() {
    passes(
        r#"
        local process = require "process"
        local p = process.spawn({ "sh", "-c", "echo one; echo two; cat; exit 4" }, { stdin = "three" })
        same(p:read(), "one")
        local rest = {}
        for line in p:lines() do table.insert(rest, line) end
        same(rest, { "two", "three" })
        same(p:wait(), { ok = false, code = 4 })
        same(p:wait(0), { ok = false, code = 4 })
        same(tostring(p), "process " .. p.pid .. " (sh)")
        local sleeper = process.spawn { "sleep", "1000" }
        same({ sleeper:wait(0.01) }, { nil, "timeout" })
        same(sleeper:kill("TERM"), true)
        same(sleeper:wait(), { ok = false, signal = 15 })
        same(sleeper:kill(), true)
        sleeper = process.spawn { "sleep", "1000" }
        sleeper:kill()
        same(sleeper:wait().signal, 9)
        same(sleeper:read("*a"), "")
        same(sleeper:close(), true)
        raises("attempt to use a closed stream", sleeper.read, sleeper)
        raises("there is no signal `STOP`", sleeper.kill, sleeper, "STOP")
        same(process.spawn { "no-such-program" }, nil)
        -- Nothing is left of those that ended.
        assert(not process.run({ "ps", "-o", "stat=", "--ppid", tostring(process.pid()) }).stdout:find("Z"))
        -- What a program writes can be stored, or decoded, as it comes.
        lithops.storage.put_object(nil, "k", process.spawn { "printf", "abc" })
        same(lithops.storage.get_object(nil, "k"), "abc")
        same(require("compress").reader(process.spawn({ "gzip", "-c" }, { stdin = "text" })):read("*a"), "text")
        "#,
    );
}

/// The number in a file that a script writes.
fn pid_in(folder: &crate::support::Folder, name: &str) -> u32 {
    let path = folder.path().join(name);
    wait_until(name, || std::fs::read_to_string(&path).is_ok_and(|text| text.ends_with('\n')));
    std::fs::read_to_string(&path).unwrap().trim().parse().unwrap()
}

#[test]
fn nothing_outlives_the_script() {
    let start = r#"
        local process = require "process"
        local p = process.spawn { "sh", "-c", "sleep 1000 & echo $! > inner; echo $$ > pid; mv pid outer; wait" }
        await(here .. "/outer")
    "#;
    for (end, signal) in [("", None), ("error 'oops'", None), ("os.exit(3)", None), ("p:wait()", Some("INT"))] {
        let folder = jobs::folder(&format!("{start} {end}"));
        let mut script = jobs::spawn(&folder, &[]);
        let (inner, outer) = (pid_in(&folder, "inner"), pid_in(&folder, "outer"));
        if let Some(signal) = signal {
            jobs::signal(script.id(), signal);
        }
        script.wait().unwrap();
        wait_until("the end of both", || !jobs::is_alive(inner) && !jobs::is_alive(outer));
    }
}

#[test]
fn a_killed_script_takes_its_programs_along() {
    let folder = jobs::folder(
        "local p = require('process').spawn { 'sh', '-c', 'echo $$ > outer; exec sleep 1000' } await(here .. '/outer') p:wait()",
    );
    let mut script = jobs::spawn(&folder, &[]);
    let outer = pid_in(&folder, "outer");
    script.kill().unwrap();
    script.wait().unwrap();
    wait_until("its end", || !jobs::is_alive(outer));
}

#[test]
fn a_worker_that_is_lost_takes_its_programs_along() {
    let folder = jobs::folder(
        r#"
        local f = lithops.call_async(function(here)
          require("process").run { "sh", "-c", "cd " .. here .. "; sleep 1000 & echo $! > pid; mv pid inner; wait" }
        end, here)
        await(here .. "/inner")
        f:cancel()
        lithops.wait(f, { throw_except = false })
        print "ok"
        "#,
    );
    let script = jobs::spawn(&folder, &[]);
    let inner = pid_in(&folder, "inner");
    let run: crate::support::Run = script.wait_with_output().unwrap().into();
    assert_eq!(run.out, "ok\n", "{}", run.err);
    wait_until("its end", || !jobs::is_alive(inner));
}
