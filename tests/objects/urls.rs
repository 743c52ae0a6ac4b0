//! Objects behind URLs.

use crate::documents::{Document, Documents};
use crate::jobs::{command, folder};
use crate::support::Run;

/// Runs a script that has the server's address as `url`.
fn run(server: &Documents, script: &str) -> Run {
    let folder = folder(&format!("local url = {:?}\n{script}\nprint 'ok'", server.url("")));
    command(&folder, &[]).output().unwrap().into()
}

const LINES: &str = r#"
local function lines(obj) local t = {} for line in obj:lines() do t[#t + 1] = line end return table.concat(t, "|") end
"#;

#[test]
fn a_url_is_one_object() {
    let server = Documents::start();
    server.put("/a", Document::new("one\ntwo\nthree"));
    server.put("/b", Document { redirect: Some("/a".into()), ..Document::default() });
    server.put("/no head", Document { has_head: false, ..Document::new("x\ny\n") });
    server.put("/no%20head", Document { has_head: false, ..Document::new("x\ny\n") });
    run(
        &server,
        &format!(
            r#"{LINES}
            same(lithops.map(lines, url .. "/a"):get_result(), {{ "one|two|three" }})
            same(lithops.map(lines, {{ url .. "/b", url .. "/no%20head" }}):get_result(), {{ "one|two|three", "x|y" }})
            same(lithops.map(lines, url .. "/a", {{ obj_chunk_size = 4 }}):get_result(), {{ "one", "two", "three", "" }})
            same(lithops.map(lines, url .. "/no%20head", {{ obj_chunk_size = 2 }}):get_result(), {{ "x", "y" }})
            local obj = lithops.map(function(obj) return {{ obj.url, obj.size, obj.key, obj.bucket, obj.path, obj.etag }} end, url .. "/a")
            same(obj:get_result()[1], {{ url .. "/a", 13, url .. "/a", nil, nil, "1" }})
            "#
        ),
    )
    .prints("ok\n");
    let requests = server.requests();
    assert!(requests.contains(&"GET /no%20head bytes=0-0".to_owned()), "{requests:?}");
}

#[test]
fn without_ranges_it_is_one_piece_which_a_warning_says() {
    let server = Documents::start();
    server.put("/plain", Document { has_ranges: false, ..Document::new("one\ntwo\nthree\n") });
    server.put("/stream", Document { has_ranges: false, is_chunked: true, etag: None, ..Document::new("a\nb\n") });
    let run = run(
        &server,
        &format!(
            r#"{LINES}
            local opts = {{ obj_chunk_size = 4 }}
            same(lithops.map(lines, {{ url .. "/plain", url .. "/stream" }}, opts):get_result(), {{ "one|two|three", "a|b" }})
            same(lithops.map(lines, url .. "/stream"):get_result(), {{ "a|b" }})
            same(lithops.map(function(obj) return obj.total_parts end, url .. "/plain", opts):get_result(), {{ 1 }})
            "#
        ),
    );
    assert_eq!((run.out.as_str(), run.code), ("ok\n", Some(0)), "{run:?}");
    let warning = format!("{} is read in one piece: its server gives no ranges", server.url("/plain"));
    assert!(run.err.contains(&warning), "{run:?}");
}

#[test]
fn a_url_of_unknown_length_ends_once() {
    let server = Documents::start();
    let stream = |content: &str| Document { has_ranges: false, is_chunked: true, ..Document::new(content) };
    server.put("/stream", stream("a\nb"));
    server.put("/empty", stream(""));
    run(
        &server,
        &format!(
            r#"{LINES}
            local function twos(obj)
              local pieces = {{}}
              while true do
                local piece = obj:read(2)
                if not piece then break end
                pieces[#pieces + 1] = piece
              end
              return {{ pieces, obj:read(2), obj:read("*l"), obj:read("*a") }}
            end
            local both = {{ url .. "/stream", url .. "/empty" }}
            same(lithops.map(lines, both):get_result(), {{ "a|b", "" }})
            same(lithops.map(twos, both):get_result(),
              {{ {{ {{ "a\n", "b" }}, nil, nil, "" }}, {{ {{}}, nil, nil, "" }} }})
            same(lithops.map(function(obj) return obj:read() end, both):get_result(), {{ "a\nb", "" }})
            "#
        ),
    )
    .prints("ok\n");
    let requests = server.requests();
    assert!(requests.iter().all(|request| request.ends_with(" -")), "{requests:?}");
}

#[test]
fn a_length_that_only_some_answers_tell() {
    let server = Documents::start();
    let document = |is_chunked_for| Document {
        has_ranges: false,
        etag: None,
        is_chunked_for: Some(is_chunked_for),
        ..Document::new("a\nb\n")
    };
    server.put("/untold", document("HEAD"));
    server.put("/told", document("GET"));
    let script = format!(
        r#"{LINES} same(lithops.map(lines, {{ url .. "/untold", url .. "/told" }}):get_result(), {{ "a|b", "a|b" }})"#
    );
    run(&server, &script).prints("ok\n");
}

#[test]
fn breaks_and_refusals_pass_and_changes_do_not() {
    let server = Documents::start();
    let content: String = (0..50_000).map(|n| format!("line {n}\n")).collect();
    server.put("/cut", Document { cuts: 2, ..Document::new(content.clone()) });
    server.put("/busy", Document { refusals: vec![503, 500, 429], ..Document::new("x") });
    server.put("/hidden", Document { refusals: vec![403; 9], ..Document::new("x") });
    server.put("/teapot", Document { refusals: vec![418; 9], ..Document::new("x") });
    let script = format!(
        r#"
        local function content(obj) return obj:read() end
        local results = lithops.map(content, {{ url .. "/cut", url .. "/busy", url .. "/gone", url .. "/hidden", url .. "/teapot" }})
          :get_result({{ throw_except = false }})
        same(#results[1], {})
        same(results[2], "x")
        same({{ results[3].kind, results[4].kind, results[5].kind }}, {{ "no_such_key", "access_denied", "io" }})
        assert(results[3].message:find("failed to look at " .. url .. "/gone: the server answers 404", 1, true), results[3].message)
        local nobody = lithops.map(content, "http://127.0.0.1:1/x"):get_result({{ throw_except = false }})[1]
        same(nobody.kind, "unreachable")
        assert(nobody.message:find("Connection refused", 1, true), nobody.message)
        "#,
        content.len()
    );
    run(&server, &script).prints("ok\n");

    // Another document between the look and the read.
    server.put("/changed", Document::new("old"));
    let folder = folder(&format!(
        r#"
        local function content(obj)
          append(here .. "/begun", "x")
          await(here .. "/go")
          return obj:read()
        end
        local results = lithops.map(content, {:?}):get_result({{ throw_except = false }})
        same(results[1].kind, "object_changed")
        print "ok"
        "#,
        server.url("/changed")
    ));
    let child = crate::jobs::spawn(&folder, &[]);
    crate::jobs::wait_until("the call has begun", || folder.path().join("begun").exists());
    server.put("/changed", Document { etag: Some("\"2\"".into()), ..Document::new("new") });
    folder.write("go", "");
    Run::from(child.wait_with_output().unwrap()).prints("ok\n");
}
