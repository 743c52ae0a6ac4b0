//! `lithops.storage` and `lithops.Storage`, through scripts that the real binary runs.
//!
//! What all backends share runs on every storage, see `places`.

#[path = "support/host.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

#[path = "support/s3.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;

#[path = "support/jobs.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod jobs;

#[path = "support/places.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod places;

/// Listings of many objects, and deletions of them.
#[path = "storage_api/many.rs"]
mod many;
/// Objects: putting, getting, listing, files, and what is refused.
#[path = "storage_api/objects.rs"]
mod objects;
/// Other stores, other configurations, workers, cloud objects.
#[path = "storage_api/stores.rs"]
mod stores;
/// Bodies that are read, and streams.
#[path = "storage_api/streams.rs"]
mod streams;
/// Cloud objects without a key, and their end.
#[path = "storage_api/temporary.rs"]
mod temporary;

use places::Place;
use support::{Folder, Run};

/// In front of every script. `fails` gives the error object that `f` raises, with this kind and these words; `refuses` is
/// for strings. `backend` is the store's, `bucket` its default one, `other` a name of a bucket that is not there.
const PRELUDE: &str = r#"local s = lithops.storage
local backend, bucket = s.backend, s.bucket
local other = bucket .. "-other"
local function fails(kind, words, f, ...)
  local ok, e = pcall(f, ...)
  assert(not ok, "it did not fail")
  assert(type(e) == "table", tostring(e))
  assert(e.kind == kind, tostring(e))
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

/// A store with an empty default bucket, and a folder in which scripts run.
struct Store {
    folder: Folder,
    place: Place,
}

impl From<Place> for Store {
    fn from(place: Place) -> Store {
        Store { folder: Folder::new(), place }
    }
}

impl Store {
    fn run(&self, script: &str) -> Run {
        // On one line, so that a script's own lines count from 1.
        self.folder.write("pipeline.lua", format!("{}{script}", PRELUDE.replace('\n', " ")));
        self.command(&["pipeline.lua"]).output().unwrap().into()
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        self.place.command(&self.folder, args)
    }

    /// Runs a script whose asserts all hold.
    #[track_caller]
    fn check(&self, script: &str) {
        self.run(script).prints("");
    }
}

fn run_in(folder: &Folder, script: &str) -> Run {
    let script = format!("{}{script}", PRELUDE.replace('\n', " "));
    folder.write("pipeline.lua", script);
    let mut command = folder.command(&["pipeline.lua"]);
    command.env("LITHOPS_CONFIG", "localhost: {storage_root: store, storage_bucket: main, max_workers: 2}");
    command.output().unwrap().into()
}

/// Runs a script on local storage.
#[track_caller]
fn check(script: &str) {
    run_in(&Folder::new(), script).prints("");
}
