use lithops_lua::storage::{CHUNK_BYTES, Storage, StorageErrorKind as Kind};

use crate::{BUCKET, fresh, get, kind, put};

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
async fn a_reader_keeps_what_it_opened() {
    let (_folder, storage) = fresh();
    put(&storage, "k", vec![1; 2 * CHUNK_BYTES]).await.unwrap();
    let mut reader = storage.get_object_stream(BUCKET, "k", None).await.unwrap();
    reader.next_chunk().await.unwrap().unwrap();
    put(&storage, "k", "other").await.unwrap();
    storage.delete_object(BUCKET, "k").await.unwrap();
    assert_eq!(reader.next_chunk().await.unwrap().unwrap(), vec![1; CHUNK_BYTES]);
}
