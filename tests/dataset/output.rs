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
        raises("unknown option `over`; the options are overwrite", d.write_text, d, at("out"), { over = true })
        local tables = dataset.from_list({ {} })
        raises("write_text: an element is a table, not a string or a number; write it with `write_json_lines`", tables.write_text, tables, at("t"))
        raises("write_csv: an element is a number, not a row", d.write_csv, dataset.from_list({ 1 }), at("t"))
        "#,
    );
}
