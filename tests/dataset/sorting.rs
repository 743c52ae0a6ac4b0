use std::fs;
use std::path::Path;

use crate::support::Folder;
use crate::{jobs, passes, script, shell};

#[test]
fn elements_are_put_in_order() {
    passes(
        r#"
        local list = {}
        for i = 1, 3000 do list[i] = (i * 7919) % 3001 / 8 end
        local expected = { unpack(list) }
        table.sort(expected)
        for _, opts in ipairs { { partitions = 1 }, { partitions = 9 }, {} } do
          local d = dataset.from_list(list, opts)
          same(d:sort_by():collect(), expected)
          local down = d:sort_by({ descending = true }):collect()
          for i = 1, 3000 do assert(down[i] == expected[3001 - i]) end
          same(d:sort_by(function(x) return -x end):collect(), down)
          same(d:sort_by():take(2), { expected[1], expected[2] })
          -- Of equal keys, the earlier element stays first, both ways.
          local records = d:map(function(x) return { x = x, tenth = math.floor(x / 10) } end)
          for _, descending in ipairs { false, true } do
            local sorted = records:sort_by(function(r) return r.tenth end, { descending = descending }):collect()
            local place = {}
            for i, x in ipairs(list) do place[x] = i end
            for i = 2, 3000 do
              local a, b = sorted[i - 1], sorted[i]
              assert(a.tenth == b.tenth and place[a.x] < place[b.x] or a.tenth ~= b.tenth and (a.tenth < b.tenth) ~= descending, i)
            end
          end
        end
        same(dataset.from_list({ "b", "a\0", "", "a", "\255", "Z" }):sort_by():collect(), { "", "Z", "a", "a\0", "b", "\255" })
        -- Many equal ones.
        same(#dataset.from_range(5000, { partitions = 5 }):map(function() return "same" end):sort_by():collect(), 5000)
        "#,
    );
}

/// Sorts lines by `dataset` and by `sort`, and compares the files.
fn sorts(folder: &Folder, options: &[&str], lines: usize, memory: &str) {
    let folder_path = folder.path().to_str().unwrap().to_owned();
    folder.write(
        "pipeline.lua",
        jobs::with_prelude(&script(&format!(
            r#"
            -- The same lines each time: every fourth one is there several times.
            local state = 42
            local function draw() state = (state * 1103515245 + 12345) % 2^31 return state end
            local file, count = io.open(here .. "/in", "wb"), {lines}
            local buf = require("string.buffer").new()
            for i = 1, count do
              local a, b = draw(), draw()
              if i % 4 == 0 then buf:put(a % 1000, " often\n") else buf:putf("%x line %d %s\n", a, b, ("abcdefgh"):rep(b % 14)) end
              if #buf > 2^20 then file:write(buf:get()) end
            end
            file:write(buf:get())
            file:close()
            local d = dataset.read_text("file://" .. here .. "/in", {{ memory = "{memory}", obj_chunk_size = "16MiB" }})
            local parts = d:sort_by():write_text(at("sorted"))
            assert(#parts > 1)
            local out = io.open(here .. "/out", "wb")
            for _, address in ipairs(parts) do
              out:write(lithops.storage:get_object(nil, address:sub(#at() + 1)))
            end
            out:close()
            clean()
            print(#parts)
            "#
        ))),
    );
    let run = jobs::run_in(folder, options);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    shell(&format!("cd {folder_path} && sort in > expected && cmp expected out"));
    assert!(fs::metadata(Path::new(&folder_path).join("out")).unwrap().len() > 0);
}

#[test]
fn more_lines_than_the_memory_holds_are_sorted_as_by_sort() {
    let folder = Folder::new();
    sorts(&folder, &[], 700_000, "1MiB");
}

/// 1 GB by workers of 256 MB: `cargo test --release --test dataset -- --ignored`.
#[test]
#[ignore = "takes a minute and 4 GB of disk"]
fn a_gigabyte_is_sorted_by_workers_of_256_megabytes() {
    let folder = Folder::new();
    sorts(&folder, &["-o", "localhost.runtime_memory=256"], 14_000_000, "100MiB");
}
