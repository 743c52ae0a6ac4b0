use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use lithops_lua::storage::{Body, LocalStorage, Storage, StorageErrorKind as Kind};

use crate::disk::SmallDisk;
use crate::pieces::Pieces;
use crate::{BUCKET, debris, fresh, get, keys, kind, put};

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
