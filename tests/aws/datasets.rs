use crate::aws::Aws;

#[test]
fn a_dataset_is_read_shuffled_sorted_and_written() {
    let aws = Aws::new();
    aws.passes(
        r#"
        local dataset = require "dataset"
        local s = lithops.storage
        local lines = {}
        for i = 1, 3000 do lines[i] = ("word%d word%d %s"):format(i % 700, i % 30, ("x"):rep(i % 90)) end
        s:put_object(nil, "in/a", table.concat(lines, "\n"))
        s:put_object(nil, "in/b", table.concat(lines, "\n"))
        local at = ("s3://%s/"):format(s.bucket)
        local d = dataset.with({ memory = "200KiB" }).read_text(at .. "in/", { obj_chunk_number = 2 })
        same(d:count(), 6000)
        -- The key of each first word; several runs for each map and each reducer.
        local counts = {}
        for _, pair in ipairs(d:words():count_by_value():collect()) do counts[pair.key] = pair.value end
        same({ counts.word0, counts.word699, counts.word31 }, { 2 * (4 + 100), 2 * 4, 2 * 5 })
        local groups = d:group_by(function(line) return line:match("%S+") end)
        same(groups:map(function(pair) return #pair.value end):sum(), 6000)
        same(d:map(function(line) return line .. ("y"):rep(100) end):distinct():count(), d:distinct():count())
        local parts = d:sort_by():write_text(at .. "sorted", { overwrite = true })
        local all = {}
        for i, address in ipairs(parts) do all[i] = s:get_object(nil, address:sub(#at + 1)) end
        for _, line in ipairs({ unpack(lines) }) do lines[#lines + 1] = line end
        table.sort(lines)
        assert(table.concat(all) == table.concat(lines, "\n") .. "\n")
        raises("no good", function() return d:sort_by():map(function() error("no good") end):count() end)
        s:delete_objects(nil, s:list_keys(nil, "in/"))
        s:delete_objects(nil, s:list_keys(nil, "sorted/"))
        "#,
    );
    // What passed between the stages is gone.
    assert_eq!(aws.objects(), Vec::<String>::new());
}
