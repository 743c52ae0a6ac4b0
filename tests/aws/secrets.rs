use crate::aws::Aws;
use crate::emulator::{ACCESS_KEY_ID, ROLE, SECRET_ACCESS_KEY};

/// The user's credentials, in the configuration and in the environment, are in nothing that leaves the driver but its
/// signatures (which hold the key's id in a header, as AWS wants it), and in nothing that it writes.
#[test]
fn credentials_are_in_no_payload_function_log_or_file() {
    for monitoring in ["stream", "storage"] {
        let aws = Aws::new();
        aws.folder.write(
            ".lithops_config",
            format!(
                "lithops: {{backend: aws_lambda, monitoring: {monitoring}, monitoring_interval: 0.1, data_cleaner: false}}\n\
                 aws: {{access_key_id: {ACCESS_KEY_ID}, secret_access_key: '{SECRET_ACCESS_KEY}', region: us-east-1}}\n\
                 aws_lambda: {{execution_role: '{ROLE}'}}\n"
            ),
        );
        aws.folder.write(
            "pipeline.lua",
            r#"
            local big = ("x"):rep(1e6)
            local function inner(x) return x + #big end
            local executor = lithops.FunctionExecutor{}
            local fs = executor:map(function(x)
              -- Whatever a function can see of its surroundings.
              local seen = {}
              local pipe = io.open("/proc/self/environ", "rb")
              seen[#seen + 1] = pipe:read "*a" pipe:close()
              local function show(value, depth)
                if type(value) == "table" and depth < 5 then
                  for k, v in pairs(value) do seen[#seen + 1] = tostring(k) show(v, depth + 1) end
                else
                  seen[#seen + 1] = tostring(value)
                end
              end
              show(lithops.FunctionExecutor{}.config, 0)
              lithops.storage.put_object(nil, "seen" .. x, table.concat(seen, "\n"))
              return lithops.get_result(lithops.map(inner, {x}))[1]
            end, {1, 2})
            print(executor:get_result()[1], tostring(executor))
            lithops.call_async(function() error "for the log" end):wait{throw_except = false}
            "#,
        );
        let mut command = aws.command(&["-vv", "pipeline.lua"]);
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        let run: crate::support::Run = command.output().unwrap().into();
        assert!(run.out.starts_with("1000001"), "{run:?}");
        let mut places: Vec<(String, Vec<u8>)> = vec![
            ("standard output".into(), run.out.into_bytes()),
            ("standard error".into(), run.err.into_bytes()),
            ("configurations".into(), aws.emulator.configurations().into_bytes()),
        ];
        let record = aws.emulator.record();
        assert!(record.invocations.len() >= 4);
        places.extend(record.invocations.iter().map(|invoked| ("a payload".into(), invoked.payload.to_vec())));
        places.extend(aws.emulator.logs().into_iter().map(|(name, text)| (format!("log {name}"), text.into_bytes())));
        let objects = aws.objects();
        assert!(objects.iter().any(|key| key.contains("seen1")), "{objects:?}");
        for key in objects {
            places.push((format!("object {key}"), std::fs::read(aws.emulator.buckets().join(&key)).unwrap()));
        }
        for (place, content) in &places {
            let text = String::from_utf8_lossy(content);
            assert!(!text.contains(SECRET_ACCESS_KEY), "{monitoring}: the secret key is in {place}");
            assert!(!text.contains(ACCESS_KEY_ID), "{monitoring}: the key's id is in {place}");
        }
    }
}
