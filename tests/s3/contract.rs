//! What holds for every backend. Each test runs against local storage, the S3 server of this process, and the one that
//! the environment names.

use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lithops_lua::storage::temporary::{self, fresh_key};
use lithops_lua::storage::{Body, ByteRange, CHUNK_BYTES, ChunkSource, CloudObject, LocalStorage, PAGE_OBJECTS};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::pieces::Pieces;
use super::*;

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

fn range(first: u64, last: impl Into<Option<u64>>) -> Option<ByteRange> {
    Some(ByteRange { first, last: last.into() })
}

async fn ranges(store: Store) {
    let storage = &store.storage;
    store.put("k", "0123456789").await.unwrap();
    for (asked, expected) in [
        (range(0, 0), "0"),
        (range(2, 4), "234"),
        (range(7, None), "789"),
        (range(7, 1000), "789"),
        (None, "0123456789"),
    ] {
        assert_eq!(storage.get_object(&store.bucket, "k", asked).await.unwrap(), expected, "{asked:?}");
        let mut reader = storage.get_object_stream(&store.bucket, "k", asked).await.unwrap();
        assert_eq!(reader.info.size_bytes, 10);
        assert_eq!(reader.length_bytes, expected.len() as u64);
        assert_eq!(reader.next_chunk().await.unwrap().unwrap(), expected);
        assert_eq!(reader.next_chunk().await.unwrap(), None);
    }
    for (asked, words) in [
        (range(10, None), "the range begins at byte 10, but the object has 10 bytes"),
        (range(10, 20), "the range begins at byte 10, but the object has 10 bytes"),
        (range(4, 2), "the range ends at byte 2, before it begins at byte 4"),
    ] {
        let error = storage.get_object(&store.bucket, "k", asked).await.unwrap_err();
        assert_eq!(error.kind(), Kind::InvalidRange, "{asked:?}");
        assert!(error.to_string().ends_with(words), "{error}");
    }
    store.put("empty", "").await.unwrap();
    assert_eq!(kind(storage.get_object(&store.bucket, "empty", range(0, None)).await), Kind::InvalidRange);
    assert_eq!(kind(storage.get_object(&store.bucket, "absent", range(5, None)).await), Kind::NoSuchKey);
}

async fn streams_and_files_as_bodies(store: Store) {
    let storage = &store.storage;
    let pieces = Pieces { left: vec!["a".into(), "".into(), "b".into(), "c".into()], failure: None };
    storage.put_object(&store.bucket, "stream", Body::Stream(Box::new(pieces))).await.unwrap();
    assert_eq!(store.get("stream").await.unwrap(), "abc");
    let nothing = Pieces { left: Vec::new(), failure: None };
    storage.put_object(&store.bucket, "nothing", Body::Stream(Box::new(nothing))).await.unwrap();
    assert_eq!(store.get("nothing").await.unwrap(), "");

    // Exactly one part, exactly two, and pieces that are larger than parts.
    for sizes in [vec![8 * MIB], vec![9 * MIB, 7 * MIB], vec![MIB; 17], vec![20 * MIB, 1]] {
        let whole = bytes(sizes.iter().sum());
        let mut rest = whole.clone();
        let left = sizes.iter().map(|size| rest.split_to(*size)).collect();
        let pieces = Pieces { left, failure: None };
        storage.put_object(&store.bucket, "large", Body::Stream(Box::new(pieces))).await.unwrap();
        assert!(store.get("large").await.unwrap() == whole, "{sizes:?}");
    }
    let reader = storage.get_object_stream(&store.bucket, "large", range(1, None)).await.unwrap();
    storage.put_object(&store.bucket, "copy", reader.into()).await.unwrap();
    assert!(store.get("copy").await.unwrap() == bytes(20 * MIB + 1).slice(1..));

    for size in [0, 7, 16 * MIB + 5, 33 * MIB] {
        let path = store.folder.path().join("file");
        fs::write(&path, bytes(size)).unwrap();
        storage.upload_file(&path, &store.bucket, "file").await.unwrap();
        assert!(store.get("file").await.unwrap() == bytes(size), "{size}");
        let target = store.folder.path().join("down");
        fs::write(&target, "old").unwrap();
        storage.download_file(&store.bucket, "file", &target).await.unwrap();
        assert!(fs::read(&target).unwrap() == bytes(size), "{size}");
    }
}

async fn pipes_and_files_without_a_size(store: Store) {
    let storage = &store.storage;
    let version = Path::new("/proc/version");
    storage.upload_file(version, &store.bucket, "k").await.unwrap();
    assert!(store.get("k").await.unwrap() == fs::read(version).unwrap());
    let pipe = store.folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for size in [7, 20 * MIB] {
        let path = pipe.clone();
        let writing = std::thread::spawn(move || fs::write(path, bytes(size)));
        storage.upload_file(&pipe, &store.bucket, "k").await.unwrap();
        writing.join().unwrap().unwrap();
        assert!(store.get("k").await.unwrap() == bytes(size), "{size}");
        let path = pipe.clone();
        let reading = std::thread::spawn(move || fs::read(path));
        storage.download_file(&store.bucket, "k", &pipe).await.unwrap();
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "{size}");
        assert!(reading.join().unwrap().unwrap() == bytes(size), "{size}");
    }
}

async fn downloads_go_where_links_lead(store: Store) {
    let storage = &store.storage;
    for (mode, size) in [(0o600, 7), (0o666, 17 * MIB)] {
        store.put("k", bytes(size)).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "old").unwrap();
        fs::set_permissions(at("file"), Permissions::from_mode(mode)).unwrap();
        symlink("file", at("link")).unwrap();
        symlink(at("link"), at("link of a link")).unwrap();
        symlink("new", at("link to nothing")).unwrap();
        for (link, file) in [("link of a link", "file"), ("link to nothing", "new")] {
            storage.download_file(&store.bucket, "k", &at(link)).await.unwrap();
            assert!(fs::read(at(file)).unwrap() == bytes(size), "{link}");
            assert!(fs::symlink_metadata(at(link)).unwrap().is_symlink(), "{link}");
        }
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        assert_eq!(fs::metadata(at("file")).unwrap().permissions().mode() & 0o777, mode);
        symlink("loop", at("loop")).unwrap();
        for wrong in [at("loop"), folder.path().into()] {
            assert_eq!(kind(storage.download_file(&store.bucket, "k", &wrong).await), Kind::Io, "{}", wrong.display());
        }
        // Two files and four links.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 6);
    }
}

async fn failed_transfers_leave_nothing(store: Store) {
    let storage = &store.storage;
    store.put("k", "old").await.unwrap();
    let failure = StorageError::new(Kind::Io, "read the source", "it broke");
    for left in [vec!["new".into()], vec![bytes(20 * MIB)]] {
        let pieces = Pieces { left, failure: Some(failure.clone()) };
        let result = storage.put_object(&store.bucket, "k", Body::Stream(Box::new(pieces))).await;
        assert_eq!(result, Err(failure.clone()));
        assert_eq!(store.get("k").await.unwrap(), "old");
    }
    let folder = store.folder.path();
    let missing = folder.join("missing");
    let error = storage.upload_file(&missing, &store.bucket, "k").await.unwrap_err();
    assert!(error.to_string().contains("missing") && error.to_string().contains("`k`"), "{error}");
    assert!(storage.upload_file(folder, &store.bucket, "k").await.is_err());
    assert_eq!(store.get("k").await.unwrap(), "old");

    let target = folder.join("target");
    assert_eq!(kind(storage.download_file(&store.bucket, "absent", &target).await), Kind::NoSuchKey);
    assert!(!target.exists());
    store.put("large", bytes(17 * MIB)).await.unwrap();
    for key in ["k", "large"] {
        let error = storage.download_file(&store.bucket, key, &folder.join("no/folder")).await.unwrap_err();
        assert!(error.to_string().contains("no/folder"), "{error}");
    }
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(files.into_iter().all(|name| name == "data"));
}

/// Gives a piece whenever it is asked, slowly, and never ends.
struct Endless;

#[async_trait]
impl ChunkSource for Endless {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(Some(vec![0; MIB].into()))
    }
}

async fn a_put_that_is_given_up_is_never_seen(store: Store) {
    store.put("k", "old").await.unwrap();
    let endless = store.storage.put_object(&store.bucket, "k", Body::Stream(Box::new(Endless)));
    assert!(tokio::time::timeout(Duration::from_millis(300), endless).await.is_err());
    assert_eq!(store.get("k").await.unwrap(), "old");
    assert_eq!(store.keys("").await, ["k"]);
}

async fn unfinished_puts_are_invisible(store: Store) {
    store.put("other", "x").await.unwrap();
    let (send, receive) = tokio::sync::oneshot::channel::<()>();
    let (asked, was_asked) = tokio::sync::oneshot::channel::<()>();
    struct Waiting {
        first: Option<Bytes>,
        asked: Option<tokio::sync::oneshot::Sender<()>>,
        gate: Option<tokio::sync::oneshot::Receiver<()>>,
    }
    #[async_trait]
    impl ChunkSource for Waiting {
        async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
            if let Some(first) = self.first.take() {
                return Ok(Some(first));
            }
            if let Some(gate) = self.gate.take() {
                self.asked.take().unwrap().send(()).unwrap();
                gate.await.unwrap();
            }
            Ok(None)
        }
    }
    let waiting = Waiting { first: Some(bytes(17 * MIB)), asked: Some(asked), gate: Some(receive) };
    let (storage, bucket) = (store.storage.clone(), store.bucket.clone());
    let task = tokio::spawn(async move { storage.put_object(&bucket, "k", Body::Stream(Box::new(waiting))).await });
    was_asked.await.unwrap();
    assert_eq!(store.keys("").await, ["other"]);
    assert_eq!(kind(store.get("k").await), Kind::NoSuchKey);
    send.send(()).unwrap();
    task.await.unwrap().unwrap();
    assert!(store.get("k").await.unwrap() == bytes(17 * MIB));
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
