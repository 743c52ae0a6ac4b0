use super::{finds, finds_what_fails, is_right};

#[test]
fn the_function_comes_first() {
    finds_what_fails(
        "local function f(x) return x end\nlithops.map({ 1, 2 }, f)",
        "2:13: error: the function comes first: `map(fn, data)` [swapped-arguments]",
        "the function comes first",
    );
    finds_what_fails(
        "local add = function(list) return #list end\nlithops.map_reduce(function(x) return x end, add, { 1 })",
        "2:46: error: the function that reduces comes last: `map_reduce(map_fn, data, reduce_fn)` [swapped-arguments]",
        "the function that reduces comes last",
    );
}

#[test]
fn a_call_is_no_function_unless_it_gives_one() {
    finds_what_fails(
        "local function f(x) return 1 end\nlithops.map(f(2), { 1 })",
        "2:13: error: `f(…)` calls the function here, and gives none; pass `f` itself [not-a-function]",
        "`f(…)` calls the function here",
    );
    is_right(
        "local function make(n) return function(x) return x + n end end
        local function pick(t) return t.f end
        lithops.map(make(2), { 1 })
        lithops.map(pick({ f = make(3) }), { 1 })",
    );
}

#[test]
fn names_and_tables_are_no_functions() {
    finds_what_fails(
        "function work(x) return x end\nlithops.map('work', { 1 })",
        "2:13: error: a function is expected here, and this is a string; pass `work` without quotes [not-a-function]",
        "without quotes",
    );
    finds_what_fails(
        "local settings = { scale = 2 }\nlithops.call_async(settings)",
        "2:20: error: a function is expected here, and `settings` is a table [not-a-function]",
        "function expected, got table",
    );
}

#[test]
fn the_input_is_a_list() {
    finds_what_fails(
        "lithops.map(function(i) return i end, 10)",
        "1:39: error: a list is expected here, and this is a number; `lithops.range(10)` gives those from 1 [not-a-list]",
        "`lithops.range(10)` gives the numbers from 1",
    );
    finds_what_fails(
        "lithops.map(function(i) return i end, pairs({ a = 1 }))",
        "1:39: error: `pairs` is for loops, and no input of a job; make a list of the values, or of \
         `lithops.args(key, value)` [not-a-list]",
        "`pairs(t)`, which is for loops",
    );
    finds_what_fails(
        "lithops.map(function(age) return age end, { anna = 31 })",
        "1:43: error: a list is expected here, and this table has names; make a list of its values, or of \
         `lithops.args(key, value)` [not-a-list]",
        "keys are not 1, 2",
    );
    is_right(
        "local by_name, empty = { n = 0 }, {}
        local list = { first = 1 }
        list[1] = 'a'
        lithops.map(function(x) return x end, list)
        lithops.map(function(x) return x end, empty)
        lithops.map(function(x) return x end, by_name)
        lithops.map(function(x) return x end, lithops.range(3))
        lithops.map(function(x) return x end, ('a b'):gmatch('%a'))",
    );
}

#[test]
fn addresses_are_for_functions_that_take_objects() {
    finds_what_fails(
        "lithops.map(function(file) return file.size end, 'local://b/k')",
        "1:50: error: a list is expected here, and this is a string; to open stored objects, call the function's first \
         parameter `obj`, or pass `lithops.objects(address)` [not-a-list]",
        "first parameter `obj`",
    );
    is_right(
        "lithops.storage:put_object(nil, 'k', 'text')
        lithops.map(function(obj) return obj.size end, 'local://' .. lithops.storage.bucket .. '/k')",
    );
    finds("lithops.map(function(obj) return obj.size end, 's3://bucket/key')", &[]);
}

#[test]
fn futures_are_waited_for_and_not_functions() {
    finds_what_fails(
        "local function f(x) return x end\nprint(lithops.get_result(f))",
        "2:26: error: `get_result` takes futures, and this is a function; `lithops.map(fn, data)` calls one, and gives \
         futures [not-futures]",
        "got function",
    );
}

#[test]
fn options_are_known_ones_in_a_table() {
    finds_what_fails(
        "lithops.map(function(x) return x end, { 1 }, { chunk_size = 2 })",
        "1:48: error: `map` has no option `chunk_size`; did you mean `chunksize`? [unknown-option]",
        "did you mean `chunksize`?",
    );
    finds_what_fails(
        "local options = { max_worker = 2 }\nlithops.FunctionExecutor(options)",
        "1:19: error: `FunctionExecutor` has no option `max_worker`; did you mean `max_workers`? [unknown-option]",
        "did you mean `max_workers`?",
    );
    finds_what_fails(
        "local fs = lithops.map(function(x) return x end, { 1 })\nfs:get_result({ time_out = 2 })",
        "2:17: error: `get_result` has no option `time_out`; did you mean `timeout`? [unknown-option]",
        "did you mean `timeout`?",
    );
    finds_what_fails(
        "lithops.map(function(x) return x end, { 1 }, 10)",
        "1:46: error: the options of `map` are a table, `{ name = value }` [not-options]",
        "options are a table",
    );
}

#[test]
fn executors_have_methods_and_lithops_has_functions() {
    finds_what_fails(
        "local fexec = lithops.FunctionExecutor()\nfexec.map(function(x) return x end, { 1 })",
        "2:1: error: `fexec:map` is called with a colon, as `fexec:map(…)`, not with a dot [dot-or-colon]",
        "called with a colon",
    );
    finds_what_fails(
        "lithops:map(function(x) return x end, { 1 })",
        "1:1: error: `lithops.map` is called with a dot, as `lithops.map(…)`, not with a colon [dot-or-colon]",
        "called with a dot",
    );
    finds_what_fails(
        "local future = lithops.call_async(function() return 1 end)\nprint(future.result())",
        "2:7: error: `future:result` is called with a colon, as `future:result(…)`, not with a dot [dot-or-colon]",
        "call it with a colon",
    );
    is_right(
        "local fexec = lithops.FunctionExecutor()
        fexec.map(fexec, function(x) return x end, { 1 })
        local map = lithops.map
        map(function(x) return x end, { 1 }):get_result()
        local get = lithops.storage.get_object
        get(nil, 'key')
        lithops.storage.get_object(nil, 'key')
        fexec:clean()",
    );
}

#[test]
fn aliases_are_followed() {
    finds_what_fails(
        "local l = require 'lithops'\nlocal map = l.map\nmap({ 1 }, function(x) return x end)",
        "3:5: error: the function comes first: `map(fn, data)` [swapped-arguments]",
        "the function comes first",
    );
    // What may be anything is left alone.
    finds("local lithops = { map = function() end }\nlithops.map({ 1 }, function() end)", &[]);
    finds("local function run(lithops) lithops:map({ 1 }, print) end\nreturn run", &[]);
    finds("local map = lithops.map\nmap = print\nmap({ 1 }, function() end)", &[]);
}
