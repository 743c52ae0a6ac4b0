use std::fs;
use std::time::Duration;

use async_trait::async_trait;
use lithops_lua::storage::{Body, ByteRange, ChunkSource, ObjectReader};
use tokio::time::timeout;

use super::pieces::Pieces;
use super::server::Seen;
use super::web::{self, WebServer};
use super::*;

pub const MIB: usize = 1 << 20;

pub fn is_part(seen: &Seen) -> bool {
    seen.method == "PUT" && seen.query.contains("partNumber=")
}

fn is_get(seen: &Seen) -> bool {
    seen.method == "GET" && seen.path.ends_with("/k")
}

pub fn is_abort(seen: &Seen) -> bool {
    seen.method == "DELETE" && seen.query.contains("uploadId=")
}

#[tokio::test]
async fn small_objects_are_one_request() {
    let server = S3Server::start();
    let storage = open(&server).await;
    storage.create_bucket(BUCKET).await.unwrap();
    let before = server.seen().len();
    storage.put_object(BUCKET, "k", bytes(16 * MIB).into()).await.unwrap();
    assert_eq!(storage.get_object(BUCKET, "k", None).await.unwrap().len(), 16 * MIB);
    assert_eq!(server.seen().len() - before, 2);
}

#[tokio::test]
async fn large_objects_go_by_parts() {
    let server = S3Server::start();
    let storage = open(&server).await;
    server.gather(2, is_part);
    let put = storage.put_object(BUCKET, "k", bytes(20 * MIB).into());
    timeout(Duration::from_secs(60), put).await.expect("parts go side by side").unwrap();
    assert_eq!(server.count(is_part), 3);
    assert_eq!(server.count(is_abort), 0);
    assert_eq!(server.parts_left(), 0);
    // The first answer, which is asked for without a range, tells how much there is.
    server.gather(2, |seen| is_get(seen) && !seen.header("range").is_empty());
    let get = storage.get_object(BUCKET, "k", None);
    let got = timeout(Duration::from_secs(60), get).await.expect("ranges come side by side").unwrap();
    assert!(got == bytes(20 * MIB));
}

#[tokio::test]
async fn a_part_that_fails_aborts_the_upload_and_keeps_the_old() {
    let server = S3Server::start();
    let storage = open(&server).await;
    storage.put_object(BUCKET, "k", "old".into()).await.unwrap();
    let denied = Fault::answer(403, "AccessDenied", "Access Denied");
    server.fail(99, |seen| is_part(seen) && seen.query.contains("partNumber=2"), denied.clone());
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes(40 * MIB)).unwrap();
    let pieces = Pieces { left: vec![bytes(40 * MIB)], failure: None };
    for body in [Body::Bytes(bytes(40 * MIB)), Body::File(file.path().into()), Body::Stream(Box::new(pieces))] {
        let error = storage.put_object(BUCKET, "k", body).await.unwrap_err();
        assert_eq!(error.kind(), Kind::AccessDenied);
        assert_eq!(storage.get_object(BUCKET, "k", None).await.unwrap(), "old");
    }
    assert_eq!(server.count(is_abort), 3);
    // The last step can fail, too.
    server.forgive();
    server.fail(99, |seen| seen.method == "POST" && seen.query.contains("uploadId="), denied);
    assert_eq!(kind(storage.put_object(BUCKET, "k", bytes(20 * MIB).into()).await), Kind::AccessDenied);
    assert_eq!(server.count(is_abort), 4);
    assert_eq!(storage.list_keys(BUCKET, "").await.unwrap(), ["k"]);
}

#[tokio::test]
async fn the_answer_to_the_last_step_may_be_lost() {
    let is_last = |seen: &Seen| seen.method == "POST" && seen.query.contains("uploadId=");
    let gone = Fault::answer(404, "NoSuchUpload", "The specified upload does not exist.");
    let server = S3Server::start();
    let storage = open(&server).await;
    let whole = bytes(20 * MIB);
    server.fail(1, is_last, Fault::Cut { after_bytes: 0 });
    server.fail(99, is_last, gone.clone());
    storage.put_object(BUCKET, "k", whole.clone().into()).await.unwrap();
    assert!(storage.get_object(BUCKET, "k", None).await.unwrap() == whole);
    // An upload that somebody else has aborted, where there is an older object or none.
    server.forgive();
    server.fail(99, is_last, gone);
    let mut other = whole.to_vec();
    other[0] ^= 1;
    for key in ["k", "absent"] {
        let error = storage.put_object(BUCKET, key, other.clone().into()).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Io, "{error}");
        assert!(error.to_string().contains("The specified upload does not exist (NoSuchUpload)"), "{error}");
    }
    assert!(storage.get_object(BUCKET, "k", None).await.unwrap() == whole);
}

#[tokio::test]
async fn an_upload_that_is_given_up_is_aborted() {
    struct Stuck(Option<Bytes>);
    #[async_trait]
    impl ChunkSource for Stuck {
        async fn next_chunk(&mut self) -> Result<Option<Bytes>, StorageError> {
            match self.0.take() {
                Some(first) => Ok(Some(first)),
                None => std::future::pending().await,
            }
        }
    }
    let server = S3Server::start();
    let storage = open(&server).await;
    let put = storage.put_object(BUCKET, "k", Body::Stream(Box::new(Stuck(Some(bytes(17 * MIB))))));
    tokio::select! {
        _ = put => panic!("it cannot end"),
        () = async {
            while server.count(is_part) < 2 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        } => {}
    }
    let aborted = async {
        while server.count(is_abort) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), aborted).await.unwrap();
    assert!(storage.list_keys(BUCKET, "").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_read_goes_on_where_the_connection_broke() {
    let server = S3Server::start();
    let storage = open(&server).await;
    let whole = bytes(5 * MIB);
    storage.put_object(BUCKET, "k", whole.clone().into()).await.unwrap();
    for after_bytes in [0, 100_000, MIB + 1] {
        server.fail(3, is_get, Fault::Cut { after_bytes });
        assert!(storage.get_object(BUCKET, "k", None).await.unwrap() == whole, "{after_bytes}");
    }
    server.fail(2, is_get, Fault::Cut { after_bytes: 5 });
    let range = Some(ByteRange { first: 1000, last: Some(1_500_000) });
    let part = storage.get_object(BUCKET, "k", range).await.unwrap();
    assert!(part == whole.slice(1000..1_500_001));
    let rest = server.seen().into_iter().rev().find(is_get).unwrap();
    assert_eq!(rest.header("range"), "bytes=1010-1500000");
    assert!(!rest.header("if-match").is_empty());
}

#[tokio::test]
async fn a_connection_that_breaks_always_is_told() {
    let server = S3Server::start();
    let storage = open(&server).await;
    storage.put_object(BUCKET, "k", bytes(MIB).into()).await.unwrap();
    server.fail(999, is_get, Fault::Cut { after_bytes: 0 });
    let error = storage.get_object(BUCKET, "k", None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable, "{error}");
    assert!(error.to_string().starts_with("get object `k` of bucket `main`: the connection broke"), "{error}");
}

/// As behind a proxy that compresses what it hands on, or knows only chunks.
#[tokio::test]
async fn a_server_may_not_tell_the_size() {
    let server = WebServer::start(|asked| match asked.path.as_str() {
        "/main/empty" => web::pieces(Vec::new()),
        "/main/broken" => web::pieces(vec![Ok("some ".into()), Err(std::io::Error::other("cut"))]),
        _ => web::pieces(vec![Ok("some ".into()), Ok("bytes".into())]),
    });
    let storage = storage::open(&config(&server.url(), json!({}))).await.unwrap();
    assert_eq!(storage.get_object(BUCKET, "k", None).await.unwrap(), "some bytes");
    let mut reader = storage.get_object_stream(BUCKET, "k", None).await.unwrap();
    assert_eq!(rest_of(&mut reader).await.unwrap(), b"some bytes");
    let file = tempfile::NamedTempFile::new().unwrap();
    storage.download_file(BUCKET, "k", file.path()).await.unwrap();
    assert_eq!(fs::read_to_string(file.path()).unwrap(), "some bytes");
    assert_eq!(storage.get_object(BUCKET, "empty", None).await.unwrap(), "");
    let asked = Some(ByteRange { first: 0, last: Some(3) });
    let broke = (Kind::Unreachable, "the connection broke (");
    for (error, (kind, words)) in [
        (storage.head_object(BUCKET, "k").await.unwrap_err(), (Kind::Io, "does not tell the object's size")),
        (storage.get_object(BUCKET, "k", asked).await.unwrap_err(), (Kind::Io, "it does not support ranges")),
        (storage.get_object(BUCKET, "broken", None).await.unwrap_err(), broke),
        (storage.download_file(BUCKET, "broken", file.path()).await.unwrap_err(), broke),
    ] {
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
    assert_eq!(fs::read_to_string(file.path()).unwrap(), "some bytes");
}

#[tokio::test]
async fn an_object_that_changes_while_it_is_read_is_an_error() {
    let server = S3Server::start();
    let storage = open(&server).await;
    for (changed, how) in [(true, "replaced"), (false, "deleted")] {
        storage.put_object(BUCKET, "k", bytes(4 * MIB).into()).await.unwrap();
        server.fail(1, is_get, Fault::Cut { after_bytes: MIB });
        let mut reader = storage.get_object_stream(BUCKET, "k", None).await.unwrap();
        reader.next_chunk().await.unwrap().unwrap();
        if changed {
            storage.put_object(BUCKET, "k", vec![1; 4 * MIB].into()).await.unwrap();
        } else {
            storage.delete_object(BUCKET, "k").await.unwrap();
        }
        let error = loop {
            match reader.next_chunk().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("{how}, and nothing was said"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), Kind::ObjectChanged, "{how}: {error}");
        assert!(error.to_string().contains("replaced or deleted while it was read: read it again"), "{error}");
    }
}

/// The ranges that were asked for, without the requests that have none.
fn ranges(server: &S3Server) -> Vec<String> {
    let seen = server.seen().into_iter().filter(is_get).map(|seen| seen.header("range").to_owned());
    seen.filter(|range| !range.is_empty()).collect()
}

async fn rest_of(reader: &mut ObjectReader) -> Result<Vec<u8>, StorageError> {
    let mut rest = Vec::new();
    while let Some(chunk) = reader.next_chunk().await? {
        rest.extend_from_slice(&chunk);
    }
    Ok(rest)
}

#[tokio::test]
async fn who_reads_on_is_read_ahead_for() {
    let server = S3Server::start();
    let storage = open(&server).await;
    let whole = bytes(45 * MIB + 7);
    storage.put_object(BUCKET, "k", whole.clone().into()).await.unwrap();
    let mut reader = storage.get_object_stream(BUCKET, "k", None).await.unwrap();
    let mut read = Vec::new();
    while read.len() < MIB {
        read.extend_from_slice(&reader.next_chunk().await.unwrap().unwrap());
    }
    assert_eq!(server.count(is_get), 1, "only the beginning is read");
    while read.len() < 3 * MIB {
        read.extend_from_slice(&reader.next_chunk().await.unwrap().unwrap());
    }
    jobs::wait_until_async("the next range", || ranges(&server) == ["bytes=4194304-8388607"]).await;
    read.extend(rest_of(&mut reader).await.unwrap());
    assert!(read == whole);
    assert_eq!(server.count(is_get), 12);
    assert!(server.seen().iter().filter(|seen| is_get(seen)).skip(1).all(|seen| !seen.header("if-match").is_empty()));

    // The same for a range, and where every connection breaks.
    server.fail(9, is_get, Fault::Cut { after_bytes: MIB });
    let asked = Some(ByteRange { first: 1000, last: Some(40 * MIB as u64) });
    let mut reader = storage.get_object_stream(BUCKET, "k", asked).await.unwrap();
    assert_eq!(reader.length_bytes, 40 * MIB as u64 - 999);
    assert!(rest_of(&mut reader).await.unwrap() == whole[1000..=40 * MIB]);
    assert!(ranges(&server).contains(&"bytes=4195304-8389607".to_owned()), "{:?}", ranges(&server));
}

#[tokio::test]
async fn a_reader_that_stops_has_no_more_asked_for() {
    let server = S3Server::start();
    let storage = open(&server).await;
    storage.put_object(BUCKET, "k", bytes(45 * MIB).into()).await.unwrap();
    let mut reader = storage.get_object_stream(BUCKET, "k", None).await.unwrap();
    let mut read = 0;
    while read < 3 * MIB {
        read += reader.next_chunk().await.unwrap().unwrap().len();
    }
    jobs::wait_until_async("the next range", || ranges(&server).len() == 1).await;
    drop(reader);
    // Another object's whole life, in which nothing more is asked of the first one.
    storage.put_object(BUCKET, "other", "x".into()).await.unwrap();
    storage.delete_object(BUCKET, "other").await.unwrap();
    assert_eq!(server.count(is_get), 2);
}

#[tokio::test]
async fn large_objects_are_read_whole_by_ranges() {
    let server = S3Server::start();
    let storage = open(&server).await;
    let whole = bytes(45 * MIB + 7);
    storage.put_object(BUCKET, "k", whole.clone().into()).await.unwrap();
    assert!(storage.get_object(BUCKET, "k", None).await.unwrap() == whole);
    assert_eq!(server.count(is_get), 6);
    server.fail(5, is_get, Fault::Cut { after_bytes: MIB });
    let asked = Some(ByteRange { first: 5, last: None });
    assert!(storage.get_object(BUCKET, "k", asked).await.unwrap() == whole.slice(5..));
}

/// The first request finds one object, those for the further ranges another one or none.
#[tokio::test]
async fn ranges_of_two_objects_are_never_mixed() {
    let server = S3Server::start();
    let storage = open(&server).await;
    let gone = Fault::answer(404, "NoSuchKey", "The specified key does not exist.");
    let other = Fault::answer(412, "PreconditionFailed", "At least one of the pre-conditions did not hold");
    storage.put_object(BUCKET, "k", bytes(45 * MIB).into()).await.unwrap();
    for fault in [gone, other] {
        for start in ["bytes=8388608-", "bytes=33554432-"] {
            let is_it = move |seen: &Seen| is_get(seen) && seen.header("range").starts_with(start);
            server.forgive();
            server.fail(99, is_it, fault.clone());
            let error = storage.get_object(BUCKET, "k", None).await.unwrap_err();
            assert_eq!(error.kind(), Kind::ObjectChanged, "{start}: {error}");
            let mut reader = storage.get_object_stream(BUCKET, "k", None).await.unwrap();
            let error = rest_of(&mut reader).await.unwrap_err();
            assert_eq!(error.kind(), Kind::ObjectChanged, "{start}: {error}");
        }
    }
    server.forgive();
    // Replaced for real, between two ranges.
    let mut reader = storage.get_object_stream(BUCKET, "k", None).await.unwrap();
    reader.next_chunk().await.unwrap().unwrap();
    storage.put_object(BUCKET, "k", vec![1; 45 * MIB].into()).await.unwrap();
    assert_eq!(kind(rest_of(&mut reader).await), Kind::ObjectChanged);
}

#[tokio::test]
async fn large_files_are_downloaded_by_ranges() {
    let server = S3Server::start();
    let storage = open(&server).await;
    let whole = bytes(40 * MIB + 1);
    storage.put_object(BUCKET, "k", whole.clone().into()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    server.fail(3, is_get, Fault::Cut { after_bytes: MIB });
    storage.download_file(BUCKET, "k", &target).await.unwrap();
    assert!(fs::read(&target).unwrap() == whole);
    let ranges: Vec<_> = server.seen().into_iter().filter(is_get).map(|seen| seen.header("range").to_owned()).collect();
    for range in ["bytes=8388608-16777215", "bytes=33554432-41943039", "bytes=41943040-41943040"] {
        assert!(ranges.iter().any(|seen| seen == range), "{range} in {ranges:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_full_disk_is_told_and_keeps_the_old_file() {
    let Some(disk) = crate::disk::SmallDisk::new("size=1m") else { return };
    let server = S3Server::start();
    let storage = open(&server).await;
    let target = disk.path().join("file");
    fs::write(&target, "old").unwrap();
    // In one piece, and by ranges.
    for size in [2 * MIB, 20 * MIB] {
        storage.put_object(BUCKET, "k", bytes(size).into()).await.unwrap();
        let error = storage.download_file(BUCKET, "k", &target).await.unwrap_err();
        assert_eq!(error.kind(), Kind::DiskFull, "{error}");
        let expected = format!("write object `k` to {}: the disk is full", target.display());
        assert_eq!(error.to_string(), expected);
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
        assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 1);
    }
}

#[tokio::test]
async fn a_download_that_fails_leaves_the_old_file() {
    let server = S3Server::start();
    let storage = open(&server).await;
    storage.put_object(BUCKET, "k", bytes(40 * MIB).into()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("file");
    fs::write(&target, "old").unwrap();
    let last = |seen: &Seen| is_get(seen) && seen.header("range").starts_with("bytes=33554432-");
    server.fail(99, last, Fault::answer(412, "PreconditionFailed", "At least one of the pre-conditions did not hold"));
    assert_eq!(kind(storage.download_file(BUCKET, "k", &target).await), Kind::ObjectChanged);
    assert_eq!(fs::read_to_string(&target).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
