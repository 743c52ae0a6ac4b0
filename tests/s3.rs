//! Storage on S3: what it shares with the local one, what is its own, and how scripts, workers and `clean` use it.
//!
//! The server is `s3s-fs`, in the test's own process. What all backends share is tested against the server of
//! `LITHOPS_TEST_S3_ENDPOINT` as well (with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), by tests that are ignored elsewhere.

#[path = "support/host.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

#[path = "support/jobs.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod jobs;

#[path = "support/disk.rs"]
mod disk;

#[path = "support/pieces.rs"]
mod pieces;

#[path = "support/s3.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;

#[path = "support/web.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod web;

/// `lithops-lua clean`.
#[path = "s3/clean.rs"]
mod clean;
/// The same tests for all backends.
#[path = "s3/contract.rs"]
mod contract;
/// The default bucket, and who makes it.
#[path = "s3/default_bucket.rs"]
mod default_bucket;
/// What goes wrong, in one sentence each.
#[path = "s3/failures.rs"]
mod failures;
/// Files that change on their way.
#[path = "s3/files.rs"]
mod files;
/// Values too large for messages.
#[path = "s3/scratch.rs"]
mod scratch;
/// Scripts, and their functions in local workers.
#[path = "s3/scripts.rs"]
mod scripts;
/// Parts, ranges, connections that break, objects that change.
#[path = "s3/transfers.rs"]
mod transfers;

use std::sync::Arc;

use bytes::Bytes;
use lithops_lua::config::{self, Config, Request};
use lithops_lua::storage::{self, Storage, StorageError, StorageErrorKind as Kind};
use serde_json::{Value, json};

use server::{ACCESS_KEY_ID, Fault, S3Server, SECRET_ACCESS_KEY};

/// The bucket of tests that name one.
const BUCKET: &str = "main";

/// A configuration for a server, with sections over the usual ones.
fn config(url: &str, sections: Value) -> Config {
    let mut table = json!({
        "lithops": {"storage": "aws_s3"},
        "aws": {"access_key_id": ACCESS_KEY_ID, "secret_access_key": SECRET_ACCESS_KEY, "region": "eu-west-1"},
        "aws_s3": {"endpoint_url": url, "storage_bucket": BUCKET},
    });
    for (section, keys) in sections.as_object().unwrap() {
        table[section] = keys.clone();
    }
    config::load(Request { table: Some(table), ..Request::default() }).unwrap()
}

/// The store of a server, with [`BUCKET`] as its default bucket.
async fn open(server: &S3Server) -> Arc<dyn Storage> {
    storage::open(&config(&server.url(), json!({}))).await.unwrap()
}

fn kind<T: std::fmt::Debug>(result: Result<T, StorageError>) -> Kind {
    result.unwrap_err().kind()
}

/// Bytes in which no part looks like another one.
fn bytes(size: usize) -> Bytes {
    (0..size).map(|n| (n * 31 % 251 + n / 65536) as u8).collect::<Vec<u8>>().into()
}
