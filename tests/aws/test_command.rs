use crate::aws::Aws;

#[test]
fn tests_run_their_jobs_on_aws() {
    let aws = Aws::new();
    aws.folder.write(
        "double_test.lua",
        r#"
        it("doubles", function()
          assert.equal("aws_lambda", lithops.config.lithops.backend)
          local results = lithops.map(function(x) assert.is_number(x) return 2 * x end, { 1, 2 }):get_result()
          assert.same({ 2, 4, n = 2 }, results)
        end)
        it("fails", function() lithops.call_async(function() assert.equal(1, 2) end):result() end)
        "#,
    );
    let run = aws.run(&["test", "double_test.lua"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.out.contains("1 passed, 1 failed"), "{run:?}");
    assert!(!aws.emulator.record().invocations.is_empty());
}
