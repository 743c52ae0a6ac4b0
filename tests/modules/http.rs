//! `http`, against a server on loopback.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread::JoinHandle;

use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue, LOCATION};

use crate::jobs::{folder, passes, run_in};
use crate::web::{Asked, Body, WebServer, pieces, stuck, whole};

fn answer(asked: &Asked) -> hyper::Response<Body> {
    let with = |status, name, value: &str| {
        let mut response = whole(status, "");
        response.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        response
    };
    match asked.path.as_str() {
        "/echo" => {
            let text = format!(
                "{} ?{} x-a={} range={} agent={} length={} body={}",
                asked.method,
                asked.query,
                asked.header("x-a"),
                asked.header("range"),
                asked.header("user-agent").split('/').next().unwrap(),
                asked.header("content-length"),
                String::from_utf8_lossy(&asked.body),
            );
            let mut response = whole(200, text);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
            response.headers_mut().append("X-Twice", HeaderValue::from_static("1"));
            response.headers_mut().append("X-Twice", HeaderValue::from_static("2"));
            response
        }
        "/size" => whole(200, asked.body.len().to_string()),
        "/missing" => whole(404, "no such page"),
        "/broken" => whole(503, "later"),
        "/lines" => pieces((0..30_000).map(|n| Ok(Bytes::from(format!("line {n}\n")))).collect()),
        "/cut" => pieces(vec![Ok(Bytes::from("some of it\n")), Err(io::Error::other("cut"))]),
        "/stuck" => stuck("begun\n"),
        "/away" => with(302, LOCATION, "/echo?from=away"),
        "/again" => with(307, LOCATION, "/echo"),
        "/loop" => with(302, LOCATION, "/loop"),
        other => panic!("{other}"),
    }
}

/// Runs a script with the server's address in `url`.
#[track_caller]
fn passes_with_server(script: &str) -> WebServer {
    let server = WebServer::start(answer);
    passes(&format!("local http = require 'http' local url = '{}'\n{script}", server.url()));
    server
}

#[test]
fn requests_are_sent_and_answers_read() {
    let server = passes_with_server(
        r#"
        local r = assert(http.get(url .. "/echo"))
        same({ r.status, r.ok, r.url }, { 200, true, url .. "/echo" })
        same(r.body, "GET ? x-a= range= agent=lithops-lua length= body=")
        same(r.headers["content-type"], "text/plain")
        same(r.headers["x-twice"], "1, 2")
        same(http.get(url .. "/echo?z=0", { query = { b = { 2, "x y" }, a = true }, headers = { ["X-A"] = "v" }, range = { 5, 9 } }).body,
          "GET ?z=0&a=true&b=2&b=x+y x-a=v range=bytes=5-9 agent=lithops-lua length= body=")
        same(http.get(url .. "/echo", { range = { 5 } }).body:match("range=(%S+)"), "bytes=5-")
        same(http.post(url .. "/echo", { body = "text" }).body, "POST ? x-a= range= agent=lithops-lua length=4 body=text")
        same(http.post(url .. "/echo").body, "POST ? x-a= range= agent=lithops-lua length=0 body=")
        same(http.put(url .. "/echo", { body = "" }).body:match("length=%S*"), "length=0")
        raises('option `method` must be the name of an HTTP method, not "BAD METHOD"', http.request,
          { url = url .. "/echo", method = "BAD METHOD" })
        same(http.put(url .. "/echo", { body = 12 }).body:match("^PUT.*body=12$") ~= nil, true)
        same(http.delete(url .. "/echo").body:match("^%u+"), "DELETE")
        same(http.request({ url = url .. "/echo", method = "patch", body = "x" }).body:match("^%u+"), "PATCH")
        r = http.head(url .. "/echo")
        same({ r.status, r.body, r.headers["content-type"] }, { 200, "", "text/plain" })
        -- What the server refuses is an answer.
        r = http.get(url .. "/missing")
        same({ r.status, r.ok, r.body }, { 404, false, "no such page" })
        same(http.get(url .. "/broken").status, 503)
        "#,
    );
    // One, or more where a request came before the last connection was free again; there were 16 requests.
    assert!(server.connections() < 16, "{}", server.connections());
}

#[test]
fn bodies_are_streams_both_ways() {
    passes_with_server(
        r#"
        local r = http.get(url .. "/lines", { stream = true })
        same(r.status, 200)
        same(r.body:read(), "line 0")
        same(r.body:read(3, "*l"), "lin", "e 1")
        local n = 2
        for line in r.body:lines() do
          same(line, "line " .. n)
          n = n + 1
        end
        same(n, 30000)
        same(r.body:read(1), nil)
        same(tostring(r.body), "stream of an answer")
        same(r.body:close(), true)
        -- Into a store, and out of it.
        local text = http.get(url .. "/lines").body
        lithops.storage.put_object(nil, "k", http.get(url .. "/lines", { stream = true }).body)
        same(lithops.storage.get_object(nil, "k"), text)
        local stream = lithops.storage.get_object(nil, "k", { stream = true })
        same(http.post(url .. "/size", { body = stream }).body, tostring(#text))
        append(here .. "/file", text)
        same(http.put(url .. "/size", { body = io.open(here .. "/file", "rb") }).body, tostring(#text))
        same(http.put(url .. "/size", { body = require("compress").reader(require("compress").gzip(text)) }).body, tostring(#text))
        raises("the tape tore", http.post, url .. "/size", { body = { read = function() return nil, "the tape tore" end } })
        "#,
    );
}

/// The end of a body that is sent in chunks.
const END: &[u8] = b"\r\n0\r\n\r\n";
const ACCEPTED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
const REFUSED: &str = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 9\r\n\r\ntoo large";

/// A server for one request, which answers after its first bytes. Its URL, and the connection.
fn hasty(answer: &'static str) -> (String, JoinHandle<TcpStream>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 4]).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        stream
    });
    (url, serving)
}

/// Reads the rest of a request, as far as it comes, and then makes a file.
fn rest(serving: JoinHandle<TcpStream>, done: PathBuf) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let (mut stream, mut all, mut piece) = (serving.join().unwrap(), Vec::new(), vec![0; 64 << 10]);
        while !all.ends_with(END)
            && let Ok(count @ 1..) = stream.read(&mut piece)
        {
            all.extend_from_slice(&piece[..count]);
        }
        std::fs::write(done, "").unwrap();
        all
    })
}

#[test]
fn a_server_that_stops_reading_holds_nobody_up() {
    let (deaf, refusing, refusing_too) = (hasty(""), hasty(REFUSED), hasty(REFUSED));
    let urls = format!("local deaf, refusing, refusing_too = '{}', '{}', '{}'", deaf.0, refusing.0, refusing_too.0);
    let script = r#"
        local http = require "http"
        local endless = { read = function() return ("x"):rep(65536) end }
        local nothing, err = http.put(deaf, { timeout = 0.5, body = endless })
        same({ nothing, err.kind }, { nil, "timeout" })
        local r = http.put(refusing, { body = endless })
        same({ r.status, r.body }, { 413, "too large" })
        r = http.put(refusing_too, { body = endless, stream = true })
        same({ r.status, r.body:read("*a") }, { 413, "too large" })
    "#;
    passes(&format!("{urls}\n{script}"));
    // Until then, the connections were kept.
    for (_, serving) in [deaf, refusing, refusing_too] {
        drop(serving.join().unwrap());
    }
}

#[test]
fn a_body_is_sent_to_its_end_unless_it_is_refused() {
    let (accepting, refusing) = (hasty(ACCEPTED), hasty(REFUSED));
    let script = r#"
        local http = require "http"
        local left
        local body = { read = function()
          left = left - 1
          return left >= 0 and ("x"):rep(65536) or nil
        end }
        left = 200
        same(http.put(accepting, { body = body }).body, "ok")
        same(left, -1)
        await(here .. "/whole")
        left = 4000
        same(http.put(refusing, { body = body }).status, 413)
        await(here .. "/cut")
        print "ok"
    "#;
    let folder = folder(&format!("local accepting, refusing = '{}', '{}'\n{script}", accepting.0, refusing.0));
    let whole = rest(accepting.1, folder.path().join("whole"));
    let cut = rest(refusing.1, folder.path().join("cut"));
    run_in(&folder, &[]).prints("ok\n");
    assert!(whole.join().unwrap().ends_with(END));
    assert!(!cut.join().unwrap().ends_with(END));
}

#[test]
fn redirects_are_followed() {
    passes_with_server(
        r#"
        local r = http.post(url .. "/away", { body = "x" })
        same(r.url, url .. "/echo?from=away")
        same(r.body:match("^(%u+) .*body=(.*)$"), "GET", "")
        same(http.post(url .. "/again", { body = "x" }).body:match("^(%u+) .*body=(.*)$"), "POST", "x")
        r = http.get(url .. "/away", { max_redirects = 0 })
        same({ r.status, r.headers.location }, { 302, "/echo?from=away" })
        local nothing, err = http.get(url .. "/loop", { max_redirects = 3 })
        same({ nothing, err.kind }, { nil, "too_many_redirects" })
        "#,
    );
}

#[test]
fn failures_have_kinds() {
    passes_with_server(
        r#"
        local function failed(kind, words, nothing, err)
          same(nothing, nil)
          same(err.kind, kind)
          assert(tostring(err):find(words, 1, true), tostring(err))
        end
        -- Nobody listens at port 1.
        failed("unreachable", "failed to GET http://127.0.0.1:1/path: ", http.get("http://user:secret@127.0.0.1:1/path?token=secret"))
        assert(not tostring(select(2, http.get("http://u:secret@127.0.0.1:1/?t=secret"))):find("secret"))
        failed("unreachable", "failed to HEAD http://no-such-host.invalid/: ", http.head("http://no-such-host.invalid"))
        failed("unreachable", "failed to GET https://127.0.0.1:", http.get((url:gsub("http", "https"))))
        failed("interrupted", "failed to GET " .. url .. "/cut: ", http.get(url .. "/cut"))
        failed("timeout", "failed to GET " .. url .. "/stuck: ", http.get(url .. "/stuck", { timeout = 0.1 }))
        -- A stream gives what came before.
        local body = http.get(url .. "/cut", { stream = true }).body
        same(body:read(), "some of it")
        local ok, err = pcall(body.read, body)
        same({ ok, err.kind }, { false, "interrupted" })
        body = http.get(url .. "/stuck", { stream = true, timeout = 60 }).body
        same(body:read(), "begun")
        body:close()
        "#,
    );
}

#[test]
fn misuse_is_told() {
    passes_with_server(
        r#"
        raises("bad argument #1 to 'get' (bad URL \"no url\": ", http.get, "no url")
        raises("`http://` or `https://` expected, not `ftp:`", http.get, "ftp://x")
        raises("unknown option `header`; did you mean `headers`?", http.get, url, { header = {} })
        raises("request: `url` is missing", http.request, {})
        raises("the header \"a b\" has a name or value that HTTP does not allow", http.get, url, { headers = { ["a b"] = "x" } })
        raises("option `headers` must be a table of names and strings", http.get, url, { headers = { "x" } })
        raises("option `body` must be a string, stream or open file, not a boolean", http.post, url, { body = true })
        raises("option `range` must be `{first, last}`", http.get, url, { range = { 1, 2, 3 } })
        "#,
    );
}

#[test]
fn workers_have_it_too() {
    passes_with_server(
        r#"
        local statuses = lithops.map(function(path) return http.get(url .. path).status end, { "/echo", "/missing" }):get_result()
        same(statuses, { 200, 404 })
        "#,
    );
}
