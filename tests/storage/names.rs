use std::fs;

use lithops_lua::storage::{Storage, StorageErrorKind as Kind};

use crate::{BUCKET, debris, fresh, get, keys, kind, put};

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
