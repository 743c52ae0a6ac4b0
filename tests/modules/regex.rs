//! `regex`.

use crate::jobs::passes;

#[test]
fn matches_are_found_as_strings_find_them() {
    passes(
        r#"
        local regex = require "regex"
        local re = regex.new [[(\w+)@(\w+)\.com]]
        local text = "mail ann@example.com, bob@test.com"
        same({ re:match(text) }, { "ann", "example" })
        same({ re:match(text, 10) }, { "bob", "test" })
        same({ re:find(text) }, { 6, 20, "ann", "example" })
        same(text:sub(6, 20), "ann@example.com")
        same({ re:find(text, -12) }, { 23, 34, "bob", "test" })
        same(re:match("nobody"), nil)
        same(re:find("nobody"), nil)
        same(re:captures("nobody"), nil)
        same(re:is_match(text), true)
        same(re:is_match("nobody"), false)
        same(regex.new("b+"):match("abbc"), "bb")
        same({ regex.new("b+"):find("abbc") }, { 2, 3 })
        same({ regex.new("x*"):find("abc") }, { 1, 0 })
        same({ regex.new("$"):find("abc") }, { 4, 3 })
        same({ regex.new("x*"):find("abc", 4) }, { 4, 3 })
        same(regex.new("x*"):find("abc", 5), nil)
        -- `^` is the start of the string, wherever the search begins.
        same(regex.new("^b"):find("abc", 2), nil)
        same({ regex.new([[\bc]]):find("a bc c", 3) }, { 6, 6 })
        -- A group that took no part is false.
        same({ regex.new("(a)|(b)"):match("b") }, { false, "b" })
        same(tostring(re), [[regex (\w+)@(\w+)\.com]])
        same(re.nothing, nil)
        "#,
    );
}

#[test]
fn captures_have_numbers_and_names() {
    passes(
        r#"
        local regex = require "regex"
        local date = regex.new [[(?<year>\d{4})-(?<month>\d\d)(-(\d\d))?]]
        same(date:captures("on 2024-05-17."), { [0] = "2024-05-17", "2024", "05", "-17", "17", year = "2024", month = "05" })
        same(date:captures("2024-05"), { [0] = "2024-05", "2024", "05", false, false, year = "2024", month = "05" })
        same(date:captures("2024-05 2025-06", 2)[0], "2025-06")
        "#,
    );
}

#[test]
fn every_match_in_turn() {
    passes(
        r#"
        local regex = require "regex"
        local words = {}
        for word in regex.new([[\w+]]):gmatch("one two, three") do table.insert(words, word) end
        same(words, { "one", "two", "three" })
        local pairs_of = {}
        for key, value in regex.new([[(\w+)(?:=(\w+))?]]):gmatch("a=1 b c=3") do
          table.insert(pairs_of, key .. ":" .. tostring(value))
        end
        same(pairs_of, { "a:1", "b:false", "c:3" })
        -- Empty matches: never two at one place.
        local function places(pattern, s)
          local found = {}
          regex.gsub(s, "(" .. pattern .. ")", function(m) table.insert(found, m) end)
          return found
        end
        same(places("a*", "baac"), { "", "aa", "" })
        same(places("", "ab"), { "", "", "" })
        -- Nor one inside a character; what is no character has no inside.
        same(places("", "né€"), { "", "", "", "" })
        same({ regex.gsub("né", "x*", "-") }, { "-n-é-", 3 })
        same({ regex.find("é", "", 2) }, { 3, 2 })
        same(regex.split("né", ""), { "", "n", "é", "" })
        same(regex.split("\255é\195", ""), { "", "\255", "é", "\195", "" })
        same(regex.split("né", "(?-u:\\xA9)"), { "n\195", "" })
        same(regex.split("né", "", 2), { "", "né" })
        same(regex.new([[\s*,\s*]]):split("a , b,c ,, d"), { "a", "b", "c", "", "d" })
        same(regex.new(","):split(""), { "" })
        same(regex.new(","):split("a,b,c", 2), { "a", "b,c" })
        "#,
    );
}

#[test]
fn gsub_takes_templates_functions_and_tables() {
    passes(
        r#"
        local regex = require "regex"
        local re = regex.new [[(?<first>\w+) (\w+)]]
        local function gsub(...) return { re:gsub(...) } end
        same(gsub("ann lee, bob ray", "$2 $first"), { "lee ann, ray bob", 2 })
        same(gsub("ann lee", "${2}1 $1st-$0 $$1 $ $"), { "lee1 annst-ann lee $1 $ $", 1 })
        same(gsub("ann lee, bob ray, x y", "-", 2), { "-, -, x y", 2 })
        same(gsub("ann lee", "-", 0), { "ann lee", 0 })
        same(gsub("none", "-"), { "none", 0 })
        same(gsub("a b, c d, e f, g h", function(x, y)
          if x == "a" then return y:upper() elseif x == "c" then return nil elseif x == "e" then return false end
          return 7
        end), { "B, c d, e f, 7", 4 })
        same(gsub("a b, c d", { a = "A", c = false }), { "A, c d", 2 })
        same(gsub("a b", setmetatable({}, { __index = function(_, k) return k .. k end })), { "aa", 1 })
        same({ regex.new("b"):gsub("abc", "%0") }, { "a%0c", 1 })
        raises("names the group `third`, which the pattern does not have", gsub, "a b", "$third")
        raises("names the group `3`", gsub, "a b", "$3")
        raises("has `${` without `}`", gsub, "a b", "${1")
        raises("invalid replacement value (a table)", gsub, "a b", function() return {} end)
        raises("string, function or table expected, got nil", gsub, "a b")
        raises("oops", gsub, "a b", function() error "oops" end)
        "#,
    );
}

#[test]
fn flags_and_any_bytes() {
    passes(
        r#"
        local regex = require "regex"
        same(regex.new("HÉ", { ignore_case = true }):match("hé"), "hé")
        same(regex.new("^b$", { multi_line = true }):find("a\nb"), 3)
        same(regex.new("^b$"):find("a\nb"), nil)
        same(regex.new("a.b", { dot_all = true }):match("a\nb"), "a\nb")
        same(regex.new("a b # c", { extended = true }):match("ab"), "ab")
        same(regex.new([[(?i)AB]]):match("ab"), "ab")
        -- A dot is a character; a byte that is none is matched only as such.
        same(regex.new("^.$"):match("é"), "é")
        same(regex.new("^.$"):match("\255"), nil)
        same(regex.new([[(?s-u)^.\xFF\x00]]):match("\254\255\0"), "\254\255\0")
        same({ regex.new("b"):find("\255\0b") }, { 3, 3 })
        -- Linear time: a pattern that others never end with.
        same(regex.new("(a*)*$"):is_match(("a"):rep(50000) .. "b"), true)
        same(regex.new("^(a+)+$"):is_match(("a"):rep(50000) .. "b"), false)
        "#,
    );
}

#[test]
fn functions_of_the_module_take_patterns() {
    passes(
        r#"
        local regex = require "regex"
        same(regex.match("abc", "b."), "bc")
        same({ regex.find("abc", "(b)", 2) }, { 2, 2, "b" })
        same(regex.match("abc", regex.new("B", { ignore_case = true })), "b")
        for i = 1, 200 do same(regex.is_match("x" .. i, "^x" .. i .. "$"), true) end
        same({ regex.gsub("a.b", regex.escape("."), "-") }, { "a-b", 1 })
        local special = [[\.+*?()|[]{}^$#&-~ é]]
        same(regex.match(special, "^" .. regex.escape(special) .. "$"), special)
        -- In an extended pattern, too, and any bytes.
        for _, text in ipairs { " ", "a b\t#c\r\n\v\fd", "\226\128\137é\194\160", "\255a\0\195", "", special } do
          for _, extended in ipairs { false, true } do
            local re = regex.new("^" .. regex.escape(text) .. "$", { extended = extended })
            same(re:match("" .. text), text)
            same(re:is_match(text .. "."), false)
          end
        end
        same(regex.escape("\255 ."), [[(?-u:\xFF)\x20\.]])
        raises("bad argument #2 to 'match' (pattern or regex expected, got nil)", regex.match, "x")
        "#,
    );
}

#[test]
fn bad_patterns_say_where() {
    passes(
        r#"
        local regex = require "regex"
        raises("bad argument #1 to 'new' (bad pattern `a(b`: unclosed group, at character 2)", regex.new, "a(b")
        raises("bad argument #2 to 'match' (bad pattern `x**[`: unclosed character class, at character 4)", regex.match, "", "x**[")
        raises("look-around, including look-ahead and look-behind, is not supported, at character 1", regex.new, "(?=a)")
        raises("bad pattern `(a\nb`: unclosed group", regex.new, "(a\nb")
        raises("too large", regex.new, [[(\w{100}){1000}]])
        raises("a pattern is UTF-8", regex.new, "\255")
        raises("unknown option `ignorecase`; did you mean `ignore_case`?", regex.new, "", { ignorecase = true })
        raises("bad argument #1 to 'match' (string expected, got no value)", function() regex.new("x"):match() end)
        raises("bad argument #2 to 'match' (number expected, got table)", function() regex.new("x"):match("", {}) end)
        raises("regex expected, got string", regex.new("x").match, "x", "y")
        "#,
    );
}

#[test]
fn regexes_travel_to_workers() {
    passes(
        r#"
        local regex = require "regex"
        local re = regex.new([[(?<k>a+)]], { ignore_case = true })
        same(lithops.map(function(s) return re:captures(s).k end, { "xAa", "ba" }):get_result(), { "Aa", "a" })
        -- As an element, in a worker that never opened the module, and back.
        local back = lithops.call_async(function(r) return r end, re):result()
        same(back:match("AB"), "A")
        same(lithops.map(function(s) return regex.match(s, "b+") end, { "abb" }):get_result(), { "bb" })
        "#,
    );
}
