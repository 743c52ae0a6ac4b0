//! The whole program on this machine, against its targets and against Python in the same run:
//! `cargo bench --bench local`, with `-- --large` for the input of ten million elements too.
//!
//! Ends with status 1 if a target is missed by more than what a busy machine explains: times by 1.5, memory by nothing.

#[path = "../tests/support/long_script.rs"]
mod long_script;
#[path = "support/program.rs"]
mod program;
#[path = "support/table.rs"]
#[allow(dead_code, reason = "other benchmarks use the rest")]
mod table;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use long_script::long_script;
use program::{checked, first_next, number};
use table::{Table, Target, median};
use tempfile::TempDir;

const MIB: f64 = 1024.0 * 1024.0;
/// Lithops 3 on its localhost backend took this for the same 10,000 calls, at its best settings.
const LITHOPS_LOCALHOST_S: f64 = 150.0;

const NO_OPS: &str = "\
local list = {}
for i = 1, 10000 do list[i] = i end
local results = lithops.get_result(lithops.map(function(x) return x end, list))
assert(#results == 10000 and results[10000] == 10000)";

const NO_OPS_ONE_BY_ONE: &str = "\
local function nothing(x) return x end
local list = {}
for i = 1, 10000 do list[i] = i end
lithops.get_result(lithops.map(nothing, { 1, 2 }, { chunksize = 1 }))
local started = lithops.time()
lithops.get_result(lithops.map(nothing, list, { chunksize = 1 }))
print((lithops.time() - started) / #list * 1e6)";

const NO_OPS_AND_REST: &str = "\
local results = lithops.get_result(lithops.map(function(x) return x end, lithops.range(10000)))
assert(#results == 10000)
lithops.sleep(0.2)";

/// Prints the most memory that the driver had, in MiB. The strings alone would take 1,000 MB if they were held.
const TEN_MILLION: &str = "\
local i, total, front = 0, 1e7, ('x'):rep(90)
local fs = lithops.map(function(s) return #s end, function()
  if i < total then i = i + 1 return front .. ('%010d'):format(i) end
end)
lithops.wait(fs)
assert(#fs == total)
local status = io.open('/proc/self/status'):read('*a')
print(status:match('VmHWM:%s*(%d+) kB') / 1024)";

/// The peers: `multiprocessing.Pool(2)`.
const PYTHON: &str = "\
import multiprocessing, random, sys, time

def nothing(x):
    return x

def points_inside(seed):
    random.seed(seed)
    draw, inside = random.random, 0
    for _ in range(2000000):
        x, y = draw(), draw()
        if x * x + y * y <= 1:
            inside += 1
    return inside

if __name__ == '__main__':
    with multiprocessing.Pool(2) as pool:
        if sys.argv[1] == 'no-ops':
            assert len(pool.map(nothing, range(10000))) == 10000
        elif sys.argv[1] == 'one-by-one':
            pool.map(nothing, range(2), chunksize=1)
            started = time.time()
            pool.map(nothing, range(10000), chunksize=1)
            print((time.time() - started) / 10000 * 1e6)
        else:
            print(4 * sum(pool.map(points_inside, range(16))) / 32000000)
";

/// How often something may be done to find its median.
const MANY: usize = 15;
const SOME: usize = 7;
const FEW: usize = 3;

struct Bench {
    /// Home and working folder of all that runs.
    folder: TempDir,
    python: bool,
    table: Table,
}

fn main() -> ! {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("peer.py"), PYTHON).expect("a writable folder");
    let python = Command::new("python3").arg("-V").output().is_ok_and(|output| output.status.success());
    let mut bench = Bench { folder, python, table: Table::begin() };

    let hello = bench.whole("print(1)", MANY);
    bench.table.row("start to end of a one-line script", "ms", hello * 1e3, Target::Below(15.0));
    let next = median(MANY, || first_next(bench.command(&["worker"])));
    bench.table.row("start of a worker to its first `next`", "ms", next * 1e3, Target::Below(10.0));

    let check = median(SOME, || bench.check(&long_script(1000)));
    bench.table.row("check of 1,000 lines, whole process", "ms", check * 1e3, Target::Below(100.0));

    let no_ops = bench.whole(NO_OPS, SOME);
    let what = "map of a no-op over 10,000, whole process";
    if let Some(peer) = bench.peer("no-ops", SOME) {
        bench.table.row(what, "ms", no_ops * 1e3, pool("Python's Pool(2)", peer * 1e3, 1.0));
    }
    let lithops = Target::Peer { name: "Lithops' localhost", figure: LITHOPS_LOCALHOST_S * 1e3, times: 1000.0 };
    bench.table.row(what, "ms", no_ops * 1e3, lithops);

    let one_by_one = median(SOME, || bench.printed(NO_OPS_ONE_BY_ONE));
    let what = "the same with chunksize = 1, each call";
    bench.table.row(what, "µs", one_by_one, Target::Below(100.0));
    if let Some(peer) = bench.peer_printed("one-by-one", SOME) {
        bench.table.row(what, "µs", one_by_one, pool("Python's Pool(2), no target", peer, 0.0));
    }

    let pi = median(FEW, || bench.pi());
    if let Some(peer) = bench.peer("pi", FEW) {
        bench.table.row("pi, 16 × 2,000,000 points, whole process", "s", pi, pool("Python's Pool(2)", peer, 8.0));
    } else {
        println!("pi, 16 × 2,000,000 points, whole process: {pi:.2} s");
    }

    let memory = median(FEW, || bench.peak_memory(NO_OPS_AND_REST));
    bench.table.row("memory of all processes, 10,000 calls", "MiB", memory / MIB, Target::Strictly(150.0));
    if std::env::args().any(|argument| argument == "--large") {
        let memory = bench.printed(TEN_MILLION);
        bench.table.row("memory of the driver, 10,000,000 lazy elements", "MiB", memory, Target::Strictly(400.0));
    }

    if !bench.python {
        println!("python3 is not here: nothing was compared with it");
    }
    bench.table.end()
}

fn pool(name: &'static str, figure: f64, times: f64) -> Target {
    Target::Peer { name, figure, times }
}

impl Bench {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lithops-lua"));
        command.args(arguments).current_dir(self.folder.path()).env("HOME", self.folder.path()).stdin(Stdio::null());
        for name in ["LITHOPS_CONFIG", "LITHOPS_CONFIG_FILE", "LITHOPS_LOG", "LUA_PATH", "LUA_CPATH"] {
            command.env_remove(name);
        }
        command
    }

    /// Seconds that a script takes, from the start of its process to its end.
    fn whole(&self, code: &str, runs: usize) -> f64 {
        median(runs, || timed(&mut self.command(&["-e", code])))
    }

    /// Seconds that `check` takes for a script.
    fn check(&self, script: &str) -> f64 {
        fs::write(self.folder.path().join("long.lua"), script).expect("a writable folder");
        timed(&mut self.command(&["check", "long.lua"]))
    }

    /// The number that a script prints.
    fn printed(&self, code: &str) -> f64 {
        number(&checked(&mut self.command(&["-e", code])))
    }

    fn pi(&self) -> f64 {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/pi.lua");
        timed(&mut self.command(&[script.to_str().expect("a path in UTF-8")]))
    }

    fn python(&self, what: &str) -> Command {
        let mut command = Command::new("python3");
        command.args(["peer.py", what]).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    fn peer(&self, what: &str, runs: usize) -> Option<f64> {
        self.python.then(|| median(runs, || timed(&mut self.python(what))))
    }

    fn peer_printed(&self, what: &str, runs: usize) -> Option<f64> {
        self.python.then(|| median(runs, || number(&checked(&mut self.python(what)))))
    }

    /// The most memory that a script and all processes below it had at once, in bytes. A page that several share counts once.
    fn peak_memory(&self, code: &str) -> f64 {
        let mut child = self.command(&["-q", "-e", code]).spawn().expect("the program");
        let mut peak = 0.0f64;
        while child.try_wait().expect("a child").is_none() {
            peak = peak.max(tree(child.id()).into_iter().map(proportional_bytes).sum());
            thread::sleep(Duration::from_millis(5));
        }
        assert!(child.wait().is_ok_and(|status| status.success()), "{code}");
        peak
    }
}

fn timed(command: &mut Command) -> f64 {
    let started = Instant::now();
    checked(command);
    started.elapsed().as_secs_f64()
}

/// A process and all below it.
fn tree(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name, in parentheses, may hold anything; state and parent come behind it.
        let parent = stat.rsplit(')').next().and_then(|rest| rest.split_ascii_whitespace().nth(1)?.parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(pid);
    }
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        found.extend(children.get(&found[next]).into_iter().flatten());
        next += 1;
    }
    found
}

fn proportional_bytes(pid: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0
}
