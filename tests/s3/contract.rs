//! What holds for every backend. Each test runs against local storage, the S3 server of this process, and the one that
//! the environment names.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use lithops_lua::storage::temporary::{self, fresh_key};
use lithops_lua::storage::{Body, CHUNK_BYTES, CloudObject, LocalStorage, PAGE_OBJECTS};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::*;

/// Ranges, streams and files, and what becomes of transfers that end early.
#[path = "contract_bodies.rs"]
mod bodies;

use bodies::{
    a_put_that_is_given_up_is_never_seen, downloads_go_where_links_lead, failed_transfers_leave_nothing,
    pipes_and_files_without_a_size, ranges, streams_and_files_as_bodies, unfinished_puts_are_invisible,
};

const MIB: usize = 1 << 20;

/// A store with an empty default bucket.
struct Store {
    storage: Arc<dyn Storage>,
    bucket: String,
    folder: TempDir,
    _server: Option<S3Server>,
}

impl Store {
    fn new(storage: Arc<dyn Storage>, server: Option<S3Server>) -> Store {
        let bucket = storage.default_bucket().to_owned();
        Store { storage, bucket, folder: tempfile::tempdir().unwrap(), _server: server }
    }

    fn local() -> Store {
        let folder = tempfile::tempdir().unwrap();
        let storage = Arc::new(LocalStorage::new(folder.path().join("data"), BUCKET));
        Store { folder, ..Store::new(storage, None) }
    }

    async fn s3() -> Store {
        let server = S3Server::start();
        Store::new(open(&server).await, Some(server))
    }

    /// The server of `LITHOPS_TEST_S3_ENDPOINT`.
    async fn external() -> Store {
        let url =
            std::env::var("LITHOPS_TEST_S3_ENDPOINT").expect("LITHOPS_TEST_S3_ENDPOINT is the address of a server");
        let config = config(
            &url,
            json!({"aws": {"region": "us-east-1"}, "aws_s3": {
                "endpoint_url": url, "storage_bucket": another_bucket(),
            }}),
        );
        let storage = storage::open(&config).await.unwrap();
        // It was started a moment ago, perhaps.
        let end = Instant::now() + Duration::from_secs(60);
        while let Err(error) = storage.create_bucket("lithops-ready").await {
            assert!(Instant::now() < end, "the server at {url} is not ready: {error}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Store::new(storage, None)
    }

    async fn put(&self, key: &str, body: impl Into<Bytes>) -> Result<(), StorageError> {
        self.storage.put_object(&self.bucket, key, Body::Bytes(body.into())).await
    }

    async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        self.storage.get_object(&self.bucket, key, None).await
    }

    async fn keys(&self, prefix: &str) -> Vec<String> {
        self.storage.list_keys(&self.bucket, prefix).await.unwrap()
    }
}

/// A name that nobody else uses: servers outlive tests.
fn another_bucket() -> String {
    let random = tempfile::Builder::new().rand_bytes(12).tempdir().unwrap();
    let name = random.path().file_name().unwrap().to_string_lossy().to_lowercase();
    format!("lithops-{}", name.trim_start_matches(".tmp"))
}

/// One runtime for all tests: connections are kept for the next request to the same server, and live where they were made.
fn block_on(test: impl Future<Output = ()>) {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let make = || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    RUNTIME.get_or_init(make).block_on(test);
}

macro_rules! contract {
    ($($name:ident),* $(,)?) => {
        mod local {
            $(#[test]
            fn $name() { super::block_on(async { super::$name(super::Store::local()).await }) })*
        }
        mod s3 {
            $(#[test]
            fn $name() { super::block_on(async { super::$name(super::Store::s3().await).await }) })*
        }
        mod external {
            $(#[test]
            #[ignore = "needs the server of LITHOPS_TEST_S3_ENDPOINT: tests/ci/seaweedfs.sh starts one"]
            fn $name() { super::block_on(async { super::$name(super::Store::external().await).await }) })*
        }
    };
}

contract!(
    put_get_head_delete,
    replacements_have_other_etags,
    errors_name_bucket_and_key,
    any_bytes_and_sizes_survive,
    ranges,
    streams_and_files_as_bodies,
    pipes_and_files_without_a_size,
    downloads_go_where_links_lead,
    failed_transfers_leave_nothing,
    a_put_that_is_given_up_is_never_seen,
    unfinished_puts_are_invisible,
    wrong_names_are_refused,
    unusual_keys,
    buckets,
    deleting_many,
    listings_are_sorted_and_whole,
    listings_come_in_pages,
    cloud_objects,
);

async fn put_get_head_delete(store: Store) {
    let storage = &store.storage;
    store.put("a/b/c.txt", "hello").await.unwrap();
    assert_eq!(store.get("a/b/c.txt").await.unwrap(), "hello");
    let first = storage.head_object(&store.bucket, "a/b/c.txt").await.unwrap();
    assert_eq!((first.key.as_str(), first.size_bytes), ("a/b/c.txt", 5));
    assert!(first.last_modified.elapsed().unwrap_or_default().as_secs() < 60);
    store.put("a/b/c.txt", "HELLO").await.unwrap();
    assert_eq!(storage.head_object(&store.bucket, "a/b/c.txt").await.unwrap().size_bytes, 5);
    storage.delete_object(&store.bucket, "a/b/c.txt").await.unwrap();
    storage.delete_object(&store.bucket, "a/b/c.txt").await.unwrap();
    assert_eq!(kind(store.get("a/b/c.txt").await), Kind::NoSuchKey);
    assert_eq!(kind(storage.head_object(&store.bucket, "a/b/c.txt").await), Kind::NoSuchKey);
    assert_eq!(kind(storage.get_object_stream(&store.bucket, "a/b/c.txt", None).await), Kind::NoSuchKey);
}

async fn replacements_have_other_etags(store: Store) {
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..20 {
        store.put("k", format!("{number:03}")).await.unwrap();
        let info = store.storage.head_object(&store.bucket, "k").await.unwrap();
        assert!(!info.etag.is_empty() && !info.etag.contains('"') && seen.insert(info.etag), "{number}");
    }
}

async fn errors_name_bucket_and_key(store: Store) {
    store.put("other", "x").await.unwrap();
    let error = store.get("some/key").await.unwrap_err();
    let expected = format!("get object `some/key` of bucket `{}`: there is no such key", store.bucket);
    assert_eq!(error.to_string(), expected);
    let error = store.storage.head_object(&store.bucket, "some/key").await.unwrap_err();
    assert!(error.to_string().contains("object `some/key`") && error.to_string().ends_with("there is no such key"));
}

async fn any_bytes_and_sizes_survive(store: Store) {
    for size in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 16 * MIB, 16 * MIB + 1, 24 * MIB] {
        let body = bytes(size);
        store.put("k", body.clone()).await.unwrap();
        assert!(store.get("k").await.unwrap() == body, "{size}");
        let mut reader = store.storage.get_object_stream(&store.bucket, "k", None).await.unwrap();
        assert_eq!((reader.length_bytes, reader.info.size_bytes), (size as u64, size as u64));
        let mut streamed = Vec::new();
        while let Some(chunk) = reader.next_chunk().await.unwrap() {
            assert!(!chunk.is_empty() && chunk.len() <= CHUNK_BYTES);
            streamed.extend_from_slice(&chunk);
        }
        assert!(streamed == body, "{size}");
        assert_eq!(reader.next_chunk().await.unwrap(), None);
    }
}

async fn wrong_names_are_refused(store: Store) {
    let storage = &store.storage;
    let long = "k".repeat(1025);
    for key in ["", "..", "../outside", "a/../../outside", "a/.", "nul\0", &long] {
        assert_eq!(kind(store.put(key, "x").await), Kind::InvalidKey, "{key:?}");
        assert_eq!(kind(store.get(key).await), Kind::InvalidKey, "{key:?}");
        assert_eq!(kind(storage.head_object(&store.bucket, key).await), Kind::InvalidKey, "{key:?}");
        assert_eq!(kind(storage.delete_object(&store.bucket, key).await), Kind::InvalidKey, "{key:?}");
    }
    let error = store.put(&long, "x").await.unwrap_err().to_string();
    assert!(error.contains("1025 bytes, at most 1024") && error.len() < 400, "{error}");
    for bucket in ["", "..", ".tmp", "a/b", "Upper", "x"] {
        assert_eq!(kind(storage.put_object(bucket, "k", "x".into()).await), Kind::InvalidBucket, "{bucket:?}");
        assert_eq!(kind(storage.list_objects(bucket, "").await), Kind::InvalidBucket);
        assert_eq!(kind(storage.create_bucket(bucket).await), Kind::InvalidBucket);
        assert_eq!(kind(storage.head_bucket(bucket).await), Kind::InvalidBucket);
        assert_eq!(kind(storage.delete_objects(bucket, &["k".into()]).await), Kind::InvalidBucket);
    }
}

async fn unusual_keys(store: Store) {
    let keys = ["a b", "a+b", "a%20b", "é/日本", "q?x=1&y", "#h", "~(x)'*", "semi;colon", "<tag>&amp;"];
    for key in keys {
        store.put(key, key).await.unwrap();
    }
    for key in keys {
        assert_eq!(store.get(key).await.unwrap(), key);
        assert_eq!(store.storage.head_object(&store.bucket, key).await.unwrap().key, key);
        assert_eq!(store.keys(key).await, [key]);
    }
    let mut sorted = keys.map(String::from);
    sorted.sort();
    assert_eq!(store.keys("").await, sorted);
    assert_eq!(store.storage.delete_objects(&store.bucket, &sorted).await.unwrap(), []);
    assert!(store.keys("").await.is_empty());
}

async fn buckets(store: Store) {
    let storage = &store.storage;
    // The default bucket is there before anything is.
    storage.head_bucket(&store.bucket).await.unwrap();
    assert!(store.keys("").await.is_empty());
    assert_eq!(kind(store.get("k").await), Kind::NoSuchKey);
    assert_eq!(kind(storage.head_object(&store.bucket, "k").await), Kind::NoSuchKey);
    storage.delete_object(&store.bucket, "k").await.unwrap();
    assert_eq!(storage.delete_objects(&store.bucket, &["k".into(), "l".into()]).await.unwrap(), []);
    let other = another_bucket();
    let error = storage.put_object(&other, "k", "x".into()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NoSuchBucket);
    assert!(error.to_string().contains(&format!("create_bucket(\"{other}\")")), "{error}");
    for size in [4 * MIB, 17 * MIB] {
        assert_eq!(kind(storage.put_object(&other, "k", bytes(size).into()).await), Kind::NoSuchBucket, "{size}");
    }
    assert_eq!(kind(storage.get_object(&other, "k", None).await), Kind::NoSuchBucket);
    assert_eq!(kind(storage.head_object(&other, "k").await), Kind::NoSuchBucket);
    assert_eq!(kind(storage.head_bucket(&other).await), Kind::NoSuchBucket);
    assert_eq!(kind(storage.list_objects(&other, "").await), Kind::NoSuchBucket);
    assert_eq!(kind(storage.delete_object(&other, "k").await), Kind::NoSuchBucket);
    assert_eq!(kind(storage.delete_objects(&other, &["k".into()]).await), Kind::NoSuchBucket);
    storage.create_bucket(&other).await.unwrap();
    storage.create_bucket(&other).await.unwrap();
    storage.head_bucket(&other).await.unwrap();
    storage.put_object(&other, "k", "x".into()).await.unwrap();
    assert_eq!(storage.list_keys(&other, "").await.unwrap(), ["k"]);
    assert!(store.keys("").await.is_empty());
}

async fn put_many(store: &Store, keys: impl Iterator<Item = String>) {
    let mut puts = JoinSet::new();
    for key in keys {
        let (storage, bucket) = (store.storage.clone(), store.bucket.clone());
        puts.spawn(async move { storage.put_object(&bucket, &key, "".into()).await });
        while puts.len() >= 16 {
            puts.join_next().await.unwrap().unwrap().unwrap();
        }
    }
    while let Some(put) = puts.join_next().await {
        put.unwrap().unwrap();
    }
}

async fn deleting_many(store: Store) {
    store.put("a", "x").await.unwrap();
    store.put("b", "x").await.unwrap();
    let all: Vec<String> = ["a", "../x", "absent", "b"].map(String::from).into();
    let failed = store.storage.delete_objects(&store.bucket, &all).await.unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0].0.as_str(), failed[0].1.kind()), ("../x", Kind::InvalidKey));
    assert!(store.keys("").await.is_empty());
    assert_eq!(store.storage.delete_objects(&store.bucket, &[]).await.unwrap(), []);
    let many: Vec<String> = (0..1005).map(|number| format!("many/{number}")).collect();
    put_many(&store, many.iter().cloned()).await;
    assert_eq!(store.storage.delete_objects(&store.bucket, &many).await.unwrap(), []);
    assert!(store.keys("").await.is_empty());
}

async fn listings_are_sorted_and_whole(store: Store) {
    let mut all = ["a/b", "a-b", "a.b", "a0", "ab/c/d", "é", "z", "A", "a/a/a", "ab-x"].map(String::from).to_vec();
    for key in &all {
        store.put(key, key.clone()).await.unwrap();
    }
    all.sort();
    assert_eq!(store.keys("").await, all);
    for prefix in ["a", "a/", "a/a", "ab/", "ab/c/", "ab/c/d", "nothing", "nothing/at/all", "a0/", "é"] {
        let expected: Vec<_> = all.iter().filter(|key| key.starts_with(prefix)).cloned().collect();
        assert_eq!(store.keys(prefix).await, expected, "{prefix}");
    }
    for object in store.storage.list_objects(&store.bucket, "").await.unwrap().all().await.unwrap() {
        assert_eq!(object.size_bytes, object.key.len() as u64);
        let mut alone = store.storage.head_object(&store.bucket, &object.key).await.unwrap();
        if object.etag.is_empty() {
            // `s3s-fs` lists none.
            alone.etag.clear();
        }
        assert_eq!(object, alone);
    }
}

async fn listings_come_in_pages(store: Store) {
    put_many(&store, (0..PAGE_OBJECTS + 5).map(|number| format!("{}/{number:05}", number / 400))).await;
    let mut pages = store.storage.list_objects(&store.bucket, "").await.unwrap();
    assert_eq!(pages.next_page().await.unwrap().unwrap().len(), PAGE_OBJECTS);
    // Deleted before its page is read: not an error, and not listed.
    store.storage.delete_object(&store.bucket, &format!("2/{:05}", PAGE_OBJECTS + 1)).await.unwrap();
    let rest: Vec<_> = pages.next_page().await.unwrap().unwrap().into_iter().map(|object| object.key).collect();
    assert_eq!(rest, ["2/01000", "2/01002", "2/01003", "2/01004"]);
    assert_eq!(pages.next_page().await.unwrap(), None);
    assert_eq!(pages.next_page().await.unwrap(), None);
}

async fn cloud_objects(store: Store) {
    let storage = &*store.storage;
    let named = CloudObject::put(storage, "x".into(), &store.bucket, "a/b").await.unwrap();
    assert_eq!((named.backend.as_str(), &named.bucket), (storage.backend(), &store.bucket));
    let (key, other) = (fresh_key("1f2e3d-0", "M000").unwrap(), fresh_key("1f2e3d-0", "M000").unwrap());
    assert_ne!(key, other);
    let one = CloudObject::put(storage, "1".into(), &store.bucket, &key).await.unwrap();
    assert_eq!(one.key, key);
    assert_eq!(storage.get_object(&one.bucket, &one.key, None).await.unwrap(), "1");
    // A bucket that is not there has none.
    let (storage_of_it, bucket) = (store.storage.clone(), another_bucket());
    let missing = temporary::Store::Opened { storage: storage_of_it, bucket, made_with: "{}".into() };
    let place = temporary::Place { executor_id: "1f2e3d-0".into(), store: missing, is_cleaned_at_exit: true };
    place.empty(&[]).await.unwrap();
    named.check_backend(storage).unwrap();
    let foreign = CloudObject { backend: "elsewhere".into(), ..named };
    assert_eq!(kind(foreign.check_backend(storage)), Kind::NoSuchBackend);
}
