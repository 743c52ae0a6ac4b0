//! Functions, and what they bring along.

use lithops_lua::codec::{DecodeError, DecodeOptions, Globals, Trust, Verified};
use mlua::{Function, Value};
use sha2::{Digest, Sha256};

use super::support::{Side, between, sent, untrusted, verified};

#[test]
fn shared_cells_stay_shared() {
    sent(
        "local n = 0
        local function add(by) n = n + by end
        local function get() return n end
        add(5)
        return add, {get = get}",
        "local add, t = ... assert(t.get() == 5) add(2) assert(t.get() == 7)",
    );
}

#[test]
fn recursion_and_cycles_through_cells_work() {
    sent(
        "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
        local odd, even
        function odd(n) return n ~= 0 and even(n - 1) end
        function even(n) return n == 0 or odd(n - 1) end
        local self = {} function self.me() return self end
        return fib, even, self.me",
        "local fib, even, me = ... assert(fib(15) == 610 and even(10) and not even(7) and me().me == me)",
    );
}

#[test]
fn many_closures_of_one_function_share_its_bytecode() {
    let side = Side::new();
    let make = |n| {
        format!(
            "local t = {{}} for i = 1, {n} do t[i] = function() return i, 'some constant of the function' end end return t"
        )
    };
    let (one, many) = (side.encode(&make(1)).len(), side.encode(&make(1000)).len());
    assert!(many < one + 1000 * 10, "{many} bytes");
    sent(&make(100), "for i, f in ipairs((...)) do assert(f() == i) end");
}

#[test]
fn globals_travel_with_all_that_they_use() {
    sent(
        "limit = 10
        function clamp(x) return math.min(x, limit) end
        Point = {} Point.__index = Point
        function Point.new(x) return setmetatable({x = clamp(x)}, Point) end
        unused = coroutine.create(print)
        return function(x) local nested = function() return Point.new(x) end return nested() end",
        "local f = ...
        assert(f(50).x == 10 and Point.new and limit == 10 and unused == nil)
        limit = 20
        assert(f(50).x == 20)",
    );
}

#[test]
fn globals_are_found_through_the_table_of_globals() {
    sent("hidden = 'h' return function() return _G['hidden'] end", "assert((...)() == 'h')");
    sent("hidden = 'h' local G = _G return function() return G.hidden end", "assert((...)() == 'h')");
    sent("hidden = 'h' return function() return getfenv().hidden end", "assert((...)() == 'h')");
    sent("return function() written = 5 end", "(...)() assert(written == 5)");
}

#[test]
fn builtins_are_the_other_sides_unless_they_were_replaced() {
    let there = Side::new();
    there.run("print = function() return 'theirs' end");
    between(&Side::new(), &there, "return function() return print() end", "assert((...)() == 'theirs')");
    sent(
        "function tostring(x) return 'mine' end return function() return tostring(1) end",
        "assert((...)() == 'mine')",
    );
    sent(
        "local old = tostring function tostring(x) return '<' .. old(x) .. '>' end return function() return tostring(1) end",
        "assert((...)() == '<1>')",
    );
}

#[test]
fn additions_to_the_vms_tables_travel_when_mentioned() {
    sent(
        "function string.trim(s) return (s:gsub('^%s+', '')) end
        function string.unused() end
        return function(s) return s:trim() end",
        "assert((...)('  x') == 'x' and string.trim and not string.unused)",
    );
    sent(
        "getmetatable('').__add = function(a, b) return a .. b end return function(a, b) return a + b end",
        "assert((...)('a', 'b') == 'ab')",
    );
    sent(
        "math.floor = function() return 'mine' end return function() return math.floor(1.5) end",
        "assert((...)() == 'mine')",
    );
}

#[test]
fn environments_travel() {
    sent(
        "seen = 'outer'
        local f = setfenv(function() x = (x or 0) + 1 return x, y end, {y = 'inner'})
        local g = setfenv(function() return seen, own end, setmetatable({own = 'own'}, {__index = _G}))
        f()
        return f, g",
        "local f, g = ...
        local x, y = f()
        assert(x == 2 and y == 'inner' and rawget(_G, 'x') == nil)
        local seen, own = g()
        assert(seen == 'outer' and own == 'own')",
    );
}

#[test]
fn a_global_is_not_undone_where_it_must_not_be() {
    let (here, there) = (Side::new(), Side::new());
    there.run("config = 'theirs'");
    let bytes = here.encode("config, other = 'ours', 'new' return function() return config, other end");
    let options = DecodeOptions { globals: Globals::IfAbsent, ..verified() };
    let values = there.codec.decode(&there.lua, &bytes, options).unwrap();
    there.lua.globals().set("f", values.front().unwrap()).unwrap();
    there.run("local a, b = f() assert(a == 'theirs' and b == 'new')");
}

#[test]
fn tracebacks_keep_file_and_line() {
    let (here, there) = (Side::new(), Side::new());
    let bytes = here.encode("\n\nreturn function()\n  local x = nil\n  return x.field\nend");
    let function: Function = mlua::FromLuaMulti::from_lua_multi(there.decode(&bytes).unwrap(), &there.lua).unwrap();
    let error = function.call::<Value>(()).unwrap_err().to_string();
    assert!(error.contains("pipeline.lua:5:") && error.contains("local 'x'"), "{error}");
}

#[test]
fn compiled_functions_travel_as_well() {
    let script = "local function sum(n) local s = 0 for i = 1, n do s = s + i end for _, v in ipairs{1, 2} do s = s + v end return s end
        for i = 1, 300 do sum(100) end return sum";
    sent(script, "assert((...)(10) == 58)");
    let side = Side::new();
    side.lua.globals().set("sum", side.run(script).front().unwrap()).unwrap();
    let bytes = side.encode("return sum");
    side.run("for i = 1, 1000 do sum(1000) end");
    assert_eq!(side.encode("return sum"), bytes);
}

#[test]
fn code_needs_trust() {
    let side = Side::new();
    for script in ["return function() end", "return {{function() end}}"] {
        let bytes = side.encode(script);
        let refused = side.codec.decode(&side.lua, &bytes, untrusted());
        assert!(matches!(refused, Err(DecodeError::Untrusted)));
        let hash: [u8; 32] = Sha256::digest(&bytes).into();
        let proof = Verified::check(&bytes, &hash).unwrap();
        let options = DecodeOptions { trust: Trust::Verified(proof), globals: Globals::Set };
        assert!(side.codec.decode(&side.lua, &bytes, options).is_ok());
        assert!(matches!(Verified::check(&bytes[1..], &hash), Err(DecodeError::Hash)));
    }
}

#[test]
fn functions_from_strings_and_variable_arguments_work() {
    sent(
        "return loadstring('local a, b = ... return a + b', '=chunk'), function(...) return select('#', ...) end",
        "local chunk, count = ... assert(chunk(1, 2) == 3 and count(nil, nil) == 2)",
    );
}

#[test]
fn closures_of_one_function_each_have_their_globals() {
    sent(
        "rate = 3
        local function make(env)
          local function f(x) return rate and x * rate or 'no rate' end
          return env and setfenv(f, env) or f
        end
        return {make {rate = 10}, make()}",
        "local fs = ... assert(fs[1](1) == 10 and fs[2](1) == 3)",
    );
}
