use crate::places::Place;
use crate::support::{Folder, Run};

#[test]
fn it_says_what_it_runs_on_and_how_long_that_takes() {
    let folder = Folder::new();
    let run = folder.run(&["-o", "localhost.max_workers=2", "hello", "--map", "50"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    for words in [
        "backend  localhost, 2 workers at most",
        "call     \"hello from LuaJIT",
        " ms with the start of a worker, ",
        "storage  localhost, bucket lithops: 5 bytes stored, fetched and deleted in ",
        "map      50 calls in ",
        " in a second\n",
    ] {
        assert!(run.out.contains(words), "`{words}` is missing in {}", run.out);
    }
    // Nothing of it stays.
    folder.run(&["storage", "list"]).prints("");
    folder.run(&["doctor"]);
    folder.run(&["job", "list", "--all", "--json"]).prints("[]\n");
    let run = folder.run(&["hello"]);
    assert!(run.code == Some(0) && !run.out.contains("map"), "{run:?}");
}

#[test]
fn on_s3() {
    let (folder, place) = (Folder::new(), Place::s3());
    let run: Run = place.command(&folder, &["hello"]).output().unwrap().into();
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    assert!(run.out.contains("storage  aws_s3, bucket tests-"), "{run:?}");
    let run: Run = place.command(&folder, &["storage", "list"]).output().unwrap().into();
    run.prints("");
}

#[test]
fn what_fails_is_told_with_the_next_step() {
    let folder = Folder::new();
    let worker = folder.write("worker", "");
    let run = folder.run(&["-o", &format!("localhost.runtime={}", worker.display()), "hello"]);
    run.complains(1, &["failed to run a function on `localhost`: ", "`lithops-lua doctor` looks for the reason"]);
    folder.write("file", "");
    let run = folder.run(&["-o", "localhost.storage_root=file/below", "hello"]);
    run.complains(1, &["failed to store an object in `localhost` and fetch it: ", "`lithops-lua doctor`"]);
    assert!(run.out.contains("hello from"), "{run:?}");
    folder.run(&["-o", "localhost.max_workers=none", "hello"]).complains(2, &["localhost.max_workers"]);
    assert_eq!(folder.run(&["hello", "--map", "0"]).code, Some(2));
}
