//! `string.gmatch` is the runtime's own for the patterns that it knows, and cannot be told from Lua's.

use lithops_lua::lua::{ConfigChoice, Vm, VmSettings};
use mlua::{Lua, Table};
use proptest::prelude::*;

/// What a loop over the matches sees, and what a call after its end gives.
const MATCHES: &str = r##"
local text, pattern = ...
local seen = {}
local ok, message = pcall(function()
  local it = text:gmatch(pattern)
  for a, b in it do
    seen[#seen + 1] = tostring(a) .. "/" .. tostring(b)
  end
  seen.after = select("#", it())
end)
return { table.concat(seen, ","), tostring(seen.after), ok, tostring(message) }
"##;

fn vm() -> Vm {
    Vm::new(&VmSettings::driver(Vec::new(), ConfigChoice::default())).unwrap()
}

fn matches(lua: &Lua, text: &[u8], pattern: &[u8]) -> Vec<mlua::Value> {
    let (text, pattern) = (lua.create_string(text).unwrap(), lua.create_string(pattern).unwrap());
    let matches: Table = lua.load(MATCHES).set_name("=test").call((text, pattern)).unwrap();
    matches.sequence_values().collect::<mlua::Result<_>>().unwrap()
}

fn show(values: &[mlua::Value]) -> Vec<String> {
    values.iter().map(|value| format!("{:?}", value.to_string())).collect()
}

#[track_caller]
fn same_as_lua(ours: &Vm, theirs: &Lua, text: &[u8], pattern: &[u8]) {
    let (ours, theirs) = (matches(&ours.lua, text, pattern), matches(theirs, text, pattern));
    assert_eq!(show(&ours), show(&theirs), "{:?}", String::from_utf8_lossy(pattern));
}

#[test]
fn every_pattern_matches_as_in_lua() {
    let (ours, theirs) = (vm(), Lua::new());
    let mut text: Vec<u8> = (0..=255).collect();
    text.extend_from_slice(b"one two,three;;four (five) %six [seven] 12.5 -7\r\n\t\0end a-b_c^d");
    let long = text.repeat(40);
    let patterns = [
        "%a+",
        "%w+",
        "%S+",
        "%s+",
        "%d+",
        "%p+",
        "%c+",
        "%x+",
        "%u+",
        "%l+",
        "%z+",
        "%A+",
        "%W+",
        "%D+",
        "%Z+",
        "%%+",
        "%.+",
        "%-+",
        "%++",
        "%[+",
        "%]+",
        "[a-z]+",
        "[^,]+",
        "[^%s,;]+",
        "[%w_]+",
        "[-a]+",
        "[a-]+",
        "[a-%]+",
        "[%a%]+",
        "[%]]+",
        "[]]+",
        "[^]+",
        "[^^]+",
        "[]+",
        "[%d.-]+",
        "(%a+)",
        "((%a+))",
        "(%a)+",
        "(%a+)()",
        "()%a+",
        "%a*",
        "%a-",
        "%a",
        "%a+%s",
        "%b()",
        "%f[%a]%a+",
        "^%a+",
        "%a+$",
        ".+",
        "a+",
        "+",
        "",
        "%",
        "%1+",
        "(%a+",
        "%a+)",
        "[",
        "[%",
        "%g+",
        "[\\0-\\31]+",
        "(.+)",
        "[%z\x01]+",
        "[\0\x01]+",
        "%\0+",
    ];
    for pattern in patterns {
        for text in [&text[..], &long[..], b"", b"a", b"  ", b"ab ", b" ab"] {
            same_as_lua(&ours, &theirs, text, pattern.as_bytes());
        }
    }
}

#[test]
fn whatever_the_script_does_with_the_standard_library() {
    // What a class means was asked before, or is asked of the functions as they were.
    let vm = vm();
    let test = r#"
        local words = {}
        string.find, string.match, string.char, table.concat, pcall, type = error, error, error, error, error, error
        for word in ("a1 b2"):gmatch("%w+") do words[#words + 1] = word end
        assert(words[1] == "a1" and words[2] == "b2" and not words[3])
    "#;
    vm.lua.load(test).exec().unwrap();
}

#[test]
fn loops_within_loops_and_loops_left_early() {
    let vm = vm();
    let test = r#"
        local text, seen = ("a b c\n"):rep(50), 0
        for line in text:gmatch("[^\n]+") do
          for word in line:gmatch("%a+") do
            for same in word:gmatch("%a+") do assert(same == word) seen = seen + 1 end
            if word == "b" then break end
          end
          local left = line:gmatch("%a+")
          assert(left() == "a")
          for word in line:gmatch("%a+") do assert(word ~= left()) break end
        end
        assert(seen == 100, seen)
        -- An iterator that ended takes no part in the next one's.
        local first = ("x y"):gmatch("%a+")
        while first() do end
        local second = ("p q r"):gmatch("%a+")
        assert(second() == "p" and not first() and second() == "q" and not first() and second() == "r" and not second())
        -- Many different patterns.
        for i = 0, 300 do
          local digit = tostring(i % 10)
          assert(("a" .. i .. "b"):gmatch("[" .. i .. digit .. "]+")() == tostring(i))
        end
        -- Many matches, of which only some are wanted.
        local n = 0
        for word in ("word "):rep(1e5):gmatch("%a+") do n = n + #word end
        assert(n == 4e5)
        -- Long ones, and nothing of them is left when they are over.
        local long = (("x"):rep(1e5) .. " "):rep(100)
        n = 0
        for word in long:gmatch("%a+") do n = n + #word end
        assert(n == 1e7)
        collectgarbage() collectgarbage()
        local before = collectgarbage("count")
        for line in (long .. "y"):gmatch("%a+") do n = n + #line end
        collectgarbage() collectgarbage()
        assert(collectgarbage("count") - before < 100, collectgarbage("count") - before)
        -- In coroutines.
        local together = {}
        local function words(text) return coroutine.wrap(function() for word in text:gmatch("%a+") do coroutine.yield(word) end end) end
        local a, b = words("a c e"), words("b d f")
        for _ = 1, 3 do together[#together + 1] = a() .. b() end
        assert(table.concat(together, " ") == "ab cd ef")
    "#;
    vm.lua.load(test).exec().unwrap();
}

#[test]
fn wrong_arguments_are_told_as_by_lua() {
    let (ours, theirs) = (vm(), Lua::new());
    let calls = [
        "string.gmatch({}, '%a+')",
        "('x'):gmatch({})",
        "string.gmatch(nil, '%a+')",
        "string.gmatch(print, print)",
        "string.gmatch(12.5, '%d+')()",
        "string.gmatch('x', 1)()",
    ];
    for call in calls {
        let code = format!("local results = {{ pcall(function() return ({call}) end) }} return tostring(results[2])");
        let [ours, theirs]: [String; 2] =
            [&ours.lua, &theirs].map(|lua| lua.load(&code).set_name("=test").call(()).unwrap());
        assert_eq!(ours.split(": 0x").next(), theirs.split(": 0x").next(), "{call}");
    }
}

proptest! {
    #[test]
    fn any_text_and_class(text in "[ a-c%\\]\\n\0é-]{0,400}", class in "\\[\\^?[a-d%w. \\]-]{1,5}\\]|%[a-zA-Z%.]", capture: bool) {
        thread_local! {
            static VMS: (Vm, Lua) = (vm(), Lua::new());
        }
        let pattern = if capture { format!("({class}+)") } else { format!("{class}+") };
        VMS.with(|(ours, theirs)| same_as_lua(ours, theirs, text.as_bytes(), pattern.as_bytes()));
    }
}
