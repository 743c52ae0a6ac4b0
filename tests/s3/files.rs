use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use super::transfers::{MIB, is_abort, is_part};
use super::*;

/// Writes a file as of an hour ago, so that each change gives it another time.
fn write_old(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(3600)).unwrap();
}

/// What others do to a file.
type Change = fn(&Path);

const CHANGES: &[(&str, Change)] = &[
    ("written anew", |path| fs::write(path, vec![1u8; 40 * MIB]).unwrap()),
    ("written in part", |path| {
        let mut file = File::options().write(true).open(path).unwrap();
        file.write_all(b"other").unwrap();
    }),
    ("replaced", |path| {
        let other = path.with_extension("other");
        fs::write(&other, vec![1u8; 40 * MIB]).unwrap();
        fs::rename(&other, path).unwrap();
    }),
    ("cut short", |path| File::options().write(true).open(path).unwrap().set_len(1000).unwrap()),
    ("made longer", |path| {
        let mut file = File::options().append(true).open(path).unwrap();
        file.write_all(b"more").unwrap();
    }),
];

#[tokio::test]
async fn a_file_that_changes_while_it_is_uploaded_is_not_stored() {
    let server = S3Server::start();
    let storage = open(&server).await;
    storage.put_object(BUCKET, "k", "old".into()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let expected = format!(
        "put object `k` of bucket `main` from {}: the file changed while it was uploaded: upload it again when nobody \
         writes to it",
        path.display()
    );
    for (number, (how, change)) in CHANGES.iter().enumerate() {
        write_old(&path, &bytes(40 * MIB));
        let (file, is_done) = (path.clone(), AtomicBool::new(false));
        // The first part has begun; no request fails because of this.
        let looks = move |seen: &server::Seen| {
            if is_part(seen) && !is_done.swap(true, Ordering::Relaxed) {
                change(&file);
            }
            false
        };
        server.fail(1, looks, Fault::Raw { status: 500, body: "" });
        let error = storage.upload_file(&path, BUCKET, "k").await.expect_err(how);
        assert_eq!((error.kind(), error.to_string()), (Kind::Io, expected.clone()), "{how}");
        assert!(server.count(is_abort) > number, "{how}");
        assert_eq!(storage.get_object(BUCKET, "k", None).await.unwrap(), "old", "{how}");
        server.forgive();
    }
    write_old(&path, &bytes(40 * MIB));
    storage.upload_file(&path, BUCKET, "k").await.unwrap();
    assert!(storage.get_object(BUCKET, "k", None).await.unwrap() == bytes(40 * MIB));
}

#[tokio::test]
async fn parts_of_a_file_are_sent_again() {
    let server = S3Server::start();
    let storage = open(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, bytes(20 * MIB + 1)).unwrap();
    server.fail(3, is_part, Fault::answer(503, "SlowDown", "Please reduce your request rate."));
    storage.upload_file(&path, BUCKET, "k").await.unwrap();
    assert!(storage.get_object(BUCKET, "k", None).await.unwrap() == bytes(20 * MIB + 1));
    assert_eq!(server.count(is_part), 6);
}
