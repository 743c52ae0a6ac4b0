use lithops_lua::storage::{Scratch, ScratchEntry};

use super::*;

fn put_requests(server: &S3Server) -> usize {
    server.count(|seen| seen.method == "PUT" && seen.path.contains("/lithops-lua/jobs/"))
}

fn entry(key: &str, size_bytes: u64) -> ScratchEntry {
    ScratchEntry { key: key.into(), size_bytes }
}

/// What both forms do.
async fn passes_values(scratch: &Scratch) {
    assert_eq!(scratch.list("").await.unwrap(), []);
    scratch.put("functions/f1", "function".into()).await.unwrap();
    scratch.put("results/x/0-a", bytes(1 << 20)).await.unwrap();
    scratch.put("results/x/1-b", "1".into()).await.unwrap();
    scratch.put("results/y/0-c", "".into()).await.unwrap();
    assert_eq!(scratch.get("functions/f1").await.unwrap(), "function");
    assert!(scratch.get("results/x/0-a").await.unwrap() == bytes(1 << 20));
    let x = [entry("results/x/0-a", 1 << 20), entry("results/x/1-b", 1)];
    assert_eq!(scratch.list("results/x/").await.unwrap(), x);
    assert_eq!(scratch.list("results/x/1").await.unwrap(), x[1..]);
    assert_eq!(scratch.list("").await.unwrap().len(), 4);
    scratch.delete("functions/f1").await.unwrap();
    scratch.delete("functions/f1").await.unwrap();
    assert!(scratch.get("functions/f1").await.is_err());
    scratch.delete_all(&["results/x/0-a".into(), "absent".into(), "results/y/0-c".into()]).await.unwrap();
    scratch.delete_all(&[]).await.unwrap();
    assert_eq!(scratch.list("").await.unwrap(), x[1..]);
    // What was deleted can be put again.
    scratch.put("functions/f1", "function".into()).await.unwrap();
    assert_eq!(scratch.get("functions/f1").await.unwrap(), "function");
}

#[tokio::test]
async fn in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = Scratch::local(folder.path().join("scratch"));
    assert_eq!(scratch.folder(), Some(folder.path().join("scratch")));
    passes_values(&scratch).await;
}

#[tokio::test]
async fn in_storage() {
    let server = S3Server::start();
    let scratch = Scratch::in_storage(config(&server.url(), json!({})), "lithops-lua/jobs/e1".into());
    assert_eq!(scratch.folder(), None);
    passes_values(&scratch).await;
    let keys = open(&server).await.list_keys(BUCKET, "").await.unwrap();
    assert_eq!(keys, ["lithops-lua/jobs/e1/functions/f1", "lithops-lua/jobs/e1/results/x/1-b"]);
    // Another executor's values are none of its own.
    let other = Scratch::in_storage(config(&server.url(), json!({})), "lithops-lua/jobs/e".into());
    assert_eq!(other.list("").await.unwrap(), []);
}

#[tokio::test]
async fn nothing_is_asked_before_it_is_needed() {
    let server = S3Server::start();
    let scratch = Scratch::in_storage(config(&server.url(), json!({})), "lithops-lua/jobs/e1".into());
    scratch.delete_all(&[]).await.unwrap();
    let shown = format!("{scratch:?}");
    assert!(shown.contains("e1") && !shown.contains(SECRET_ACCESS_KEY), "{shown}");
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_value_is_sent_once() {
    let server = S3Server::start();
    open(&server).await.create_bucket(BUCKET).await.unwrap();
    let scratch = Arc::new(Scratch::in_storage(config(&server.url(), json!({})), "lithops-lua/jobs/e1".into()));
    let mut puts = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let scratch = scratch.clone();
        puts.spawn(async move { scratch.put("functions/f1", bytes(100_000)).await });
    }
    while let Some(put) = puts.join_next().await {
        put.unwrap().unwrap();
    }
    scratch.put("functions/f1", bytes(100_000)).await.unwrap();
    assert_eq!(put_requests(&server), 1);
}

#[tokio::test]
async fn a_put_that_failed_is_tried_again() {
    let server = S3Server::start();
    open(&server).await.create_bucket(BUCKET).await.unwrap();
    let scratch = Scratch::in_storage(config(&server.url(), json!({})), "lithops-lua/jobs/e1".into());
    server.fail(1, |seen| seen.method == "PUT", Fault::answer(403, "AccessDenied", "Access Denied"));
    assert_eq!(kind(scratch.put("k", "x".into()).await), Kind::AccessDenied);
    scratch.put("k", "x".into()).await.unwrap();
    assert_eq!(scratch.get("k").await.unwrap(), "x");
}

#[tokio::test]
async fn many_are_deleted_by_one_request() {
    let server = S3Server::start();
    let scratch = Scratch::in_storage(config(&server.url(), json!({})), "lithops-lua/jobs/e1".into());
    let keys: Vec<String> = (0..50).map(|number| format!("results/{number}")).collect();
    for key in &keys {
        scratch.put(key, "x".into()).await.unwrap();
    }
    scratch.delete_all(&keys).await.unwrap();
    assert_eq!(server.count(|seen| seen.query.starts_with("delete")), 1);
    assert_eq!(scratch.list("").await.unwrap(), []);
}
