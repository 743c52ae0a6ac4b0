//! Stored objects as input of functions on AWS, and reducers there.

use crate::aws::Aws;

#[test]
fn functions_on_aws_read_pieces_of_objects() {
    let aws = Aws::new();
    aws.configure("storage: aws_s3", "");
    aws.passes(
        r#"
        local s = lithops.storage
        local text = {}
        for i = 1, 2000 do text[i] = "line " .. i end
        s:put_object(nil, "data/a.txt", table.concat(text, "\n"))
        s:put_object(nil, "data/b.txt", "x\ny\n")
        local at = "s3://" .. s.bucket .. "/data/"
        local function count(obj) local n = 0 for _ in obj:lines() do n = n + 1 end return { n = n, key = obj.key } end
        local function sum(list) local n = 0 for _, part in ipairs(list) do n = n + part.n end return list[1].key .. " " .. n end
        same(lithops.map_reduce(count, at .. "*.txt", sum, { obj_chunk_size = "4KiB" }):get_result(), "data/a.txt 2002")
        same(lithops.map_reduce(count, at, sum, { obj_chunk_size = "4KiB", obj_reduce_by_key = true }):get_result(),
          { "data/a.txt 2000", "data/b.txt 2" })
        raises("functions on AWS Lambda cannot read", lithops.map, count, "file:///etc/hosts")
        s:delete_objects(nil, s:list_keys(nil, "data/"))
        "#,
    );
    assert_eq!(aws.objects(), Vec::<String>::new());
}

#[test]
fn a_reducer_starts_beside_the_last_map_and_large_results_do_not_pass_the_driver() {
    let aws = Aws::new();
    aws.configure("", "runtime_memory: 512");
    aws.passes(
        r#"
        local here = here
        local function map(i)
          if i == 4 then await(here .. "/go") end
          return { i = i, text = ("x"):rep(2e6) }
        end
        local function reduce(list)
          local sum, bytes = 0, 0
          for _, part in ipairs(list) do sum, bytes = sum + part.i, bytes + #part.text end
          return { sum, bytes }
        end
        local futures = lithops.map_reduce(map, { 1, 2, 3, 4 }, reduce, { spawn_reducer = 50 })
        while futures[5].state ~= "running" do lithops.sleep(0.01) end
        same(futures[4].done, false)
        append(here .. "/go", "")
        same(futures:get_result(), { 10, 8e6 })
        "#,
    );
    assert_eq!(aws.objects(), Vec::<String>::new());
}
