use std::io::Write;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};

use crate::places::Place;
use crate::server::Fault;
use crate::storage::Desk;
use crate::support::{Folder, Run, wait_until};
use crate::web::{WebServer, pieces, stuck, whole};

/// Content in which no part looks like another one.
fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|n| (n * 31 % 251 + n / 65536) as u8).collect()
}

/// Runs with something on standard input.
fn with_input(desk: &Desk, args: &[&str], input: &[u8]) -> Run {
    let mut command = desk.command(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn from_pipes_and_into_them() {
    for place in [Place::local(), Place::s3()] {
        let desk = Desk::at(&place);
        let at = desk.bucket();
        let content = bytes((20 << 20) + 7);
        for args in [&["put", "-", "/large"][..], &["cp", "-", &format!("{at}large")]] {
            let run = with_input(&desk, args, &content);
            assert_eq!((run.code, run.out), (Some(0), format!("{at}large\n")), "{}", run.err);
            let fetched = desk.command(&["get", "/large", "-"]).output().unwrap();
            assert!(fetched.stdout == content && fetched.status.success() && fetched.stderr.is_empty());
            desk.prints(&["delete", "/large"]);
        }
        with_input(&desk, &["put", "-", "/empty"], b"");
        assert_eq!(desk.prints(&["cp", &format!("{at}empty"), "-"]), "");
    }
}

#[test]
fn keys_do_not_control_the_terminal_of_whoever_fetches_them() {
    let place = Place::local();
    let desk = Desk::at(&place);
    desk.prints(&["put", "a.csv", "/in/a\x1bc"]);
    // A folder is in the way.
    std::fs::create_dir_all(desk.folder.path().join("into/a\x1bc/x")).unwrap();
    let run = desk.run(&["get", "-r", "/in/", "into"]);
    assert!(run.code == Some(1) && run.err.contains("write object `in/a\\u{1b}c` to into/a\\u{1b}c"), "{run:?}");
    assert!(!run.err.contains('\x1b'), "{run:?}");
}

#[test]
fn large_files_there_and_back() {
    let place = Place::s3();
    let desk = Desk::at(&place);
    let content = bytes((40 << 20) + 3);
    desk.folder.write("large", &content);
    desk.prints(&["put", "large", "/"]);
    desk.prints(&["get", "/large", "copy"]);
    assert!(std::fs::read(desk.folder.path().join("copy")).unwrap() == content);
    let parts = place.server().unwrap().count(|seen| seen.query.contains("partNumber"));
    assert!(parts >= 5, "{parts}");
}

#[test]
fn a_gigabyte_from_a_pipe_takes_little_memory() {
    let place = Place::local();
    let desk = Desk::at(&place);
    let mut command = desk.command(&["put", "-", "/zeros"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..1024 {
        input.write_all(&zeros).unwrap();
    }
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim();
    let peak_kib: u64 = peak.strip_suffix(" kB").unwrap().parse().unwrap();
    drop(input);
    let run: Run = child.wait_with_output().unwrap().into();
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(peak_kib < 100 << 10, "{peak_kib} KiB");
}

#[test]
fn copies_from_anywhere_to_anywhere() {
    let place = Place::s3();
    let desk = Desk::at(&place);
    let at = desk.bucket();
    let web = WebServer::start(|asked| match asked.path.as_str() {
        "/files/a.csv" => whole(200, "from the web\n"),
        _ => whole(404, ""),
    });
    let url = format!("{}/files/a.csv", web.url());
    let local = "local://lithops/";
    let here = format!("file://{}/a.csv", desk.folder.path().canonicalize().unwrap().display());
    for (from, to, printed) in [
        ("a.csv", at.clone(), format!("{at}a.csv\n")),
        (&here, format!("{at}b/"), format!("{at}b/a.csv\n")),
        (&format!("{at}a.csv"), "copy.csv".into(), "copy.csv\n".into()),
        (&format!("{at}a.csv"), "file://copy2.csv".into(), String::new()),
        (&format!("{at}a.csv"), format!("{local}x/"), format!("{local}x/a.csv\n")),
        ("local://lithops/x/a.csv", format!("{at}y"), format!("{at}y\n")),
        ("local://lithops/x/a.csv", format!("{local}z"), format!("{local}z\n")),
        ("a.csv", "plain.csv".into(), "plain.csv\n".into()),
    ] {
        let told = desk.prints(&["cp", from, &to]);
        assert!(told == printed || printed.is_empty(), "{from} {to}: {told}");
    }
    for file in ["copy.csv", "copy2.csv", "plain.csv"] {
        assert_eq!(desk.read(file), "1,2\n");
    }
    assert_eq!(desk.prints(&["get", "/y", "-"]), "1,2\n");
    desk.prints(&["cp", &url, &at]);
    assert_eq!(desk.prints(&["get", "/a.csv", "-"]), "from the web\n");
    desk.prints(&["cp", &format!("{url}?x=1"), "web.csv"]);
    desk.prints(&["get", &url, "web2.csv"]);
    assert_eq!((desk.read("web.csv"), desk.read("web2.csv")), ("from the web\n".into(), "from the web\n".into()));
    desk.run(&["cp", &format!("{}/none", web.url()), &at]).complains(1, &["404", "(no_such_key)"]);
    desk.run(&["cp", &web.url(), &at]).complains(2, &["has no name to keep"]);
    desk.run(&["cp", "a.csv", &url]).complains(2, &["can only be read"]);
    desk.run(&["cp", "a.csv", "a.csv"]).complains(1, &["to itself"]);
    assert_eq!(desk.read("a.csv"), "1,2\n");
    desk.run(&["cp", &format!("{at}y"), &format!("{at}y")]).complains(1, &["to itself"]);
    assert_eq!(desk.run(&["cp", "a.csv"]).code, Some(2));
}

#[test]
fn within_s3_the_server_copies() {
    let place = Place::s3();
    let desk = Desk::at(&place);
    let at = desk.bucket();
    desk.prints(&["put", "a.csv", "/from/a b+é.csv"]);
    let server = place.server().unwrap();
    let reads = || server.count(|seen| seen.method == "GET" && seen.path.contains("/from/"));
    let before = reads();
    assert_eq!(
        desk.prints(&["cp", &format!("{at}from/a b+é.csv"), &format!("{at}to/")]),
        format!("{at}to/a b+é.csv\n")
    );
    desk.prints(&["cp", "-r", &format!("{at}from/"), &format!("{at}again/")]);
    assert_eq!(reads(), before);
    assert_eq!(server.count(|seen| !seen.header("x-amz-copy-source").is_empty()), 2);
    assert_eq!(desk.prints(&["get", "/again/a b+é.csv", "-"]), "1,2\n");
    // A server that does not know how.
    let copies = |seen: &crate::server::Seen| !seen.header("x-amz-copy-source").is_empty();
    server.fail(
        9,
        copies,
        Fault::answer(501, "NotImplemented", "A header implies functionality that is not implemented."),
    );
    desk.prints(&["cp", &format!("{at}from/a b+é.csv"), &format!("{at}by-hand")]);
    assert_eq!(desk.prints(&["get", "/by-hand", "-"]), "1,2\n");
    server.forgive();
    desk.run(&["cp", &format!("{at}nothing"), &format!("{at}x")]).complains(1, &["nothing", "(no_such_key)"]);
    server.fail(9, copies, Fault::answer(403, "AccessDenied", "Access Denied"));
    let refused = desk.run(&["cp", &format!("{at}by-hand"), &format!("{at}x")]);
    refused.complains(1, &["copy object `by-hand`", "(access_denied)"]);
}

#[test]
fn many_are_copied_and_each_failure_is_counted() {
    let place = Place::s3();
    let desk = Desk::at(&place);
    let at = desk.bucket();
    for n in 0..30 {
        desk.folder.write(&format!("many/{n:02}.csv"), format!("{n}\n"));
    }
    let run = desk.run(&["put", "-r", "many", "/many/"]);
    assert_eq!((run.code, run.out.lines().count()), (Some(0), 30), "{run:?}");
    assert_eq!(run.err, "lithops-lua: copied 30 objects, 80 B\n");
    let server = place.server().unwrap();
    let one = |seen: &crate::server::Seen| seen.method == "GET" && seen.path.ends_with("/07.csv");
    server.fail(99, one, Fault::answer(403, "AccessDenied", "Access Denied"));
    let run = desk.run(&["get", "-r", "/many/", "back"]);
    assert_eq!((run.code, run.out.lines().count()), (Some(1), 29), "{run:?}");
    assert!(run.err.contains("many/07.csv") && run.err.contains("(access_denied; 1 of 30 objects failed)"), "{run:?}");
    assert!(!desk.folder.path().join("back/07.csv").exists() && desk.read("back/29.csv") == "29\n");
    server.forgive();
    // What concerns all of them ends it.
    server.fail(
        9999,
        |seen| seen.method == "GET" && seen.path.ends_with(".csv"),
        Fault::answer(400, "ExpiredToken", "Expired."),
    );
    let run = desk.run(&["get", "-r", "/many/", "again"]);
    run.complains(1, &["(credentials)"]);
    server.forgive();
    for (from, to) in [
        (at.clone(), format!("{at}many/")),
        (format!("{at}many/"), format!("{at}many/x/")),
        (format!("{at}**/*.csv"), format!("{at}many/")),
    ] {
        desk.run(&["cp", "-r", &from, &to]).complains(2, &["into itself"]);
    }
    desk.run(&["cp", "-r", "many", "many/below"]).complains(2, &["into itself"]);
    let run = desk.run(&["cp", &format!("{at}many/2*.csv"), &format!("{at}many/old/")]);
    assert_eq!((run.code, run.out.lines().count()), (Some(0), 10), "{run:?}");
}

#[test]
fn ctrl_c_leaves_nothing_half_done() {
    // A file that is being written.
    let sent = WebServer::start(|_| stuck("the beginning"));
    let folder = Folder::new();
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let mut command = folder.command(&["storage", "cp", &format!("{}/a", sent.url()), "a"]);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("a temporary file", || files() == 1);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let run: Run = child.wait_with_output().unwrap().into();
    run.fails(130, "lithops-lua: interrupted");
    assert_eq!(files(), 0);

    // An object that is being sent by parts.
    let place = Place::s3();
    let desk = Desk::at(&place);
    desk.bucket();
    let mut command = desk.command(&["put", "-", "/half"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&bytes(36 << 20)).unwrap();
    let server = place.server().unwrap();
    // The note of the upload, and four whole parts; what is left of the input is not sent before its end.
    wait_until("parts", || server.parts_left() == 5);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let run: Run = child.wait_with_output().unwrap().into();
    run.fails(130, "lithops-lua: interrupted");
    drop(input);
    assert_eq!(server.parts_left(), 0);
    assert_eq!(desk.keys(), [""; 0]);
}

#[test]
fn a_source_that_breaks_off_leaves_what_was_there() {
    let broken = WebServer::start(|_| {
        let end = std::io::Error::other("broken");
        pieces(vec![Ok("the beginning".into()), Err(end)])
    });
    let desk_place = Place::local();
    let desk = Desk::at(&desk_place);
    let at = desk.bucket();
    desk.prints(&["put", "a.csv", "/k"]);
    let url = format!("{}/a", broken.url());
    for to in ["a.csv", &format!("{at}k")] {
        desk.run(&["cp", &url, to]).complains(1, &["(unreachable)"]);
    }
    assert_eq!((desk.read("a.csv"), desk.prints(&["get", "/k", "-"])), ("1,2\n".into(), "1,2\n".into()));
}
