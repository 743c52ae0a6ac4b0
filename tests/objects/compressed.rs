//! Objects that are stored compressed.

use std::io::Write;

use crate::documents::{Document, Documents};
use crate::jobs::{folder, run_in};
use crate::places::{Place, everywhere};

everywhere! {
    compressed_objects_are_read_as_they_were
    what_ends_early_is_told
}

/// `content` in the three formats, by the command-line tools' own format.
fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Puts what `compress` makes into objects.
const PUT: &str = r#"
local compress = require "compress"
local lines = {}
for i = 1, 20000 do lines[i] = "line " .. i end
local text = table.concat(lines, "\n") .. "\n"
s:put_object(nil, "a.gz", compress.gzip(text))
s:put_object(nil, "b.zst", compress.zstd(text))
s:put_object(nil, "c.bz2", compress.bzip2(text))
s:put_object(nil, "no name", compress.gzip(text))
local function count(obj) local n = 0 for _ in obj:lines() do n = n + 1 end return n end
"#;

fn compressed_objects_are_read_as_they_were(place: &Place) {
    place.passes(&format!(
        r#"{PUT}
        same(lithops.map(count, at):get_result(), {{ 20000, 20000, 20000, 20000 }})
        same(lithops.map(function(obj) return obj:read() == text end, at .. "a.gz"):get_result(), {{ true }})
        -- Exact bytes are those of the object.
        local raw = lithops.map(function(obj) return obj:read() end, at .. "a.gz", {{ obj_newline = false }}):get_result()[1]
        same(raw, s:get_object(nil, "a.gz"))
        same(#lithops.map(count, at .. "a.gz", {{ obj_newline = false, obj_chunk_number = 4 }}), 4)
        "#
    ));
}

fn what_ends_early_is_told(place: &Place) {
    place.passes(&format!(
        r#"{PUT}
        for _, key in ipairs {{ "a.gz", "b.zst", "c.bz2" }} do
          local whole = s:get_object(nil, key)
          s:put_object(nil, key, whole:sub(1, -20))
        end
        local results = lithops.map(count, at .. "*.*"):get_result({{ throw_except = false }})
        for i, format in ipairs {{ "gzip", "zstd", "bzip2" }} do
          same(results[i].kind, "invalid_data")
          assert(results[i].message:find("the " .. format .. " data ends early, after %d+ bytes: it is truncated"), results[i].message)
        end
        "#
    ));
}

#[test]
fn they_are_not_cut_which_a_warning_says() {
    let folder = folder(
        r#"
        local function count(obj) local n = 0 for _ in obj:lines() do n = n + 1 end return n end
        same(lithops.map(count, "file://a.txt.gz", { obj_chunk_size = 10 }):get_result(), { 3 })
        -- By its content, which only the call sees.
        local err = lithops.map(count, "file://b.txt", { obj_chunk_size = 10 }):get_result({ throw_except = false })[1]
        same(err.kind, "invalid_data")
        assert(err.message:find("it is gzip data, which cannot be cut", 1, true), err.message)
        print "ok"
        "#,
    );
    for name in ["a.txt.gz", "b.txt"] {
        folder.write(name, gzip(b"one\ntwo\nthree\n"));
    }
    let run = run_in(&folder, &[]);
    assert_eq!((run.out.as_str(), run.code), ("ok\n", Some(0)), "{run:?}");
    let warning = "a.txt.gz is read in one piece: it is gzip, which can only be read from its start";
    assert!(run.err.contains(warning), "{run:?}");
}

#[test]
fn the_first_bytes_may_come_one_by_one() {
    let server = Documents::start();
    let slow = |content: Vec<u8>| Document {
        has_ranges: false,
        is_chunked: true,
        piece_bytes: Some(1),
        ..Document::new(content)
    };
    server.put("/packed", slow(gzip(b"one\ntwo\n")));
    server.put("/plain", slow(b"plain".to_vec()));
    let folder = folder(&format!(
        r#"
        local url = {:?}
        local function content(obj) return obj:read() end
        same(lithops.map(content, {{ url .. "/packed", url .. "/plain" }}):get_result(), {{ "one\ntwo\n", "plain" }})
        print "ok"
        "#,
        server.url("")
    ));
    run_in(&folder, &[]).prints("ok\n");
}
