//! Counting the words of 64 MB in 16 objects, by a dataset and in plain Lua, against Python in the same run; and sorting their
//! lines: `cargo bench --bench dataset`, with `-- --large` for a gigabyte too.
//!
//! Ends with status 1 if a target is missed by more than what a busy machine explains.

#[path = "support/program.rs"]
#[allow(dead_code, reason = "other benchmarks use the rest")]
mod program;
#[path = "support/table.rs"]
#[allow(dead_code, reason = "other benchmarks use the rest")]
mod table;

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Instant;

use program::checked;
use table::{Table, Target, median};
use tempfile::TempDir;

const OBJECTS: usize = 16;
const OBJECT_BYTES: usize = 4 << 20;
const DIFFERENT_WORDS: usize = 20_000;
const RUNS: usize = 7;

const BY_DATASET: &str = r#"
local dataset = require "dataset"
local top = dataset.read_text("local://lithops/text/"):words({ pattern = "%a+" }):count_by_value():top(3):collect()
for _, pair in ipairs(top) do print(pair.key, pair.value) end"#;

const IN_PLAIN_LUA: &str = r#"
local function count(obj)
  local counts = {}
  for line in obj:lines() do
    for word in line:gmatch("%a+") do
      counts[word] = (counts[word] or 0) + 1
    end
  end
  return counts
end
local function add_up(parts)
  local sum = {}
  for _, part in ipairs(parts) do
    for word, n in pairs(part) do
      sum[word] = (sum[word] or 0) + n
    end
  end
  return sum
end
local sum = lithops.get_result(lithops.map_reduce(count, "local://lithops/text/", add_up))
local ranking = {}
for word in pairs(sum) do ranking[#ranking + 1] = word end
table.sort(ranking, function(a, b) return sum[a] > sum[b] or sum[a] == sum[b] and a < b end)
for i = 1, 3 do print(ranking[i], sum[ranking[i]]) end"#;

/// With a custom reduction, which nothing in the library knows.
const BY_REDUCTION: &str = r#"
local dataset = require "dataset"
local top = dataset.read_text("local://lithops/text/")
  :flat_map(function(line) return line:gmatch("%a+") end)
  :map(function(word) return { key = word, value = 1 } end)
  :reduce_by_key(function(a, b) return a + b end)
  :top(3):collect()
for _, pair in ipairs(top) do print(pair.key, pair.value) end"#;

const SORT: &str = r#"
local dataset = require "dataset"
dataset.read_text("local://lithops/" .. arg[1]):sort_by():write_text("local://lithops/sorted/", { overwrite = true })"#;

/// The peer: `multiprocessing.Pool(2)`. Words are what `%a+` matches; or, as its second argument says, what is between spaces, for which
/// Python has a function of its own.
const PYTHON: &str = r#"
import collections, glob, multiprocessing, re, sys

words = str.split if sys.argv[2] == 'split' else re.compile('[A-Za-z]+').findall

def count(path):
    counts = {}
    with open(path) as file:
        for line in file:
            for word in words(line):
                counts[word] = counts.get(word, 0) + 1
    return counts

if __name__ == '__main__':
    with multiprocessing.Pool(2) as pool:
        total = collections.Counter()
        for counts in pool.map(count, sorted(glob.glob(sys.argv[1] + '/*'))):
            total.update(counts)
    for word, n in sorted(total.items(), key=lambda item: (-item[1], item[0]))[:3]:
        print(word, n, sep='\t')
"#;

/// Home of all that runs.
struct Bench(TempDir);

fn main() -> ! {
    let bench = Bench(tempfile::tempdir().expect("a folder"));
    fs::write(bench.0.path().join("peer.py"), PYTHON).expect("a writable folder");
    bench.write_objects("text", OBJECTS);
    let python = Command::new("python3").arg("-V").output().is_ok_and(|output| output.status.success());
    let mut table = Table::begin();

    let (dataset, counted) = bench.timed(|bench| bench.script(BY_DATASET, &[]));
    let (plain, plain_counted) = bench.timed(|bench| bench.script(IN_PLAIN_LUA, &[]));
    let (reduction, reduced) = bench.timed(|bench| bench.script(BY_REDUCTION, &[]));
    assert!(counted == plain_counted && counted == reduced, "{counted}{plain_counted}{reduced}");
    let peers =
        python.then(|| (bench.timed(|bench| bench.python("letters")), bench.timed(|bench| bench.python("split"))));
    match peers {
        Some(((peer, peer_counted), (split, split_counted))) => {
            assert!(counted == peer_counted && counted == split_counted, "{counted}{peer_counted}{split_counted}");
            let target = |times| Target::Peer { name: "Python's Pool(2)", figure: peer, times };
            table.row("words of 64 MB, dataset", "s", dataset, target(5.0));
            table.row("words of 64 MB, plain Lua", "s", plain, target(2.0));
            table.row("words of 64 MB, flat_map and reduce_by_key", "s", reduction, target(0.0));
            let by_split = || Target::Peer { name: "Pool(2) with str.split", figure: split, times: 0.0 };
            table.row("words of 64 MB, dataset", "s", dataset, by_split());
            table.row("words of 64 MB, plain Lua", "s", plain, by_split());
        }
        None => {
            println!("words of 64 MB: dataset {dataset:.2} s, plain Lua {plain:.2} s, reduce_by_key {reduction:.2} s");
            println!("python3 is not here: nothing was compared with it");
        }
    }

    let sort = |what: &str, prefix: &str, options: &[&str], runs: usize, table: &mut Table| {
        let ours = median(runs, || seconds(&mut bench.command(&[options, &["-e", SORT, prefix][..]].concat())));
        let folder = bench.objects(prefix);
        let line = format!("cat {0}* | LC_ALL=C sort --parallel=2 > {0}.sorted && rm {0}.sorted", folder.display());
        let peer = median(runs, || seconds(Command::new("sh").args(["-c", &line])));
        table.row(what, "s", ours, Target::Peer { name: "sort --parallel=2", figure: peer, times: 0.0 });
    };
    sort("lines of 64 MB in order", "text/", &[], 3, &mut table);
    if std::env::args().any(|argument| argument == "--large") {
        bench.write_objects("large", 256);
        sort(
            "lines of 1 GB in order, workers of 256 MB",
            "large/",
            &["-o", "localhost.runtime_memory=256"],
            1,
            &mut table,
        );
    }
    table.end()
}

impl Bench {
    /// Where the local storage keeps the objects of a prefix.
    fn objects(&self, prefix: &str) -> std::path::PathBuf {
        self.0.path().join(".lithops/storage/lithops").join(prefix)
    }

    /// Lines of twelve words, of which few are frequent and many rare, as in a language. The same each time.
    fn write_objects(&self, prefix: &str, count: usize) {
        let mut state = 7u64;
        let mut draw = move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize
        };
        let words: Vec<String> = (0..DIFFERENT_WORDS)
            .map(|_| (0..2 + draw() % 9).map(|_| char::from(b'a' + (draw() % 26) as u8)).collect())
            .collect();
        let folder = self.objects(prefix);
        fs::create_dir_all(&folder).expect("a writable folder");
        for object in 0..count {
            let mut text = Vec::with_capacity(OBJECT_BYTES + 200);
            while text.len() < OBJECT_BYTES {
                for place in 0..12 {
                    // A power of a uniform number: word n comes about as often as 1 / n.
                    let share = draw() as f64 / 2f64.powi(31);
                    let word = &words[((DIFFERENT_WORDS as f64).powf(share) - 1.0) as usize];
                    text.extend_from_slice(word.as_bytes());
                    text.push(if place == 11 { b'\n' } else { b' ' });
                }
            }
            let mut file = fs::File::create(folder.join(format!("{object:04}"))).expect("a writable folder");
            file.write_all(&text).expect("room for the input");
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lithops-lua"));
        command.args(["-o", "localhost.max_workers=2"]).args(arguments);
        command.current_dir(self.0.path()).env("HOME", self.0.path()).stdin(Stdio::null());
        for name in ["LITHOPS_CONFIG", "LITHOPS_CONFIG_FILE", "LITHOPS_LOG", "LUA_PATH", "LUA_CPATH"] {
            command.env_remove(name);
        }
        command
    }

    fn script(&self, code: &str, arguments: &[&str]) -> Command {
        self.command(&[&["-e", code][..], arguments].concat())
    }

    fn python(&self, words: &str) -> Command {
        let mut command = Command::new("python3");
        command.args([self.0.path().join("peer.py"), self.objects("text")]).arg(words).stdin(Stdio::null());
        command
    }

    /// Seconds of a whole process, the median of several, and what it prints.
    fn timed(&self, command: impl Fn(&Bench) -> Command) -> (f64, String) {
        let printed = String::from_utf8_lossy(&checked(&mut command(self)).stdout).into_owned();
        (median(RUNS, || seconds(&mut command(self))), printed)
    }
}

fn seconds(command: &mut Command) -> f64 {
    let started = Instant::now();
    checked(command);
    started.elapsed().as_secs_f64()
}
