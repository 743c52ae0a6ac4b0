use serde_json::{Value, json};

use crate::aws::Aws;
use crate::jobs::wait_until;

fn last(aws: &Aws) -> Value {
    let run = aws.run(&["job", "show", "last", "--json"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    serde_json::from_str(&run.out).unwrap()
}

#[test]
fn a_record_names_the_function_and_what_is_billed() {
    let aws = Aws::new();
    aws.passes("lithops.map(function(x) print('n', x) return x end, {1, 2, 3}, {chunksize = 1, stream_logs = false}):get_result()");
    let job = last(&aws);
    assert_eq!(
        (&job["state"], &job["backend"], &job["storage"]),
        (&json!("done"), &json!("aws_lambda"), &json!("aws_s3"))
    );
    assert_eq!((&job["region"], &job["memory_mb"]), (&json!("us-east-1"), &json!(256)));
    assert!(job["runtime"].as_str().unwrap().starts_with("lithops-lua"), "{job}");
    let billed_ms = job["billed_ms"].as_f64().unwrap();
    assert!(billed_ms >= 3.0, "{job}");
    assert!((job["billed_gb_s"].as_f64().unwrap() - billed_ms / 1e3 * 0.25).abs() < 1e-9, "{job}");
    assert!(aws.run(&["job", "show", "last"]).out.contains("GB-s"));
    assert!(aws.run(&["job", "logs", "last", "--call", "1"]).out.contains("[M000/00001] n\t2"));
}

#[test]
fn invocations_under_way_are_listed_as_workers() {
    let aws = Aws::new();
    let script = "local fs = lithops.map(function(x) await(here .. '/go') return x end, {1, 2}, {chunksize = 1})\nlithops.wait(fs)";
    aws.folder.write("pipeline.lua", crate::jobs::with_prelude(script));
    let mut driver = aws.command(&["pipeline.lua", aws.folder.path().to_str().unwrap()]).spawn().unwrap();
    let workers = || -> Value { serde_json::from_str(&aws.run(&["worker", "list", "--json"]).out).unwrap() };
    wait_until("both invocations", || workers()[0]["invocations"] == 2);
    let listed = workers();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    assert_eq!((&listed[0]["pid"], &listed[0]["region"]), (&json!(null), &json!("us-east-1")));
    aws.folder.write("go", "");
    assert!(driver.wait().unwrap().success());
    assert_eq!(workers(), json!([]));
}
