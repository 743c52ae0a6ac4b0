//! `lithops.storage` and `lithops.Storage`, through scripts that the real binary runs.
//!
//! What all backends share runs on local storage, on an S3 server in the test's own process, and, by tests that are ignored
//! elsewhere, on the server of `LITHOPS_TEST_S3_ENDPOINT` (with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY).

#[path = "support/host.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

#[path = "support/s3.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;

/// The same script on every backend: `on_every_store!(a, b)` makes tests of functions that get a [`Store`].
macro_rules! on_every_store {
    ($($name:ident),* $(,)?) => {
        mod local {
            $(#[test]
            fn $name() { super::$name(&crate::Store::local()) })*
        }
        mod s3 {
            $(#[test]
            fn $name() { super::$name(&crate::Store::s3()) })*
        }
        mod external {
            $(#[test]
            #[ignore = "needs the server of LITHOPS_TEST_S3_ENDPOINT: tests/ci/seaweedfs.sh starts one"]
            fn $name() { super::$name(&crate::Store::external()) })*
        }
    };
}

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

use server::{ACCESS_KEY_ID, S3Server, SECRET_ACCESS_KEY};
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
    /// A whole configuration, as JSON.
    config: String,
    server: Option<S3Server>,
}

impl Store {
    fn local() -> Store {
        let config = r#"{"localhost": {"storage_root": "store", "storage_bucket": "main", "max_workers": 2}}"#;
        Store { folder: Folder::new(), config: config.into(), server: None }
    }

    fn s3() -> Store {
        let server = S3Server::start();
        let config = config(&server.url(), "main", ACCESS_KEY_ID, SECRET_ACCESS_KEY);
        Store { folder: Folder::new(), config, server: Some(server) }
    }

    /// The server of `LITHOPS_TEST_S3_ENDPOINT`, with a bucket that nobody else uses.
    fn external() -> Store {
        let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is needed"));
        let folder = Folder::new();
        let name = folder.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let bucket = format!("scripts-{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), ""));
        let (id, secret) = (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"));
        let config = config(&variable("LITHOPS_TEST_S3_ENDPOINT"), &bucket, &id, &secret);
        Store { folder, config, server: None }
    }

    fn run(&self, script: &str) -> Run {
        // On one line, so that a script's own lines count from 1.
        self.folder.write("pipeline.lua", format!("{}{script}", PRELUDE.replace('\n', " ")));
        self.command(&["pipeline.lua"]).output().unwrap().into()
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = self.folder.command(args);
        command.env("LITHOPS_CONFIG", &self.config);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs a script whose asserts all hold.
    #[track_caller]
    fn check(&self, script: &str) {
        self.run(script).prints("");
    }
}

fn config(url: &str, bucket: &str, id: &str, secret: &str) -> String {
    format!(
        r#"{{"lithops": {{"storage": "aws_s3"}}, "localhost": {{"max_workers": 2}},
        "aws": {{"access_key_id": "{id}", "secret_access_key": "{secret}", "region": "us-east-1"}},
        "aws_s3": {{"endpoint_url": "{url}", "storage_bucket": "{bucket}"}}}}"#
    )
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
