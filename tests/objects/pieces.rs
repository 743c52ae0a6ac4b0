//! Pieces, cut at lines: every line is in exactly one.

use std::io::Write;

use lithops_lua::config::{self, Request};
use lithops_lua::job::Cut;
use lithops_lua::storage::{Address, ObjectReader, ObjectSource, Piece, Scheme, Selector};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::jobs::passes_with;
use crate::places::{Place, everywhere};

everywhere! {
    lines_of_objects_are_counted_once
}

/// The pieces of a file, read.
async fn pieces(path: &str, cut: Cut, newline: Option<u8>) -> Vec<Vec<u8>> {
    let folder = std::path::Path::new("/");
    let Address { scheme, bucket, selector: Selector::Key(key) } =
        Address::parse(&format!("file://{path}"), folder).unwrap()
    else {
        panic!("{path} is a pattern");
    };
    assert_eq!(scheme, Scheme::File);
    let config = config::load(Request { table: Some(serde_json::json!({})), ..Request::default() }).unwrap();
    let source = ObjectSource::open(scheme, &config).await.unwrap();
    let info = source.find(&bucket, &key).await.unwrap().info;
    let total_parts = cut.parts(info.size_bytes);
    let mut pieces = Vec::new();
    for (part, (first, end)) in (1..).zip(cut.ranges(info.size_bytes)) {
        let piece = Piece {
            scheme,
            bucket: bucket.clone(),
            key: key.clone(),
            size_bytes: info.size_bytes,
            etag: info.etag.clone(),
            first,
            end,
            part,
            total_parts,
            chunk_size_bytes: cut.chunk_bytes(info.size_bytes),
            newline,
        };
        pieces.push(read(piece.open(&source).await.unwrap()).await);
    }
    pieces
}

async fn read(mut reader: ObjectReader) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.next_chunk().await.unwrap() {
        bytes.extend_from_slice(&chunk);
    }
    bytes
}

/// The lines of a content, each with its newline; the last one may have none.
fn lines(content: &[u8], newline: u8) -> Vec<&[u8]> {
    content.split_inclusive(|byte| *byte == newline).collect()
}

/// Checks the pieces of a content: they are whole lines, and together all of them; each has the lines that begin in its range.
fn check(content: &[u8], cut: Cut, newline: Option<u8>) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let pieces = runtime.block_on(pieces(file.path().to_str().unwrap(), cut, newline));
    assert_eq!(pieces.concat(), content);
    let ranges = cut.ranges(content.len() as u64);
    let Some(newline) = newline else {
        for ((first, end), piece) in ranges.zip(&pieces) {
            assert_eq!(piece, &content[first as usize..end as usize]);
        }
        return;
    };
    let together: Vec<&[u8]> = pieces.iter().flat_map(|piece| lines(piece, newline)).collect();
    assert_eq!(together, lines(content, newline));
    let mut offset = 0;
    let mut all = lines(content, newline).into_iter().peekable();
    for ((_, end), piece) in ranges.zip(&pieces) {
        let mut expected = Vec::new();
        while offset < end
            && let Some(line) = all.next()
        {
            expected.extend_from_slice(line);
            offset += line.len() as u64;
        }
        assert_eq!(piece, &expected, "the piece that ends before {end}");
    }
}

#[test]
fn any_content_and_any_cut() {
    // Few letters, so that newlines fall on, before and after every border.
    let content = proptest::collection::vec(proptest::sample::select(b"ab\n\r;".to_vec()), 0..200);
    let cut = prop_oneof![
        (1u64..60).prop_map(|chunk_bytes| Cut::Size { chunk_bytes }),
        (1u64..60).prop_map(|chunks| Cut::Number { chunks }),
    ];
    let newline = prop_oneof![Just(Some(b'\n')), Just(Some(b';')), Just(None)];
    let mut runner = TestRunner::new(Config { cases: 2_000, failure_persistence: None, ..Config::default() });
    runner
        .run(&(content, cut, newline), |(content, cut, newline)| {
            check(&content, cut, newline);
            Ok(())
        })
        .unwrap();
}

#[test]
fn lines_longer_than_what_is_read_beyond_a_piece() {
    // 64 KiB are asked for beyond a piece, and chunks have 256 KiB.
    for length in [65_000, 65_536, 66_000, 300_000, 700_000] {
        let mut content = b"short\n".to_vec();
        content.extend(std::iter::repeat_n(b'x', length));
        content.extend_from_slice(b"\nend");
        for chunk_bytes in [3, 6, 7, 1000, 65_536, 262_144, 1_000_000] {
            if content.len() as u64 / chunk_bytes < 2_000 {
                check(&content, Cut::Size { chunk_bytes }, Some(b'\n'));
            }
        }
    }
}

fn lines_of_objects_are_counted_once(place: &Place) {
    place.passes(
        r#"
        local text = {}
        for i = 1, 5000 do text[i] = ("line %d %s"):format(i, ("x"):rep(i % 97)) end
        local objects = {
          whole = table.concat(text, "\n") .. "\n",
          ["no newline at the end"] = table.concat(text, "\n"),
          crlf = table.concat(text, "\r\n") .. "\r\n",
          empty = "",
          ["one byte"] = "x",
          ["one newline"] = "\n",
          ["a long line"] = ("y"):rep(100000) .. "\nz\n",
        }
        local names, expected = {}, {}
        for name, content in pairs(objects) do
          s:put_object(nil, name, content)
          names[#names + 1] = name
          local n = select(2, content:gsub("[^\n]*\n", ""))
          expected[name] = n + (content ~= "" and content:sub(-1) ~= "\n" and 1 or 0)
        end
        local function count(obj)
          local n, bytes = 0, 0
          for line in obj:lines("*L") do n, bytes = n + 1, bytes + #line end
          return { key = obj.key, n = n, bytes = bytes }
        end
        for _, opts in ipairs { {}, { obj_chunk_size = 999 }, { obj_chunk_size = "4KiB" }, { obj_chunk_number = 7 } } do
          local counts, bytes = {}, {}
          for _, part in ipairs(lithops.map(count, at, opts):get_result()) do
            counts[part.key] = (counts[part.key] or 0) + part.n
            bytes[part.key] = (bytes[part.key] or 0) + part.bytes
          end
          same(counts, expected)
          for name, content in pairs(objects) do same(bytes[name], #content) end
        end
        "#,
    );
}

/// More pieces than are handed in at once, counted by the only worker there is: it gives its place to them.
#[test]
fn a_worker_counts_pieces_that_wait_for_it() {
    passes_with(
        &["-o", "localhost.max_workers=1"],
        r#"
        lithops.storage:put_object(nil, "k", ("x"):rep(20000))
        local at = "local://" .. lithops.storage.bucket .. "/k"
        local function outer()
          local futures = lithops.map(function(obj) return obj.part end, at, { obj_chunk_size = 1, obj_newline = false })
          return #futures
        end
        same(lithops.call_async(outer):result(), 20000)
        "#,
    );
}
