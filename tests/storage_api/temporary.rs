use crate::Store;
use crate::places::{Place, everywhere};

everywhere! {
    they_go_with_the_driver
    they_go_with_their_executor
    those_of_nested_jobs_go_too
    without_the_data_cleaner_they_stay_until_clean
    a_bucket_that_is_not_there_has_none
}

/// The keys that are left, as another script sees them.
fn left(store: &Store) -> String {
    let run = store.run("for key in s:iter_keys() do print(key) end");
    assert_eq!((run.err.as_str(), run.code), ("", Some(0)));
    run.out
}

/// Keys that a user chose, which look like ours and are not.
const NAMED: &str = r#"
    local named = "lithops/cloudobjects/mine"
    s:put_cloudobject("x", nil, named)
    s:put_object(nil, "lithops/cloudobjects/1f2e3d-0/M000/also-mine", "x")
"#;
const LEFT: &str = "lithops/cloudobjects/1f2e3d-0/M000/also-mine\nlithops/cloudobjects/mine\n";

fn they_go_with_the_driver(store: &Store) {
    for end in ["", "os.exit(0)", "os.exit(true, true)"] {
        store.check(&format!(
            r#"{NAMED}
            local co = s:put_cloudobject("of the driver")
            local fs = lithops.map(function(i)
              assert(lithops.storage:get_cloudobject(co) == "of the driver")
              lithops.storage:put_cloudobject("nobody hears of it")
              return lithops.storage:put_cloudobject("of call " .. i)
            end, {{ 1, 2, 3 }})
            for i, co in ipairs(fs:get_result()) do
              assert(s:get_cloudobject(co) == "of call " .. i)
              assert(co.key:find("^lithops/cloudobjects/%x+%-0/M000/%x+$"), co.key)
            end
            assert(#s:list_keys(nil, "lithops/cloudobjects/") == 9)
            -- In another bucket, too.
            s:create_bucket(other) s:put_cloudobject("x", other)
            {end}"#
        ));
        assert_eq!(left(store), LEFT);
        store.check("assert(#s:list_keys(other) == 0)");
    }
    let run = store.run("s:put_cloudobject('x') error('the end')");
    assert_eq!(run.code, Some(1));
    assert_eq!(left(store), LEFT);
}

fn they_go_with_their_executor(store: &Store) {
    store.check(&format!(
        r#"{NAMED}
        local function put() return lithops.storage:put_cloudobject("x") end
        local a, b = lithops.FunctionExecutor(), lithops.FunctionExecutor()
        local of_a, of_b, own = a:call_async(put):result(), b:call_async(put):result(), put()
        local of_default = lithops.call_async(put):result()
        a:clean {{ clean_cloudobjects = false }}
        lithops.clean {{ cs = own }}
        assert(s:get_cloudobject(of_a) and s:get_cloudobject(of_b) and not s:get_cloudobject(own))
        a:clean()
        assert(not s:get_cloudobject(of_a) and s:get_cloudobject(of_b) and s:get_cloudobject(of_default))
        own = put()
        lithops.clean()
        assert(s:get_cloudobject(of_b) and not s:get_cloudobject(own) and not s:get_cloudobject(of_default))
        assert(s:get_object(nil, named) == "x")

        -- What a job that runs has stored is its own to the end.
        local function exists(path) local f = io.open(path) if f then f:close() end return f ~= nil end
        local f = b:call_async(function()
          local co = lithops.storage:put_cloudobject("y")
          io.open("began", "w"):close()
          while not exists("go") do lithops.sleep(0.002) end
          return lithops.storage:get_cloudobject(co)
        end)
        while not exists("began") do lithops.sleep(0.002) end
        b:clean()
        io.open("go", "w"):close()
        assert(f:result() == "y" and not s:get_cloudobject(of_b))
        "#
    ));
    assert_eq!(left(store), LEFT);
}

fn those_of_nested_jobs_go_too(store: &Store) {
    store.check(
        r#"
        local keys = lithops.map(function(i)
          local put = lithops.storage.put_cloudobject
          local inner = lithops.call_async(function() return put("inner") end):result()
          local executor = lithops.FunctionExecutor()
          local other = executor:call_async(function() return lithops.storage:put_cloudobject("other").key end):result()
          return inner.key .. " " .. other
        end, { 1, 2 }):get_result()
        local id = lithops.FunctionExecutor().executor_id:match("^(%x+)%-")
        for _, pair in ipairs(keys) do
          for key in pair:gmatch("%S+") do
            assert(key:find("^lithops/cloudobjects/" .. id .. "%-0/%x+%-%d+/A%d+/%x+$"), key)
          end
        end
        assert(#s:list_keys() == 4)
        "#,
    );
    assert_eq!(left(store), "");
}

fn without_the_data_cleaner_they_stay_until_clean(store: &Store) {
    let script = r#"
        s:put_cloudobject("of the driver")
        lithops.call_async(function() lithops.storage:put_cloudobject("of a call") end):result()
        s:put_cloudobject("x", nil, "lithops/cloudobjects/mine")
    "#;
    store.folder.write("keep.lua", format!("local s = lithops.storage {script}"));
    let kept = store.command(&["-o", "lithops.data_cleaner=false", "keep.lua"]).output().unwrap();
    assert!(kept.status.success(), "{kept:?}");
    assert_eq!(left(store).lines().count(), 3);
    let cleaned = store.command(&["clean"]).output().unwrap();
    assert!(String::from_utf8_lossy(&cleaned.stdout).starts_with("removed 2 objects, "), "{cleaned:?}");
    assert_eq!(left(store), "lithops/cloudobjects/mine\n");
}

fn a_bucket_that_is_not_there_has_none(store: &Store) {
    store.check(
        r#"
        fails("no_such_bucket", "make it with `create_bucket(", s.put_cloudobject, s, "x", other)
        lithops.clean()
        "#,
    );
}

/// Where nothing could be put, nothing is looked for.
#[test]
fn a_bucket_that_cannot_be_used_is_forgotten() {
    use crate::server::Fault;
    let store = Store::from(Place::s3());
    let server = store.place.server().unwrap();
    let denied = Fault::answer(403, "AccessDenied", "Access Denied");
    server.fail(99, |seen| seen.path.starts_with("/locked"), denied);
    store.check(
        r#"
        fails("access_denied", "access denied", s.put_cloudobject, s, "x", "locked")
        lithops.clean()
        "#,
    );
    assert_eq!(server.count(|seen| seen.path.starts_with("/locked") && seen.query.contains("list-type")), 0);
}

/// A store that nobody puts cloud objects into is not asked for any.
#[test]
fn nothing_is_asked_where_there_are_none() {
    let store = Store::from(Place::s3());
    store.check(
        "assert(lithops.map(function(i) return i end, lithops.range(10)):get_result()[10] == 10) lithops.clean()",
    );
    assert_eq!(store.place.server().unwrap().seen().len(), 0);
}
