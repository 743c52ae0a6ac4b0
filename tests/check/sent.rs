use super::{Folder, finds, finds_what_fails, is_right};

#[test]
fn an_open_file_is_named_with_the_way_to_it() {
    finds_what_fails(
        "local log = io.open('log.txt', 'w')
local function work(x)
  log:write(x)
  return x
end
lithops.map(work, { 1 })",
        "6:13: error: cannot send upvalue `log` of function `work` (pipeline.lua:2): opened by io.open at line 1; open it \
         inside the function [unsendable]",
        "cannot send upvalue `log` of function `work` (pipeline.lua:2): userdata FILE* (open it inside the function)",
    );
    finds_what_fails(
        "local cfg = { name = 'a', db = { assert(io.open('log.txt', 'w')) } }
lithops.map(function() return cfg.name end, { 1 })",
        "2:13: error: cannot send upvalue `cfg`.db[1] of function (pipeline.lua:2): opened by io.open at line 1; open it \
         inside the function [unsendable]",
        "cannot send upvalue `cfg`.db[1] of function (pipeline.lua:2): userdata FILE*",
    );
    finds_what_fails(
        "local cfg = {}
cfg.out = io.tmpfile()
lithops.call_async(function() cfg.out:write('a') end)",
        "3:20: error: cannot send upvalue `cfg`.out of function (pipeline.lua:3): opened by io.tmpfile at line 2; open it \
         inside the function [unsendable]",
        "cannot send upvalue `cfg`.out of function (pipeline.lua:3): userdata FILE*",
    );
}

#[test]
fn what_other_functions_hold_counts() {
    finds_what_fails(
        "local log = io.open('log.txt', 'w')
local function note(text) log:write(text) end
local function work(x) note(x) return x end
lithops.map(work, { 1 })",
        "4:13: error: cannot send upvalue `log` of function `note` (pipeline.lua:2): opened by io.open at line 1; open it \
         inside the function [unsendable]",
        "cannot send upvalue `log` of function `note` (pipeline.lua:2)",
    );
    finds_what_fails(
        "out = io.open('log.txt', 'w')
function note(text) out:write(text) end
lithops.map(function(x) note(x) return x end, { 1 })",
        "3:13: error: cannot send global `out` of function `note` (pipeline.lua:2): opened by io.open at line 1; open it \
         inside the function [unsendable]",
        "cannot send global `out` of function `note` (pipeline.lua:2)",
    );
    finds_what_fails(
        "local log = io.open('log.txt', 'w')
lithops.map(function(x) return (function() log:write(x) end)() end, { 1 })",
        "2:13: error: cannot send upvalue `log` of function (pipeline.lua:2): opened by io.open at line 1; open it \
         inside the function [unsendable]",
        "cannot send upvalue `log` of function",
    );
}

#[test]
fn coroutines_iterators_and_memory_cannot_be_sent() {
    for (value, made, words) in [
        ("coroutine.wrap(print)", "made by coroutine.wrap at line 1; create it inside the function", "a coroutine"),
        ("coroutine.create(print)", "made by coroutine.create at line 1; create it inside the function", "a coroutine"),
        (
            "('a b'):gmatch('%a')",
            "an iterator of `gmatch` at line 1; begin the iteration inside the function",
            "a C function",
        ),
        (
            "string.gmatch('a b', '%a+')",
            "an iterator of string.gmatch at line 1; begin the iteration inside the function",
            "an iterator",
        ),
        (
            "io.lines('pipeline.lua')",
            "an iterator of io.lines at line 1; open it inside the function",
            "an iterator over an open file",
        ),
        ("require('ffi').new('int[4]')", "made by ffi.new at line 1; make it inside the function", "cdata int [4]"),
    ] {
        let script = format!("local x = {value}\nlithops.map(function() return x end, {{ 1 }})");
        let expected =
            format!("2:13: error: cannot send upvalue `x` of function (pipeline.lua:2): {made} [unsendable]");
        finds_what_fails(&script, &expected, words);
    }
}

#[test]
fn elements_are_looked_at_too() {
    finds_what_fails(
        "local file = io.tmpfile()\nlithops.map(function(f) return f:read() end, { 'a', file })",
        "2:53: error: cannot send element 2 of the input: opened by io.tmpfile at line 1; open it inside the function \
         [unsendable]",
        "cannot send element 2 of the input: userdata FILE*",
    );
}

#[test]
fn executors_pools_and_datasets_send_functions() {
    let expected = "cannot send upvalue `f` of function";
    for start in [
        "lithops.FunctionExecutor():map(function() return f end, { 1 })",
        "local e = lithops.LocalhostExecutor()\ne:call_async(function() return f end)",
        "lithops.map_reduce(function(x) return x end, { 1 }, function() return f end)",
        "local dataset = require 'dataset'\ndataset.from_list({ 1 }):filter(function() return f end):map(tostring):collect()",
    ] {
        let script = format!("local f = io.tmpfile()\n{start}");
        let found = super::found(&script);
        assert!(found.len() == 1 && found[0].contains(expected), "{script}: {found:?}");
        let run = super::support::run(&script);
        assert!(run.code == Some(1) && run.err.contains("userdata FILE*"), "{run:?}");
    }
}

#[test]
fn what_is_not_sent_or_is_made_in_the_worker_is_left_alone() {
    is_right(
        "local log = io.open('log.txt', 'w')
        local function report(x) log:write(x, '\\n') end
        local out = io.stdout
        local maybe = arg[1] and io.open(arg[1])
        local closed = io.open('log.txt')
        closed:close()
        closed = nil
        local function read(name) local f = io.open(name) return f and f:read('*a') end
        for _, x in ipairs(lithops.get_result(lithops.map(function(x)
          out:write('x\\n')
          return (read('none') or maybe or closed or '') .. x
        end, { 'a' }))) do report(x) end
        local ffi = require 'ffi'
        local number = ffi.new('int64_t', 4)
        assert(lithops.call_async(function() return number + 1 end):result() == 5)",
    );
    // Set only behind the call.
    is_right(
        "log = nil
        lithops.get_result(lithops.map(function(x) return log end, { 1 }))
        log = io.open('log.txt', 'w')",
    );
}

#[test]
fn what_a_script_may_have_cleared_is_left_alone() {
    for cleared in [
        "local r = { file = io.open('y', 'w') } r.file:close() r['file'] = nil",
        "local r = { file = io.tmpfile() } r.file = nil",
        "r = { file = io.tmpfile() } r.file = nil",
        "local r = { file = io.tmpfile() } rawset(r, 'file', nil)",
        "local r = {} r.file = io.tmpfile() rawset(r, 'file', nil)",
        "local r = { file = io.tmpfile() } local function clear(t) t.file = nil end clear(r)",
        "local r = { file = io.tmpfile() } local function clear() r.file = nil end clear()",
        "local r = { file = io.tmpfile() } function r:close() self.file = nil end r:close()",
        "local r = { file = io.tmpfile() } local same = r same.file = nil",
        "local r = { file = io.tmpfile() } for _, name in ipairs({ 'file' }) do r[name] = nil end",
        "local r = { file = io.tmpfile() } local all = { r } all[1].file = nil",
        "local r = { log = { file = io.tmpfile() } } r.log.file = nil",
        "local r = { log = { file = io.tmpfile() } } local function clear(t) t.log.file = nil end clear(r)",
        "local r = { log = { file = io.tmpfile() } } r.log = nil",
        "local r = { io.tmpfile() } r[1] = nil",
    ] {
        is_right(&format!("{cleared}\nlithops.get_result(lithops.map(function(x) return r.name or x end, {{ 1 }}))"));
    }
    for data in ["{ io.tmpfile(), 1 } table.remove(data, 1)", "{ io.tmpfile() } data[1] = 1"] {
        is_right(&format!("local data = {data}\nlithops.get_result(lithops.map(function(x) return x end, data))"));
    }
    // Set only behind the call.
    is_right(
        "local r = {}\nlithops.get_result(lithops.map(function(x) return r.n or x end, { 1 }))\nr.log = io.tmpfile()",
    );
}

#[test]
fn what_stays_in_a_table_is_found_whatever_else_changes() {
    finds_what_fails(
        "local cfg = { n = 1, log = io.tmpfile() }
cfg.n = 2
lithops.map(function() return cfg.n end, { 1 })",
        "3:13: error: cannot send upvalue `cfg`.log of function (pipeline.lua:3): opened by io.tmpfile at line 1; open it \
         inside the function [unsendable]",
        "cannot send upvalue `cfg`.log of function",
    );
    finds_what_fails(
        "local db = {}
local cfg = { db = db }
db.log = io.tmpfile()
lithops.map(function() return cfg.n end, { 1 })",
        "4:13: error: cannot send upvalue `cfg`.db.log of function (pipeline.lua:4): opened by io.tmpfile at line 3; open it \
         inside the function [unsendable]",
        "cannot send upvalue `cfg`.db.log of function",
    );
    // Each call is looked at for itself: what comes late for the first is there for the second.
    finds(
        "function note(x) return log and x end
lithops.map(note, { 1 })
log = io.tmpfile()
lithops.map(note, { 1 })",
        &[
            "1:25: warning: function `note` (pipeline.lua:1) is sent before `log` is set in line 3, and finds nil; set it before \
           [set-too-late]",
            "4:13: error: cannot send global `log` of function `note` (pipeline.lua:1): opened by io.tmpfile at line 3; open it \
           inside the function [unsendable]",
        ],
    );
}

#[test]
fn libraries_of_c_are_not_sent() {
    let folder = Folder::with(
        "local here = require 'made_of_c'
lithops.map(function() return here.x end, { 1 })
lithops.map(function() return require('made_of_c').x end, { 1 })",
    );
    // Nothing loads it: that it is there is enough.
    folder.write("made_of_c.so", "");
    let run = folder.run(&["check", "pipeline.lua"]);
    assert_eq!(run.code, Some(1));
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(
        lines,
        [
            "pipeline.lua:2:13: error: cannot send upvalue `here` of function (pipeline.lua:2): module `made_of_c`, a \
             library of C, required at line 1; require it inside the function [unsendable]",
            "pipeline.lua:3:31: warning: module `made_of_c` is a C library, `./made_of_c.so`, which is not sent: a worker \
             needs it where it runs [c-module]",
        ]
    );
}

#[test]
fn a_function_that_returns_nothing_is_named_where_its_results_are_used() {
    finds(
        "local function double(x) local y = 2 * x end
local results = lithops.get_result(lithops.map(double, { 1 }))
print(results[1])",
        &[
            "2:48: warning: function `double` (pipeline.lua:1) never returns a value, but its results are used in line 2 \
           [no-result]",
        ],
    );
    finds(
        "local futures = lithops.map(function(x) print(x) end, { 1 })
for _, x in ipairs(futures:get_result()) do print(x) end",
        &[
            "1:29: warning: function (pipeline.lua:1) never returns a value, but its results are used in line 2 [no-result]",
        ],
    );
    finds(
        "local function add(list) local sum = #list return sum end
print(lithops.map_reduce(function(x) x = x * 2 end, { 1 }, add):get_result())",
        &[
            "2:26: warning: function (pipeline.lua:2) never returns a value, and the reducer gets nothing from it [no-result]",
        ],
    );
    // Nobody uses them; or errors are what is wanted.
    is_right(
        "local function note(x) io.stderr:write('') end
        lithops.get_result(lithops.map(note, { 1 }))
        lithops.map(note, { 1 }):get_result()
        local unused = lithops.get_result(lithops.map(note, { 1 }))
        local function fail() error('no') end
        local failed = lithops.get_result(lithops.map(fail, { 1 }), { throw_except = false })
        print(failed[1].kind)
        local function branch(x) if x then return 1 end end
        print(lithops.call_async(branch, 1):result())",
    );
}

#[test]
fn what_a_worker_changes_is_a_copy() {
    finds(
        "local count = 0
lithops.get_result(lithops.map(function(x) count = count + x return x end, { 1, 2 }))
print(count)",
        &[
            "2:44: warning: function (pipeline.lua:2) changes a copy of `count` in its worker, and line 3 reads what is here; \
           return the value instead [changed-copy]",
        ],
    );
    finds(
        "results = {}
local function work(x) results[x] = x * x end
lithops.get_result(lithops.map(work, { 1, 2 }))
print(results[1])",
        &[
            "2:24: warning: function `work` (pipeline.lua:2) changes a copy of `results` in its worker, and line 4 reads what \
           is here; return the value instead [changed-copy]",
        ],
    );
    // A worker's own cache; a function that the script calls, too; a value that is set anew.
    is_right(
        "local cache = {}
        local function slow(x) cache[x] = cache[x] or x * x return cache[x] end
        print(#lithops.get_result(lithops.map(slow, { 1, 1 })))
        local seen = {}
        local function see(x) seen[x] = true return x end
        lithops.get_result(lithops.map(see, { 1 }))
        see(2)
        print(seen[2])
        local n = 0
        lithops.get_result(lithops.map(function(x) n = n + 1 return n end, { 1 }))
        n = 5
        print(n)",
    );
}

#[test]
fn what_is_set_after_the_function_is_sent_comes_too_late() {
    finds(
        "local futures = lithops.map(function(x) return x * scale end, { 1 })
scale = 10
lithops.get_result(futures)",
        &[
            "1:52: warning: function (pipeline.lua:1) is sent before `scale` is set in line 2, and finds nil; set it before \
           [set-too-late]",
        ],
    );
    finds(
        "local helper
lithops.map(function(x) return helper(x) end, { 1 })
function helper(x) return x end",
        &[
            "2:32: warning: function (pipeline.lua:2) is sent before `helper` is set in line 3, and finds nil; set it before \
           [set-too-late]",
        ],
    );
    is_right(
        "local last
        for i = 1, 2 do
          print(lithops.call_async(function() return (last or 0) + 1 end):result())
          last = i
        end
        local function start() return lithops.call_async(function() return scale * 2 end):result() end
        scale = 4
        print(start())",
    );
}
