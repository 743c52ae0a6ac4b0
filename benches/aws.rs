//! Jobs on emulated AWS Lambda against their targets: `cargo bench --bench aws`.
//!
//! The emulator adds 50 ms to each invocation and allows 1,000 environments; it, the driver and all workers share this
//! machine's cores, so the limits are made of what the same machine needs for one call.
//!
//! Ends with status 1 if a target is missed by more than what a busy machine explains: times by 1.5, all else by nothing.
//! A small job that asks S3 for anything fails it, too.

#[path = "../tests/support/emulator/mod.rs"]
#[allow(dead_code, reason = "tests use the rest")]
mod emulator;
#[path = "support/program.rs"]
mod program;
#[path = "support/table.rs"]
#[allow(dead_code, reason = "the local benchmark has peers, too")]
mod table;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use emulator::{Emulator, Knobs, ROLE};
use program::{checked, first_next, number};
use table::{Table, Target, median};
use tempfile::TempDir;

const LATENCY_MS: u64 = 50;
const CALLS: u32 = 1000;
const RUNS: usize = 3;

/// Prints the median of the milliseconds that a call alone takes, and of those that 1,000 take, all in warm environments.
const WARM: &str = "\
local options = { chunksize = tonumber(arg[1]) }
local function nothing(x) return x end
local function median_ms(runs, run)
  local times = {}
  for i = 1, runs do
    local started = lithops.time()
    run()
    times[i] = (lithops.time() - started) * 1e3
  end
  table.sort(times)
  return times[(runs + 1) / 2]
end
local function many() assert(#lithops.get_result(lithops.map(nothing, lithops.range(1000), options)) == 1000) end
many()
local alone = median_ms(11, function() assert(lithops.call_async(nothing, 1):result() == 1) end)
print(alone, median_ms(5, many))";

/// Prints the driver's peak of memory in KiB, after 10,000 invocations of one call each.
const MEMORY: &str = "\
local futures = lithops.map(function(x) return x end, lithops.range(10000), { chunksize = 1 })
local results = lithops.get_result(futures)
assert(#results == 10000 and results[10000] == 10000)
for line in io.lines('/proc/self/status') do
  local peak = line:match('^VmHWM:%s*(%d+)')
  if peak then print(peak) end
end";

struct Bench {
    emulator: Emulator,
    /// Home and working folder of all that runs.
    folder: TempDir,
}

fn main() -> ! {
    let knobs = Knobs { latency_ms: LATENCY_MS, keep_payloads: false, ..Knobs::default() };
    let bench = Bench { emulator: Emulator::start(knobs), folder: tempfile::tempdir().expect("a folder") };
    let config = format!("lithops: {{backend: aws_lambda}}\naws_lambda: {{execution_role: '{ROLE}'}}\n");
    fs::write(bench.folder.path().join(".lithops_config"), config).expect("a writable folder");
    let mut table = Table::begin();

    let bootstrap = bench.deploy();
    let zip_mb = bench.zip_bytes() as f64 / 1e6;
    table.row("zip of the bootstrap", "MB", zip_mb, Target::Strictly(15.0));
    let next = median(15, || {
        let mut worker = Command::new(&bootstrap);
        worker.env_clear();
        first_next(worker)
    });
    table.row("bootstrap: exec to its first `next`", "ms", next * 1e3, Target::Below(15.0));

    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    for (what, chunksize) in [("1,000 warm no-ops", ""), ("the same, an invocation each", "1")] {
        bench.emulator.forget();
        let (alone, many) = bench.warm(chunksize);
        let own_ms = (alone - LATENCY_MS as f64).max(0.0);
        let limit = 3.0 * LATENCY_MS as f64 + own_ms * f64::from(CALLS) / cores as f64;
        table.row(what, "ms", many, Target::Below(limit.round()));
        let requests = bench.emulator.record().of_service("s3");
        assert_eq!(requests, 0, "small jobs need no storage");
    }

    let memory = number(&checked(&mut bench.command(&["-q", "-e", MEMORY]))) / 1024.0;
    table.row("memory of the driver, 10,000 invocations", "MiB", memory, Target::Strictly(200.0));
    drop(bench);
    table.end()
}

impl Bench {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lithops-lua"));
        command.args(arguments).current_dir(self.folder.path()).env("HOME", self.folder.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["AWS_", "LITHOPS_", "LUA_"].iter().any(|prefix| text.starts_with(prefix)) {
                command.env_remove(&name);
            }
        }
        command.envs(self.emulator.environment());
        command
    }

    /// Makes the function; gives a bootstrap as its instances start it.
    fn deploy(&self) -> PathBuf {
        checked(&mut self.command(&["-q", "runtime", "deploy"]));
        let bootstrap = self.folder.path().join("bootstrap");
        fs::copy(env!("CARGO_BIN_EXE_lithops-lua"), &bootstrap).expect("room for a copy");
        bootstrap
    }

    /// The size of the zip that was deployed.
    fn zip_bytes(&self) -> u64 {
        let text = self.emulator.configurations();
        let (_, size) = text.split_once("\"CodeSize\":").expect("a deployed function");
        let digits: String = size.trim_start().chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("a size")
    }

    /// The medians of several runs of [`WARM`].
    fn warm(&self, chunksize: &str) -> (f64, f64) {
        let mut alone = Vec::new();
        let many = median(RUNS, || {
            let output = checked(&mut self.command(&["-q", "-e", WARM, chunksize]));
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let (one, many) = text.trim().split_once('\t').expect("two numbers");
            alone.push(one.parse().expect("a number"));
            many.parse().expect("a number")
        });
        (median(RUNS, || alone.pop().unwrap_or(f64::NAN)), many)
    }
}
