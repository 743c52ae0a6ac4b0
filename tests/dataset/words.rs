use std::path::Path;

use crate::{passes, shell};

#[test]
fn words_of_a_book_are_counted_as_by_uniq() {
    let book = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/data/persuasion.txt");
    let book = book.to_str().unwrap();
    let counted = shell(&format!("tr -cs 'A-Za-z' '\\n' < {book} | tr A-Z a-z | sed '/^$/d' | sort | uniq -c"));
    let expected: Vec<String> = counted
        .lines()
        .map(|line| {
            let (count, word) = line.trim().split_once(' ').unwrap();
            format!("[\"{word}\"]={count}")
        })
        .collect();
    assert!(expected.len() > 5000);
    passes(&format!(
        r#"
        local expected = {{ {} }}
        local book = "file://{book}"
        local function check(d) same(pairs_of(d:collect()), expected) end
        local opts = {{ pattern = "%a+", lower = true }}
        -- By the counter, by strings, and by a function.
        check(dataset.read_text(book):words(opts):count_by_value())
        check(dataset.read_text(book, {{ obj_chunk_size = "50KiB" }}):words(opts):count_by_value())
        check(dataset.read_text(book):map(function(line) return line end):words(opts):count_by_value())
        check(dataset.read_text(book, {{ obj_chunk_number = 5 }}):flat_map(function(line) return line:lower():gmatch("%a+") end)
          :map(function(word) return {{ key = word, value = 1 }} end):reduce_by_key(function(a, b) return a + b end))
        check(dataset.read_text(book):words(opts):map(function(word) return word end):count_by_value())
        -- When the memory is full of words.
        check(dataset.read_text(book, {{ memory = "64KiB" }}):words(opts):count_by_value())
        local top = dataset.read_text(book):words(opts):count_by_value():top(3):collect()
        same({{ top[1].value, top[2].value, top[3].value }}, {{ expected[top[1].key], expected[top[2].key], expected[top[3].key] }})
        assert(top[1].value >= top[2].value and top[2].value >= top[3].value)
        "#,
        expected.join(", ")
    ));
}

#[test]
fn words_of_many_lines_are_those_of_each() {
    passes(
        r#"
        local lines = {}
        for i = 1, 20000 do lines[i] = ("  Word%d\tword-%d\r ÄÖ x%s "):format(i % 700, i % 30, ("."):rep(i % 3)) end
        put("t", table.concat(lines, "\n"))
        for _, opts in ipairs { {}, { lower = true }, { pattern = "%S+" }, { pattern = "%w+" }, { pattern = "%a+", lower = true } } do
          local quick = dataset.read_text(at("t"), { obj_chunk_size = 100000 }):words(opts)
          local slow = dataset.read_text(at("t")):map(function(line) return line end):words(opts)
          same(pairs_of(quick:count_by_value():collect()), pairs_of(slow:count_by_value():collect()))
          same(quick:count(), slow:count())
          same(quick:take(5), slow:take(5))
          same(quick:count_by_value():count(), quick:distinct():count())
        end
        -- Where lines end otherwise, a newline is white space within a line.
        put("semi", "a b;c\nd")
        same(dataset.read_text(at("semi"), { obj_newline = ";" }):words():collect(), { "a", "b", "c", "d" })
        raises("option `pattern` must be %S+, %w+ or %a+, not %d+", dataset.from_list({}).words, dataset.from_list({}), { pattern = "%d+" })
        raises("unknown option `lowercase`; did you mean `lower`?", dataset.from_list({}).words, dataset.from_list({}), { lowercase = true })
        "#,
    );
}
