use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::jobs::{children, wait_until, with_prelude};
use super::support::{Folder, Run};
use super::*;

/// The program with a configuration file for the server, and nothing of AWS in its environment.
pub fn command(folder: &Folder, server: &S3Server, args: &[&str]) -> Command {
    let config = format!(
        "lithops:\n  storage: aws_s3\naws:\n  access_key_id: {ACCESS_KEY_ID}\n  secret_access_key: \
         {SECRET_ACCESS_KEY}\n  region: eu-west-1\naws_s3:\n  endpoint_url: {}\n  storage_bucket: {BUCKET}\n\
         localhost:\n  max_workers: 2\n",
        server.url()
    );
    folder.write(".lithops_config", config);
    without_aws(folder.command(args))
}

fn without_aws(mut command: Command) -> Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    // There is no instance to ask for credentials, and asking takes a while.
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

fn run(server: &S3Server, script: &str) -> Run {
    let folder = Folder::with(&with_prelude(script));
    let here = folder.path().to_str().unwrap().to_owned();
    command(&folder, server, &["pipeline.lua", &here]).output().unwrap().into()
}

/// Runs a script whose asserts all hold.
#[track_caller]
fn passes(server: &S3Server, script: &str) {
    run(server, &format!("local s = lithops.storage\n{script}\nprint 'ok'")).prints("ok\n");
}

#[test]
fn the_functions_of_storage() {
    let server = S3Server::start();
    passes(
        &server,
        r#"
        assert(s.backend == "aws_s3" and s.bucket == "main")
        assert(tostring(s) == "storage aws_s3 (bucket main)")
        assert(#s:list_keys() == 0 and s:head_bucket())
        s:put_object(nil, "a/b", "hello")
        assert(s:get_object(nil, "a/b") == "hello" and s:get_object("main", "a/b") == "hello")
        assert(s:get_object(nil, "a/b", { range = { 1, 3 } }) == "ell")
        local head = s:head_object(nil, "a/b")
        assert(head.size == 5 and head.key == "a/b" and #head.etag > 0 and lithops.time() - head.last_modified < 60)
        local nothing, err = s:get_object(nil, "absent")
        assert(nothing == nil and err.kind == "no_such_key", tostring(err))
        assert(tostring(err):find("failed to get object `absent` of bucket `main`: there is no such key", 1, true))
        assert(select(2, s:head_object(nil, "absent")).kind == "no_such_key")
        assert(select(2, s:download_file(nil, "absent", here .. "/x")).kind == "no_such_key" and not exists(here .. "/x"))

        s:put_object(nil, "lines", "one\ntwo\nthree")
        local stream = s:get_object(nil, "lines", { stream = true })
        assert(stream:read() == "one" and stream:read(2) == "tw" and stream:read("*a") == "o\nthree")
        s:put_object(nil, "copy", s:get_object(nil, "lines", { stream = true }))
        assert(s:get_object(nil, "copy") == "one\ntwo\nthree")
        same(s:list_keys(nil, ""), { "a/b", "copy", "lines" })
        assert(s:list_objects(nil, "c")[1].size == 13)
        append(here .. "/file", ("x"):rep(20 * 2^20))
        s:upload_file(here .. "/file", nil, "file")
        assert(s:download_file(nil, "file", here .. "/down"))
        assert(read(here .. "/down") == read(here .. "/file"))
        local file = assert(io.open(here .. "/file"))
        s:put_object(nil, "from file", file)
        assert(s:head_object(nil, "from file").size == 20 * 2^20)

        local co = s:put_cloudobject("value")
        assert(co.backend == "aws_s3" and co.bucket == "main" and s:get_cloudobject(co) == "value")
        s:delete_cloudobjects { co }
        assert(select(2, s:get_cloudobject(co)).kind == "no_such_key")
        s:delete_objects(nil, { "a/b", "copy", "absent" })
        s:delete_object(nil, "file")
        same(s:list_keys(), { "from file", "lines" })
        s:create_bucket("other") s:put_object("other", "k", "x")
        same(s:list_keys("other"), { "k" })
        local e = raises("there is no such bucket", s.get_object, "nowhere", "k")
        assert(e.kind == "no_such_bucket")
        "#,
    );
}

#[test]
fn functions_in_workers_use_it_too() {
    let server = S3Server::start();
    passes(
        &server,
        r#"
        s:put_object(nil, "in", "41")
        local co = s:put_cloudobject("of the driver")
        local fs = lithops.map(function(n)
          assert(lithops.storage.bucket == "main" and lithops.storage.backend == "aws_s3")
          local value = tonumber(lithops.storage:get_object(nil, "in")) + n
          lithops.storage:put_object(nil, "out/" .. n, tostring(value))
          assert(lithops.storage:get_cloudobject(co) == "of the driver")
          local missing, err = lithops.storage:get_object(nil, "absent")
          assert(missing == nil and err.kind == "no_such_key")
          return lithops.storage:put_cloudobject("of worker " .. n)
        end, { 1, 2, 3 })
        for n, co in ipairs(lithops.get_result(fs)) do assert(s:get_cloudobject(co) == "of worker " .. n) end
        same(s:list_keys(nil, "out/"), { "out/1", "out/2", "out/3" })
        assert(s:get_object(nil, "out/1") == "42")
        -- A job in a job finds it as well.
        local inner = lithops.call_async(function()
          return lithops.call_async(function() return lithops.storage:get_object(nil, "out/2") end)
        end)
        assert(inner:result() == "43")
        "#,
    );
}

/// What must be nowhere.
const SECRETS: &[&str] = &[SECRET_ACCESS_KEY, ACCESS_KEY_ID];

#[track_caller]
fn has_no_secret(what: &str, content: &[u8]) {
    let text = String::from_utf8_lossy(content);
    for secret in SECRETS {
        assert!(!text.contains(secret), "a secret in {what}");
    }
}

fn search(folder: &Path, searched: &mut usize) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            search(&path, searched);
        } else if let Ok(content) = fs::read(&path) {
            *searched += 1;
            has_no_secret(&path.display().to_string(), &content);
        }
    }
}

/// Runs a job whose function uses S3 and then waits, and searches everything that can be seen from outside.
fn no_secret_is_anywhere(prepare: impl Fn(&Folder, &S3Server) -> Command) {
    let server = S3Server::start();
    let script = r#"
        local large = ("x"):rep(100000)
        local fs = lithops.map(function(n)
          lithops.storage:put_object(nil, "k" .. n, "x")
          print(tostring(lithops.storage), #large)
          append(here .. "/began" .. n, "")
          await(here .. "/go")
          return 1
        end, { 1, 2 })
        lithops.get_result(fs)
        local executor = lithops.FunctionExecutor()
        print(executor, lithops.storage, #tostring(executor.config.aws.secret_access_key))
    "#;
    let folder = Folder::with(&with_prelude(script));
    let temporary = tempfile::tempdir().unwrap();
    let mut command = prepare(&folder, &server);
    command.env("TMPDIR", temporary.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let driver = command.spawn().unwrap();
    wait_until("calls that run", || ["began1", "began2"].iter().all(|name| folder.path().join(name).exists()));
    let workers = children(driver.id());
    assert!(!workers.is_empty());
    for worker in workers {
        let environ = fs::read(format!("/proc/{worker}/environ")).unwrap();
        assert!(String::from_utf8_lossy(&environ).contains("AWS_LAMBDA_RUNTIME_API="));
        has_no_secret("a worker's environment", &environ);
        has_no_secret("a worker's command line", &fs::read(format!("/proc/{worker}/cmdline")).unwrap());
    }
    let mut searched = 0;
    search(temporary.path(), &mut searched);
    let journals = fs::read_dir("/dev/shm").unwrap().flatten().map(|entry| entry.path());
    let own = format!("lithops-lua-{}-", driver.id());
    for folder in journals.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(&own)) {
        search(&folder, &mut searched);
    }
    assert!(searched > 0, "nothing was searched");
    folder.write("go", "");
    let run: Run = driver.wait_with_output().unwrap().into();
    assert_eq!(run.code, Some(0), "{run:?}");
    has_no_secret("the logs", run.err.as_bytes());
    has_no_secret("the output", run.out.as_bytes());
    assert!(run.err.contains("DEBUG"), "there were no logs to search: {}", run.err);
    for seen in server.seen() {
        assert!(!format!("{seen:?}").contains(SECRET_ACCESS_KEY));
    }
}

#[test]
fn secrets_of_the_configuration_file_stay_in_memory() {
    no_secret_is_anywhere(|folder, server| {
        let here = folder.path().to_str().unwrap().to_owned();
        command(folder, server, &["-vv", "pipeline.lua", &here])
    });
}

#[test]
fn secrets_of_the_environment_are_not_handed_on() {
    no_secret_is_anywhere(|folder, server| {
        let here = folder.path().to_str().unwrap().to_owned();
        let mut command = command(folder, server, &["-vv", "pipeline.lua", &here]);
        // The text of the configuration itself, in a variable.
        command.env("LITHOPS_CONFIG", fs::read_to_string(folder.path().join(".lithops_config")).unwrap());
        fs::remove_file(folder.path().join(".lithops_config")).unwrap();
        command
    });
}

#[test]
fn a_store_with_credentials_of_its_own_does_not_travel() {
    let server = S3Server::start();
    let script = format!(
        r#"
        local own = lithops.Storage {{ backend = "aws_s3", config = {{
          aws = {{ access_key_id = "{ACCESS_KEY_ID}", secret_access_key = "{SECRET_ACCESS_KEY}", region = "eu-west-1" }},
          aws_s3 = {{ endpoint_url = "{}", storage_bucket = "another" }},
        }} }}
        own:put_object(nil, "k", "x")
        assert(own.bucket == "another" and own:get_object(nil, "k") == "x" and s.bucket == "main")
        local err = raises("a secret, `aws.", lithops.call_async, function() return own:get_object(nil, "k") end)
        assert(not tostring(err):find("{SECRET_ACCESS_KEY}", 1, true))
        -- Without credentials it goes along; the worker's are those of the configuration.
        local plain = lithops.Storage {{ backend = "aws_s3" }}
        plain:put_object(nil, "p", "y")
        assert(lithops.call_async(function() return plain:get_object(nil, "p") end):result() == "y")
        "#,
        server.url()
    );
    passes(&server, &script);
}

#[test]
fn streams_hold_bounded_memory() {
    const SIZE: u64 = 100 << 20;
    let server = S3Server::start();
    let file = server.object_file(BUCKET, "large");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::File::create(&file).unwrap().set_len(SIZE).unwrap();
    let script = r#"
        local stream = s:get_object(nil, "large", { stream = true })
        local size = 0
        while true do
          local piece = stream:read(65536)
          if not piece then break end
          size = size + #piece
        end
        assert(size == 100 * 2^20, size)
        local function peak() return tonumber(read("/proc/self/status"):match("VmHWM:%s+(%d+) kB")) / 1024 end
        local reading = peak()
        assert(reading < 64, "reading took " .. reading .. " MiB")
        s:put_object(nil, "copy", s:get_object(nil, "large", { stream = true }))
        assert(s:head_object(nil, "copy").size == 100 * 2^20)
        assert(peak() < 160, "copying took " .. peak() .. " MiB")
        s:download_file(nil, "large", here .. "/down")
        s:upload_file(here .. "/down", nil, "up")
        assert(peak() < 160, "files took " .. peak() .. " MiB")
        append(here .. "/peaks", ("reading %.0f MiB, all %.0f MiB"):format(reading, peak()))
    "#;
    let folder = Folder::with(&with_prelude(&format!("local s = lithops.storage\n{script}\nprint 'ok'")));
    let here = folder.path().to_str().unwrap().to_owned();
    let run: Run = command(&folder, &server, &["pipeline.lua", &here]).output().unwrap().into();
    run.prints("ok\n");
    eprintln!("{}", fs::read_to_string(folder.path().join("peaks")).unwrap());
}

#[test]
fn missing_credentials_and_regions_are_told_with_a_remedy() {
    let server = S3Server::start();
    let folder = Folder::with("lithops.storage:put_object(nil, 'k', 'x')");
    let tell = |config: &str| {
        folder.write(".lithops_config", config);
        let run: Run = without_aws(folder.command(&["pipeline.lua"])).output().unwrap().into();
        assert_eq!(run.code, Some(1), "{run:?}");
        run.err.lines().next().unwrap().to_owned()
    };
    let said = tell(&format!(
        "lithops: {{storage: aws_s3}}\naws: {{region: eu-west-1}}\naws_s3: {{endpoint_url: '{}', storage_bucket: main}}",
        server.url()
    ));
    for words in ["failed to put object `k` of bucket `main`", "there are no AWS credentials: set `aws.access_key_id`"]
    {
        assert!(said.contains(words), "{said}");
    }
    let said = tell("lithops: {storage: aws_s3}\naws_s3: {storage_bucket: main}");
    assert!(said.contains("set `aws.region`, or AWS_REGION"), "{said}");
    assert_eq!(server.seen().len(), 0);
}

#[test]
fn failures_raise_one_sentence() {
    let server = S3Server::start();
    server.fail(99, |_| true, Fault::answer(400, "ExpiredToken", "The provided token has expired."));
    let run = run(&server, "lithops.storage:put_object(nil, 'k', 'x')");
    assert_eq!(run.code, Some(1));
    let said = run.err.lines().next().unwrap();
    let expected = "failed to put object `k` of bucket `main`: the AWS credentials have expired: get new ones";
    assert!(said.contains(expected), "{said}");
    assert!(!run.err.contains("SdkError") && !run.err.contains("Unhandled"), "{}", run.err);
}

#[test]
fn the_endpoint_of_the_environment_is_used() {
    let server = S3Server::start();
    let folder = Folder::with(
        "lithops.storage:put_object(nil, 'k', 'x') print(lithops.storage:get_object(nil, 'k'), lithops.storage.bucket)",
    );
    for (variable, host) in [("AWS_ENDPOINT_URL", "127.0.0.1"), ("AWS_ENDPOINT_URL_S3", "localhost")] {
        let mut command = without_aws(folder.command(&["--storage", "aws_s3", "pipeline.lua"]));
        command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID).env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY);
        command.env("AWS_REGION", "eu-west-1").env(variable, server.url().replace("127.0.0.1", host));
        command.env("LITHOPS_CONFIG", "aws: {account_id: '123456789012'}");
        let run: Run = command.output().unwrap().into();
        run.prints("x\tlithops-lua-123456789012-eu-west-1\n");
    }
}
