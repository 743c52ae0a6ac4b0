use tokio::task::JoinSet;

use super::server::Seen;
use super::*;

fn creates(server: &S3Server) -> usize {
    server.count(|seen| seen.method == "PUT" && !seen.path.trim_matches('/').contains('/') && seen.query.is_empty())
}

/// A configuration that leaves the bucket's name open.
fn derived(server: &S3Server, account: &str, region: &str) -> Config {
    let aws = json!({
        "access_key_id": ACCESS_KEY_ID, "secret_access_key": SECRET_ACCESS_KEY, "region": region, "account_id": account,
    });
    config(&server.url(), json!({"aws": aws, "aws_s3": {"endpoint_url": server.url()}}))
}

#[tokio::test]
async fn it_is_named_after_account_and_region() {
    let server = S3Server::start();
    let storage = storage::open(&derived(&server, "123456789012", "eu-north-1")).await.unwrap();
    assert_eq!(storage.default_bucket(), "lithops-lua-123456789012-eu-north-1");
    assert_eq!(format!("{storage:?}").matches("wJalr").count(), 0);
    // Nobody is asked for anything before it is needed.
    assert_eq!(server.seen().len(), 0);
    storage.put_object(storage.default_bucket(), "k", "x".into()).await.unwrap();
    let seen = server.seen();
    assert!(seen.iter().any(|seen| seen.query == "publicAccessBlock"), "{seen:?}");
    // Somebody else could have made a bucket of that name: it must be ours.
    let puts = seen.iter().filter(|seen| seen.path.ends_with("/k"));
    assert!(puts.into_iter().all(|seen| seen.header("x-amz-expected-bucket-owner") == "123456789012"));
}

#[tokio::test]
async fn a_configured_region_of_the_bucket_wins() {
    let server = S3Server::start();
    let mut aws_s3 = json!({"endpoint_url": server.url(), "region_name": "ap-south-1"});
    let aws = json!({
        "access_key_id": "a", "secret_access_key": "s", "region": "eu-west-1", "account_id": "123456789012",
    });
    let storage = storage::open(&config(&server.url(), json!({"aws": aws, "aws_s3": aws_s3}))).await.unwrap();
    assert_eq!(storage.default_bucket(), "lithops-lua-123456789012-ap-south-1");
    aws_s3["storage_bucket"] = json!("my-own");
    let storage = storage::open(&config(&server.url(), json!({"aws": aws, "aws_s3": aws_s3}))).await.unwrap();
    assert_eq!(storage.default_bucket(), "my-own");
}

#[tokio::test]
async fn a_server_of_ones_own_needs_a_name() {
    let config = config("http://127.0.0.1:9", json!({"aws_s3": {"endpoint_url": "http://127.0.0.1:9"}}));
    let error = storage::open(&config).await.unwrap_err();
    assert!(error.to_string().contains("set `aws_s3.storage_bucket`"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_puts_of_several_drivers_make_it_together() {
    let server = S3Server::start();
    let mut puts = JoinSet::new();
    for driver in 0..4 {
        // What opens a store of its own is, to the server, another driver.
        let storage = open(&server).await;
        for number in 0..8 {
            let storage = storage.clone();
            puts.spawn(async move {
                let body = if number == 0 { bytes(17 << 20) } else { Bytes::from_static(b"x") };
                storage.put_object(BUCKET, &format!("{driver}/{number}"), body.into()).await
            });
        }
    }
    while let Some(put) = puts.join_next().await {
        put.unwrap().unwrap();
    }
    assert_eq!(open(&server).await.list_keys(BUCKET, "").await.unwrap().len(), 32);
    assert!(creates(&server) >= 1);
}

#[tokio::test]
async fn another_driver_that_is_making_it_is_waited_for() {
    let server = S3Server::start();
    let conflict = Fault::answer(409, "OperationAborted", "A conflicting conditional operation is in progress.");
    server.fail(2, |seen| seen.method == "PUT" && seen.path.trim_matches('/') == BUCKET, conflict);
    open(&server).await.put_object(BUCKET, "k", "x".into()).await.unwrap();
    assert_eq!(creates(&server), 3);
}

#[tokio::test]
async fn it_is_made_by_nobody_who_only_reads() {
    let server = S3Server::start();
    let storage = open(&server).await;
    storage.head_bucket(BUCKET).await.unwrap();
    assert!(storage.list_keys(BUCKET, "").await.unwrap().is_empty());
    assert_eq!(kind(storage.get_object(BUCKET, "k", None).await), Kind::NoSuchKey);
    storage.delete_object(BUCKET, "k").await.unwrap();
    assert_eq!(creates(&server), 0);
}

#[tokio::test]
async fn the_name_belongs_to_somebody_else() {
    let server = S3Server::start();
    let storage = storage::open(&derived(&server, "123456789012", "eu-west-1")).await.unwrap();
    let taken = Fault::answer(409, "BucketAlreadyExists", "The requested bucket name is not available.");
    let denied = Fault::answer(403, "AccessDenied", "Access Denied");
    server.fail(99, |seen| seen.method == "PUT" && seen.path.trim_matches('/').ends_with("eu-west-1"), taken);
    server.fail(99, |seen| matches!(seen.method.as_str(), "HEAD" | "GET"), denied);
    let error = storage.put_object(storage.default_bucket(), "k", "x".into()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::AccessDenied);
    assert_eq!(
        error.to_string(),
        "create bucket `lithops-lua-123456789012-eu-west-1`: a bucket of this name belongs to another account: set \
         `aws_s3.storage_bucket` to a bucket of your own"
    );
    let error = storage.create_bucket("other-eu-west-1").await.unwrap_err();
    assert!(error.to_string().ends_with("belongs to another account: choose another name"), "{error}");
}

/// In `us-east-1` S3 says of a bucket of one's own that it was created.
#[tokio::test]
async fn a_bucket_of_ones_own_is_not_closed() {
    let server = S3Server::start();
    let storage = open(&server).await;
    let closings = || server.count(|seen| seen.query == "publicAccessBlock");
    storage.create_bucket("website").await.unwrap();
    assert_eq!(closings(), 1);
    let is_create =
        |seen: &Seen| seen.method == "PUT" && seen.path.trim_matches('/') == "website" && seen.query.is_empty();
    server.fail(99, is_create, Fault::Raw { status: 200, body: "" });
    storage.create_bucket("website").await.unwrap();
    assert_eq!(closings(), 1);
}

#[tokio::test]
async fn the_region_goes_with_the_request() {
    for (region, named) in [("eu-west-1", true), ("us-east-1", false)] {
        let server = S3Server::start();
        let storage = storage::open(&derived(&server, "123456789012", region)).await.unwrap();
        storage.create_bucket(storage.default_bucket()).await.unwrap();
        let create = server.seen().into_iter().find(|seen| seen.method == "PUT").unwrap();
        // The body is the region's name, or nothing: there it must not be named.
        let length: usize = create.header("content-length").parse().unwrap_or(0);
        assert_eq!(length > 0, named, "{region}");
    }
}
