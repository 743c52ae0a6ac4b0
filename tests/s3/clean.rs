use std::fs::File;
use std::time::{Duration, SystemTime};

use super::scripts::command;
use super::support::{Folder, Run};
use super::*;

fn clean(folder: &Folder, server: &S3Server, options: &[&str]) -> Run {
    let mut args = vec!["clean"];
    args.extend(options);
    command(folder, server, &args).output().unwrap().into()
}

/// A key as cloud objects get it.
const TEMPORARY: &str = "lithops/cloudobjects/1f2e3d-0/M000/0123456789abcdef0123456789abcdef";

/// Six objects: two of a job that began two days ago, one of a new job, a cloud object, and two with keys of the user's.
async fn filled(server: &S3Server) -> Arc<dyn Storage> {
    let storage = open(server).await;
    for key in [
        "lithops-lua/jobs/a/1",
        "lithops-lua/jobs/a/2",
        "lithops-lua/jobs/b/1",
        TEMPORARY,
        "lithops/cloudobjects/named",
        "own",
    ] {
        storage.put_object(BUCKET, key, bytes(1024).into()).await.unwrap();
    }
    for key in ["lithops-lua/jobs/a/1", "lithops-lua/jobs/a/2"] {
        let file = File::options().write(true).open(server.object_file(BUCKET, key)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(48 * 3600)).unwrap();
    }
    storage
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_jobs_left_is_removed_and_nothing_else() {
    let server = S3Server::start();
    let storage = filled(&server).await;
    let folder = Folder::new();
    clean(&folder, &server, &["--dry-run"]).prints(
        "lithops-lua/jobs/a/1\nlithops-lua/jobs/a/2\nlithops-lua/jobs/b/1\n\
         lithops/cloudobjects/1f2e3d-0/M000/0123456789abcdef0123456789abcdef\n\
         would remove 4 objects, 4.00 KiB, from bucket main (aws_s3)\n",
    );
    assert_eq!(storage.list_keys(BUCKET, "").await.unwrap().len(), 6);
    let old = clean(&folder, &server, &["--older-than", "24"]);
    old.prints("removed 2 objects, 2.00 KiB, from bucket main (aws_s3)\n");
    clean(&folder, &server, &[]).prints("removed 2 objects, 2.00 KiB, from bucket main (aws_s3)\n");
    assert_eq!(storage.list_keys(BUCKET, "").await.unwrap(), ["lithops/cloudobjects/named", "own"]);
    clean(&folder, &server, &[]).prints("removed 0 objects, 0 B, from bucket main (aws_s3)\n");
}

#[test]
fn a_bucket_that_was_never_made_has_nothing_to_remove() {
    let server = S3Server::start();
    let nothing = clean(&Folder::new(), &server, &[]);
    nothing.prints("removed 0 objects, 0 B, from bucket main (aws_s3)\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_removed_is_told() {
    let server = S3Server::start();
    filled(&server).await;
    let folder = Folder::new();
    let document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><DeleteResult><Error><Key>lithops-lua/jobs/b/1</Key>\
                    <Code>AccessDenied</Code><Message>Access Denied</Message></Error></DeleteResult>";
    server.fail(1, |seen| seen.query.starts_with("delete"), Fault::Raw { status: 200, body: document });
    let run = clean(&folder, &server, &[]);
    run.complains(1, &["object `lithops-lua/jobs/b/1`", "access denied", "(1 of 4 objects could not be removed)"]);
    server.fail(99, |_| true, Fault::answer(400, "ExpiredToken", "The provided token has expired."));
    clean(&folder, &server, &[]).complains(1, &["failed to list bucket `main`", "credentials have expired"]);
}

#[test]
fn wrong_options() {
    let server = S3Server::start();
    let run = clean(&Folder::new(), &server, &["--older-than", "yesterday"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("expected a number of hours, as in `--older-than 24`"), "{}", run.err);
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn local_storage_too() {
    let folder = Folder::new();
    folder.write("store/lithops/lithops-lua/jobs/a/1", "12345");
    folder.write(&format!("store/lithops/{TEMPORARY}"), "123");
    folder.write("store/lithops/lithops/cloudobjects/named", "1");
    folder.write("store/lithops/own", "1");
    let run = |options: &[&str]| {
        let mut args = vec!["-o", "localhost.storage_root=store", "clean"];
        args.extend(options);
        folder.run(&args)
    };
    run(&[]).prints("removed 2 objects, 8 B, from bucket lithops (localhost)\n");
    assert!(folder.path().join("store/lithops/own").exists());
    assert!(folder.path().join("store/lithops/lithops/cloudobjects/named").exists());
}
