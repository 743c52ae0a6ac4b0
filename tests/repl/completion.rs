use std::time::{Duration, Instant};

use crate::server::{ACCESS_KEY_ID, S3Server, SECRET_ACCESS_KEY};
use crate::support::Folder;
use crate::terminal::{CTRL_C, TAB, Terminal};
use crate::{prompt, prompt_in, prompt_with};

/// Types the beginning of a line and Tab; the line is this then.
#[track_caller]
fn completes(terminal: &Terminal, begun: &str, line: &str) {
    let line = format!("> {line}");
    press_tab(terminal, begun, |_, shown| shown.trim_end() == line.trim_end());
}

/// The same, where there are several candidates, which are listed.
#[track_caller]
fn offers(terminal: &Terminal, begun: &str, candidates: &[&str]) -> String {
    press_tab(terminal, begun, |screen, _| {
        candidates.iter().all(|candidate| screen.split_whitespace().any(|word| word == *candidate))
    })
}

/// Types the beginning of a line and Tab, until the screen and the line are as wanted: folders and stores are given a part of a second to
/// answer, after which nothing is offered. Gives the screen.
#[track_caller]
fn press_tab(terminal: &Terminal, begun: &str, is_so: impl Fn(&str, &str) -> bool) -> String {
    let mut screen = String::new();
    for _ in 0..20 {
        terminal.run(".clear");
        terminal.send(begun);
        terminal.send(TAB);
        // Shown when what Tab was for has ended.
        terminal.send("|");
        terminal.wait_until(|screen| screen.trim_end().ends_with('|'));
        screen = terminal.screen();
        let line = terminal.line();
        drop_line(terminal);
        if is_so(&screen, line.trim_end().trim_end_matches('|')) {
            return screen;
        }
    }
    panic!("{begun:?} and Tab gave:\n{screen}");
}

#[track_caller]
fn offers_nothing(terminal: &Terminal, begun: &str) {
    terminal.run(".clear");
    terminal.send(begun);
    terminal.send(TAB);
    terminal.send("|");
    terminal.wait_for_line(&format!("> {begun}|"));
    // No list either, which would stand above that line or below.
    assert_eq!(terminal.screen().trim(), format!("> {begun}|"));
    drop_line(terminal);
}

#[track_caller]
fn drop_line(terminal: &Terminal) {
    let mark = terminal.mark();
    terminal.send(CTRL_C);
    terminal.next_prompt(mark);
}

#[test]
fn names() {
    let (_folder, terminal) = prompt();
    completes(&terminal, "litho", "lithops");
    completes(&terminal, "x = tonu", "x = tonumber");
    completes(&terminal, "loc", "local");
    terminal.run("local kept_variable = { field = { inner_field = 1 } }");
    completes(&terminal, "print(kept_v", "print(kept_variable");
    offers(&terminal, "to", &["tonumber", "tostring"]);
    offers_nothing(&terminal, "-- tonu");
    offers_nothing(&terminal, "no_such_na");
}

#[test]
fn fields_and_methods() {
    let (_folder, terminal) = prompt();
    completes(&terminal, "string.forma", "string.format");
    completes(&terminal, "lithops.map_r", "lithops.map_reduce");
    completes(&terminal, "('x'):forma", "('x'):format");
    terminal.run("local t = setmetatable({ ['a b'] = 1, data = { deep = 'text' } }, { __index = { inherited = 1, method = print } })");
    completes(&terminal, "t.inh", "t.inherited");
    completes(&terminal, "t.data.d", "t.data.deep");
    completes(&terminal, "t['data'].d", "t['data'].deep");
    completes(&terminal, "t.data.deep:upp", "t.data.deep:upper");
    completes(&terminal, "t:", "t:method");
    terminal.run("u = setmetatable({}, { __index = function() touched = true end })");
    offers_nothing(&terminal, "(1 + t).");
    completes(&terminal, "(t).inh", "(t).inherited");
    offers_nothing(&terminal, "u.x");
    offers_nothing(&terminal, "u.x.y");
    assert_eq!(terminal.run("touched"), "nil");
}

#[test]
fn methods_of_what_the_library_gives() {
    let (_folder, terminal) = prompt();
    completes(&terminal, "lithops.storage:put_o", "lithops.storage:put_object");
    completes(&terminal, "lithops.storage.head_b", "lithops.storage.head_bucket");
    terminal.run("fexec = lithops.FunctionExecutor()");
    completes(&terminal, "fexec:map_", "fexec:map_reduce");
    completes(&terminal, "fexec.executor", "fexec.executor_id");
    terminal.run("fs = lithops.map(function(x) return x end, { 1 })");
    completes(&terminal, "fs:get", "fs:get_result");
    completes(&terminal, "fs[1]:res", "fs[1]:result");
    completes(&terminal, "fs[1].stats.worker_p", "fs[1].stats.worker_peak_memory_mb");
    completes(&terminal, "lithops.map(f, d):get", "lithops.map(f, d):get_result");
    completes(&terminal, "lithops.FunctionExecutor():call", "lithops.FunctionExecutor():call_async");
    completes(&terminal, "require('json').enc", "require('json').encode");
}

#[test]
fn options() {
    let (_folder, terminal) = prompt();
    completes(&terminal, "lithops.map(f, { 1 }, { chu", "lithops.map(f, { 1 }, { chunksize =");
    completes(&terminal, "lithops.map(f, d, { retries = 1, timeo", "lithops.map(f, d, { retries = 1, timeout =");
    terminal.run("fexec = lithops.FunctionExecutor()");
    completes(&terminal, "fexec:map_reduce(f, d, g, { spawn", "fexec:map_reduce(f, d, g, { spawn_reducer =");
    completes(&terminal, "lithops.FunctionExecutor{ worker_", "lithops.FunctionExecutor{ worker_processes =");
    completes(
        &terminal,
        "lithops.storage:get_object(nil, 'k', { stre",
        "lithops.storage:get_object(nil, 'k', { stream =",
    );
    offers(&terminal, "lithops.wait(fs, { ", &["return_when", "timeout", "throw_except"]);
}

#[test]
fn modules() {
    let folder = Folder::new();
    folder.write("my_module.lua", "return {}");
    folder.write("my_package/init.lua", "return {}");
    folder.write("my_package/part.lua", "return {}");
    folder.write("my_text.txt", "");
    let terminal = prompt_in(&folder);
    completes(&terminal, "require 'js", "require 'json");
    completes(&terminal, "require(\"datas", "require(\"dataset");
    completes(&terminal, "require 'dataset.ru", "require 'dataset.run");
    completes(&terminal, "require 'my_m", "require 'my_module");
    completes(&terminal, "require 'my_package.", "require 'my_package.part");
    let shown = offers(&terminal, "require 'my_", &["my_module", "my_package"]);
    assert!(!shown.contains("my_text"), "{shown}");
    offers_nothing(&terminal, "require 'dataset.no_such");
}

#[test]
fn files_and_addresses() {
    let folder = Folder::new();
    folder.write("data/one.csv", "");
    folder.write("data/two.csv", "");
    folder.write("data/sub folder/x.csv", "");
    let terminal = prompt_in(&folder);
    completes(&terminal, "io.open('dat", "io.open('data/");
    completes(&terminal, "io.open('data/o", "io.open('data/one.csv");
    completes(&terminal, "io.open('data/su", "io.open('data/sub folder/");
    let root = folder.path().display().to_string();
    completes(&terminal, &format!("'file://{root}/data/t"), &format!("'file://{root}/data/two.csv"));
    completes(&terminal, "io.open('~/data/o", "io.open('~/data/one.csv");
    terminal.run("lithops.storage:create_bucket('shop') lithops.storage:put_object('shop', 'logs/may.log', '') lithops.storage:put_object('shop', 'logs/june.log', '')");
    completes(&terminal, "'local://sh", "'local://shop/");
    completes(&terminal, "'local://shop/l", "'local://shop/logs/");
    completes(&terminal, "'local://shop/logs/ma", "'local://shop/logs/may.log");
    completes(&terminal, ".load data/o", ".load data/one.csv");
}

#[test]
fn commands() {
    let (_folder, terminal) = prompt();
    completes(&terminal, ".he", ".help");
    completes(&terminal, ".help ti", ".help time");
    completes(&terminal, ".doc lithops.map_r", ".doc lithops.map_reduce");
    completes(&terminal, ".time tonu", ".time tonumber");
}

#[test]
fn objects_of_s3() {
    let server = S3Server::start();
    let folder = Folder::new();
    // Storage is local: addresses of S3 may be used all the same.
    folder.write(
        "lithops.yaml",
        format!(
            "aws: {{access_key_id: {ACCESS_KEY_ID}, secret_access_key: {SECRET_ACCESS_KEY}, region: eu-west-1}}\n\
             aws_s3: {{endpoint_url: '{}', storage_bucket: bucket-of-mine}}\n",
            server.url()
        ),
    );
    folder
        .run(&[
            "--config",
            "lithops.yaml",
            "--storage",
            "aws_s3",
            "-e",
            "local s = lithops.storage s:create_bucket('shop') s:create_bucket('shoes') \
             s:put_object('shop', 'logs/may.log', '') s:put_object('shop', 'logs/june.log', '')",
        ])
        .prints("");
    let terminal = prompt_with(&folder, &["--config", "lithops.yaml", "repl"], &[]);
    completes(&terminal, "'s3://buck", "'s3://bucket-of-mine/");
    offers(&terminal, "'s3://sho", &["shop/", "shoes/"]);
    completes(&terminal, "'s3://shop/l", "'s3://shop/logs/");
    completes(&terminal, "lithops.map(f, 's3://shop/logs/ma", "lithops.map(f, 's3://shop/logs/may.log");
    offers_nothing(&terminal, "'s3://no-such-bucket/k");
}

#[test]
fn a_store_that_does_not_answer_is_not_waited_for() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = Folder::new();
    let endpoint = format!("aws_s3.endpoint_url=http://{}", server.local_addr().unwrap());
    let options = [
        "--storage",
        "aws_s3",
        "-o",
        "aws.access_key_id=a",
        "-o",
        "aws.secret_access_key=b",
        "-o",
        "aws.region=eu-west-1",
        "-o",
        "aws_s3.storage_bucket=bucket-of-a-test",
        "-o",
        &endpoint,
        "repl",
    ];
    let terminal = prompt_with(&folder, &options, &[]);
    completes(&terminal, "'s3://buck", "'s3://bucket-of-a-test/");
    let begun = Instant::now();
    offers_nothing(&terminal, "'s3://bucket-of-a-test/k");
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn large_tables_are_searched_for_a_while_only() {
    let (_folder, terminal) = prompt();
    terminal.run("big = {} for i = 1, 2e6 do big['key' .. i] = i end");
    let begun = Instant::now();
    terminal.send("big.key");
    terminal.send(TAB);
    terminal.wait_until(|screen| screen.contains("possibilities") || screen.contains("key1"));
    // The figure itself is that of `benches/repl.rs`; here only a search of all of it is ruled out.
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    terminal.send("n");
    drop_line(&terminal);
    assert_eq!(terminal.run("1"), "1");
}
