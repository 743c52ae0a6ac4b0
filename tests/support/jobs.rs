//! Scripts whose asserts check jobs, and a look at the processes behind them.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

#[allow(unused_imports, reason = "not all tests wait")]
pub use crate::support::wait_until;
use crate::support::{Folder, Run};

/// What every script below can use: `same(got, expected)` compares deeply, `raises(words, f, …)` gives the error.
const PRELUDE: &str = r#"
local function same(got, expected, where)
  where = where or "value"
  if type(got) == "table" and type(expected) == "table" then
    for k, v in pairs(expected) do same(got[k], v, where .. "." .. tostring(k)) end
    for k in pairs(got) do
      if expected[k] == nil and k ~= "n" then error(where .. "." .. tostring(k) .. " is not expected", 2) end
    end
  elseif got ~= expected then
    error(("%s: got %s (a %s), expected %s"):format(where, tostring(got), type(got), tostring(expected)), 2)
  end
end
local function raises(words, f, ...)
  local ok, err = pcall(f, ...)
  if ok then error("no error, but one with: " .. words, 2) end
  if not tostring(err):find(words, 1, true) then error(("error %q lacks %q"):format(tostring(err), words), 2) end
  return err
end
local function append(path, text) local f = assert(io.open(path, "a")) f:write(text) f:close() end
local function read(path) local f = io.open(path) if not f then return "" end local s = f:read("*a") f:close() return s end
local function exists(path) local f = io.open(path) if f then f:close() end return f ~= nil end
local function await(path) while not exists(path) do lithops.sleep(0.002) end end
local here = arg[1]
"#;

/// A script with the prelude in its first line, so that its own lines keep their numbers plus one.
pub fn with_prelude(script: &str) -> String {
    format!("{}\n{script}", PRELUDE.trim().replace('\n', " "))
}

/// A folder with `script` as `pipeline.lua`.
pub fn folder(script: &str) -> Folder {
    Folder::with(&with_prelude(script))
}

/// Runs `script` with more options; `here` is the path of its folder.
pub fn run_with(options: &[&str], script: &str) -> Run {
    let folder = folder(script);
    run_in(&folder, options)
}

/// Runs the `pipeline.lua` of `folder`.
pub fn run_in(folder: &Folder, options: &[&str]) -> Run {
    command(folder, options).stdin(Stdio::null()).output().unwrap().into()
}

/// The program with the `pipeline.lua` of `folder`. Two workers, whatever the machine has, unless `options` say otherwise.
pub fn command(folder: &Folder, options: &[&str]) -> Command {
    let mut args = vec!["-o", "localhost.max_workers=2"];
    args.extend(options);
    args.push("pipeline.lua");
    args.push(folder.path().to_str().unwrap());
    folder.command(&args)
}

/// Runs a script whose asserts all hold; it ends with `print 'ok'` of its own accord.
#[track_caller]
pub fn passes(script: &str) {
    passes_with(&[], script);
}

/// The same with options.
#[track_caller]
pub fn passes_with(options: &[&str], script: &str) {
    run_with(options, &format!("{script}\nprint 'ok'")).prints("ok\n");
}

/// Starts the `pipeline.lua` of `folder` and leaves it running.
pub fn spawn(folder: &Folder, options: &[&str]) -> Child {
    command(folder, options).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// As [`wait_until`], while other work of the test's runtime goes on.
pub async fn wait_until_async(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !condition() {
        assert!(Instant::now() < end, "still waiting: {what}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Running children of `parent`, zombies left out.
pub fn children(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| stat(*pid).is_some_and(|(state, of)| of == parent && state != 'Z')).collect()
}

/// Whether the process exists and is no zombie.
pub fn is_alive(pid: u32) -> bool {
    stat(pid).is_some_and(|(state, _)| state != 'Z')
}

/// State and parent of a process.
fn stat(pid: u32) -> Option<(char, u32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// A variable in the environment that a process was started with.
pub fn environ(pid: u32, name: &str) -> Option<String> {
    let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let text = String::from_utf8_lossy(&environ).into_owned();
    text.split('\0').find_map(|entry| entry.strip_prefix(name)?.strip_prefix('=')).map(str::to_owned)
}

/// Sends a signal by name.
pub fn signal(pid: u32, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status().unwrap().success());
}
