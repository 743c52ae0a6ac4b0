use std::time::Duration;

use super::*;

/// What S3 answers, and what the user is told.
struct Case {
    status: u16,
    code: &'static str,
    message: &'static str,
    header: Option<(&'static str, &'static str)>,
    kind: Kind,
    words: &'static [&'static str],
}

const CASES: &[Case] = &[
    Case {
        status: 400,
        code: "ExpiredToken",
        message: "The provided token has expired.",
        header: None,
        kind: Kind::Credentials,
        words: &["the AWS credentials have expired: get new ones"],
    },
    Case {
        status: 403,
        code: "InvalidAccessKeyId",
        message: "The AWS Access Key Id you provided does not exist in our records.",
        header: None,
        kind: Kind::Credentials,
        words: &["AWS does not accept the credentials", "check `aws.access_key_id`"],
    },
    Case {
        status: 403,
        code: "SignatureDoesNotMatch",
        message: "The request signature we calculated does not match the signature you provided.",
        header: None,
        kind: Kind::Credentials,
        words: &["AWS does not accept the credentials", "`aws.secret_access_key`"],
    },
    Case {
        status: 403,
        code: "RequestTimeTooSkewed",
        message: "The difference between the request time and the current time is too large.",
        header: None,
        kind: Kind::Clock,
        words: &["the clock of this machine is off", "set it right"],
    },
    Case {
        status: 403,
        code: "AccessDenied",
        message: "Access Denied",
        header: None,
        kind: Kind::AccessDenied,
        words: &["access denied", "`lithops-lua aws policy`", "a bucket of another account cannot be used"],
    },
    Case {
        status: 301,
        code: "PermanentRedirect",
        message: "The bucket you are attempting to access must be addressed using the specified endpoint.",
        header: Some(("x-amz-bucket-region", "ap-south-1")),
        kind: Kind::WrongRegion,
        words: &["the bucket is in region `ap-south-1`, not in `eu-west-1`: set `aws_s3.region_name` to `ap-south-1`"],
    },
    Case {
        status: 400,
        code: "AuthorizationHeaderMalformed",
        message: "The authorization header is malformed; the region 'eu-west-1' is wrong; expecting 'us-west-2'",
        header: None,
        kind: Kind::WrongRegion,
        words: &["the bucket is in region `us-west-2`, not in `eu-west-1`: set `aws_s3.region_name` to `us-west-2`"],
    },
    Case {
        status: 503,
        code: "SlowDown",
        message: "Please reduce your request rate.",
        header: None,
        kind: Kind::Throttled,
        words: &["AWS refuses more requests at the moment"],
    },
    Case {
        status: 500,
        code: "InternalError",
        message: "We encountered an internal error. Please try again.",
        header: None,
        kind: Kind::Io,
        words: &["AWS failed (500 InternalError", "try again"],
    },
];

/// One sentence, and none of the SDK's own words.
#[track_caller]
fn is_a_sentence(error: &StorageError) {
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(text.len() < 500, "{text}");
    for word in ["Error {", "Error(", "SdkError", "Unhandled", "DispatchFailure", "ServiceError", "None", "Some("] {
        assert!(!text.contains(word), "`{word}` in {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_s3_refuses_is_explained() {
    let server = S3Server::start();
    let storage = open(&server).await;
    storage.put_object(BUCKET, "k", "x".into()).await.unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    for Case { status, code, message, header, kind, words } in CASES {
        server.forgive();
        server.fail(9999, |_| true, Fault::Answer { status: *status, code, message, header: *header });
        let errors = [
            storage.get_object(BUCKET, "k", None).await.unwrap_err(),
            storage.get_object_stream(BUCKET, "k", None).await.unwrap_err(),
            storage.head_object(BUCKET, "k").await.unwrap_err(),
            storage.head_bucket(BUCKET).await.unwrap_err(),
            storage.put_object(BUCKET, "k", "y".into()).await.unwrap_err(),
            storage.put_object(BUCKET, "k", bytes(17 << 20).into()).await.unwrap_err(),
            storage.delete_object(BUCKET, "k").await.unwrap_err(),
            storage.delete_objects(BUCKET, &["k".into()]).await.unwrap_err(),
            storage.list_objects(BUCKET, "").await.unwrap_err(),
            storage.create_bucket("another").await.unwrap_err(),
            storage.download_file(BUCKET, "k", file.path()).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), *kind, "{code}: {error}");
            is_a_sentence(&error);
            for word in *words {
                assert!(error.to_string().contains(word), "`{word}` is missing in {error}");
            }
            assert!(error.to_string().contains(BUCKET) || error.to_string().contains("another"), "{error}");
        }
    }
    server.forgive();
    assert_eq!(storage.get_object(BUCKET, "k", None).await.unwrap(), "x");
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let server = S3Server::start();
    let storage = open(&server).await;
    storage.put_object(BUCKET, "k", "x".into()).await.unwrap();
    let slow = Fault::answer(503, "SlowDown", "Please reduce your request rate.");
    server.fail(2, |seen| seen.path.ends_with("/k"), slow);
    assert_eq!(storage.get_object(BUCKET, "k", None).await.unwrap(), "x");
    server.fail(1, |seen| seen.path.ends_with("/k"), Fault::Raw { status: 500, body: "" });
    storage.put_object(BUCKET, "k", "y".into()).await.unwrap();
    assert_eq!(storage.get_object(BUCKET, "k", None).await.unwrap(), "y");
}

#[tokio::test]
async fn nobody_answers() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let storage = storage::open(&config(&url, json!({}))).await.unwrap();
    for error in [
        storage.get_object(BUCKET, "k", None).await.unwrap_err(),
        storage.head_object(BUCKET, "k").await.unwrap_err(),
        storage.put_object(BUCKET, "k", "x".into()).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::Unreachable, "{error}");
        is_a_sentence(&error);
        assert!(error.to_string().contains(&url) && error.to_string().contains("check the address"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_none_of_s3() {
    let server = S3Server::start();
    let storage = open(&server).await;
    server.fail(9999, |_| true, Fault::Raw { status: 404, body: "<html><body>Not here</body></html>" });
    for error in [
        storage.list_objects(BUCKET, "").await.unwrap_err(),
        storage.get_object(BUCKET, "k", None).await.unwrap_err(),
        storage.put_object(BUCKET, "k", "x".into()).await.unwrap_err(),
        storage.put_object(BUCKET, "k", bytes(17 << 20).into()).await.unwrap_err(),
        storage.delete_object(BUCKET, "k").await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::Io, "{error}");
        is_a_sentence(&error);
        let words = format!("the server at {} answers with status 404, and not as S3 does", server.url());
        assert!(error.to_string().contains(&words), "{error}");
    }
    server.forgive();
    server.fail(9999, |_| true, Fault::Raw { status: 200, body: "welcome" });
    let error = storage.list_objects(BUCKET, "").await.unwrap_err();
    is_a_sentence(&error);
}

#[tokio::test]
async fn a_bucket_with_another_signature_is_refused_for_real() {
    // The server's own check of the signature, not a document of ours.
    let server = S3Server::start();
    let aws = |id: &str, secret: &str| {
        let aws = json!({"access_key_id": id, "secret_access_key": secret, "region": "eu-west-1"});
        config(&server.url(), json!({"aws": aws}))
    };
    for config in [aws(ACCESS_KEY_ID, "wrong"), aws("AKIAWRONG", SECRET_ACCESS_KEY)] {
        let storage = storage::open(&config).await.unwrap();
        let error = storage.put_object(BUCKET, "k", "x".into()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Credentials, "{error}");
        is_a_sentence(&error);
        assert!(!error.to_string().contains(SECRET_ACCESS_KEY));
    }
}

#[tokio::test]
async fn one_key_of_many_that_cannot_be_deleted_is_named() {
    let server = S3Server::start();
    let storage = open(&server).await;
    for key in ["a", "b"] {
        storage.put_object(BUCKET, key, "x".into()).await.unwrap();
    }
    let document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><DeleteResult><Error><Key>b</Key>\
                    <Code>AccessDenied</Code><Message>Access Denied</Message></Error></DeleteResult>";
    server.fail(1, |seen| seen.query.starts_with("delete"), Fault::Raw { status: 200, body: document });
    let failed = storage.delete_objects(BUCKET, &["a".into(), "b".into()]).await.unwrap();
    assert_eq!(failed.len(), 1);
    assert_eq!((failed[0].0.as_str(), failed[0].1.kind()), ("b", Kind::AccessDenied));
    assert!(failed[0].1.to_string().starts_with("delete object `b` of bucket `main`: access denied"));
}

#[tokio::test]
async fn a_later_batch_that_fails_does_not_hide_the_earlier_ones() {
    let server = S3Server::start();
    let storage = open(&server).await;
    storage.put_object(BUCKET, "1000", "x".into()).await.unwrap();
    let keys: Vec<String> = (0..1002).map(|number| number.to_string()).collect();
    // The first batch passes; of the second one every attempt fails.
    let second = std::sync::atomic::AtomicUsize::new(0);
    let is_second = move |seen: &server::Seen| {
        seen.query.starts_with("delete") && second.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 1
    };
    server.fail(99, is_second, Fault::answer(403, "AccessDenied", "Access Denied"));
    let failed = storage.delete_objects(BUCKET, &keys).await.unwrap();
    let failed: Vec<_> = failed.into_iter().map(|(key, error)| (key, error.kind())).collect();
    assert_eq!(failed, [("1000".to_owned(), Kind::AccessDenied), ("1001".to_owned(), Kind::AccessDenied)]);
}

#[tokio::test]
async fn no_failure_waits_long() {
    // Retries are the SDK's; a failure that will not pass is told at once.
    let server = S3Server::start();
    let storage = open(&server).await;
    server.fail(9999, |_| true, Fault::answer(403, "AccessDenied", "Access Denied"));
    let asked = storage.get_object(BUCKET, "k", None);
    let error = tokio::time::timeout(Duration::from_secs(60), asked).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::AccessDenied);
    assert_eq!(server.seen().len(), 1);
}
