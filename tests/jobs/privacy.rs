use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::jobs::{children, environ, folder, spawn, wait_until};

fn status(address: &str, method: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn nobody_else_talks_to_workers_or_reads_their_files() {
    let folder =
        folder("lithops.call_async(function() append(here .. '/began', '') await(here .. '/go') end):result()");
    let driver = spawn(&folder, &[]);
    wait_until("a call that runs", || folder.path().join("began").exists());
    let worker = children(driver.id())[0];
    let api = environ(worker, "AWS_LAMBDA_RUNTIME_API").unwrap();
    let (address, token) = api.trim_start_matches("http://").split_once('/').unwrap();
    let wrong = "A".repeat(token.len());
    for (method, path) in [
        ("GET", "2018-06-01/runtime/invocation/next"),
        ("POST", "2018-06-01/runtime/invocation/0/response"),
        ("POST", "lithops/invoke"),
        ("GET", "lithops/config"),
        ("POST", "lithops/future"),
        ("POST", "lithops/wait"),
    ] {
        assert_eq!(status(address, method, &format!("/{path}")), "403");
        assert_eq!(status(address, method, &format!("/{wrong}/{path}")), "403");
    }
    assert_eq!(status(address, "GET", "/"), "403");
    // The right token is let in: what was refused above was not merely a wrong path.
    assert_eq!(status(address, "GET", &format!("/{token}/nothing")), "404");
    let journal = environ(worker, "LITHOPS_LOCAL_JOURNAL").unwrap();
    let journal = Path::new(&journal);
    assert_eq!(mode(journal), 0o600);
    assert_eq!(mode(journal.parent().unwrap()), 0o700);
    let scratch = environ(worker, "LITHOPS_LOCAL_SCRATCH").unwrap();
    assert_eq!(mode(Path::new(&scratch).parent().unwrap()), 0o700);
    folder.write("go", "");
    assert!(driver.wait_with_output().unwrap().status.success());
}
