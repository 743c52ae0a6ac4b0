use crate::passes;

#[test]
fn ranges_are_as_in_for() {
    passes(
        r#"
        same(dataset.from_range(4):collect(), { 1, 2, 3, 4 })
        same(dataset.from_range(3, 5):collect(), { 3, 4, 5 })
        same(dataset.from_range(5, 1, -2):collect(), { 5, 3, 1 })
        same(dataset.from_range(0, 1, 0.25):collect(), { 0, 0.25, 0.5, 0.75, 1 })
        same(dataset.from_range(3, 1):collect(), {})
        same(dataset.from_range(0, 1, 0.1, { partitions = 3 }):count(), 11)
        same(dataset.from_range(1e6):sum(), 500000500000)
        -- Rounding adds no number, and takes none away.
        same(dataset.from_range(1, 1.9999999999):collect(), { 1 })
        same(dataset.from_range(0, 1, 0.1):count(), 11)
        same(dataset.from_range(0, 0.3, 0.1):count(), 4)
        same(dataset.from_range(1, -1, -0.5):count(), 5)
        same(dataset.from_range(1, 1e15, 1e14):count(), 10)
        "#,
    );
}

#[test]
fn lists_are_cut_into_partitions() {
    passes(
        r#"
        local function sizes(d) return d:map_partitions(function(next) local n = 0 for _ in next do n = n + 1 end return { n } end):collect() end
        same(sizes(dataset.from_list({ 1, 2, 3, 4, 5, 6, 7 }, { partitions = 3 })), { 3, 2, 2 })
        same(sizes(dataset.from_list({ 1, 2 }, { partitions = 9 })), { 1, 1 })
        same(dataset.from_list({ { a = 1 }, "x", false, 7LL }):collect(), { { a = 1 }, "x", false, 7LL })
        "#,
    );
}

#[test]
fn lines_are_read_from_objects() {
    passes(
        r#"
        put("t/a", "one\ntwo\n\nfour")
        put("t/b", "five\r\nsix\n")
        put("t/c", "")
        local expected = { "one", "two", "", "four", "five", "six" }
        same(dataset.read_text(at("t/")):collect(), expected)
        same(dataset.read_text(at("t/a"), at("t/b")):collect(), expected)
        same(dataset.read_text({ at("t/a"), at("t/b") }, { obj_chunk_size = 3 }):collect(), expected)
        same(dataset.read_text(at("t/*"), { obj_chunk_number = 2 }):count(), 6)
        same(dataset.read_text(put("s", "a;b\r;c"), { obj_newline = ";" }):collect(), { "a", "b\r", "c" })
        same(dataset.read_text(at("t/b")):map_partitions(function(next) return next end):collect(), { "five", "six" })
        same(dataset.read_text(put("r", "a\rb\r\n\r\n\nc\r\n")):collect(), { "a\rb", "", "", "c" })
        -- Lines longer than what is read at once, and across it.
        local long, lines = ("x"):rep(3 * 2^20), {}
        for i = 1, 50000 do lines[i] = ("%d: %s"):format(i, ("y"):rep(i % 90)) end
        put("long", long .. "\n" .. long .. "\n" .. table.concat(lines, "\n"))
        local got = dataset.read_text(at("long"), { obj_chunk_size = "1MiB" }):collect()
        same(#got, 50002)
        same(got[2], long)
        for i = 1, 50000 do assert(got[i + 2] == lines[i], i) end
        "#,
    );
}

#[test]
fn lines_of_json_are_values() {
    passes(
        r#"
        local json = require "json"
        put("j/1", '{"n": 1, "tags": []}\n\n[1, null]\n')
        put("j/2", '"x"\n9007199254740993')
        same(dataset.read_json_lines(at("j/")):collect(), { { n = 1, tags = {} }, { 1, json.null }, "x", 9007199254740993LL })
        same(dataset.read_json_lines(at("j/"), { obj_chunk_size = 4 }):count(), 4)
        -- Through a shuffle nothing is lost: null, and which tables are lists.
        local all = dataset.read_json_lines(at("j/")):group_by(type):filter(function(p) return p.key == "table" end):first().value
        same(all[2][2] == json.null, true)
        same(json.encode(all[1], { sort_keys = true }), '{"n":1,"tags":[]}')
        -- By another end of the lines, whole and in pieces.
        put("nul", '{"n":\n1}\0{"n": 2}\0\0"x"')
        same(dataset.read_json_lines(at("nul"), { obj_newline = "\0" }):collect(), { { n = 1 }, { n = 2 }, "x" })
        same(dataset.read_json_lines(at("nul"), { obj_newline = "\0", obj_chunk_size = 4 }):count(), 3)
        put("nul", '{"n": 1}\0 \0{"n" 2}\0')
        local d = dataset.read_json_lines(at("nul"), { obj_newline = "\0" })
        local err = raises("object " .. at("nul"), d.collect, d)
        assert(tostring(err):find("in record 3", 1, true), tostring(err))
        same(dataset.read_json_lines(at("j/2"), { obj_newline = "\n" }):count(), 2)
        put("bad", '{"a": 1}\n{"a"\n')
        d = dataset.read_json_lines(at("bad"))
        err = raises("object " .. at("bad"), d.collect, d)
        assert(tostring(err):find("line 2", 1, true), tostring(err))
        "#,
    );
}

#[test]
fn rows_of_csv_are_lists_or_tables() {
    passes(
        r#"
        put("c/1.csv", 'name,n\nann,1\n"b, ""c""\nd",2\n')
        put("c/2.csv", 'name,n\neve,3\n')
        local named = { { name = "ann", n = "1" }, { name = 'b, "c"\nd', n = "2" }, { name = "eve", n = "3" } }
        same(dataset.read_csv(at("c/"), { header = true }):collect(), named)
        same(dataset.read_csv(at("c/2.csv")):collect(), { { "name", "n" }, { "eve", "3" } })
        same(dataset.read_csv(at("c/2.csv"), { header = true, numbers = { "n" } }):first(), { name = "eve", n = 3 })
        same(dataset.read_csv(put("semi", "1;2"), { separator = ";", header = { "a", "b" } }):first(), { a = "1", b = "2" })
        -- Cut at lines if there are no others in fields: each piece knows the names.
        local rows = { "name,n" }
        for i = 1, 1000 do rows[#rows + 1] = ("row %d,%d"):format(i, i) end
        put("d.csv", table.concat(rows, "\n"))
        local d = dataset.read_csv(at("d.csv"), { header = true, numbers = true, quoted_newlines = false, obj_chunk_size = 1000 })
        local got = d:collect()
        same(#got, 1000)
        same(got[1000], { name = "row 1000", n = 1000 })
        same(d:map(function(row) return row.n end):sum(), 500500)
        assert(d:map_partitions(function() return { 1 } end):count() > 5)
        same(#d:take(500), 500)
        -- Names are names, also those that look like numbers, or whose fields are.
        local priced = { header = true, numbers = { "price" }, quoted_newlines = false }
        same(dataset.read_csv(put("price.csv", "item,price\na,1.5\n"), priced):first(), { item = "a", price = 1.5 })
        rows = { "item,2024" }
        for i = 1, 300 do rows[#rows + 1] = ("row %d,%d"):format(i, i) end
        put("years.csv", table.concat(rows, "\n"))
        local cut = { header = true, numbers = true, quoted_newlines = false, obj_chunk_size = 500 }
        got = dataset.read_csv(at("years.csv"), cut):collect()
        same(#got, 300)
        for i = 1, 300 do same(got[i], { item = "row " .. i, ["2024"] = i }) end
        -- The header may be in any piece: comments and empty lines come before it.
        rows = { "; one", "; two", "", "; three", "name,n" }
        for i = 1, 40 do rows[#rows + 1] = ("row %d,%d"):format(i, i) end
        put("late.csv", table.concat(rows, "\n"))
        for _, size in ipairs { 3, 7, 10, 24, 30, 100 } do
          local late = { header = true, numbers = true, comment = ";", quoted_newlines = false, obj_chunk_size = size }
          got = dataset.read_csv(at("late.csv"), late):collect()
          same(#got, 40)
          for i = 1, 40 do same(got[i], { name = "row " .. i, n = i }) end
        end
        local none = { header = true, comment = ";", quoted_newlines = false, obj_chunk_size = 4 }
        same(dataset.read_csv(put("none.csv", "; one\n; two\n\n"), none):count(), 0)
        local bad = dataset.read_csv(put("bad.csv", 'a,b\n"never closed'))
        raises("never closed", bad.collect, bad)
        raises("objects are read whole; say `quoted_newlines = false`", dataset.read_csv, at("d.csv"), { obj_chunk_size = 3 })
        "#,
    );
}
