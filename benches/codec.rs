//! How fast the codec is: `cargo bench --bench codec`. Ratios are to the goal (50 MB/s) and to Python's pickle, in the same run.
//!
//! Ends with status 1 if the captured table misses the goal by more than what a busy machine explains: how slow memory is at the
//! moment is measured by plain Lua in the same run.

use std::process::{Command, exit};
use std::rc::Rc;
use std::time::{Duration, Instant};

use lithops_lua::codec::{
    Codec, DecodeOptions, EncodeOptions, EncodedList, Globals, Handles, Module, ModuleSource, Modules, Surroundings,
    Trust, Verified,
};
use mlua::{AnyUserData, Lua, Table, Value};

const RUNS: usize = 7;
const GOAL_MB_S: f64 = 50.0;
/// The goal may be missed by this factor before the run fails, as in `benches/local.rs`: other processes want the cores, too.
const NOISE: f64 = 1.5;
/// What `interning` takes on a quiet machine of two cores, where the goal holds; when it takes longer, so does all the rest.
const INTERNING_MS: f64 = 100.0;

struct Nothing;

impl Modules for Nothing {
    fn find(&self, _: &Lua, _: &str) -> Option<Module> {
        None
    }
    fn provide(&self, _: &str, _: ModuleSource) {}
}

impl Handles for Nothing {
    fn save(&self, _: &Lua, _: &AnyUserData) -> Option<Result<Vec<u8>, String>> {
        None
    }
    fn restore(&self, _: &Lua, _: &[u8]) -> mlua::Result<Value> {
        Err(mlua::Error::runtime("no handles here"))
    }
}

fn side() -> (Lua, Codec) {
    // SAFETY: the benchmark's own scripts only.
    let lua = unsafe { Lua::unsafe_new() };
    let codec =
        Codec::new(&lua, Surroundings { modules: Rc::new(Nothing), handles: Rc::new(Nothing) }).expect("a codec");
    (lua, codec)
}

fn median(mut run: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS).map(|_| run()).collect();
    times.sort();
    times[RUNS / 2]
}

fn mb_s(bytes: usize, time: Duration) -> f64 {
    bytes as f64 / 1e6 / time.as_secs_f64()
}

/// Times of a message of so many bytes.
struct Figures {
    bytes: usize,
    encode: Duration,
    decode: Duration,
}

impl Figures {
    fn each(&self) -> [(&'static str, Duration); 2] {
        [("encode", self.encode), ("decode", self.decode)]
    }

    /// What misses the goal by more than the noise, on a machine that is so many times as slow as usual at the moment.
    fn missed(&self, slowness: f64) -> Vec<String> {
        let allowed = NOISE * slowness.max(1.0);
        let too_slow = self.each().into_iter().filter(|(_, time)| mb_s(self.bytes, *time) * allowed < GOAL_MB_S);
        too_slow.map(|(what, time)| format!("{what}: {:.0} MB/s", mb_s(self.bytes, time))).collect()
    }
}

fn report(name: &str, figures: &Figures) {
    let bytes = figures.bytes;
    for (what, time) in figures.each() {
        let speed = mb_s(bytes, time);
        let ms = time.as_secs_f64() * 1e3;
        println!(
            "{name}: {what} {speed:.0} MB/s ({:.1} times the goal), {ms:.1} ms for {:.1} MB",
            speed / GOAL_MB_S,
            bytes as f64 / 1e6
        );
    }
}

fn whole(name: &str, make: &str) -> Figures {
    let (here, codec) = side();
    let value: Value = here.load(make).eval().expect("a value");
    let values = [value];
    let options = EncodeOptions::new("the table");
    let mut bytes = Vec::new();
    let encode = median(|| {
        let start = Instant::now();
        bytes = codec.encode(&here, &values, &options).expect("a message").bytes;
        start.elapsed()
    });
    // A worker is a fresh VM in a fresh heap: decoding must neither profit from strings that are interned already, nor suffer from
    // the fragments of an earlier VM.
    let mut kept = Vec::new();
    let decode = median(|| {
        let (there, codec) = side();
        let trust = Trust::Verified(Verified::by_channel());
        let start = Instant::now();
        let values = codec.decode(&there, &bytes, DecodeOptions { trust, globals: Globals::Set });
        let time = start.elapsed();
        kept.push((values.expect("values"), there));
        time
    });
    let figures = Figures { bytes: bytes.len(), encode, decode };
    report(name, &figures);
    figures
}

/// What LuaJIT itself takes for the strings alone, in milliseconds: most of decoding is to intern them.
fn interning() -> f64 {
    const CODE: &str = "
local blob, sub, t, at = ..., string.sub, {}, 1
for i = 1, 500000 do t[i] = sub(blob, at, at + 14) at = at + 15 end
return t";
    let mut state = 88_172_645_463_325_252u64;
    let mut letter = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b'a' + (state >> 24) as u8 % 26
    };
    let blob: Vec<u8> = (0..500_000 * 15).map(&mut letter).collect();
    let mut kept = Vec::new();
    let time = median(|| {
        let (lua, _) = side();
        lua.gc_stop();
        let blob = lua.create_string(&blob).expect("a string");
        let start = Instant::now();
        let made: Table = lua.load(CODE).call(blob).expect("strings");
        let time = start.elapsed();
        kept.push((made, lua));
        time
    });
    let time_ms = time.as_secs_f64() * 1e3;
    println!("  500,000 new strings of 15 letters in plain Lua take {time_ms:.1} ms");
    time_ms
}

fn list(name: &str, element: &str) {
    const COUNT: i64 = 100_000;
    let (here, codec) = side();
    let make = format!("local t = {{}} for i = 1, {COUNT} do t[i] = {element} end return t");
    let list: Table = here.load(make).eval().expect("a list");
    let options = EncodeOptions::new("the input");
    let mut out = EncodedList::default();
    let encode = median(|| {
        out.clear();
        let start = Instant::now();
        codec.encode_list(&here, &list, 1..=COUNT, None, &options, &mut out).expect("messages");
        start.elapsed()
    });
    let trust = Trust::Untrusted;
    let (there, codec) = side();
    let decode = median(|| {
        let results = there.create_table().expect("a table");
        let start = Instant::now();
        let options = DecodeOptions { trust, globals: Globals::Set };
        codec.decode_list(&there, out.iter(), &results, 1, options).expect("values");
        start.elapsed()
    });
    let each = |time: Duration| time.as_nanos() as f64 / COUNT as f64;
    println!("list of {name}: encode {:.0} ns, decode {:.0} ns an element", each(encode), each(decode));
}

/// Words of 10 to 20 letters.
const WORDS: &str = "
local seed = 42
local function word()
  local letters = {}
  for i = 1, 10 + seed % 11 do
    seed = (seed * 1103515 + 12345) % 2147483648
    letters[i] = string.char(97 + math.floor(seed / 65536) % 26)
  end
  return table.concat(letters)
end
";

/// The same table through pickle: milliseconds to encode and decode.
const PICKLE: &str = "
import pickle, time
seed = 42
def word():
    global seed
    letters = []
    for i in range(10 + seed % 11):
        seed = (seed * 1103515 + 12345) % 2147483648
        letters.append(chr(97 + seed // 65536 % 26))
    return ''.join(letters)
t = []
for i in range(1, 500001):
    t.append(i / 7)
    t.append(word())
def median(f):
    times = []
    for _ in range(5):
        start = time.perf_counter(); f(); times.append(time.perf_counter() - start)
    return sorted(times)[2] * 1000
data = pickle.dumps(t, protocol=5)
print(median(lambda: pickle.dumps(t, protocol=5)), median(lambda: pickle.loads(data)))
";

fn main() {
    let mixed = format!(
        "{WORDS} local t = {{}} for i = 1, 500000 do t[2 * i - 1] = i / 7 t[2 * i] = word() end
         return function(i) return t[i] end"
    );
    let captured = whole("a captured table of 1,000,000 numbers and strings", &mixed);
    match Command::new("python3").args(["-c", PICKLE]).output() {
        Ok(output) if output.status.success() => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let mut times = text.split_whitespace().filter_map(|time| time.parse::<f64>().ok());
            for (what, ours) in captured.each() {
                if let Some(pickle) = times.next() {
                    println!(
                        "  pickle's {what} takes {pickle:.1} ms: {:.1} times ours",
                        pickle / (ours.as_secs_f64() * 1e3)
                    );
                }
            }
        }
        _ => println!("  no python3 to compare with"),
    }
    let slowness = interning() / INTERNING_MS;
    // LuaJIT's hash looks at 16 bytes at most, which makes strings that differ in few digits dear to intern.
    let numbered =
        "local t = {} for i = 1, 500000 do t[2 * i - 1] = i * 1.5 t[2 * i] = 'string ' .. i * 7919 end return t";
    whole("the same with numbered strings", numbered);
    whole(
        "300,000 records of three fields",
        "local t = {} for i = 1, 300000 do t[i] = {id = i, name = 'n' .. i % 1000, x = i / 3} end return t",
    );
    whole("a map of 500,000 strings", "local t = {} for i = 1, 500000 do t['key ' .. i] = i end return t");
    whole("a string of 64 MB", "return ('x'):rep(64e6)");
    list("integers", "i");
    list("short strings", "'item ' .. i");
    list("small tables", "{i, name = 'x'}");

    let missed = captured.missed(slowness);
    for figure in &missed {
        println!("missed by more than {NOISE} times: the captured table, {figure}, goal {GOAL_MB_S} MB/s");
    }
    exit(i32::from(!missed.is_empty()));
}
