//! How fast `json`, `csv` and `text` are: `cargo bench --bench text`. Against targets in MB/s, Python's modules and plain Lua in the
//! same run.
//!
//! Ends with status 1 if a target is missed by more than what a busy machine explains: how slow memory is at the moment, which these
//! figures hang on, is measured beside each of them by a loop of plain Lua.

#[path = "support/program.rs"]
#[allow(dead_code, reason = "other benchmarks use the rest")]
mod program;
#[path = "support/table.rs"]
#[allow(dead_code, reason = "other benchmarks use the rest")]
mod table;

use std::process::Command;

use program::checked;
use table::{Table, Target};
use tempfile::TempDir;

/// Makes the inputs: records as a service would log them, and prose with the frequencies that words have.
const INPUTS: &str = r#"
math.randomseed(7)
local random = math.random
local names = {}
for i = 1, 20000 do
  local s = {}
  for j = 1, random(4, 10) do s[j] = string.char(96 + random(26)) end
  names[i] = table.concat(s)
end
-- Few names are frequent, and many rare, as anywhere.
local function name() return names[math.floor((#names) ^ random())] end
local function phrase(n)
  local s = {}
  for i = 1, n do s[i] = name() end
  return table.concat(s, " ")
end

local records, rows = {}, { "id,time,user,action,bytes,ratio,comment" }
for i = 1, 60000 do
  local user, time = name(), os.date("!%Y-%m-%dT%H:%M:%SZ", 1772000000 + math.floor(i / 5))
  records[i] = ('{"id":%d,"time":"%s","user":{"name":"%s","mail":"%s@example.org","age":%d},"tags":["%s","%s"],"score":%.4f,"active":%s,"at":[%.6f,%.6f],"note":"%s: \\"%s\\""}')
    :format(i, time, user, user, random(90), name(), name(), random() * 100, random() < 0.5 and "true" or "false",
      random() * 180, random() * 90, name(), phrase(random(8)))
  rows[i + 1] = ('%d,%s,%s,%s,%d,%.4f,"%s, %s"')
    :format(i, time, user, names[random(20)], random(1e6), random(), name(), phrase(random(8)))
end
local words = {}
for i = 1, 2e6 do words[i] = name() .. (random(12) == 1 and "," or "") end

local function save(path, text) local f = assert(io.open(path, "wb")) f:write(text) f:close() end
save("records.json", "[" .. table.concat(records, ",\n") .. "]")
save("records.ndjson", table.concat(records, "\n") .. "\n")
save("rows.csv", table.concat(rows, "\n") .. "\n")
save("prose.txt", table.concat(words, " "))
"#;

/// Before each figure, which has a process of its own: what is made for one does not live on into the next, since a VM has one table
/// of strings, and more in it is more to look through. Prints two medians: MB/s, and milliseconds that plain Lua takes for 100,000 new
/// strings: before or after, what is longer.
const PRELUDE: &str = r#"
local json, csv, text = require "json", require "csv", require "text"
local function load(path) local f = assert(io.open(path, "rb")) local s = f:read("*a") f:close() return s end
local function median(f, ...)
  local times = {}
  for i = 1, 7 do
    collectgarbage() collectgarbage()
    local started = lithops.time()
    f(...)
    times[i] = lithops.time() - started
  end
  table.sort(times)
  return times[4]
end
local function reference()
  local letters = {}
  for i = 1, 1.5e6 do letters[i] = string.char(96 + math.random(26)) end
  local blob = table.concat(letters)
  letters = nil
  return median(function()
    collectgarbage "stop"
    local sub, made, at = string.sub, {}, 1
    for i = 1, 1e5 do made[i] = sub(blob, at, at + 14) at = at + 15 end
    collectgarbage "restart"
  end)
end
local function speed(bytes, f, ...)
  local before, took = reference(), median(f, ...)
  print(bytes / 1e6 / took, math.max(before, reference()) * 1e3)
end
"#;

const OURS: [&str; 12] = [
    r#"local records = load "records.json" speed(#records, json.decode, records)"#,
    r#"local lines = load "records.ndjson" speed(#lines, function() for record in json.lines(lines) do end end)"#,
    r#"local records = json.decode(load "records.json") speed(#json.encode(records), json.encode, records)"#,
    r#"local rows = load "rows.csv" speed(#rows, csv.decode, rows)"#,
    r#"local rows = load "rows.csv" speed(#rows, csv.decode, rows, { numbers = true })"#,
    r#"local rows = load "rows.csv" speed(#rows, csv.decode, rows, { header = true, numbers = true })"#,
    r#"local rows = load "rows.csv" speed(#rows, function() for row in csv.rows(rows) do end end)"#,
    r#"local rows = csv.decode(load "rows.csv") speed(#csv.encode(rows), csv.encode, rows)"#,
    r#"local prose = load "prose.txt" speed(#prose, function() text.counter():add_words(prose, { pattern = "%a+" }) end)"#,
    r#"local prose = load "prose.txt"
speed(#prose, function() text.counter():add_words(prose, { pattern = "%a+", lower = true }) end)"#,
    r#"local prose = load "prose.txt"
speed(#prose, function()
  local counts = {}
  for word in prose:gmatch("%a+") do counts[word] = (counts[word] or 0) + 1 end
end)"#,
    r#"local prose = load "prose.txt" speed(#prose, text.words, prose)"#,
];

/// Each is measured in so many processes, of which the median counts: where the system puts the memory of one changes its figure by half.
const PROCESSES: usize = 5;
/// What the 100,000 strings take on a quiet machine of two cores, where the targets hold: the lowest that was seen.
const REFERENCE_MS: f64 = 10.0;

const PYTHON: &str = r#"
import collections, csv, io, json, re, time
def speed(size, f):
    times = []
    for _ in range(5):
        started = time.perf_counter(); f(); times.append(time.perf_counter() - started)
    print(size / 1e6 / sorted(times)[2])
records, rows, prose = (open(name, newline='').read() for name in ('records.json', 'rows.csv', 'prose.txt'))
values = json.loads(records)
table = list(csv.reader(io.StringIO(rows, newline='')))
speed(len(records), lambda: json.loads(records))
speed(len(records), lambda: json.dumps(values))
speed(len(rows), lambda: list(csv.reader(io.StringIO(rows, newline=''))))
def write():
    out = io.StringIO(); csv.writer(out).writerows(table)
speed(len(rows), write)
speed(len(prose), lambda: collections.Counter(re.findall('[A-Za-z]+', prose)))
"#;

fn main() -> ! {
    let folder = tempfile::tempdir().expect("a folder");
    checked(&mut ours(&folder, INPUTS));
    let figures = OURS.map(|code| {
        let mut measured: Vec<(f64, f64)> =
            (0..PROCESSES).map(|_| pair(&mut ours(&folder, &format!("{PRELUDE}{code}")))).collect();
        // By what the machine's pace leaves of each.
        measured.sort_by(|a, b| (a.0 * a.1).total_cmp(&(b.0 * b.1)));
        measured[PROCESSES / 2]
    });
    let [
        decode,
        lines,
        encode,
        csv_decode,
        csv_numbers,
        csv_named,
        csv_rows,
        csv_encode,
        count,
        count_lower,
        loop_,
        words,
    ] = figures;
    let mut python = Command::new("python3");
    python.args(["-c", PYTHON]).current_dir(folder.path());
    let is_there = Command::new("python3").arg("-V").output().is_ok_and(|output| output.status.success());
    let peers = if is_there { self::figures(&mut python) } else { Vec::new() };
    let peer = |place: usize, name| peers.get(place).map(|&figure| (name, figure));

    let mut bench = Bench(Table::begin());
    bench.row("json.decode", decode, 100.0, peer(0, "Python's json.loads"));
    bench.row("json.encode", encode, 100.0, peer(1, "Python's json.dumps"));
    bench.row("json.lines", lines, 50.0, None);
    bench.row("csv.decode, lists", csv_decode, 100.0, peer(2, "Python's csv.reader"));
    bench.row("csv.decode, lists, with numbers", csv_numbers, 100.0, None);
    bench.row("csv.decode, by name, with numbers", csv_named, 50.0, None);
    bench.row("csv.rows", csv_rows, 50.0, None);
    bench.row("csv.encode", csv_encode, 50.0, peer(3, "Python's csv.writer"));
    bench.row("counter:add_words, %a+", count, 250.0, peer(4, "Python's Counter"));
    bench.row("counter:add_words, %a+, lower", count_lower, 200.0, Some(("a loop over gmatch", loop_.0)));
    bench.row("text.words", words, 50.0, None);
    if !is_there {
        println!("python3 is not here: nothing was compared with it");
    }
    bench.0.end()
}

/// The program with a script, in the folder of the inputs.
fn ours(folder: &TempDir, code: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lithops-lua"));
    command.args(["-e", code]).current_dir(folder.path()).env("HOME", folder.path());
    command
}

/// The two numbers that a command prints.
fn pair(command: &mut Command) -> (f64, f64) {
    let output = checked(command);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text.split_whitespace().map(|number| number.parse().expect("a number"));
    (numbers.next().expect("a figure"), numbers.next().expect("the reference"))
}

/// The numbers that a command prints, one a line.
fn figures(command: &mut Command) -> Vec<f64> {
    let output = checked(command);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| line.trim().parse().expect("a number")).collect()
}

struct Bench(Table);

impl Bench {
    /// A line against the target, and one against a peer. The table's figures are times: of a megabyte, here.
    fn row(&mut self, what: &str, (ours, reference): (f64, f64), target: f64, peer: Option<(&'static str, f64)>) {
        let time = 1e3 / ours;
        let slowness = reference / REFERENCE_MS;
        println!("{what}: {ours:.0} MB/s; plain Lua's strings at {slowness:.2} times their usual time");
        let target = Target::Paced { limit: 1e3 / target, slowness };
        self.0.row(&format!("{what}, a megabyte"), "ms", time, target);
        if let Some((name, figure)) = peer {
            self.0.row("", "ms", time, Target::Peer { name, figure: 1e3 / figure, times: 1.0 });
        }
    }
}
