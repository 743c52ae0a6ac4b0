//! The whole program on this machine, against its targets and against Python in the same run:
//! `cargo bench --bench local`, with `-- --large` for the input of ten million elements too.
//!
//! Ends with status 1 if a target is missed by more than what a busy machine explains: times by 1.5, memory by nothing.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio, exit};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A figure may be so many times its target before the run fails: other processes want the cores, too.
const NOISE: f64 = 1.5;
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
    missed: Vec<String>,
}

/// What a figure is compared with.
enum Target {
    /// It must stay below this.
    Below(f64),
    /// It must stay below this, and other processes do not change it: more fails the run.
    Strictly(f64),
    /// The figure of a peer, divided by this, is the limit.
    Peer { name: &'static str, figure: f64, times: f64 },
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("peer.py"), PYTHON).expect("a writable folder");
    let python = Command::new("python3").arg("-V").output().is_ok_and(|output| output.status.success());
    let mut bench = Bench { folder, python, missed: Vec::new() };

    println!("{}", machine());
    println!("{:<48} {:>10}  {:<34} {:>8}  target", "what", "ours", "compared with", "ratio");

    let hello = bench.whole("print(1)", MANY);
    bench.row("start to end of a one-line script", "ms", hello * 1e3, Target::Below(15.0));
    let next = median(MANY, || bench.first_next());
    bench.row("start of a worker to its first `next`", "ms", next * 1e3, Target::Below(10.0));

    let no_ops = bench.whole(NO_OPS, SOME);
    let what = "map of a no-op over 10,000, whole process";
    if let Some(peer) = bench.peer("no-ops", SOME) {
        bench.row(what, "ms", no_ops * 1e3, pool("Python's Pool(2)", peer * 1e3, 1.0));
    }
    let lithops = Target::Peer { name: "Lithops' localhost", figure: LITHOPS_LOCALHOST_S * 1e3, times: 1000.0 };
    bench.row(what, "ms", no_ops * 1e3, lithops);

    let one_by_one = median(SOME, || bench.printed(NO_OPS_ONE_BY_ONE));
    let what = "the same with chunksize = 1, each call";
    bench.row(what, "µs", one_by_one, Target::Below(100.0));
    if let Some(peer) = bench.peer_printed("one-by-one", SOME) {
        bench.row(what, "µs", one_by_one, pool("Python's Pool(2), no target", peer, 0.0));
    }

    let pi = median(FEW, || bench.pi());
    if let Some(peer) = bench.peer("pi", FEW) {
        bench.row("pi, 16 × 2,000,000 points, whole process", "s", pi, pool("Python's Pool(2)", peer, 8.0));
    } else {
        println!("pi, 16 × 2,000,000 points, whole process: {pi:.2} s");
    }

    let memory = median(FEW, || bench.peak_memory(NO_OPS_AND_REST));
    bench.row("memory of all processes, 10,000 calls", "MiB", memory / MIB, Target::Strictly(150.0));
    if std::env::args().any(|argument| argument == "--large") {
        let memory = bench.printed(TEN_MILLION);
        bench.row("memory of the driver, 10,000,000 lazy elements", "MiB", memory, Target::Strictly(400.0));
    }

    if !bench.python {
        println!("python3 is not here: nothing was compared with it");
    }
    for line in &bench.missed {
        println!("missed: {line}");
    }
    exit(i32::from(!bench.missed.is_empty()));
}

fn pool(name: &'static str, figure: f64, times: f64) -> Target {
    Target::Peer { name, figure, times }
}

impl Bench {
    /// Prints a line of the table.
    fn row(&mut self, what: &str, unit: &str, ours: f64, target: Target) {
        let noise = if matches!(target, Target::Strictly(_)) { 1.0 } else { NOISE };
        let (compared, ratio, limit, wanted) = match target {
            Target::Below(limit) | Target::Strictly(limit) => {
                (format!("limit {limit} {unit}"), limit / ours, limit, format!("under {limit} {unit}"))
            }
            Target::Peer { name, figure, times } if times > 0.0 => (
                format!("{name}: {} {unit}", short(figure)),
                figure / ours,
                figure / times,
                if times > 1.0 { format!("{times} times as fast") } else { "as fast".into() },
            ),
            Target::Peer { name, figure, .. } => {
                (format!("{name}: {} {unit}", short(figure)), figure / ours, f64::INFINITY, "-".into())
            }
        };
        let verdict = if limit.is_infinite() {
            wanted.clone()
        } else if ours <= limit {
            format!("{wanted}: met")
        } else {
            format!("{wanted}: MISSED")
        };
        let figure = format!("{} {unit}", short(ours));
        println!("{what:<48} {figure:>10}  {compared:<34} {:>8}  {verdict}", format!("{}×", short(ratio)));
        if ours > limit * noise {
            self.missed.push(format!("{what}: {figure}, {wanted}"));
        }
    }

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

    /// Seconds from the start of a worker to its first request for work.
    fn first_next(&self) -> f64 {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let started = Instant::now();
        let mut worker = self
            .command(&["worker"])
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
            Err(error) if started.elapsed() > Duration::from_secs(10) => panic!("no worker came: {error}"),
            Err(_) => thread::sleep(Duration::from_micros(50)),
        }
    }
}

fn checked(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn timed(command: &mut Command) -> f64 {
    let started = Instant::now();
    checked(command);
    started.elapsed().as_secs_f64()
}

fn number(output: &Output) -> f64 {
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

fn median(runs: usize, mut run: impl FnMut() -> f64) -> f64 {
    let mut figures: Vec<f64> = (0..runs).map(|_| run()).collect();
    figures.sort_by(f64::total_cmp);
    figures[runs / 2]
}

/// Three digits that matter.
fn short(figure: f64) -> String {
    match figure {
        f if f >= 100.0 => format!("{f:.0}"),
        f if f >= 10.0 => format!("{f:.1}"),
        f => format!("{f:.2}"),
    }
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

/// The machine in a line.
fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let system = system.unwrap_or("").trim_matches('"');
    format!("{cores} cores, {}, {system}; medians", model.unwrap_or("unknown processor"))
}
