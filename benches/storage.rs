//! A large object in S3, read as a stream: `cargo bench --bench storage`.
//!
//! The server is SeaweedFS on this machine, and the peer `curl`, which gets the same ranges, as many at a time, and throws
//! them away. Server and reader share the cores. Ends with status 1 if a target is missed by more than what a busy machine
//! explains: times by 1.5, memory by nothing. Without SeaweedFS or curl nothing is measured.

#[path = "support/program.rs"]
#[allow(dead_code, reason = "the others start workers")]
mod program;
#[path = "support/seaweedfs.rs"]
mod seaweedfs;
#[path = "support/table.rs"]
#[allow(dead_code, reason = "the others have limits of time, too")]
mod table;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use program::checked;
use seaweedfs::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, SeaweedFs};
use table::{Table, Target, median};
use tempfile::TempDir;

const SIZE_BYTES: u64 = 1 << 30;
/// What one request of a stream reads, and how many are under way.
const RANGE_BYTES: u64 = 4 << 20;
const RANGES_AT_ONCE: &str = "6";
const RUNS: usize = 3;

/// Waits for the server, and stores the file.
const PUT: &str = "\
local s, ready = lithops.storage, nil
for _ = 1, 600 do
  ready = pcall(s.create_bucket)
  if ready then break end
  lithops.sleep(0.1)
end
assert(ready, 'the server does not answer')
s:upload_file('large', nil, 'large')
assert(s:head_object(nil, 'large').size == 2^30)";

/// Reads the object; prints the seconds and the most memory that the process had, in KiB.
const READ: &str = "\
local started = lithops.time()
local stream, size = lithops.storage:get_object(nil, 'large', { stream = true }), 0
while true do
  local piece = stream:read(65536)
  if not piece then break end
  size = size + #piece
end
assert(size == 2^30, size)
print(lithops.time() - started, io.open('/proc/self/status'):read('*a'):match('VmHWM:%s*(%d+) kB'))";

struct Bench {
    folder: TempDir,
    server: SeaweedFs,
}

fn main() -> ! {
    let folder = tempfile::tempdir().expect("a folder");
    if !Command::new("curl").arg("-V").output().is_ok_and(|output| output.status.success()) {
        println!("left out: curl is not here");
        std::process::exit(0);
    }
    let server = match SeaweedFs::start(folder.path()) {
        Ok(server) => server,
        Err(why) => {
            println!("left out: {why}");
            drop(folder);
            std::process::exit(0);
        }
    };
    write_large(&folder.path().join("large"));
    let bench = Bench { folder, server };
    let mut table = Table::begin();
    checked(&mut bench.command(PUT));
    fs::remove_file(bench.folder.path().join("large")).expect("the file that was stored");

    let ranges = bench.curl_config();
    // In turn, so that what else the machine does meets both.
    let (mut ours, mut theirs, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        theirs.push(bench.curl(&ranges));
        let (seconds, peak_mib) = bench.read();
        ours.push(seconds);
        peaks.push(peak_mib);
    }
    let middle = |figures: &mut Vec<f64>| median(RUNS, || figures.pop().unwrap_or(f64::NAN));
    let peer = Target::Peer { name: "curl, the same ranges", figure: middle(&mut theirs), times: 0.7 };
    table.row("1 GiB from S3 as a stream", "s", middle(&mut ours), peer);
    table.row("memory of the process that reads it", "MiB", middle(&mut peaks), Target::Strictly(64.0));
    drop(bench);
    table.end()
}

/// Bytes that nobody can compress.
fn write_large(path: &Path) {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path).expect("a writable folder"));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..SIZE_BYTES / 8 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        file.write_all(&state.to_le_bytes()).expect("room for 1 GiB");
    }
    file.flush().expect("room for 1 GiB");
}

impl Bench {
    fn command(&self, code: &str) -> Command {
        let config = format!(
            r#"{{"lithops": {{"storage": "aws_s3"}},
            "aws": {{"access_key_id": "{ACCESS_KEY_ID}", "secret_access_key": "{SECRET_ACCESS_KEY}", "region": "us-east-1"}},
            "aws_s3": {{"endpoint_url": "{}", "storage_bucket": "bench"}}}}"#,
            self.server.url
        );
        let mut command = Command::new(env!("CARGO_BIN_EXE_lithops-lua"));
        command.args(["-q", "-e", code]).current_dir(self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["AWS_", "LITHOPS_", "LUA_"].iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command.env("HOME", self.folder.path()).env("LITHOPS_CONFIG", config);
        command
    }

    /// Seconds, and MiB.
    fn read(&self) -> (f64, f64) {
        let output = checked(&mut self.command(READ));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (seconds, peak_kib) = text.trim().split_once('\t').expect("two numbers");
        let number = |text: &str| text.parse::<f64>().expect("a number");
        (number(seconds), number(peak_kib) / 1024.0)
    }

    /// What curl is to get.
    fn curl_config(&self) -> String {
        let mut config = String::new();
        for first in (0..SIZE_BYTES).step_by(RANGE_BYTES as usize) {
            let last = first + RANGE_BYTES - 1;
            let next = if first > 0 { "next\n" } else { "" };
            // Writing to a string never fails.
            let _ = write!(
                config,
                "{next}fail\nsilent\nshow-error\naws-sigv4 = \"aws:amz:us-east-1:s3\"\nuser = \
                 \"{ACCESS_KEY_ID}:{SECRET_ACCESS_KEY}\"\nrange = {first}-{last}\noutput = /dev/null\nurl = \
                 \"{}/bench/large\"\n",
                self.server.url
            );
        }
        config
    }

    /// Seconds that it takes.
    fn curl(&self, config: &str) -> f64 {
        let file = self.folder.path().join("curl.conf");
        fs::write(&file, config).expect("a writable folder");
        let mut command = Command::new("curl");
        command.args(["-q", "--parallel", "--parallel-max", RANGES_AT_ONCE, "--config"]).arg(&file);
        command.env_remove("http_proxy").stdin(Stdio::null());
        let started = Instant::now();
        checked(&mut command);
        started.elapsed().as_secs_f64()
    }
}
