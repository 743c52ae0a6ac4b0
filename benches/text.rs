//! How fast `json`, `csv` and `text` are: `cargo bench --bench text`. Against targets in MB/s, Python's modules and plain Lua in the
//! same run.
//!
//! Ends with status 1 if a target is missed by more than what a busy machine explains.

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

/// Prints a figure a line: MB/s, medians.
const OURS: &str = r#"
local json, csv, text = require "json", require "csv", require "text"
local function load(path) local f = assert(io.open(path, "rb")) local s = f:read("*a") f:close() return s end
local function speed(bytes, f, ...)
  local times = {}
  for i = 1, 7 do
    collectgarbage() collectgarbage()
    local started = lithops.time()
    f(...)
    times[i] = lithops.time() - started
  end
  table.sort(times)
  print(bytes / 1e6 / times[4])
end
local records, lines, rows, prose = load "records.json", load "records.ndjson", load "rows.csv", load "prose.txt"
-- What is made for one figure does not live on into the next: the VM has one table of strings, and more in it is more to look through.
speed(#records, json.decode, records)
speed(#lines, function() for record in json.lines(lines) do end end)
local values = json.decode(records)
speed(#json.encode(values), json.encode, values)
values = nil
speed(#rows, csv.decode, rows)
speed(#rows, csv.decode, rows, { numbers = true })
speed(#rows, csv.decode, rows, { header = true, numbers = true })
speed(#rows, function() for row in csv.rows(rows) do end end)
local table_of_rows = csv.decode(rows)
speed(#rows, csv.encode, table_of_rows)
table_of_rows = nil
speed(#prose, function() text.counter():add_words(prose, { pattern = "%a+" }) end)
speed(#prose, function() text.counter():add_words(prose, { pattern = "%a+", lower = true }) end)
speed(#prose, function()
  local counts = {}
  for word in prose:gmatch("%a+") do counts[word] = (counts[word] or 0) + 1 end
end)
speed(#prose, text.words, prose)
"#;

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
    let figures = figures(&mut ours(&folder, OURS));
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
    ] = figures[..].try_into().expect("twelve figures");
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
    bench.row("counter:add_words, %a+, lower", count_lower, 200.0, Some(("a loop over gmatch", loop_)));
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

/// The numbers that a command prints, one a line.
fn figures(command: &mut Command) -> Vec<f64> {
    let output = checked(command);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| line.trim().parse().expect("a number")).collect()
}

struct Bench(Table);

impl Bench {
    /// A line against the target, and one against a peer. The table's figures are times: of a megabyte, here.
    fn row(&mut self, what: &str, ours: f64, target: f64, peer: Option<(&'static str, f64)>) {
        let time = 1e3 / ours;
        println!("{what}: {ours:.0} MB/s");
        self.0.row(&format!("{what}, a megabyte"), "ms", time, Target::Below(1e3 / target));
        if let Some((name, figure)) = peer {
            self.0.row("", "ms", time, Target::Peer { name, figure: 1e3 / figure, times: 1.0 });
        }
    }
}
