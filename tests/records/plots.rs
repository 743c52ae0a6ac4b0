use std::fs;

use crate::jobs::{folder, passes, run_in};
use crate::support::Folder;

/// Bars of this kind that say which call they are.
fn bars(text: &str, class: &str) -> usize {
    let is_bar = |line: &&str| line.starts_with(&format!("<rect class=\"{class}\"")) && line.contains("<title>");
    text.lines().filter(is_bar).count()
}

/// Reads what must be XML, with a reader that others wrote.
fn well_formed(text: &str) {
    let mut reader = aws_smithy_xml::decode::Document::new(text);
    let mut root = reader.root_element().unwrap();
    assert_eq!(root.start_el().local(), "svg");
    while let Some(element) = root.next_tag() {
        drop(element);
    }
    // As many elements are closed as were opened.
    let opened = text.matches('<').count() - text.matches("</").count() - text.matches("/>").count();
    assert_eq!(opened, text.matches("</").count());
}

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn a_plot_has_a_bar_for_each_call() {
    let folder = folder(
        "local fs = lithops.map(function(x) lithops.sleep(0.01) if x == 3 then error 'three' end return x end, lithops.range(20))\n\
         fs:get_result({throw_except = false})\n\
         same({lithops.plot(fs, 'run')}, {'run_timeline.svg', 'run_histogram.svg'})\n\
         print 'ok'",
    );
    run_in(&folder, &[]).prints("ok\n");
    let (timeline, histogram) = (read(&folder, "run_timeline.svg"), read(&folder, "run_histogram.svg"));
    well_formed(&timeline);
    well_formed(&histogram);
    assert_eq!((bars(&timeline, "call"), bars(&timeline, "call failed"), bars(&histogram, "bin")), (19, 1, 120));
    assert!(timeline.contains("20 calls, 1 failed") && timeline.contains("call 2: failed after"), "{timeline}");
    assert!(timeline.contains("seconds since the job was made") && timeline.contains("reached the worker"));
    assert!(histogram.contains("at most 2 at a time"), "{histogram}");
}

#[test]
fn files_are_named_after_the_job_where_nothing_names_them() {
    passes(
        r#"
        local e = lithops.FunctionExecutor()
        local fs = e:map(function(x) return x end, {1, 2})
        fs:get_result()
        local name = e.executor_id .. "-M000"
        same({e:plot(fs)}, {name .. "_timeline.svg", name .. "_histogram.svg"})
        local there = here .. "/plots/"
        same({e:plot(fs, there)}, {there .. name .. "_timeline.svg", there .. name .. "_histogram.svg"})
        assert(exists(there .. name .. "_timeline.svg") and exists(there .. name .. "_histogram.svg"))
        same((e:plot(fs, here)), here .. "/" .. name .. "_timeline.svg")
        "#,
    );
}

#[test]
fn without_futures_the_latest_job_is_plotted_though_its_results_were_read() {
    passes(
        r#"
        local e = lithops.FunctionExecutor()
        e:map(function(x) return x end, {1, 2, 3}) e:get_result()
        e:map_reduce(function(x) return x end, {1, 2}, function(list) return #list end) same(e:get_result(), 2)
        local timeline = read((e:plot()))
        assert(timeline:find("Timeline of jobs " .. e.executor_id .. "-M001 and " .. e.executor_id .. "-R002: 3 calls", 1, true), timeline)
        e:map(function(x) return x end, {1, 2, 3, 4})
        e:wait(nil, {return_when = lithops.ANY_COMPLETED}) e:wait()
        assert(read((e:plot())):find("-M003: 4 calls", 1, true))
        -- The default executor has its own jobs.
        raises("plot: there are no calls", lithops.plot)
        "#,
    );
}

#[test]
fn what_cannot_be_plotted_is_told_in_a_sentence() {
    passes(
        r#"
        local function nothing() end
        raises("plot: there are no calls; pass the futures of a job, or start one first", lithops.plot)
        raises("plot: there are no calls", lithops.plot, {})
        local fs = lithops.map(function() await(here .. "/go") end, {1, 2})
        raises("plot: no call has run to its end; wait for the futures first", lithops.plot, fs)
        append(here .. "/go", "x")
        fs:wait()
        local err = raises("plot: cannot write /proc/nowhere/x_timeline.svg", function()
          lithops.plot(fs, "/proc/nowhere/x")
        end)
        assert(err:find("pipeline.lua:11: ", 1, true) and err:find("name another place", 1, true), err)
        raises("bad argument #1 to 'plot'", lithops.plot, nothing)
        raises("bad argument #2 to 'plot'", lithops.plot, fs, {})
        raises("bad argument #3 to 'plot'", lithops.FunctionExecutor().plot, lithops.FunctionExecutor(), fs, {})
        "#,
    );
}

#[test]
fn calls_that_have_not_run_to_their_end_are_left_out() {
    passes(
        r#"
        local fs = lithops.map(function(x) if x == 2 then await(here .. "/go") end return x end, {1, 2}, {chunksize = 1})
        fs[1]:wait()
        local timeline = read((lithops.plot(fs, here .. "/early")))
        assert(timeline:find("1 call, 1 without times left out", 1, true), timeline)
        append(here .. "/go", "x")
        fs:wait()
        assert(read((lithops.plot(fs, here .. "/late"))):find(": 2 calls<", 1, true))
        "#,
    );
}

#[test]
fn a_hundred_thousand_calls_make_a_small_file() {
    let folder = folder(
        "local fs = lithops.map(function(x) return x end, lithops.range(100000))\nlithops.wait(fs)\n\
         lithops.plot(fs, 'many')\nprint 'ok'",
    );
    run_in(&folder, &[]).prints("ok\n");
    let (timeline, histogram) = (read(&folder, "many_timeline.svg"), read(&folder, "many_histogram.svg"));
    well_formed(&timeline);
    assert!(timeline.contains("100000 calls, 500 in a line"), "{}", &timeline[..2000]);
    assert!(timeline.len() < 3_000_000 && histogram.len() < 30_000, "{} {}", timeline.len(), histogram.len());
    assert!(bars(&timeline, "call") >= 200);
}
