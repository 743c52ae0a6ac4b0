use std::fs;

use lithops_lua::config::{self, Environment, Override, Request};
use lithops_lua::storage::{self, CloudObject, Storage, StorageErrorKind as Kind};

use crate::{BUCKET, fresh, kind};

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
    let named = CloudObject::put(&storage, "x".into(), BUCKET, "a/b").await.unwrap();
    assert_eq!(named, CloudObject { backend: "localhost".into(), bucket: BUCKET.into(), key: "a/b".into() });
    assert_eq!(storage.get_object(&named.bucket, &named.key, None).await.unwrap(), "x");
    let json = serde_json::to_string(&named).unwrap();
    assert_eq!(json, r#"{"backend":"localhost","bucket":"lithops","key":"a/b"}"#);
    assert_eq!(serde_json::from_str::<CloudObject>(&json).unwrap(), named);
    named.check_backend(&storage).unwrap();
    let foreign = CloudObject { backend: "aws_s3".into(), ..named };
    assert_eq!(kind(foreign.check_backend(&storage)), Kind::NoSuchBackend);
}
