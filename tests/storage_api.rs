//! `lithops.storage` and `lithops.Storage`, through scripts that the real binary runs.

#[path = "support/host.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

/// Objects: putting, getting, listing, files, and what is refused.
#[path = "storage_api/objects.rs"]
mod objects;
/// Other stores, other configurations, workers, cloud objects.
#[path = "storage_api/stores.rs"]
mod stores;
/// Bodies that are read, and streams.
#[path = "storage_api/streams.rs"]
mod streams;

use support::{Folder, Run};

/// In front of every script. `fails` gives the error object that `f` raises, with this kind and these words; `refuses` is
/// for strings.
const PRELUDE: &str = r#"local s = lithops.storage
local function fails(kind, words, f, ...)
  local ok, e = pcall(f, ...)
  assert(not ok, "it did not fail")
  assert(type(e) == "table", tostring(e))
  assert(e.kind == kind, e.kind)
  assert(tostring(e):find(words, 1, true), tostring(e))
  return e
end
local function refuses(words, f, ...)
  local ok, e = pcall(f, ...)
  assert(not ok, "it did not fail")
  assert(type(e) == "string", type(e))
  assert(e:find(words, 1, true), e)
end
"#;

fn run_in(folder: &Folder, script: &str) -> Run {
    // On one line, so that a script's own lines count from 1.
    let script = format!("{}{script}", PRELUDE.replace('\n', " "));
    folder.write("pipeline.lua", script);
    let mut command = folder.command(&["pipeline.lua"]);
    command.env("LITHOPS_CONFIG", "localhost: {storage_root: store, storage_bucket: main, max_workers: 2}");
    command.output().unwrap().into()
}

#[track_caller]
fn check(script: &str) {
    run_in(&Folder::new(), script).prints("");
}
