use std::process::{Command, Stdio};

use crate::jobs::{command, folder, run_in, with_prelude};
use crate::support::{Folder, Run};

/// How this user gets mounts of his own, which end with the process: as root, or by being it in a namespace.
fn unshare() -> Option<Vec<&'static str>> {
    let ways = [vec!["--mount"], vec!["--map-root-user", "--mount"]];
    let works = |way: &Vec<&str>| {
        let tried = Command::new("unshare").args(way).args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let way = ways.into_iter().find(works);
    if way.is_none() {
        eprintln!("skipped: this user cannot mount a file system");
    }
    way
}

/// Runs a script with a file system of its own at `place`, a path in its folder or an absolute one. The run folder of
/// jobs is in the script's folder, in `tmp`. `None`: this user cannot mount.
fn run_with_disk(place: &str, options: &str, script: &str) -> Option<Run> {
    let way = unshare()?;
    let folder = Folder::with(&with_prelude(&format!("{script}\nprint 'ok'")));
    let tmp = folder.path().join("tmp");
    std::fs::create_dir(&tmp).unwrap();
    let mut inner = command(&folder, &["--quiet", "-o", "lithops.progress=false"]);
    inner.env("TMPDIR", &tmp);
    let mut outer = Command::new("unshare");
    let mount = format!("mount -t tmpfs -o {options} tmpfs {} && exec \"$@\"", folder.path().join(place).display());
    outer.args(way).args(["sh", "-c", &mount, "sh"]).arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    Some(outer.current_dir(folder.path()).stdin(Stdio::null()).output().unwrap().into())
}

/// The same for a script whose asserts all hold.
#[track_caller]
fn passes_with_disk(place: &str, options: &str, script: &str) {
    if let Some(run) = run_with_disk(place, options, script) {
        run.prints("ok\n");
    }
}

const NO_JOB: &str = "lithops.map(function(x) return x end, {1})";

/// One sentence with the folder, why it cannot be used, and what to set; then the traceback.
#[track_caller]
fn names_the_folder(run: &Run, folder: &str, why: &str) {
    assert_eq!(run.code, Some(1), "{run:?}");
    let first = run.err.lines().next().unwrap();
    let sentence = format!("{folder}: {why}; set TMPDIR to a folder that can be written");
    assert!(first.contains("pipeline.lua:2: cannot create a folder for running jobs in "), "{first}");
    assert!(first.ends_with(&sentence), "{first}");
    assert_eq!(run.err.matches("cannot create").count(), 1, "{run:?}");
}

#[test]
fn a_folder_for_jobs_that_cannot_be_made_is_one_clear_error() {
    let folder = folder(NO_JOB);
    folder.write("file", "");
    for (place, why) in [("missing", "there is no such folder"), ("file", "it is no folder")] {
        let output = command(&folder, &[]).env("TMPDIR", folder.path().join(place)).output().unwrap();
        names_the_folder(&output.into(), place, why);
    }
    for (options, why) in [("ro", "its file system is read-only"), ("size=64k,nr_inodes=1", "the disk is full")] {
        if let Some(run) = run_with_disk("tmp", options, NO_JOB) {
            names_the_folder(&run, "/tmp", why);
        }
    }
}

#[test]
fn a_script_lives_on_without_a_folder_for_jobs() {
    let folder = folder(
        r#"
        local ok, err = pcall(lithops.map, function(x) return x end, {1})
        same(ok, false) same(type(err), "string")
        lithops.storage.put_object(nil, "k", "kept") same(lithops.storage.get_object(nil, "k"), "kept")
        print 'ok'
        "#,
    );
    let output = command(&folder, &[]).env("TMPDIR", folder.path().join("missing")).output().unwrap();
    Run::from(output).prints("ok\n");
    // With one, the same call starts a job: what fails above is its folder and nothing else.
    folder.write("pipeline.lua", with_prelude("same(lithops.map(function(x) return x end, {1}):get_result(), {1})"));
    run_in(&folder, &[]).prints("");
}

#[test]
fn a_function_that_does_not_fit_on_the_disk_fails_its_job() {
    passes_with_disk(
        "tmp",
        "size=256k",
        r#"
        local id = function(x) return x end
        local before = lithops.map(id, {1, 2, 3})
        same(before:get_result(), {1, 2, 3})
        local big, pulled = ("x"):rep(500000), 0
        local fs = lithops.map(function(x) append(here .. "/ran", "x") return #big + x end, function()
          pulled = pulled + 1
          return pulled <= 1e5 and pulled or nil
        end)
        local err = raises("cannot pass 500", function() fs:get_result() end)
        same(err.kind, "storage")
        assert(err.message:find("the disk is full; set TMPDIR to a folder with more space", 1, true), err.message)
        assert(not err.message:find("\n"), err.message)
        -- All of it: the rest of the input is not even read.
        local r = fs:get_result{throw_except = false}
        assert(r.n >= 1 and pulled < 10000, pulled)
        for i = 1, r.n do same(r[i].kind, "storage") end
        same(exists(here .. "/ran"), false)
        -- So do arguments that all calls share.
        fs = lithops.map(function(x, s) return #s end, lithops.range(1000), {extra_args = {big}})
        r = fs:get_result{throw_except = false}
        for i = 1, 1000 do same(r[i].kind, "storage") end
        -- What there was before is kept, and what fits goes on.
        same(before:get_result(), {1, 2, 3})
        same(lithops.map(id, lithops.range(100)):get_result().n, 100)
        local fits = ("x"):rep(50000)
        same(lithops.call_async(function() return #fits end):result(), 50000)
        "#,
    );
}

#[test]
fn an_element_that_does_not_fit_on_the_disk_fails_its_call() {
    passes_with_disk(
        "tmp",
        "size=2m",
        r#"
        local list = {1, ("x"):rep(4e6), 3, ("y"):rep(1500000)}
        local fs = lithops.map(function(x) return type(x) == "string" and #x or x end, list, {chunksize = 1})
        local r = fs:get_result{throw_except = false}
        same(r[1], 1) same(r[3], 3) same(r[4], 1500000)
        same(r[2].kind, "storage") same(r[2].call_id, "00001")
        assert(r[2].message:find("cannot pass 4000", 1, true) and r[2].message:find("the disk is full; set TMPDIR", 1, true),
          r[2].message)
        "#,
    );
}

#[test]
fn a_result_that_does_not_fit_on_the_disk_fails_its_call() {
    passes_with_disk(
        "tmp",
        "size=8m",
        r#"
        local ex = lithops.FunctionExecutor{max_workers = 1}
        local fs = ex:map(function(x) return x > 0 and ("x"):rep(x) or "small" end, {5e6, 6e6, 0}, {chunksize = 1})
        local r = fs:get_result{throw_except = false}
        same(#r[1], 5e6) same(r[3], "small")
        same(r[2].kind, "storage") same(r[2].call_id, "00001")
        assert(r[2].message:find("cannot keep the result of 6000", 1, true) and
          r[2].message:find("the disk is full; set TMPDIR", 1, true), r[2].message)
        -- The worker lives on, and the results that were kept are there again.
        same(fs[3].stats.worker, fs[1].stats.worker) same(#fs[1]:result(), 5e6)
        same(ex:call_async(function() return "next" end):result(), "next")
        "#,
    );
}

/// 50 calls in one invocation, one of which ends its worker at its first attempt.
const ONE_CRASH: &str = r#"
    local fs = lithops.map(function(x)
      append(here .. "/call" .. x, "x")
      if x == 20 and #read(here .. "/call20") == 1 then os.exit(3) end
      return ("%06d"):format(x):rep(50) .. (os.getenv("LITHOPS_LOCAL_JOURNAL") or "")
    end, lithops.range(50), {chunksize = 50})
    local r = fs:get_result()
    for x = 1, 50 do same(r[x]:sub(1, 300), ("%06d"):format(x):rep(50)) end
"#;

#[test]
fn a_full_place_for_journals_loses_no_result() {
    // The journal of these calls has some 20 KiB.
    let script = format!("{ONE_CRASH} same(r[1]:sub(301, 309), '/dev/shm/')");
    passes_with_disk("/dev/shm", "size=4k", &script);
}

#[test]
fn journals_are_in_the_folder_for_jobs_where_there_is_no_better_place() {
    let script = format!(
        "{ONE_CRASH} local at = here .. '/tmp/lithops-lua-' same(r[1]:sub(301, 300 + #at), at)
         for x = 1, 50 do same(#read(here .. '/call' .. x), x == 20 and 2 or 1, 'runs of ' .. x) end"
    );
    passes_with_disk("/dev/shm", "ro", &script);
}
