use crate::aws::Aws;

#[test]
fn large_functions_go_to_storage_once_and_are_removed() {
    let aws = Aws::new();
    aws.passes(
        r#"
        local big = {}
        for i = 1, 60000 do big[i] = "number " .. i end
        local r = lithops.map(function(x) return big[x] end, lithops.range(40), {chunksize = 1}):get_result()
        for i = 1, 40 do same(r[i], "number " .. i) end
        "#,
    );
    // Once; and perhaps once in vain, before the deployment of the function has made the bucket.
    assert!((1..=2).contains(&aws.requests("s3:PutObject")), "{:?}", aws.emulator.record().requests);
    assert_eq!(aws.objects(), Vec::<String>::new());
}

#[test]
fn large_elements_and_large_results_go_through_storage() {
    let aws = Aws::new();
    aws.configure("", "runtime_memory: 512");
    aws.passes(
        r#"
        local fs = lithops.map(function(text) return text .. text, #text end, {("a"):rep(5e6), ("b"):rep(10)})
        local r = fs:get_result()
        same(#r[1], 1e7) same(r[2], ("b"):rep(20))
        assert(r[1] == ("a"):rep(1e7))
        same(select(2, fs[1]:result()), 5e6)
        -- A large result as the argument of another call.
        same(lithops.map(function(text) return #text end, {fs[1]}):get_result(), {1e7})
        "#,
    );
    assert!(aws.requests("s3:PutObject") >= 2);
    assert_eq!(aws.objects(), Vec::<String>::new());
}

#[test]
fn without_the_data_cleaner_objects_stay_until_clean() {
    let aws = Aws::new();
    aws.configure("data_cleaner: false", "");
    aws.passes(
        r#"
        local big = ("x"):rep(1e6)
        same(lithops.call_async(function() return #big end):result(), 1e6)
        "#,
    );
    let objects = aws.objects();
    assert!(objects.len() == 1 && objects[0].contains("/lithops-lua/jobs/"), "{objects:?}");
    let run = aws.run(&["clean"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(aws.objects(), Vec::<String>::new(), "{run:?}");
}

/// An element is made only when the call of the one before is done: nothing waits until all input is in storage.
#[test]
fn calls_run_while_the_data_of_later_ones_is_still_to_come() {
    let aws = Aws::new();
    aws.passes(
        r#"
        local made = 0
        local function elements()
          if made == 3 then return nil end
          if made > 0 then await(here .. "/call" .. made) end
          made = made + 1
          return made .. ("x"):rep(4e6)
        end
        local r = lithops.map(function(text)
          append(here .. "/call" .. text:sub(1, 1), "x")
          return #text
        end, elements, {chunksize = 1}):get_result()
        same(r, {4000001, 4000001, 4000001})
        "#,
    );
    assert!(aws.requests("s3:PutObject") >= 3);
    assert_eq!(aws.objects(), Vec::<String>::new());
}
