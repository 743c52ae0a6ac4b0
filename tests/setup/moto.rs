use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use crate::python_with;
use crate::support::Run;

/// A server of moto on a port of its own, ended with the test.
pub struct Moto {
    process: Child,
    python: String,
    url: String,
}

impl Moto {
    /// `None` where moto is not installed.
    pub fn start() -> Option<Moto> {
        let python = python_with("moto.server, boto3")?;
        let mut process = Command::new(&python)
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let url = lines.find_map(|line| {
            let line = line.unwrap();
            line.split_once("Running on ").map(|(_, url)| url.trim().to_owned())
        });
        // Whoever fills the pipe would wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Moto { process, python, url: url.expect("moto says where it runs") })
    }

    /// Has a command ask this server, as some user of it.
    pub fn serve<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_DEFAULT_REGION", "eu-west-1")
    }

    /// The program on this server.
    pub fn run(&self, config: &str, args: &[&str]) -> Run {
        let (_folder, mut command) = crate::command(config, args);
        self.serve(&mut command).output().unwrap().into()
    }

    /// Runs Python code with `boto3` and `client(service)` on this server; `documents` are in `documents`, as texts.
    #[track_caller]
    pub fn python(&self, documents: &[&str], code: &str) -> String {
        const PRELUDE: &str = "import boto3, json, sys\ndocuments = json.load(sys.stdin)\nclient = boto3.client\n";
        let mut command = Command::new(&self.python);
        let command = command.args(["-c", &format!("{PRELUDE}{code}")]);
        let mut child =
            self.serve(command).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let documents = serde_json::to_string(documents).unwrap();
        child.stdin.take().unwrap().write_all(documents.as_bytes()).unwrap();
        let run: Run = child.wait_with_output().unwrap().into();
        assert_eq!(run.code, Some(0), "{}", run.err);
        run.out
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
