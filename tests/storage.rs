//! Storage: the local backend on real folders, and what all backends share.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use lithops_lua::config::{self, Environment, Override, Request};
use lithops_lua::storage::{
    self, Body, ByteRange, CHUNK_BYTES, ChunkSource, CloudObject, LocalStorage, PAGE_OBJECTS, Storage, StorageError,
    StorageErrorKind as Kind,
};
use proptest::prelude::*;
use tempfile::TempDir;

const BUCKET: &str = "lithops";

fn fresh() -> (TempDir, LocalStorage) {
    let folder = tempfile::tempdir().unwrap();
    let storage = LocalStorage::new(folder.path().join("data"), BUCKET);
    (folder, storage)
}

async fn put(storage: &LocalStorage, key: &str, body: impl Into<Bytes>) -> Result<(), StorageError> {
    storage.put_object(BUCKET, key, Body::Bytes(body.into())).await
}

async fn get(storage: &LocalStorage, key: &str) -> Result<Bytes, StorageError> {
    storage.get_object(BUCKET, key, None).await
}

async fn keys(storage: &LocalStorage, prefix: &str) -> Vec<String> {
    storage.list_keys(BUCKET, prefix).await.unwrap()
}

/// The files of `.tmp`: none after any put, whatever came of it.
fn debris(storage: &LocalStorage) -> usize {
    fs::read_dir(storage.root().join(".tmp")).map_or(0, Iterator::count)
}

fn kind<T: std::fmt::Debug>(result: Result<T, StorageError>) -> Kind {
    result.unwrap_err().kind()
}

fn range(first: u64, last: impl Into<Option<u64>>) -> Option<ByteRange> {
    Some(ByteRange { first, last: last.into() })
}

/// Gives its pieces, then ends or fails.
struct Pieces {
    left: Vec<Bytes>,
    failure: Option<StorageError>,
}

#[async_trait]
impl ChunkSource for Pieces {
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
        match (self.left.pop(), self.failure.take()) {
            (Some(piece), failure) => {
                self.failure = failure;
                Ok(Some(piece))
            }
            (None, Some(failure)) => Err(failure),
            (None, None) => Ok(None),
        }
    }
}

// Objects.

#[tokio::test]
async fn put_get_head_delete() {
    let (_folder, storage) = fresh();
    put(&storage, "a/b/c.txt", "hello").await.unwrap();
    assert_eq!(get(&storage, "a/b/c.txt").await.unwrap(), "hello");
    let first = storage.head_object(BUCKET, "a/b/c.txt").await.unwrap();
    assert_eq!((first.key.as_str(), first.size_bytes), ("a/b/c.txt", 5));
    assert!(first.last_modified.elapsed().unwrap().as_secs() < 60);
    put(&storage, "a/b/c.txt", "HELLO").await.unwrap();
    let second = storage.head_object(BUCKET, "a/b/c.txt").await.unwrap();
    assert_ne!(first.etag, second.etag);
    assert_eq!(second, storage.head_object(BUCKET, "a/b/c.txt").await.unwrap());
    storage.delete_object(BUCKET, "a/b/c.txt").await.unwrap();
    storage.delete_object(BUCKET, "a/b/c.txt").await.unwrap();
    assert_eq!(kind(get(&storage, "a/b/c.txt").await), Kind::NoSuchKey);
    assert_eq!(kind(storage.head_object(BUCKET, "a/b/c.txt").await), Kind::NoSuchKey);
    assert_eq!(kind(storage.get_object_stream(BUCKET, "a/b/c.txt", None).await), Kind::NoSuchKey);
}

#[tokio::test]
async fn every_replacement_has_another_etag() {
    let (_folder, storage) = fresh();
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..200 {
        put(&storage, "k", format!("{number:03}")).await.unwrap();
        assert!(seen.insert(storage.head_object(BUCKET, "k").await.unwrap().etag), "{number}");
    }
}

#[tokio::test]
async fn errors_name_bucket_and_key() {
    let (_folder, storage) = fresh();
    let error = get(&storage, "some/key").await.unwrap_err();
    assert_eq!(error.to_string(), "get object `some/key` of bucket `lithops`: there is no such key");
    assert_eq!(error.kind().as_str(), "no_such_key");
}

#[tokio::test]
async fn any_bytes_and_sizes_survive() {
    let (_folder, storage) = fresh();
    for size in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
        let body: Vec<u8> = (0..size).map(|n| (n * 31 % 251) as u8).collect();
        put(&storage, "k", body.clone()).await.unwrap();
        assert_eq!(get(&storage, "k").await.unwrap(), body);
        let mut reader = storage.get_object_stream(BUCKET, "k", None).await.unwrap();
        assert_eq!(reader.length_bytes, size as u64);
        let mut streamed = Vec::new();
        while let Some(chunk) = reader.next_chunk().await.unwrap() {
            assert!(!chunk.is_empty() && chunk.len() <= CHUNK_BYTES);
            streamed.extend_from_slice(&chunk);
        }
        assert_eq!(streamed, body);
        assert_eq!(reader.next_chunk().await.unwrap(), None);
    }
}

#[tokio::test]
async fn ranges() {
    let (_folder, storage) = fresh();
    put(&storage, "k", "0123456789").await.unwrap();
    for (asked, expected) in [
        (range(0, 0), "0"),
        (range(2, 4), "234"),
        (range(7, None), "789"),
        (range(7, 1000), "789"),
        (None, "0123456789"),
    ] {
        assert_eq!(storage.get_object(BUCKET, "k", asked).await.unwrap(), expected, "{asked:?}");
        let mut reader = storage.get_object_stream(BUCKET, "k", asked).await.unwrap();
        assert_eq!(reader.info.size_bytes, 10);
        assert_eq!(reader.length_bytes, expected.len() as u64);
        assert_eq!(reader.next_chunk().await.unwrap().unwrap(), expected);
        assert_eq!(reader.next_chunk().await.unwrap(), None);
    }
    for asked in [range(10, None), range(10, 20), range(4, 2)] {
        assert_eq!(kind(storage.get_object(BUCKET, "k", asked).await), Kind::InvalidRange, "{asked:?}");
    }
    put(&storage, "empty", "").await.unwrap();
    assert_eq!(kind(storage.get_object(BUCKET, "empty", range(0, None)).await), Kind::InvalidRange);
}

#[tokio::test]
async fn a_reader_keeps_what_it_opened() {
    let (_folder, storage) = fresh();
    put(&storage, "k", vec![1; 2 * CHUNK_BYTES]).await.unwrap();
    let mut reader = storage.get_object_stream(BUCKET, "k", None).await.unwrap();
    reader.next_chunk().await.unwrap().unwrap();
    put(&storage, "k", "other").await.unwrap();
    storage.delete_object(BUCKET, "k").await.unwrap();
    assert_eq!(reader.next_chunk().await.unwrap().unwrap(), vec![1; CHUNK_BYTES]);
}

// Bodies.

#[tokio::test]
async fn streams_and_files_as_bodies() {
    let (folder, storage) = fresh();
    let pieces = Pieces { left: vec!["c".into(), "".into(), "b".into(), "a".into()], failure: None };
    storage.put_object(BUCKET, "stream", Body::Stream(Box::new(pieces))).await.unwrap();
    assert_eq!(get(&storage, "stream").await.unwrap(), "abc");

    put(&storage, "large", vec![7; 5 * CHUNK_BYTES + 3]).await.unwrap();
    let reader = storage.get_object_stream(BUCKET, "large", None).await.unwrap();
    storage.put_object(BUCKET, "copy", reader.into()).await.unwrap();
    assert_eq!(get(&storage, "copy").await.unwrap(), vec![7; 5 * CHUNK_BYTES + 3]);

    let path = folder.path().join("file");
    fs::write(&path, "content").unwrap();
    storage.upload_file(&path, BUCKET, "file").await.unwrap();
    assert_eq!(get(&storage, "file").await.unwrap(), "content");
    let target = folder.path().join("down");
    fs::write(&target, "old").unwrap();
    storage.download_file(BUCKET, "copy", &target).await.unwrap();
    assert_eq!(fs::read(&target).unwrap().len(), 5 * CHUNK_BYTES + 3);
    assert_eq!(debris(&storage), 0);
}

#[tokio::test]
async fn failed_transfers_leave_nothing() {
    let (folder, storage) = fresh();
    put(&storage, "k", "old").await.unwrap();
    let failure = StorageError::new(Kind::Io, "read the source", "it broke");
    let pieces = Pieces { left: vec!["new".into()], failure: Some(failure.clone()) };
    let result = storage.put_object(BUCKET, "k", Body::Stream(Box::new(pieces))).await;
    assert_eq!(result, Err(failure));
    assert_eq!(get(&storage, "k").await.unwrap(), "old");

    let missing = folder.path().join("missing");
    let error = storage.upload_file(&missing, BUCKET, "k").await.unwrap_err();
    assert!(error.to_string().contains("missing") && error.to_string().contains("`k`"), "{error}");
    assert!(storage.upload_file(folder.path(), BUCKET, "k").await.is_err());
    assert_eq!(get(&storage, "k").await.unwrap(), "old");
    assert_eq!(debris(&storage), 0);

    let target = folder.path().join("target");
    assert_eq!(kind(storage.download_file(BUCKET, "absent", &target).await), Kind::NoSuchKey);
    assert!(!target.exists());
    let error = storage.download_file(BUCKET, "k", &folder.path().join("no/folder")).await.unwrap_err();
    assert!(error.to_string().contains("no/folder"), "{error}");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["data"]);
}

#[tokio::test]
async fn a_put_that_is_given_up_leaves_nothing() {
    struct Endless;
    #[async_trait]
    impl ChunkSource for Endless {
        async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            Ok(Some(vec![0; 1000].into()))
        }
    }
    let (_folder, storage) = fresh();
    let endless = storage.put_object(BUCKET, "k", Body::Stream(Box::new(Endless)));
    let given_up = tokio::time::timeout(std::time::Duration::from_millis(50), endless).await;
    assert!(given_up.is_err());
    for _ in 0..100 {
        if debris(&storage) == 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(debris(&storage), 0);
    assert!(keys(&storage, "").await.is_empty());
}

#[tokio::test]
async fn unfinished_puts_are_invisible() {
    let (_folder, storage) = fresh();
    let (send, receive) = tokio::sync::oneshot::channel::<()>();
    struct Waiting(bool, Option<tokio::sync::oneshot::Receiver<()>>);
    #[async_trait]
    impl ChunkSource for Waiting {
        async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
            if std::mem::replace(&mut self.0, true) {
                let _ = self.1.take().unwrap().await;
                return Ok(None);
            }
            Ok(Some("half".into()))
        }
    }
    let writer = storage.clone();
    let task = tokio::spawn(async move {
        writer.put_object(BUCKET, "k", Body::Stream(Box::new(Waiting(false, Some(receive))))).await
    });
    while debris(&storage) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert!(keys(&storage, "").await.is_empty());
    assert_eq!(kind(get(&storage, "k").await), Kind::NoSuchKey);
    send.send(()).unwrap();
    task.await.unwrap().unwrap();
    assert_eq!(get(&storage, "k").await.unwrap(), "half");
}

// Names.

#[tokio::test]
async fn wrong_keys_are_refused_everywhere() {
    let (folder, storage) = fresh();
    fs::write(folder.path().join("outside"), "secret").unwrap();
    let long = "k".repeat(1025);
    for key in ["", "..", "../outside", "a/../../outside", "/etc/passwd", "a//b", "a/", "a/.", "nul\0", &long] {
        assert_eq!(kind(put(&storage, key, "x").await), Kind::InvalidKey, "{key:?}");
        assert_eq!(kind(get(&storage, key).await), Kind::InvalidKey, "{key:?}");
        assert_eq!(kind(storage.head_object(BUCKET, key).await), Kind::InvalidKey, "{key:?}");
        assert_eq!(kind(storage.delete_object(BUCKET, key).await), Kind::InvalidKey, "{key:?}");
    }
    for prefix in ["../", "a/../", "/", "//", "./", "a//", "nul\0/"] {
        put(&storage, "a/b", "x").await.unwrap();
        assert!(keys(&storage, prefix).await.is_empty(), "{prefix:?}");
    }
    let error = put(&storage, &long, "x").await.unwrap_err().to_string();
    assert!(error.contains("1025 bytes, at most 1024") && error.len() < 400, "{error}");
}

#[tokio::test]
async fn buckets() {
    let (_folder, storage) = fresh();
    for bucket in ["", "..", ".tmp", "a/b", "Upper", "x"] {
        let result = storage.put_object(bucket, "k", "x".into()).await;
        assert_eq!(kind(result), Kind::InvalidBucket, "{bucket:?}");
        assert_eq!(kind(storage.list_objects(bucket, "").await), Kind::InvalidBucket);
        assert_eq!(kind(storage.create_bucket(bucket).await), Kind::InvalidBucket);
    }
    // The default bucket is there before anything is.
    storage.head_bucket(BUCKET).await.unwrap();
    assert!(keys(&storage, "").await.is_empty());
    assert!(!storage.root().exists());
    let error = storage.put_object("other", "k", "x".into()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NoSuchBucket);
    assert!(error.to_string().contains("create_bucket(\"other\")"), "{error}");
    assert_eq!(kind(storage.get_object("other", "k", None).await), Kind::NoSuchBucket);
    assert_eq!(kind(storage.head_bucket("other").await), Kind::NoSuchBucket);
    assert_eq!(kind(storage.list_objects("other", "").await), Kind::NoSuchBucket);
    assert_eq!(kind(storage.delete_object("other", "k").await), Kind::NoSuchBucket);
    storage.create_bucket("other").await.unwrap();
    storage.create_bucket("other").await.unwrap();
    storage.head_bucket("other").await.unwrap();
    storage.put_object("other", "k", "x".into()).await.unwrap();
    assert_eq!(storage.list_keys("other", "").await.unwrap(), ["k"]);
    assert!(keys(&storage, "").await.is_empty());
}

#[tokio::test]
async fn a_key_cannot_be_the_folder_of_another() {
    let (_folder, storage) = fresh();
    put(&storage, "a", "x").await.unwrap();
    for key in ["a/b", "a/b/c"] {
        let error = put(&storage, key, "y").await.unwrap_err();
        assert_eq!(error.kind(), Kind::KeyConflict, "{error}");
        assert_eq!(kind(get(&storage, key).await), Kind::NoSuchKey);
        storage.delete_object(BUCKET, key).await.unwrap();
    }
    assert_eq!(keys(&storage, "").await, ["a"]);
    put(&storage, "d/e/f", "x").await.unwrap();
    for key in ["d", "d/e"] {
        assert_eq!(kind(put(&storage, key, "y").await), Kind::KeyConflict);
        assert_eq!(kind(get(&storage, key).await), Kind::NoSuchKey);
        storage.delete_object(BUCKET, key).await.unwrap();
    }
    assert_eq!(keys(&storage, "").await, ["a", "d/e/f"]);
    assert_eq!(debris(&storage), 0);
    // A folder of nothing, as a killed program may leave it, is in nobody's way.
    storage.delete_object(BUCKET, "d/e/f").await.unwrap();
    fs::create_dir_all(storage.root().join(BUCKET).join("d/e")).unwrap();
    put(&storage, "d", "x").await.unwrap();
    assert_eq!(keys(&storage, "").await, ["a", "d"]);
}

#[tokio::test]
async fn empty_folders_are_removed() {
    let (_folder, storage) = fresh();
    put(&storage, "a/b/c/d", "x").await.unwrap();
    put(&storage, "a/e", "x").await.unwrap();
    storage.delete_object(BUCKET, "a/b/c/d").await.unwrap();
    let bucket = storage.root().join(BUCKET);
    assert!(!bucket.join("a/b").exists() && bucket.join("a/e").exists());
    storage.delete_object(BUCKET, "a/e").await.unwrap();
    assert_eq!(fs::read_dir(&bucket).unwrap().count(), 0);
}

#[tokio::test]
async fn delete_objects_names_its_failures() {
    let (_folder, storage) = fresh();
    put(&storage, "a", "x").await.unwrap();
    put(&storage, "b", "x").await.unwrap();
    let all: Vec<String> = ["a", "../x", "absent", "b"].map(String::from).into();
    let failed = storage.delete_objects(BUCKET, &all).await.unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0].0.as_str(), failed[0].1.kind()), ("../x", Kind::InvalidKey));
    assert!(keys(&storage, "").await.is_empty());
}

// Listings.

#[tokio::test]
async fn listings_are_sorted_by_the_bytes_of_keys() {
    let (_folder, storage) = fresh();
    let mut all =
        ["a/b", "a-b", "a.b", "a0", "ab/c/d", "ab", "é", "z", "A", "a/a/a", "ab-x"].map(String::from).to_vec();
    all.retain(|key| key != "ab");
    for key in &all {
        put(&storage, key, key.clone()).await.unwrap();
    }
    all.sort();
    assert_eq!(keys(&storage, "").await, all);
    for prefix in ["a", "a/", "a/a", "ab/", "ab/c/", "ab/c/d", "nothing", "nothing/at/all", "a0/", "é"] {
        let expected: Vec<_> = all.iter().filter(|key| key.starts_with(prefix)).cloned().collect();
        assert_eq!(keys(&storage, prefix).await, expected, "{prefix}");
    }
    let objects = storage.list_objects(BUCKET, "").await.unwrap().all().await.unwrap();
    for object in objects {
        assert_eq!(object.size_bytes, object.key.len() as u64);
        assert_eq!(object, storage.head_object(BUCKET, &object.key).await.unwrap());
    }
}

#[tokio::test]
async fn listings_come_in_pages() {
    let (_folder, storage) = fresh();
    for number in 0..PAGE_OBJECTS + 5 {
        put(&storage, &format!("{}/{number:05}", number / 400), "").await.unwrap();
    }
    let mut pages = storage.list_objects(BUCKET, "").await.unwrap();
    assert_eq!(pages.next_page().await.unwrap().unwrap().len(), PAGE_OBJECTS);
    // Deleted before its page is read: not an error, and not listed.
    storage.delete_object(BUCKET, &format!("2/{:05}", PAGE_OBJECTS + 1)).await.unwrap();
    let rest: Vec<_> = pages.next_page().await.unwrap().unwrap().into_iter().map(|object| object.key).collect();
    assert_eq!(rest, ["2/01000", "2/01002", "2/01003", "2/01004"]);
    assert_eq!(pages.next_page().await.unwrap(), None);
    assert_eq!(pages.next_page().await.unwrap(), None);
}

#[derive(Debug, Clone)]
enum Step {
    Put(String, Vec<u8>),
    Delete(String),
}

fn a_key() -> impl Strategy<Value = String> {
    // Few names, so that keys meet: as each other's folder, and as themselves.
    proptest::collection::vec(proptest::sample::select(vec!["a", "b", "a-", "é", "0"]), 1..4)
        .prop_map(|segments| segments.join("/"))
}

fn a_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (a_key(), proptest::collection::vec(any::<u8>(), 0..50)).prop_map(|(key, body)| Step::Put(key, body)),
        a_key().prop_map(Step::Delete),
    ]
}

fn conflicts(model: &BTreeMap<String, Vec<u8>>, key: &str) -> bool {
    let below = |one: &str, other: &str| one.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'));
    model.keys().any(|other| below(key, other) || below(other, key))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn storage_behaves_as_a_sorted_map(steps in proptest::collection::vec(a_step(), 1..40), prefix in "[ab/-]{0,3}") {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (_folder, storage) = fresh();
        let mut model = BTreeMap::new();
        runtime.block_on(async {
            for step in steps {
                match step {
                    Step::Put(key, body) => {
                        let result = put(&storage, &key, body.clone()).await;
                        if conflicts(&model, &key) {
                            assert_eq!(kind(result), Kind::KeyConflict);
                        } else {
                            result.unwrap();
                            model.insert(key, body);
                        }
                    }
                    Step::Delete(key) => {
                        storage.delete_object(BUCKET, &key).await.unwrap();
                        model.remove(&key);
                    }
                }
            }
            let expected: Vec<_> = model.keys().filter(|key| key.starts_with(&prefix)).cloned().collect();
            assert_eq!(keys(&storage, &prefix).await, expected);
            for (key, body) in &model {
                assert_eq!(&get(&storage, key).await.unwrap(), body);
            }
        });
        assert_eq!(debris(&storage), 0);
    }
}

// The machine's side.

#[tokio::test]
async fn everything_is_private() {
    let (_folder, storage) = fresh();
    put(&storage, "a/b", "x").await.unwrap();
    let mode = |path: &str| fs::metadata(storage.root().join(path)).unwrap().permissions().mode() & 0o777;
    for folder in ["", ".tmp", "lithops", "lithops/a"] {
        assert_eq!(mode(folder), 0o700, "{folder}");
    }
    assert_eq!(mode("lithops/a/b"), 0o600);
}

#[tokio::test]
async fn an_unusable_data_folder_names_the_key_to_set() {
    // Permission bits do not bind root; a file in the way binds everybody.
    let (folder, _) = fresh();
    fs::write(folder.path().join("file"), "").unwrap();
    let root = folder.path().join("file/data");
    let storage = LocalStorage::new(&root, BUCKET);
    for error in [put(&storage, "k", "x").await.unwrap_err(), storage.create_bucket("other").await.unwrap_err()] {
        assert_eq!(error.kind(), Kind::AccessDenied);
        let message = error.to_string();
        assert!(
            message.contains(&root.display().to_string()) && message.contains("localhost.storage_root"),
            "{message}"
        );
        assert_eq!(message.lines().count(), 1);
    }
    assert_eq!(kind(get(&storage, "k").await), Kind::NoSuchKey);
}

/// A file system of 64 KiB, which only root can make; gone when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn new(options: &str) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("skipped: this user cannot mount a file system");
        }
        mounted.then_some(SmallDisk(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_keeps_the_old() {
    let Some(disk) = SmallDisk::new("size=64k") else {
        return;
    };
    let storage = LocalStorage::new(disk.path().join("data"), BUCKET);
    put(&storage, "k", "old").await.unwrap();
    let large = Bytes::from(vec![1; 200_000]);
    let source = tempfile::NamedTempFile::new().unwrap();
    fs::write(source.path(), &large).unwrap();
    let pieces = Pieces { left: vec![large.clone()], failure: None };
    for body in [Body::Bytes(large), Body::File(source.path().into()), Body::Stream(Box::new(pieces))] {
        let error = storage.put_object(BUCKET, "k", body).await.unwrap_err();
        assert_eq!(error.kind(), Kind::DiskFull, "{error}");
        assert!(
            error.to_string().contains("`k` of bucket `lithops`") && error.to_string().contains("the disk is full")
        );
        assert_eq!(debris(&storage), 0);
        assert_eq!(get(&storage, "k").await.unwrap(), "old");
    }
    put(&storage, "k", "new").await.unwrap();
    assert_eq!(get(&storage, "k").await.unwrap(), "new");
}

#[tokio::test]
async fn a_read_only_disk_is_told() {
    let Some(disk) = SmallDisk::new("size=64k,ro") else {
        return;
    };
    let storage = LocalStorage::new(disk.path().join("data"), BUCKET);
    let error = put(&storage, "k", "x").await.unwrap_err();
    assert_eq!(error.kind(), Kind::AccessDenied);
    assert!(error.to_string().contains("localhost.storage_root"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn puts_and_deletes_in_one_folder_do_not_disturb_each_other() {
    let (_folder, storage) = fresh();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let storage = storage.clone();
            tokio::spawn(async move {
                for round in 0..150 {
                    let key = format!("deep/er/folder/{task}");
                    put(&storage, &key, format!("{round}")).await.unwrap();
                    assert_eq!(get(&storage, &key).await.unwrap(), format!("{round}"));
                    storage.delete_object(BUCKET, &key).await.unwrap();
                }
            })
        })
        .collect();
    let listing = {
        let storage = storage.clone();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                assert!(keys(&storage, "deep/").await.len() <= 8);
            }
        });
        (stop, task)
    };
    for task in tasks {
        task.await.unwrap();
    }
    listing.0.store(true, Ordering::Relaxed);
    listing.1.await.unwrap();
    assert!(keys(&storage, "").await.is_empty());
    assert_eq!(fs::read_dir(storage.root().join(BUCKET)).unwrap().count(), 0);
    assert_eq!(debris(&storage), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_one_version_or_the_other() {
    let (_folder, storage) = fresh();
    put(&storage, "k", vec![0; 100_000]).await.unwrap();
    let writer = storage.clone();
    let writing = tokio::spawn(async move {
        for round in 0..100u8 {
            put(&writer, "k", vec![round; 100_000]).await.unwrap();
        }
    });
    while !writing.is_finished() {
        let seen = get(&storage, "k").await.unwrap();
        assert!(seen.len() == 100_000 && seen.iter().all(|byte| *byte == seen[0]));
    }
    writing.await.unwrap();
}

// What all backends share.

#[tokio::test]
async fn the_configuration_names_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("elsewhere");
    let set = [
        Override::parse(&format!("localhost.storage_root={}", root.display())).unwrap(),
        Override::parse("localhost.storage_bucket=mine").unwrap(),
    ];
    let environment =
        Environment { config_text: Some("lithops:".into()), config_file: None, ..Environment::of_process() };
    let config = config::load(Request { table: None, file: None, overrides: &set, environment }).unwrap();
    let storage = storage::open(&config).await.unwrap();
    assert_eq!((storage.backend(), storage.default_bucket()), ("localhost", "mine"));
    storage.put_object("mine", "k", "x".into()).await.unwrap();
    assert_eq!(fs::read(root.join("mine/k")).unwrap(), b"x");
}

#[tokio::test]
async fn cloud_objects() {
    let (_folder, storage) = fresh();
    let named = CloudObject::put(&storage, "x".into(), None, Some("a/b")).await.unwrap();
    assert_eq!(named, CloudObject { backend: "localhost".into(), bucket: BUCKET.into(), key: "a/b".into() });
    let one = CloudObject::put(&storage, "1".into(), None, None).await.unwrap();
    let two = CloudObject::put(&storage, "2".into(), None, None).await.unwrap();
    assert_ne!(one, two);
    assert_eq!(storage.get_object(&one.bucket, &one.key, None).await.unwrap(), "1");
    let json = serde_json::to_string(&named).unwrap();
    assert_eq!(json, r#"{"backend":"localhost","bucket":"lithops","key":"a/b"}"#);
    assert_eq!(serde_json::from_str::<CloudObject>(&json).unwrap(), named);
    named.check_backend(&storage).unwrap();
    let foreign = CloudObject { backend: "aws_s3".into(), ..named };
    assert_eq!(kind(foreign.check_backend(&storage)), Kind::NoSuchBackend);
}
