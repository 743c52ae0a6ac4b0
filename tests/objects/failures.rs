//! What goes wrong, in one sentence each.

use crate::jobs::{folder, passes, run_in, wait_until};
use crate::places::{Place, everywhere};
use crate::server::{Fault, S3Server};
use crate::web::{WebServer, whole};

everywhere! {
    what_cannot_be_found_is_a_call_that_failed
    an_object_that_vanishes_or_changes_fails_its_call
}

fn what_cannot_be_found_is_a_call_that_failed(place: &Place) {
    place.passes(
        r#"
        s:put_object(nil, "there", "content")
        local function content(obj) return obj:read() end
        local futures = lithops.map(content, { at .. "gone", at .. "there", at .. "no/such/*", (at:gsub("/$", "-absent/x*")), "file:///no/such" })
        local results = futures:get_result({ throw_except = false })
        same(results.n, 5)
        same({ results[1].kind, results[2], results[3].kind, results[4].kind, results[5].kind },
          { "no_such_key", "content", "no_such_key", "no_such_bucket", "no_such_key" })
        same(results[1].message, "failed to get the properties of object `gone` of bucket `" .. s.bucket .. "`: there is no such key")
        same(results[3].message, "failed to find " .. at .. "no/such/*: no object matches")
        raises("there is no such key", futures.get_result, futures)
        "#,
    );
}

fn an_object_that_vanishes_or_changes_fails_its_call(place: &Place) {
    place.passes(
        r#"
        s:put_object(nil, "a", ("x"):rep(100))
        s:put_object(nil, "b", ("x"):rep(100))
        s:put_object(nil, "c", ("x"):rep(100))
        local function content(obj)
          if obj.key == "a" then lithops.storage:delete_object(nil, "a") end
          if obj.key == "b" then lithops.storage:put_object(nil, "b", ("y"):rep(100)) end
          return obj:read()
        end
        for _, opts in ipairs { {}, { obj_chunk_number = 1 } } do
          local results = lithops.map(content, at, opts):get_result({ throw_except = false })
          same({ results[1].kind, results[2].kind, results[3] }, { "no_such_key", "object_changed", ("x"):rep(100) })
          assert(results[2].message:find("the object was replaced after the job had found it: run the job again", 1, true))
          s:put_object(nil, "a", ("x"):rep(100))
          s:put_object(nil, "b", ("x"):rep(100))
        end
        -- Cut into pieces, the first of which changes it: no mixture.
        local function piece(obj)
          if obj.part == 1 then lithops.storage:put_object(nil, "b", ("z\n"):rep(20)) end
          return obj:read()
        end
        local results = lithops.map(piece, at .. "b", { obj_chunk_number = 3 }):get_result({ throw_except = false })
        for part = 1, 3 do assert(results[part] == "" or results[part].kind == "object_changed", tostring(results[part])) end
        same(results[1].kind, "object_changed")
        "#,
    );
}

/// Runs a script that has `url`, where nothing is found, and no answer comes before there is a file at `go`.
fn passes_with_late_answers(options: &[&str], script: &str) {
    let gate = tempfile::tempdir().unwrap();
    let go = gate.path().join("go");
    let text = go.to_str().unwrap().to_owned();
    let server = WebServer::start(move |_| {
        wait_until("the answers may come", || go.exists());
        whole(404, "")
    });
    let script = format!("local url, go = {:?}, {text:?}\n{script}\nprint 'ok'", server.url());
    run_in(&folder(&script), options).prints("ok\n");
}

#[test]
fn what_cannot_be_found_after_the_job_was_cancelled_is_no_call() {
    passes_with_late_answers(
        &[],
        r#"
        local function content(obj) return obj:read() end
        local cancelled = lithops.map(content, url .. "/gone")
        same(cancelled:cancel(), 0)
        local cleaned = lithops.map(content, url .. "/gone")
        lithops.clean({ fs = cleaned, force = true })
        append(go, "")
        -- The server answers one after the other: this one is the last.
        same(lithops.map(content, url .. "/gone"):get_result({ throw_except = false })[1].kind, "no_such_key")
        for _, futures in ipairs { cancelled, cleaned } do
          same(futures:get_result({ timeout = 60 }), {})
          same(#futures, 0)
        end
        "#,
    );
}

#[test]
fn a_job_that_fails_as_a_whole_fails_all_calls_that_it_has_found() {
    passes_with_late_answers(
        &["-o", "localhost.runtime=/nonexistent/lithops-lua"],
        r#"
        local function content(obj) return obj:read() end
        local addresses = { "file:///no/such", "file://" .. here .. "/pipeline.lua", url .. "/late" }
        local results = lithops.map(content, addresses):get_result({ throw_except = false, timeout = 60 })
        same(results.n, 2)
        same(results[1].kind, "no_such_key")
        assert(results[2].message:find("/nonexistent/lithops-lua", 1, true), results[2].message)
        append(go, "")
        "#,
    );
}

#[test]
fn a_stream_that_failed_does_not_go_on() {
    passes(
        r#"
        local n = 0
        local function read()
          n = n + 1
          if n == 2 then error("broken", 0) end
          return n < 5 and "a\nb" or nil
        end
        local stream = require("compress").reader({ read = read })
        local lines = stream:lines()
        raises("broken", lines)
        raises("broken", lines)
        raises("broken", stream.read, stream, "*a")
        raises("broken", stream.read, stream, 3)
        same(n, 2)
        "#,
    );
}

#[test]
fn functions_on_aws_cannot_read_files_of_this_machine() {
    passes(
        r#"
        local config = { lithops = { backend = "aws_lambda" }, aws = { region = "eu-west-1" },
          aws_lambda = { execution_role = "arn:aws:iam::123456789012:role/x" } }
        local fexec = lithops.FunctionExecutor({ config = config })
        raises("functions on AWS Lambda cannot read file:///a/b: put it into a bucket of S3", fexec.map, fexec,
          function(obj) end, "file:///a/b")
        "#,
    );
}

#[test]
fn a_bucket_that_may_not_be_listed() {
    let server = S3Server::start();
    server.fail(99, |seen| seen.query.contains("list-type"), Fault::answer(403, "AccessDenied", "Access Denied"));
    Place::S3(Box::new(server)).passes(
        r#"
        s:put_object(nil, "k", "x")
        local function content(obj) return obj:read() end
        local results = lithops.map(content, { at .. "*", at .. "k" }):get_result({ throw_except = false })
        same({ results[1].kind, results[2] }, { "access_denied", "x" })
        local message = results[1].message
        assert(message:find("failed to list bucket `" .. s.bucket .. "`", 1, true) and not message:find("\n"), message)
        "#,
    );
}
