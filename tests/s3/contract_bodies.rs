use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use async_trait::async_trait;
use lithops_lua::storage::{Body, ByteRange, ChunkSource};

use super::super::pieces::Pieces;
use super::super::*;
use super::{MIB, Store};

fn range(first: u64, last: impl Into<Option<u64>>) -> Option<ByteRange> {
    Some(ByteRange { first, last: last.into() })
}

pub async fn ranges(store: Store) {
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

pub async fn streams_and_files_as_bodies(store: Store) {
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

pub async fn pipes_and_files_without_a_size(store: Store) {
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

pub async fn downloads_go_where_links_lead(store: Store) {
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

pub async fn failed_transfers_leave_nothing(store: Store) {
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

pub async fn a_put_that_is_given_up_is_never_seen(store: Store) {
    store.put("k", "old").await.unwrap();
    let endless = store.storage.put_object(&store.bucket, "k", Body::Stream(Box::new(Endless)));
    assert!(tokio::time::timeout(Duration::from_millis(300), endless).await.is_err());
    assert_eq!(store.get("k").await.unwrap(), "old");
    assert_eq!(store.keys("").await, ["k"]);
}

pub async fn unfinished_puts_are_invisible(store: Store) {
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
