//! `csv`.

use proptest::prelude::*;

use crate::jobs::{folder, passes, run_in};

#[test]
fn rows_are_read() {
    passes(
        r##"
        local csv = require "csv"
        same(csv.decode "a,b\n1,2\n", { { "a", "b" }, { "1", "2" } })
        same(csv.decode "a,b\r\n1,2", { { "a", "b" }, { "1", "2" } })
        same(csv.decode "", {})
        same(csv.decode "\n\r\n\n", {})
        same(csv.decode "\239\187\191a\n\n\nb\n", { { "a" }, { "b" } })
        same(csv.decode ",\n", { { "", "" } })
        same(csv.decode '"a ""b""\nc","",x"y,"z"\n', { { 'a "b"\nc', "", 'x"y', "z" } })
        same(csv.decode '""\n', { { "" } })
        same(csv.decode "a,b,c\n1\n", { { "a", "b", "c" }, { "1" } })
        same(csv.decode("a;b\n'x;''y';2", { separator = ";", quote = "'" }), { { "a", "b" }, { "x;'y", "2" } })
        same(csv.decode('"a\tb"\n', { separator = "\t", quote = false }), { { '"a', 'b"' } })
        same(csv.decode("# x\na,b\n# 1,2\n3,#4\n", { comment = "#" }), { { "a", "b" }, { "3", "#4" } })
        same(csv.decode(" a , b c\t\n", { trim = true }), { { "a", "b c" } })
        same(csv.decode('x," y ", "b, c"\n', { trim = true }), { { "x", "y", '"b', 'c"' } })
        -- Longer than any buffer.
        local rows = {}
        for i = 1, 5000 do rows[i] = { tostring(i), ("x"):rep(i % 97 * 50), '"' .. i, "a\nb" } end
        local text = csv.encode(rows)
        same(csv.decode(text), rows)
        local wide = {}
        for i = 1, 10000 do wide[i] = "c" .. i end
        same(csv.decode(csv.encode { wide }), { wide })
        "##,
    );
}

#[test]
fn columns_have_names() {
    passes(
        r##"
        local csv = require "csv"
        local rows, names = csv.decode("name,price\nnut,1.50\nbolt,\n", { header = true })
        same(rows, { { name = "nut", price = "1.50" }, { name = "bolt", price = "" } })
        same(names, { "name", "price" })
        same(csv.decode("nut,1\n", { header = { "name", "price" } }), { { name = "nut", price = "1" } })
        same(csv.decode(" a , b\n1,2", { header = true, trim = true }), { { a = "1", b = "2" } })
        same(csv.decode("", { header = true }), {})
        same({ csv.decode("a,b\n", { header = true }) }, { {}, { "a", "b" } })
        raises("option `header` must be true, false or a list of names, not a table", csv.decode, "", { header = {} })
        raises("option `header` must be true, false or a list of names, not a table", csv.decode, "", { header = { 1 } })
        -- Names that would be passed over. Results of jobs have their length in `n`.
        for _, list in ipairs { { "a", nil, "c" }, { "a", x = "b" }, { "a", "b", n = 3 } } do
          local refusal = "option `header` must be true, false or a list of names, not a table"
          raises(refusal, csv.decode, "1,2", { header = list })
          raises(refusal, csv.encode, {}, { header = list })
        end
        same(csv.decode("1,2", { header = { "a", "b", n = 2 } }), { { a = "1", b = "2" } })
        same(csv.encode({ { 1, 2 } }, { header = { "a", "b", n = 2 } }), "a,b\n1,2\n")
        "##,
    );
}

#[test]
fn a_header_may_have_any_number_of_names() {
    passes(
        r##"
        local csv = require "csv"
        local names, cells = {}, {}
        for i = 1, 50000 do names[i], cells[i] = "c" .. i, tostring(i) end
        local text = table.concat(names, ",") .. "\n" .. table.concat(cells, ",") .. "\n"
        local rows, found = csv.decode(text, { header = true, numbers = { "c50000" } })
        same({ rows[1].c1, rows[1].c49999, rows[1].c50000 }, { "1", "49999", 50000 })
        same(found, names)
        same(csv.decode(table.concat(cells, ","), { header = names })[1].c50000, "50000")
        "##,
    );
}

#[test]
fn what_is_wrong_with_a_header_is_wrong_with_all_rows() {
    passes(
        r##"
        local csv = require "csv"
        local next_row = csv.rows("a,a\n1,2\n3,4\n", { header = true })
        for _ = 1, 3 do raises('csv.rows: a second column is named "a" at line 1 column 3', next_row) end
        next_row = csv.rows("a,b\n1,2\n", { header = true, numbers = { "c" } })
        for _ = 1, 3 do raises("option `numbers` names the column", next_row) end
        local twice = { header = { "a", "b", "a" } }
        same({ csv.decode("1,2,3\n", twice) }, { [2] = 'a second column is named "a" in `header`' })
        next_row = csv.rows("1,2,3\n", twice)
        for _ = 1, 2 do raises('csv.rows: a second column is named "a" in `header`', next_row) end
        "##,
    );
}

#[test]
fn rows_without_cells_come_back() {
    passes(
        r##"
        local csv = require "csv"
        local text = csv.encode { { "a" }, {}, { "b" } }
        same(text, 'a\n""\nb\n')
        same(csv.decode(text), { { "a" }, { "" }, { "b" } })
        same(csv.encode({ {} }, { header = { "a" } }), 'a\n""\n')
        same(csv.encode({ { 1 } }, { header = { "" } }), '""\n1\n')
        raises("a row without a cell that has text cannot be written without quotes", csv.encode, { {} }, { quote = false })
        "##,
    );
}

#[test]
fn fields_that_are_exact_numbers_are_numbers() {
    passes(
        r##"
        local csv = require "csv"
        local row = csv.decode("1,-2.5,1e3,007,9007199254740993,,x,+1,0x10,nan, 1", { numbers = true })[1]
        same(row, { 1, -2.5, 1000, "007", "9007199254740993", "", "x", "+1", "0x10", "nan", " 1" })
        same(csv.decode("id,n\n1,2", { header = true, numbers = { "n" } }), { { id = "1", n = 2 } })
        same(csv.decode("1,2,3", { numbers = { 1, 3 } }), { { 1, "2", 3 } })
        same(csv.decode(" 1", { numbers = true, trim = true }), { { 1 } })
        raises("names the column \"m\", which is not there", csv.decode, "id,n\n1,2", { header = true, numbers = { "m" } })
        raises("names the column 0, which is not there", csv.decode, "1", { numbers = { 0 } })
        raises("names the column 3, which is not there", csv.decode, "a,b\n1,2", { header = true, numbers = { 2, 3 } })
        raises("names the column 3, which is not there", csv.decode, "1,2", { header = { "a", "b" }, numbers = { 3 } })
        same(csv.decode("a,b\n1,2", { header = true, numbers = { 2 } }), { { a = "1", b = 2 } })
        same(csv.decode("1,2", { numbers = { 3 } }), { { "1", "2" } })
        for _, columns in ipairs { { a = true }, { 1, nil, 3 }, { [2] = "a" } } do
          raises("option `numbers` must be true, false or a list of columns, not a table", csv.decode, "1", { numbers = columns })
        end
        "##,
    );
}

#[test]
fn what_is_malformed_is_told_with_its_place() {
    passes(
        r##"
        local csv = require "csv"
        local function fails(expected, text, options)
          local value, err = csv.decode(text, options)
          same(value, nil)
          same(err, expected)
        end
        fails("a quote that is never closed at line 2 column 3", 'a,b\n1,"2\n3,4\n5,6\n')
        fails("a quote that is never closed at line 1 column 1", '"')
        fails("a quote that is never closed at line 3 column 5", 'a\n\n"x","y""\n')
        same(csv.decode 'a,"b"', { { "a", "b" } })
        same(csv.decode 'a,b"', { { "a", 'b"' } })
        fails("a row has 3 fields, and the header 2, at line 3 column 8", 'a,b\n1,2\n1,"éé",3\n', { header = true })
        fails("a row has 1 fields, and the header 2, at line 5 column 2", "# x\n\na,b\n\n1\n", { header = true, comment = "#" })
        fails("a row has 3 fields, and the header 2, at line 3 column 4", 'a,b\n1,"x\ny",3\n', { header = true })
        fails('a second column is named "a" at line 1 column 5', "a,b,a\n", { header = true })
        raises("bad argument #1 to 'decode' (string expected, got table)", csv.decode, {})
        raises("unknown option `seperator`; did you mean `separator`?", csv.decode, "", { seperator = ";" })
        raises("option `separator` must be one character of ASCII, not \";;\"", csv.decode, "", { separator = ";;" })
        raises("option `separator` must be another character than the quote", csv.decode, "", { separator = '"' })
        raises("option `quote` must be one character of ASCII, not true", csv.decode, "", { quote = true })
        "##,
    );
}

#[test]
fn a_comment_ends_with_its_line_however_that_ends() {
    passes(
        r##"
        local csv = require "csv"
        local comment = { comment = "#" }
        same(csv.decode("a,b\n# end", comment), { { "a", "b" } })
        same(csv.decode('a,b\n1,2\n# a "quote', { comment = "#", header = true }), { { a = "1", b = "2" } })
        same(csv.decode("a,b\n#", comment), { { "a", "b" } })
        same(csv.decode("#", comment), {})
        same(csv.decode("# x\r1,2\r# y\r\r3,#4\r#", comment), { { "1", "2" }, { "3", "#4" } })
        same(csv.decode('"#a\n#b",1\n#c\n', comment), { { "#a\n#b", "1" } })
        same(csv.decode("\239\187\191# x\na\n", comment), { { "a" } })
        local text = "# 1\r\na,b\r\n\r\n# 4\n# 5\n1,2\n\n# end"
        for size = 1, #text do
          local at = 1
          local source = { read = function() local s = text:sub(at, at + size - 1) at = at + size return s ~= "" and s or nil end }
          local got, lines = {}, {}
          for row, line in csv.rows(source, comment) do got[#got + 1] = row lines[#lines + 1] = line end
          same(got, { { "a", "b" }, { "1", "2" } })
          same(lines, { 2, 6 })
        end
        "##,
    );
}

#[test]
fn rows_come_one_by_one_from_a_string_a_file_a_stream_and_an_iterator() {
    passes(
        r##"
        local csv = require "csv"
        local text = '\239\187\191a,b\r\n\r\n"x\r\ny",2\r\n3,4'
        local function all(source, options)
          local got, lines = {}, {}
          for row, line in csv.rows(source, options) do got[#got + 1] = row lines[#lines + 1] = line end
          return got, lines
        end
        local expected = { { "a", "b" }, { "x\r\ny", "2" }, { "3", "4" } }
        local got, lines = all(text)
        same(got, expected)
        same(lines, { 1, 3, 5 })
        same(all(text, { header = true }), { { a = "x\r\ny", b = "2" }, { a = "3", b = "4" } })
        append("x.csv", text)
        local file = io.open("x.csv", "rb")
        same(all(file), expected)
        file:close()
        same(all(io.lines("x.csv")), expected)
        got, lines = all(io.lines("x.csv", "*L"))
        same(got, expected)
        same(lines, { 1, 3, 5 })
        lithops.storage.put_object(nil, "x.csv", text)
        same(all(lithops.storage.get_object(nil, "x.csv", { stream = true })), expected)
        same(all(lithops.storage.get_object(nil, "x.csv", { stream = true }):lines("*L")), expected)
        -- However it is cut.
        for size = 1, #text do
          local at = 1
          local source = { read = function() local s = text:sub(at, at + size - 1) at = at + size return s ~= "" and s or nil end }
          local got, lines = all(source)
          same(got, expected)
          same(lines, { 1, 3, 5 })
        end
        local err = raises("csv.rows: a row has 1 fields, and the header 2, at line 3 column 2", function()
          for row in csv.rows("a,b\n1,2\n3\n", { header = true }) do end
        end)
        assert(err:find("pipeline.lua:", 1, true), err)
        raises("csv.rows: a quote that is never closed at line 2 column 1", function() for _ in csv.rows('a\n"b') do end end)
        "##,
    );
}

#[test]
fn a_large_file_takes_little_memory() {
    passes(
        r##"
        local csv = require "csv"
        local line = ("word,"):rep(199) .. "end\n"
        local left, count = 40000, 0
        local source = { read = function() if left > 0 then left = left - 40 return line:rep(40) end end }
        collectgarbage()
        local function resident() return tonumber(read("/proc/self/status"):match("VmRSS:%s*(%d+)")) end
        local before = resident()
        for row in csv.rows(source) do count = count + 1 end
        same(count, 40000)
        local grown = (resident() - before) / 1024
        assert(grown < 20, ("grew by %d MiB for a file of 40"):format(grown))
        "##,
    );
}

#[test]
fn rows_are_written() {
    passes(
        r##"
        local csv = require "csv"
        local json = require "json"
        same(csv.encode { { "a", 1, 1.5, true, false }, { 'x"y', "p,q", "r\ns", "t\ru", " " } },
             'a,1,1.5,true,false\n"x""y","p,q","r\ns","t\ru", \n')
        same(csv.encode { { 0.1, 1/3, 2^53, 2^60, -0.0, 9007199254740993LL, 2^64 - 1ULL } },
             "0.1,0.3333333333333333,9007199254740992,1.152921504606847e18,-0.0,9007199254740993,18446744073709551615\n")
        same(csv.encode { { 1, nil, 3 }, { nil, 2 }, { 1, n = 3 }, { json.null, "x" } }, "1,,3\n,2\n1,,\n,x\n")
        same(csv.encode { { "" }, { "x" } }, '""\nx\n')
        same(csv.encode {}, "")
        same(csv.encode({ { 1, 2 } }, { separator = ";", newline = "\r\n" }), "1;2\r\n")
        same(csv.encode({ { 1.5, "a" } }, { separator = "." }), '"1.5".a\n')
        same(csv.encode({ { "it's", "a\"b" } }, { quote = "'" }), "'it''s',a\"b\n")
        same(csv.encode({ { 1, 2 } }, { header = { "a", "b" } }), "a,b\n1,2\n")
        same(csv.encode({ { b = 1, a = 2, c = 3 }, { a = 4 } }, { header = { "a", "b" } }), "a,b\n2,1\n4,\n")
        same(csv.encode({ { b = 1, a = 2 }, { a = 4 } }, { header = true }), "a,b\n2,1\n4,\n")
        same(csv.encode({}, { header = { "a" } }), "a\n")
        same(csv.encode { n = 2, { "a" }, { "b" } }, "a\nb\n")
        same(csv.encode { n = 0 }, "")
        same(csv.encode(lithops.map(function(x) return { x } end, { 1, 2 }):get_result()), "1\n2\n")
        "##,
    );
}

#[test]
fn what_is_no_cell_is_told_with_its_place() {
    passes(
        r##"
        local csv = require "csv"
        raises("csv.encode: row 2: a table cannot be a cell, in column 1", csv.encode, { { 1 }, { {} } })
        raises("csv.encode: row 1: a function cannot be a cell, in column `f`", csv.encode, { { f = print } }, { header = true })
        raises("row 1: a cdata cannot be a cell unless it is a 64-bit number", csv.encode, { { require("ffi").new("int[2]") } })
        raises("row 1: a row is a table, not a number", csv.encode, { 7 })
        raises("row 1: cells have names, and there is no `header`", csv.encode, { { a = 1 } })
        raises("row 1: a row has cells with names and cells without", csv.encode, { { 1, a = 1 } })
        raises("row 1: 3 cells, and 2 names in the header", csv.encode, { { 1, 2, 3 } }, { header = { "a", "b" } })
        raises("row 2: a cell has a name that the first row, and so the header, lacks", csv.encode, { { a = 1 }, { b = 1 } }, { header = true })
        raises("`header = true` takes the names", csv.encode, { { 1 } }, { header = true })
        raises("1.5 is no place of a cell", csv.encode, { { [1.5] = 1 } })
        raises("row 1: a row of 1048576 cells has 1 that are not nil", csv.encode, { { [1048576] = 1 } })
        raises("row 1: a row of 1000000 cells has 1 that are not nil", csv.encode, { { 1, n = 1e6 } })
        same(#csv.encode { { [300] = 1 } }, 301)
        -- Rows that would be passed over.
        local hole = "csv.encode: row 2: a row is a table, not a nil"
        raises(hole, csv.encode, { n = 3, [1] = { "a" }, [3] = { "b" } })
        raises(hole, csv.encode, { { "a" }, nil, { "b" } })
        raises(hole, csv.encode, { { "a" }, n = 2 })
        raises("row 1: a row is a table, not a nil", csv.encode, { [2 ^ 40] = { "a" } })
        raises('csv.encode: the rows must be a list, and one of their keys is "x"', csv.encode, { x = { "a" } })
        raises('csv.encode: the rows must be a list, and one of their keys is "n"', csv.encode, { n = { "a" } })
        raises("the rows must be a list, and one of their keys is 0", csv.encode, { [0] = { "a" }, { "b" } })
        raises("the rows must be a list, and one of their keys is a boolean", csv.encode, { [true] = { "a" } })
        raises("csv.encode: a list of 2 rows has 1 in its field `n`", csv.encode, { { "a" }, { "b" }, n = 1 })
        raises('csv.encode: a second column is named "x" in `header`', csv.encode, {}, { header = { "x", "y", "x" } })
        raises("cannot be written without quotes", csv.encode, { { "a,b" } }, { quote = false })
        raises("unknown option `headers`; did you mean `header`?", csv.encode, {}, { headers = true })
        "##,
    );
}

#[test]
fn a_writer_writes_each_row_as_it_comes() {
    passes(
        r##"
        local csv = require "csv"
        local writer = csv.writer(assert(io.open("out.csv", "w")), { header = { "a", "b" } })
        same(writer:write { 1, "x,y" }, writer)
        assert(writer:write { a = 2 }:write { 3, 4 })
        assert(writer:close())
        same(read("out.csv"), 'a,b\n1,"x,y"\n2,\n3,4\n')
        raises("attempt to use a closed csv.writer", writer.write, writer, { 1 })

        local parts, closed = {}, false
        local out = { write = function(_, text) parts[#parts + 1] = text end, close = function() closed = true return "closed" end }
        local writer = csv.writer(out)
        writer:write { 1, nil, 2 }
        same(parts, { "1,,2\n" })
        same(writer:close(), "closed")
        same(closed, true)
        -- A header without rows; a failure; what has no `write`.
        parts = {}
        csv.writer(out, { header = { "a" } }):close()
        same(parts, { "a\n" })
        same({ csv.writer({ write = function() return nil, "disk full" end }):write { 1 } }, { nil, "disk full" })
        same(select(2, csv.writer({ write = function() return nil, "disk full" end }):write { 1 }), "disk full")
        raises("something with a method `write` expected, got number", csv.writer, 7)
        raises("csv.writer: row 2: a table cannot be a cell", function()
          local writer = csv.writer(out)
          writer:write { 1 }
          writer:write { {} }
        end)
        "##,
    );
}

#[test]
fn a_header_comes_before_the_first_row_that_is_written() {
    passes(
        r##"
        local csv = require "csv"
        local parts, failure = {}, nil
        local out = {}
        function out:write(text)
          if failure == "raise" then error("disk on fire") end
          if failure then return nil, failure end
          parts[#parts + 1] = text
        end
        for _, header in ipairs { { "a" }, true } do
          parts = {}
          local writer = csv.writer(out, { header = header })
          -- Neither a refused row nor one that did not arrive is the first one.
          raises("csv.writer: row 1: a table cannot be a cell", writer.write, writer, { a = {} })
          raises("csv.writer: row 1: a table cannot be a cell", writer.write, writer, { b = 1, a = {} })
          failure = "disk full"
          same({ writer:write { a = 1 } }, { [2] = "disk full" })
          same({ writer:write { a = 1 } }, { [2] = "disk full" })
          failure = "raise"
          raises("disk on fire", writer.write, writer, { a = 1 })
          failure = nil
          writer:write { a = 1 }
          failure = "disk full"
          same({ writer:write { a = 2 } }, { [2] = "disk full" })
          failure = nil
          raises("csv.writer: row 2: a table cannot be a cell", writer.write, writer, { a = {} })
          writer:write { a = 3 }
          same(writer:close(), true)
          same(parts, { "a\n1\n", "3\n" })
        end
        -- The header comes with the end, too.
        parts = {}
        local writer = csv.writer(out, { header = { "a" } })
        raises("a table cannot be a cell", writer.write, writer, { {} })
        writer:close()
        same(parts, { "a\n" })
        raises('csv.writer: a second column is named "x" in `header`', csv.writer, out, { header = { "x", "x" } })
        "##,
    );
}

/// A Lua string of any bytes.
fn literal(bytes: &[u8]) -> String {
    let escaped: String = bytes.iter().map(|byte| format!("\\{byte:03}")).collect();
    format!("\"{escaped}\"")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_cells_come_back(
        tables in proptest::collection::vec(
            proptest::collection::vec(proptest::collection::vec(proptest::collection::vec(
                prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..8), 1..5), 0..6), 40),
    ) {
        let list = |items: Vec<String>| format!("{{{}}}", items.join(","));
        let row = |row: &Vec<Vec<u8>>| list(row.iter().map(|cell| literal(cell)).collect());
        let tables = list(tables.iter().map(|table| list(table.iter().map(row).collect())).collect());
        let folder = folder(
            r##"
            local csv = require "csv"
            for _, table in ipairs(dofile "tables.lua") do
              -- What looks like a byte order mark is one.
              local front = { { "front" } }
              for _, row in ipairs(table) do front[#front + 1] = row end
              local text = csv.encode(front)
              same(assert(csv.decode(text)), front)
              local at = 1
              local source = { read = function() local s = text:sub(at, at + 2) at = at + 3 return s ~= "" and s or nil end }
              local rows = {}
              for row in csv.rows(source) do rows[#rows + 1] = row end
              same(rows, front)
              -- Any text is read or refused.
              csv.decode(text:sub(1, -3))
              csv.decode(text, { header = true })
            end
            print "ok"
            "##,
        );
        folder.write("tables.lua", format!("return {tables}"));
        run_in(&folder, &[]).prints("ok\n");
    }
}
