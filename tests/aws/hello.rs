use crate::aws::Aws;

#[test]
fn hello_runs_a_function_on_aws() {
    let aws = Aws::new();
    let run = aws.run(&["hello", "--map", "20"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    for words in [
        "backend  aws_lambda, 1000 workers at most",
        "hello from LuaJIT",
        "storage  aws_s3, bucket ",
        "map      20 calls in ",
    ] {
        assert!(run.out.contains(words), "`{words}` is missing in {run:?}");
    }
    assert_eq!(aws.objects(), [""; 0]);
}
