//! `text`.

use crate::jobs::passes;

#[test]
fn strings_are_cut() {
    passes(
        r#"
        local text = require "text"
        same(text.lines "a\nb\r\n\nc", { "a", "b", "", "c" })
        same(text.lines "a\n", { "a" })
        same(text.lines "a\rb\r", { "a\rb\r" })
        same(text.lines "", {})
        same(text.lines "\n\n", { "", "" })
        same(text.split("a,b,,c", ","), { "a", "b", "", "c" })
        same(text.split("a, b, c", ", "), { "a", "b", "c" })
        same(text.split("", ","), { "" })
        same(text.split(",", ","), { "", "" })
        raises("bad argument #2 to 'split' (a separator is not empty)", text.split, "a", "")
        same(text.trim " \t\n a b \r\n\v\f", "a b")
        same(text.trim "a", "a")
        same(text.trim " ", "")
        same(text.starts_with("abc", "ab"), true)
        same(text.starts_with("abc", ""), true)
        same(text.starts_with("abc", "b"), false)
        same(text.ends_with("abc", "bc"), true)
        same(text.ends_with("abc", "abcd"), false)
        "#,
    );
}

#[test]
fn words_are_those_of_gmatch() {
    passes(
        r#"
        local text = require "text"
        math.randomseed(42)
        local all = {}
        for i = 0, 255 do all[i + 1] = string.char(i) end
        for round = 1, 200 do
          local parts = {}
          for i = 1, math.random(0, 300) do
            parts[i] = math.random() < 0.5 and ("eE 7_."):sub(math.random(6)):sub(1, 1) or all[math.random(256)]
          end
          local s = table.concat(parts)
          for _, pattern in ipairs { "%a+", "%w+", "%S+" } do
            for _, lower in ipairs { false, true } do
              local expected, counts = {}, {}
              for word in (lower and s:lower() or s):gmatch(pattern) do
                expected[#expected + 1] = word
                counts[word] = (counts[word] or 0) + 1
              end
              same(text.words(s, { pattern = pattern, lower = lower }), expected)
              same(text.count_words(s, { pattern = pattern, lower = lower }), counts)
              same(text.counter():add_words(s, { pattern = pattern, lower = lower }):counts(), counts)
            end
          end
        end
        same(text.words "it's 3 o'clock.", { "it's", "3", "o'clock." })
        raises("option `pattern` must be `%a+` or `%w+` or `%S+`, not \"%l+\"", text.words, "", { pattern = "%l+" })
        "#,
    );
}

#[test]
fn a_counter_counts() {
    passes(
        r#"
        local text = require "text"
        local counter = text.counter()
        same(#counter, 0)
        same(counter:counts(), {})
        same(counter:top(3), {})
        local long = ("x"):rep(40)
        counter:add("b"):add("a", 2):add(long):add("", 5):add("twelve bytes", 0)
        counter:add_words("b b " .. long .. " twelve bytes"):add_counts { a = 1, twelve = 1 }
        local expected = { b = 3, a = 3, [long] = 2, [""] = 5, ["twelve bytes"] = 0, twelve = 2, bytes = 1 }
        same(counter:counts(), expected)
        same(#counter, 7)
        same(counter:size(), 7)
        same(counter:top(4), { { "", 5 }, { "a", 3 }, { "b", 3 }, { "twelve", 2 } })
        same(#counter:top(100), 7)
        local other = text.counter():add("b", 10):add("new")
        counter:merge(other):merge(other)
        same(counter:counts().b, 23)
        same(counter:counts().new, 2)
        counter:merge(counter)
        same(counter:counts().b, 46)
        same(tostring(other), "counter of 2 words")
        for _, count in ipairs { -1, 1.5, "x" } do raises("a count is a whole number of 0 or more", counter.add, counter, "a", count) end
        raises("a count is a whole number of 0 or more", counter.add_counts, counter, { a = -1 })
        raises("1 is no word", counter.add_counts, counter, { 7 })
        raises("text.counter expected, got another userdata", counter.merge, counter, io.stdout)
        raises("text.counter expected, got another userdata", counter.merge, io.stdout, counter)
        raises("unknown option `lowercase`", counter.add_words, counter, "", { lowercase = true })
        "#,
    );
}

#[test]
fn counters_travel() {
    passes(
        r#"
        -- The driver never asked for the module before it gets a counter.
        local fs = lithops.map(function(s) return require("text").counter():add_words(s) end, { "a b a", "b " .. ("x"):rep(99) })
        local counters = fs:get_result()
        same(counters[1]:merge(counters[2]):counts(), { a = 2, b = 2, [("x"):rep(99)] = 1 })
        local count = lithops.map_reduce(
          function(s) return require("text").counter():add_words(s) end, { "a b", "b c" },
          function(list) for i = 2, #list do list[1]:merge(list[i]) end return list[1]:top(1)[1] end):get_result()
        same(count, { "b", 2 })
        local text = require "text"
        local captured = text.counter():add("k")
        same(lithops.call_async(function() return captured:add("k"):counts() end):result(), { k = 2 })
        same(captured:counts(), { k = 1 })
        same(lithops.map(text.trim, { " a " }):get_result(), { "a" })
        "#,
    );
}
