use crate::passes;

#[test]
fn partitions_become_objects() {
    passes(
        r#"
        local function get(address) return lithops.storage:get_object(nil, address:sub(#at() + 1)) end
        local d = dataset.from_list({ "a", "b", 3, "d" }, { partitions = 2 })
        local parts = d:write_text(at("out"))
        same(parts, { at("out/part-00000.txt"), at("out/part-00001.txt") })
        same({ get(parts[1]), get(parts[2]) }, { "a\nb\n", "3\nd\n" })
        same(dataset.read_text(at("out/")):collect(), { "a", "b", "3", "d" })

        local records = dataset.from_list({ { n = 1, s = "x" }, { n = 2, s = 'y "z"\n' } }, { partitions = 1 })
        parts = records:write_json_lines(at("deep/json/"))
        same(parts, { at("deep/json/part-00000.jsonl") })
        same(dataset.read_json_lines(parts):collect(), records:collect())
        parts = records:write_csv(at("csv"), { header = { "n", "s" } })
        same(get(parts[1]), 'n,s\n1,x\n2,"y ""z""\n"\n')
        same(dataset.read_csv(parts, { header = true, numbers = { "n" } }):collect(), records:collect())
        same(get(dataset.from_list({ { 1, "a" } }):write_csv(at("semi"), { separator = ";", newline = "\r\n" })[1]), "1;a\r\n")

        -- Two inputs, and pieces of objects.
        put("in", ("line\n"):rep(100))
        local both = d:union(dataset.read_text(at("in"), { obj_chunk_number = 3 })):union(d)
        parts = both:write_text(at("both"))
        same(#parts, 7)
        same(parts[7], at("both/part-00006.txt"))
        same(dataset.read_text(at("both/")):count(), 108)
        same(dataset.from_list({}):write_text(at("none")), {})
        -- An empty partition is an empty object.
        same(get(d:filter(function(x) return x == 3 end):write_text(at("some"))[1]), "")
        "#,
    );
}

#[test]
fn what_is_large_is_written_in_pieces() {
    passes(
        r#"
        local line = ("x"):rep(999)
        local parts = dataset.from_range(20000, { partitions = 2 }):map(function() return line end):write_text(at("large"))
        for _, address in ipairs(parts) do
          same(lithops.storage:head_object(nil, address:sub(#at() + 1)).size, 10000000)
        end
        "#,
    );
}

#[test]
fn parts_that_are_there_are_kept_unless_they_may_go() {
    passes(
        r#"
        local d = dataset.from_list({ "a", "b", "c" }, { partitions = 3 })
        d:write_text(at("out"))
        put("out/other.txt", "mine")
        raises("there are 3 parts of a dataset at " .. at("out/") .. ": write elsewhere, or say `overwrite = true`", d.write_text, d, at("out"))
        dataset.from_list({ "z" }):write_text(at("out"), { overwrite = true })
        same(lithops.storage:list_keys(nil, "out/"), { "out/other.txt", "out/part-00000.txt" })
        "#,
    );
}

/// They were removed before anything was read.
#[test]
fn parts_are_replaced_only_by_what_succeeds() {
    passes(
        r#"
        local function get(key) return lithops.storage:get_object(nil, key) end
        local function keys() return lithops.storage:list_keys(nil, "out/") end
        dataset.from_list({ "a", "b", "c" }, { partitions = 3 }):write_text(at("out"))
        local all = { "out/part-00000.txt", "out/part-00001.txt", "out/part-00002.txt" }
        -- What fails before it writes, or while it does.
        local d = dataset.from_list({ 1, 2, 3, 4, 5 }, { partitions = 5 })
        local early = d:group_by(function() error("early") end)
        raises("early", early.write_text, early, at("out"), { overwrite = true })
        same({ keys(), get(all[1]), get(all[2]), get(all[3]) }, { all, "a\n", "b\n", "c\n" })
        local late = d:map(function(x)
          if x <= 3 then error("late") end
          return x
        end)
        raises("late", late.write_text, late, at("out"), { overwrite = true })
        same({ keys(), get(all[1]), get(all[2]), get(all[3]) }, { all, "a\n", "b\n", "c\n" })
        dataset.from_list({ { 1 }, { 2 } }, { partitions = 2 }):write_csv(at("out"), { overwrite = true })
        same(keys(), { "out/part-00000.csv", "out/part-00001.csv" })
        -- With the store of an executor.
        local ours = dataset.with({ executor = lithops.FunctionExecutor() })
        ours.from_list({ { 3 } }, { partitions = 1 }):write_csv(at("out"), { overwrite = true })
        same({ keys(), get("out/part-00000.csv") }, { { "out/part-00000.csv" }, "3\n" })
        "#,
    );
}

#[test]
fn nothing_is_written_over_what_is_read() {
    passes(
        r#"
        local d = dataset.from_list({ "a", "b" }, { partitions = 2 })
        d:write_text(at("in/deep"))
        local function refuses(source, target, options)
          local made = dataset.read_text(source):map(string.upper):count_by_value():keys()
          local words = ("dataset:write_text: the dataset reads %s, which parts written below %s could replace"):format(
            tostring(source), at(target))
          raises(words, made.write_text, made, at(target), options)
        end
        local over = { overwrite = true }
        for _, source in ipairs { "in/deep/", "in/deep/part-00000.txt", "in/deep/*", "in/*/*.txt", "in/", "**/*.txt",
          "in/d?[a-f]p/*" } do
          refuses(at(source), "in/deep/", over)
        end
        refuses(lithops.storage:put_cloudobject("x", nil, "in/deep/x"), "in/deep/", over)
        lithops.storage:delete_object(nil, "in/deep/x")
        refuses(at("in/"), "in/new/")
        -- Beside it, above it, or of a cache that is filled.
        put("in/x.txt", "c")
        same(#dataset.read_text(at("in/*.txt")):write_text(at("in/beside"), over), 1)
        same(#dataset.read_text(at("in/x.txt")):write_text(at("in/x.txt.parts"), over), 1)
        same(#dataset.read_text(at("in/x.txt")):write_text(at("in")), 1)
        local kept = dataset.read_text(at("in/deep/")):map(string.upper):cache()
        raises("the dataset reads", kept.write_text, kept, at("in/deep"), over)
        kept:count()
        kept:write_text(at("in/deep"), over)
        same(dataset.read_text(at("in/deep/")):collect(), { "A", "B" })
        local _, err = pcall(function() dataset.read_text(at("in/")):write_text(at("in"), over) end)
        assert(err:find("^pipeline.lua:%d+: dataset:write_text: the dataset reads"), err)
        "#,
    );
}

#[test]
fn numbers_are_written_so_that_they_are_read_as_the_same() {
    passes(
        r#"
        local list = { 2 ^ 53, -2 ^ 53, 123456789012345678, 0.1, 1 / 3, 0.1 + 0.2, 1e300, 5e-324, 1e15 + 0.5, 7, -3,
          1e14 }
        local d = dataset.from_list(list, { partitions = 1 })
        d:write_text(at("numbers"))
        same(dataset.read_text(at("numbers/")):map(tonumber):collect(), list)
        local lines = dataset.read_text(at("numbers/")):collect()
        same({ lines[1], lines[4], lines[10], lines[12] }, { "9007199254740992", "0.1", "7", "100000000000000" })
        dataset.from_list({ 1 / 0, -1 / 0 }, { partitions = 1 }):write_text(at("inf"))
        same(dataset.read_text(at("inf/")):collect(), { "inf", "-inf" })
        dataset.from_list({ 0 / 0 }):write_text(at("nan"))
        assert(dataset.read_text(at("nan/")):first():find("nan"))
        "#,
    );
}

#[test]
fn an_element_is_one_line_of_text() {
    passes(
        r#"
        local d = dataset.from_list({ "one\ntwo" })
        raises([[dataset:write_text: the element "one\ntwo" has a newline in it and would become several lines]],
          d.write_text, d, at("lines"))
        d = dataset.from_list({ ("x"):rep(38) .. "ä€" .. "\n" })
        raises('the element "' .. ("x"):rep(38) .. '…" has a newline', d.write_text, d, at("lines"))
        same(lithops.storage:list_keys(nil, "lines/"), {})
        "#,
    );
}

#[test]
fn a_part_without_rows_has_its_header() {
    passes(
        r#"
        local function get(address) return lithops.storage:get_object(nil, address:sub(#at() + 1)) end
        local d = dataset.from_list({ { a = 1 }, { a = 2 } }, { partitions = 2 })
          :filter(function(row) return row.a > 1 end)
        local parts = d:write_csv(at("rows"), { header = { "a" } })
        same({ get(parts[1]), get(parts[2]) }, { "a\n", "a\n2\n" })
        -- Whose names would they be?
        parts = d:write_csv(at("unnamed"), { header = true })
        same({ get(parts[1]), get(parts[2]) }, { "", "a\n2\n" })
        "#,
    );
}

/// Whoever reads them takes them for one table.
#[test]
fn parts_have_the_same_header() {
    passes(
        r#"
        local d = dataset.from_list({ { id = 1, x = 2 }, { id = 2, y = 3 } }, { partitions = 2 })
        raises('dataset:write_csv: part-00000.csv has the columns id, x, and part-00001.csv id, y; say which all of them '
          .. 'have: `header = {"id", "x", "y"}`', d.write_csv, d, at("rows"), { header = true })
        same(lithops.storage:list_keys(nil, "rows/"), {})
        local parts = d:write_csv(at("rows"), { header = { "id", "x", "y" } })
        same(dataset.read_csv(parts, { header = true, numbers = true }):map(function(row) return row.id end):collect(), { 1, 2 })
        d:map(function(row) return { id = row.id } end):write_csv(at("ids"), { header = true })
        same(dataset.read_csv(at("ids/"), { header = true }):collect(), { { id = "1" }, { id = "2" } })
        "#,
    );
}

#[test]
fn nothing_is_left_of_what_failed() {
    passes(
        r#"
        local d = dataset.from_range(8, { partitions = 8 }):map(function(x)
          if x == 8 then error("the last one") end
          return x
        end)
        raises("the last one", d.write_text, d, at("out"))
        same(lithops.storage:list_keys(nil, "out/"), {})
        raises("not to file:///tmp/x", d.write_text, d, "file:///tmp/x")
        raises("not to s3:/b", d.write_text, d, "s3:/b")
        raises("local:/// names no bucket", d.write_text, d, "local:///")
        raises("is a pattern", d.write_text, d, at("a*"))
        raises("an address such as s3://bucket/prefix/ expected, got nil", d.write_text, d)
        raises("unknown option `over`; did you mean `overwrite`?", d.write_text, d, at("out"), { over = true })
        local tables = dataset.from_list({ {} })
        raises("write_text: an element is a table, not a string or a number; write it with `write_json_lines`", tables.write_text, tables, at("t"))
        raises("write_csv: an element is a number, not a row", d.write_csv, dataset.from_list({ 1 }), at("t"))
        "#,
    );
}
