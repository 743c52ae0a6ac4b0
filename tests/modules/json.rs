//! `json`.

use crate::jobs::{folder, passes, run_in};

#[test]
fn values_are_read() {
    passes(
        r#"
        local json = require "json"
        same(json.decode '{"a": [1, -2.5, 1e3, true, false, "x"], "b": {}, "c": {"d": "e"}}',
             { a = { 1, -2.5, 1000, true, false, "x" }, b = {}, c = { d = "e" } })
        same(json.decode ' 7 ', 7)
        same(json.decode '"x"', "x")
        same(json.decode 'null', json.null)
        same(json.decode '[null, 1]', { json.null, 1 })
        same(json.decode '{"a": 1, "a": 2}', { a = 2 })
        same(json.decode '\239\187\191[1]', { 1 })
        same(json.decode [["\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00\u0000"]], "\"\\/\b\f\n\r\t\195\169\226\130\172\240\159\152\128\0")
        same(json.decode('"\195\169"'), "\195\169")
        -- Sizes that are nothing like those before.
        local many = {}
        for i = 1, 1000 do many[i] = ('"k%d": [%s]'):format(i, ("1,"):rep(i % 90) .. "1") end
        local got = json.decode("[{" .. table.concat(many, ",") .. '}, {"k": {}}]')
        for i = 1, 1000 do same(#got[1]["k" .. i], i % 90 + 1) end
        "#,
    );
}

#[test]
fn whole_numbers_are_never_rounded() {
    passes(
        r#"
        local json = require "json"
        local ffi = require "ffi"
        for _, text in ipairs { "0", "-1", "9007199254740992", "-9007199254740992" } do
          local number = json.decode(text)
          same(type(number), "number")
          same(("%.0f"):format(number), text)
          same(json.encode(number), text)
        end
        for _, text in ipairs { "9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808" } do
          local number = json.decode(text)
          assert(ffi.istype("int64_t", number), text)
          same(tostring(number), text .. "LL")
          same(json.encode(number), text)
        end
        for _, text in ipairs { "9223372036854775808", "18446744073709551615" } do
          local number = json.decode(text)
          assert(ffi.istype("uint64_t", number), text)
          same(tostring(number), text .. "ULL")
          same(json.encode { number }, "[" .. text .. "]")
        end
        local long = ("9"):rep(5000)
        for _, text in ipairs { "18446744073709551616", "-9223372036854775809", ("9"):rep(400), long, "-" .. long } do
          local value, err = json.decode("[" .. text .. "]")
          same(value, nil)
          assert(err:find("fits neither 64 bits nor a double", 1, true) and err:find("at line 1 column 2", 1, true), err)
          same(json.decode("[" .. text .. "]", { big_numbers = "string" }), { text })
          same(json.decode("[" .. text .. "]", { big_numbers = "double" }), { tonumber(text) })
        end
        same(json.decode "1e400", nil)
        same(json.decode("1e400", { big_numbers = "double" }), math.huge)
        -- Digits are no limit to what fits a double.
        same(json.decode("[" .. ("1"):rep(5000) .. "e-4999, 2]"), { 10 / 9, 2 })
        same(json.decode("[" .. long .. ", 2]", { big_numbers = "string" }), { long, 2 })
        same(select(2, json.decode("[" .. long .. " 2]", { big_numbers = "string" })), "expected `,` or `]` at line 1 column 5003")
        -- Zero has a sign.
        same(1 / json.decode "-0", -math.huge)
        same(1 / json.decode "0", math.huge)
        same(json.encode(json.decode "[-0, 0, -0.0]"), "[-0.0,0,-0.0]")
        raises("big_numbers", json.decode, "1", { big_numbers = "float" })
        "#,
    );
}

#[test]
fn what_is_no_json_is_told_with_its_place() {
    passes(
        r#"
        local json = require "json"
        for text, expected in pairs {
          ['{"a": 1,\n "b": 2\n  "c": 3}'] = "expected `,` or `}` at line 3 column 3",
          ["[1 2]"] = "expected `,` or `]` at line 1 column 4",
          ["[1,]"] = "a comma with nothing behind it at line 1 column 4",
          ["[1,\n"] = "the text ends where a value should be at line 2 column 1",
          [""] = "the text ends where a value should be at line 1 column 1",
          ['"abc'] = "the text ends within a string at line 1 column 5",
          ["{a = 1}"] = "expected a key in double quotes at line 1 column 2",
          ["[1] x"] = "expected the end of the text at line 1 column 5",
          ["nul"] = "the text ends where a value should be at line 1 column 4",
          ["[NaN]"] = "expected a value at line 1 column 2",
          ["[\n\n01]"] = "invalid number at line 3 column 2",
          ['"\195\169\\x"'] = "no such escape in a string at line 1 column 4",
          ['"\\ud83d"'] = "half of a surrogate pair in an escape",
          ['"\\ude00"'] = "half of a surrogate pair in an escape",
          ['["\255"]'] = "a string is not valid UTF-8 at line 1 column 3",
          ['"a\nb"'] = "a control character in a string must be escaped at line",
        } do
          local value, err = json.decode(text)
          same(value, nil)
          assert(err:find(expected, 1, true) == 1, ("%q gives %q"):format(text, err))
        end
        raises("bad argument #1 to 'decode' (string expected, got table)", json.decode, {})
        raises("unknown option `big_number`; did you mean `big_numbers`?", json.decode, "1", { big_number = "string" })
        "#,
    );
}

#[test]
fn values_are_written() {
    passes(
        r#"
        local json = require "json"
        same(json.encode { 1, "a", true, false, json.null, { x = 1.5 } }, '[1,"a",true,false,null,{"x":1.5}]')
        same(json.encode(nil), "null")
        same(json.encode {}, "{}")
        same(json.encode(json.array {}), "[]")
        same(json.encode(json.array()), "[]")
        same(json.encode(json.array { 1, 2 }), "[1,2]")
        same(json.encode(json.decode '{"a":[],"b":{}}', { sort_keys = true }), '{"a":[],"b":{}}')
        same(json.encode "\"\\/\b\f\n\r\t\1\127\195\169\240\159\152\128 and more of it", [["\"\\/\b\f\n\r\t\u0001]] .. "\127\195\169\240\159\152\128 and more of it\"")
        same(json.encode { 0.1, 1e300, 5e-324, -0.0, 1e15, 2^53, 2^60, 1/3 },
             "[0.1,1e300,5e-324,-0.0,1000000000000000,9007199254740992,1.152921504606847e18,0.3333333333333333]")
        same(json.encode({ b = 1, a = { d = 2, c = 3 }, ["10"] = 0 }, { sort_keys = true }), '{"10":0,"a":{"c":3,"d":2},"b":1}')
        same(json.encode({ a = { 1, {} }, b = json.array {} }, { indent = 2, sort_keys = true }),
             '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}')
        -- A list whose elements are not in order in memory; one with its length in `n`, as results have it; and no list.
        local list = {}
        for i = 20, 1, -1 do list[i] = i end
        same(#json.decode(json.encode(list)), 20)
        same(json.encode { 1, nil, 3, nil, n = 4 }, "[1,null,3,null]")
        same(json.encode { n = 2, [2] = "x" }, '[null,"x"]')
        same(json.encode { n = 2 }, '{"n":2}')
        same(json.encode(json.array { n = 2 }), '[null,null]')
        same(json.encode(lithops.map(function(x) return x end, { 1, 2 }):get_result()), "[1,2]")
        "#,
    );
}

#[test]
fn what_cannot_be_written_is_told_with_its_path() {
    passes(
        r#"
        local json = require "json"
        local items = { 1, 2, { f = print } }
        raises("json.encode: a function cannot be JSON, at $.items[3].f", json.encode, { items = items })
        raises('NaN cannot be JSON, at $["a b"]', json.encode, { ["a b"] = 0 / 0 })
        raises("an infinite number cannot be JSON, at $[2]", json.encode, { 1, -1 / 0 })
        raises("a userdata cannot be JSON, at $", json.encode, io.stdout)
        raises("a string is not valid UTF-8 from its byte 2 on, which JSON must be, at $.s", json.encode, { s = "a\255" })
        raises("is not valid UTF-8 from its byte 1 on", json.encode, { ["\255"] = 1 })
        local cycle = { x = {} }
        cycle.x.y = { cycle }
        raises("a table contains itself, at $.x.y[1]", json.encode, cycle)
        raises("both names and numbers as keys, at $[1]", json.encode, { { 1, 2, x = 3 } })
        raises("both names and numbers as keys, at $", json.encode, { x = 3, [7] = 1 })
        raises("a key is a boolean, and must be a string, at $.t", json.encode, { t = { [true] = 1 } })
        raises("the key 1.5 is neither a name nor a place in an array, at $", json.encode, { [1.5] = 1 })
        raises("an array has 2 elements, the last of which is number 4", json.encode, { 1, [4] = 2 })
        raises("an array has 1 elements, and 20000000 in its field `n`", json.encode, { 1, n = 2e7 })
        raises("an array has 0 elements, and 20000000 in its field `n`", json.encode, json.array { n = 2e7 })
        same(#json.encode { 1, n = 1000 }, 2 + 1 + 999 * 5)
        raises("an array has names among its keys", json.encode, json.array { x = 1 })
        raises("bad argument #1 to 'array' (the table has a metatable already)", json.array, setmetatable({}, {}))
        raises("unknown option `indents`; did you mean `indent`?", json.encode, 1, { indents = 2 })
        -- The same table twice is no cycle.
        local t = { 1 }
        same(json.encode { t, t }, "[[1],[1]]")
        "#,
    );
}

#[test]
fn depth_ends_in_an_error() {
    passes(
        r#"
        local json = require "json"
        local function nested(depth) return ("["):rep(depth) .. ("]"):rep(depth) end
        local deep = json.decode(nested(1000))
        same(json.encode(deep), nested(1000))
        local value, err = json.decode(nested(1001))
        same(value, nil)
        same(err, "arrays and objects nest more than 1000 deep at line 1 column 1001")
        same(json.decode(("["):rep(1e6)), nil)
        same(json.decode(('{"a":'):rep(1e6)), nil)
        raises("tables nest more than 1000 deep, at $[1][1]", json.encode, { deep })
        -- In a coroutine, too, and far down a stack.
        same(coroutine.wrap(function() return #json.decode(nested(900)) end)(), 1)
        local function down(n) if n > 0 then return (down(n - 1)) end return #json.decode(nested(900)) end
        same(down(150), 1)
        "#,
    );
}

#[test]
fn lines_of_a_string_a_file_a_stream_and_an_iterator() {
    passes(
        r#"
        local json = require "json"
        local text = '{"a": 1}\n\n  \r\n[2]\r\nnull\nfalse\n"last"'
        local function all(source)
          local got = {}
          for value in json.lines(source) do got[#got + 1] = value end
          return got
        end
        local expected = { { a = 1 }, { 2 }, json.null, false, "last" }
        same(all(text), expected)
        append("x.ndjson", text)
        local file = io.open("x.ndjson")
        same(all(file), expected)
        file:close()
        same(all(io.lines("x.ndjson")), expected)
        lithops.storage.put_object(nil, "x.ndjson", text)
        same(all(lithops.storage.get_object(nil, "x.ndjson", { stream = true })), expected)
        same(all { lines = function() return text:gmatch("[^\n]+") end }, expected)
        same(all(""), {})
        same(all("\239\187\1911\n2\n"), { 1, 2 })
        -- Lines that are longer than a piece, and many.
        local rows = {}
        for i = 1, 3000 do rows[i] = { i = i, s = ("x"):rep(i % 7 == 0 and 100000 or i % 50) } end
        local long = json.encode_lines(rows)
        same(all(long), rows)
        local at = 1
        same(all { read = function(_, n) local s = long:sub(at, at + 998) at = at + 999 return s ~= "" and s or nil end }, rows)
        "#,
    );
}

#[test]
fn a_bad_line_is_told_by_its_number_in_all_of_the_input() {
    passes(
        r#"
        local json = require "json"
        local got = {}
        local err = raises("json.lines: expected `,` or `}` at line 4 column 9", function()
          for value in json.lines('{"a": 1}\n\n{"a": 2}\n{"a": 3 "b"}\n') do got[#got + 1] = value.a end
        end)
        same(got, { 1, 2 })
        assert(err:find("pipeline.lua:", 1, true), err)
        raises("the text ends within an object at line 2 column 8", function() for _ in json.lines('1\n{"a": 1\n}') do end end)
        raises("the text ends within an object at line 2 column 2", function()
          for _ in json.lines(("1\n{\n"):gmatch("[^\n]*\n")) do end
        end)
        raises("a string, or something with a method `read` or `lines`, not a number", json.lines, 7)
        raises("disk on fire", json.lines { read = function() return nil, "disk on fire" end })
        raises("the source's `read` gave a number, not a string or nil", json.lines { read = function() return 7 end })
        same(select(2, pcall(json.lines { read = function() error({ kind = "mine" }) end })).kind, "mine")
        "#,
    );
}

#[test]
fn lines_are_written() {
    passes(
        r#"
        local json = require "json"
        same(json.encode_lines { { b = 1, a = 2 }, 3, "x\ny" }, json.encode { b = 1, a = 2 } .. '\n3\n"x\\ny"\n')
        same(json.encode_lines({ { b = 1, a = 2 } }, { sort_keys = true }), '{"a":2,"b":1}\n')
        same(json.encode_lines {}, "")
        raises("json.encode_lines: a function cannot be JSON, at $[2].f", json.encode_lines, { 1, { f = print } })
        raises("unknown option `indent`", json.encode_lines, {}, { indent = 2 })
        "#,
    );
}

#[test]
fn null_and_arrays_stay_what_they_are_on_a_worker() {
    passes(
        r#"
        local json = require "json"
        same(tostring(json.null), "null")
        local null = json.null
        local function check(x)
          local json = require "json"
          return x == json.null and null == json.null and x == null and json.decode("null") == x
        end
        same(lithops.map(check, { json.null }):get_result(), { true })
        same(lithops.map(function(x) return x end, { { json.null } }):get_result(), { { json.null } })
        same(lithops.call_async(function() return json.null end):result(), json.null)
        same(lithops.call_async(function(t) return require("json").encode(t) end, { json.array {} }):result(), "[[]]")
        same(json.encode(lithops.call_async(function() return { json.array() } end):result()), "[[]]")
        local big = json.decode "9007199254740993"
        same(json.encode(lithops.call_async(function(x) return x + 1 end, big):result()), "9007199254740994")
        "#,
    );
}

#[test]
fn results_arrive_where_the_driver_never_asked_for_the_module() {
    let folder = folder(
        r#"
        local fs = lithops.map(function(text) return require("json").decode(text) end, { "null", "[]" })
        local got = fs:get_result()
        local json = require "json"
        same(got[1], json.null)
        same(json.encode(got[2]), "[]")
        print "ok"
        "#,
    );
    run_in(&folder, &[]).prints("ok\n");
}
