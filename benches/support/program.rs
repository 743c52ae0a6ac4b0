//! The program as the benchmarks run it.

use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Seconds from the start of a worker to its first request for work.
pub fn first_next(mut worker: Command) -> f64 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let started = Instant::now();
    let mut worker = worker
        .env("AWS_LAMBDA_RUNTIME_API", format!("http://{address}/token"))
        .env("AWS_LAMBDA_FUNCTION_NAME", "lithops-lua")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0")
        .stdin(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a worker");
    let stream = accept(&listener);
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).expect("a request");
    let time = started.elapsed().as_secs_f64();
    assert!(line.starts_with("GET ") && line.contains("/runtime/invocation/next"), "{line}");
    worker.kill().and_then(|()| worker.wait()).expect("a worker to end");
    time
}

/// The next connection; a worker that ends without one must not hang the benchmark.
fn accept(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).expect("a socket");
    let started = Instant::now();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).expect("a socket");
                return stream;
            }
            Err(error) if started.elapsed() > Duration::from_secs(60) => panic!("no worker came: {error}"),
            Err(_) => thread::sleep(Duration::from_micros(50)),
        }
    }
}

/// Runs a command that must succeed.
pub fn checked(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The number that a command printed.
pub fn number(output: &Output) -> f64 {
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}
