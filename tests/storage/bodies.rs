use std::fs;

use async_trait::async_trait;
use bytes::Bytes;
use lithops_lua::storage::{Body, CHUNK_BYTES, ChunkSource, Storage, StorageError, StorageErrorKind as Kind};

use crate::pieces::Pieces;
use crate::{BUCKET, debris, fresh, get, keys, kind, put};

#[tokio::test]
async fn streams_and_files_as_bodies() {
    let (folder, storage) = fresh();
    let pieces = Pieces { left: vec!["a".into(), "b".into(), "".into(), "c".into()], failure: None };
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
    for _ in 0..6000 {
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
