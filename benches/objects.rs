//! Stored objects as input against their listing: `cargo bench --bench objects`.
//!
//! Ends with status 1 if a target is missed by more than what a busy machine explains: times by 1.5, memory by nothing.

#[path = "support/program.rs"]
#[allow(dead_code, reason = "other benchmarks use the rest")]
mod program;
#[path = "support/table.rs"]
#[allow(dead_code, reason = "other benchmarks use the rest")]
mod table;

use std::fs;
use std::process::Command;

use program::checked;
use table::{Table, Target, median};

const OBJECTS: usize = 100_000;
const RUNS: usize = 7;

/// Lists all objects, then plans a job over them; prints the seconds of both, and the peak of memory in MiB. `map_reduce` returns
/// when it knows all its calls; the first of these are asleep meanwhile.
const PLAN: &str = r#"
local function seconds(f)
  local started = lithops.time()
  f()
  return lithops.time() - started
end
local s = lithops.storage
local listing = seconds(function() assert(#s:list_keys(nil, "data/") == tonumber(arg[1])) end)
local futures
local planning = seconds(function()
  local function map(obj) lithops.sleep(60) end
  futures = lithops.map_reduce(map, "local://" .. s.bucket .. "/data/", function() end)
end)
assert(#futures == tonumber(arg[1]) + 1)
local peak = io.open("/proc/self/status"):read("*a"):match("VmHWM:%s+(%d+) kB") / 1024
print(listing, planning, peak)
io.stdout:flush()
os.exit(0)
"#;

/// Lists all objects with what a plan needs of them, their sizes and etags, in a process of its own: the list is large. The listing of
/// their keys comes first, as it does before the plan.
const LIST: &str = r#"
local s = lithops.storage
assert(#s:list_keys(nil, "data/") == tonumber(arg[1]))
local started = lithops.time()
assert(#s:list_objects(nil, "data/") == tonumber(arg[1]))
print(lithops.time() - started)
"#;

fn main() -> ! {
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("store/main/data");
    for i in 0..OBJECTS {
        let within = store.join(format!("{:03}", i % 100));
        if i < 100 {
            fs::create_dir_all(&within).expect("a folder");
        }
        fs::write(within.join(format!("{i:06}")), "x").expect("an object");
    }
    fs::write(folder.path().join("plan.lua"), PLAN).expect("a script");
    let config = "localhost: {storage_root: store, storage_bucket: main, max_workers: 1}\n";
    fs::write(folder.path().join(".lithops_config"), config).expect("a configuration");

    fs::write(folder.path().join("list.lua"), LIST).expect("a script");
    let numbers = |script: &str| -> Vec<f64> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lithops-lua"));
        command.args([script, &OBJECTS.to_string()]).current_dir(folder.path()).env("HOME", folder.path());
        let output = checked(&mut command);
        let printed = String::from_utf8_lossy(&output.stdout);
        printed.split_whitespace().map(|number| number.parse().expect("a number")).collect()
    };

    let mut figures = [const { Vec::new() }; 4];
    for _ in 0..RUNS {
        let of_run = [numbers("plan.lua"), numbers("list.lua")].concat();
        figures.iter_mut().zip(of_run).for_each(|(figures, number)| figures.push(number));
    }
    let [listing, planning, peak, whole_listing] = figures.map(|figures| {
        let mut figures = figures.into_iter();
        median(RUNS, || figures.next().expect("a figure of each run"))
    });
    let mut table = Table::begin();
    // Planning lists the objects itself: twice as long means that all else costs as much again.
    let target = Target::Peer { name: "list_keys of them", figure: listing * 1e3, times: 0.5 };
    table.row("a job over 100,000 objects, planned", "ms", planning * 1e3, target);
    let target = Target::Peer { name: "list_objects of them", figure: whole_listing * 1e3, times: 1.0 };
    table.row("the same, which has to know sizes and etags", "ms", planning * 1e3, target);
    table.row("memory of the driver with that plan", "MiB", peak, Target::Strictly(100.0));
    table.end()
}
