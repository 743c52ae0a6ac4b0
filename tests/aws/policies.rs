use std::collections::BTreeSet;

use serde_json::Value;

use crate::aws::Aws;

/// What cannot be seen on this AWS: the platform writes logs for the role, nobody keeps them here, and an upload is only
/// given up when it fails.
const UNSEEN: [&str; 5] = [
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "logs:DeleteLogGroup",
    "s3:AbortMultipartUpload",
];

fn policy(aws: &Aws, of: &str) -> Value {
    let run = aws.run(&["aws", "policy", of]);
    serde_json::from_str(&run.out).unwrap_or_else(|_| panic!("{run:?}"))
}

fn actions<'a>(policy: &'a Value, who: &'a str) -> impl Iterator<Item = String> + 'a {
    let statements = policy["Statement"].as_array().unwrap().iter();
    let actions = statements.flat_map(|statement| statement["Action"].as_array().unwrap());
    actions
        .map(Value::as_str)
        .map(Option::unwrap)
        .filter(|action| !UNSEEN.contains(action))
        .map(move |action| format!("{who} {action}"))
}

/// Everything that a user does, by no other right than the printed policies; and it takes each of their actions.
#[test]
fn the_printed_policies_are_enough_and_not_more() {
    let aws = Aws::new();
    let (user, role) = (policy(&aws, "user"), policy(&aws, "role"));
    let allowed: BTreeSet<String> = actions(&user, "user").chain(actions(&role, "role")).collect();
    aws.emulator.turn(|knobs| (knobs.user_policy, knobs.role_policy) = (Some(user), Some(role)));
    aws.emulator.forget();

    for monitoring in ["stream", "storage"] {
        aws.configure(&format!("monitoring: {monitoring}, monitoring_interval: 0.1"), "");
        aws.passes(
            r#"
            local big = ("x"):rep(1e6)
            local r = lithops.map(function(x)
              local storage = lithops.storage
              storage.put_object(nil, "own/" .. x, big)
              assert(storage.get_object(nil, "own/" .. x) == big)
              assert(#storage.list_keys(nil, "own/") > 0)
              storage.delete_object(nil, "own/" .. x)
              local nested = lithops.map(function(y) return #big + y end, {x}):get_result()
              return nested[1], ("y"):rep(5e6)
            end, {1, 2}):get_result()
            same(r, {1000001, 1000002})
            lithops.storage.put_object(nil, "large", ("x"):rep(2e7))
            same(#lithops.storage.get_object(nil, "large"), 2e7)
            "#,
        );
    }
    for command in [
        &["runtime", "list"][..],
        &["runtime", "update"],
        &["doctor"],
        &["clean"],
        &["runtime", "delete", "--all", "--yes"],
    ] {
        let run = aws.run(command);
        assert!(run.code == Some(0) && !run.err.contains("denied"), "{command:?}: {run:?}");
    }
    assert_eq!(aws.emulator.record().allowed, allowed);
    assert_eq!(aws.emulator.record().errors.get("AccessDeniedException"), None);
}

/// Without a permission it does not work: the emulated AWS does look at policies.
#[test]
fn what_a_policy_leaves_out_is_refused() {
    let aws = Aws::new();
    for (of, left_out, script) in [
        ("user", "Functions", "lithops.call_async(function() end):result()"),
        ("user", "Objects", "lithops.storage.put_object(nil, 'k', 'x')"),
        ("role", "Objects", "lithops.call_async(function() lithops.storage.put_object(nil, 'k', 'x') end):result()"),
        (
            "role",
            "NestedJobs",
            "lithops.call_async(function() lithops.call_async(function() end):result() end):result()",
        ),
    ] {
        let mut shortened = policy(&aws, of);
        shortened["Statement"].as_array_mut().unwrap().retain(|statement| statement["Sid"] != left_out);
        aws.emulator.turn(|knobs| {
            let policy = if of == "user" { &mut knobs.user_policy } else { &mut knobs.role_policy };
            *policy = Some(shortened);
        });
        let run = aws.script(script);
        assert!(run.code == Some(1) && run.err.to_lowercase().contains("access denied"), "{of} {left_out}: {run:?}");
        aws.emulator.turn(|knobs| (knobs.user_policy, knobs.role_policy) = (None, None));
    }
}

/// The role may not make the bucket, so it is there before a function needs it.
#[test]
fn a_function_may_be_the_first_to_write() {
    let aws = Aws::new();
    let (user, role) = (policy(&aws, "user"), policy(&aws, "role"));
    aws.emulator.turn(|knobs| (knobs.user_policy, knobs.role_policy) = (Some(user), Some(role)));
    aws.passes("same(#lithops.call_async(function() return ('x'):rep(5e6) end):result(), 5e6)");
    std::fs::remove_dir_all(aws.emulator.buckets()).unwrap();
    std::fs::create_dir(aws.emulator.buckets()).unwrap();
    // The function is there already: with answers through storage the driver looks once.
    aws.configure("monitoring: storage, monitoring_interval: 0.1", "");
    aws.passes("same(#lithops.call_async(function() return ('x'):rep(5e6) end):result(), 5e6)");
}
