use crate::Store;
use crate::places::{Place, everywhere};

everywhere! {
    more_than_a_page
    thousands_are_deleted_together
}

/// The same with iterators as with lists.
fn more_than_a_page(store: &Store) {
    store.check(
        r#"
        for i = 1, 1005 do s:put_object(nil, ("many/%04d"):format(i), ("x"):rep(i % 3)) end
        s:put_object(nil, "other", "x")
        local keys, objects = s:list_keys(nil, "many/"), s:list_objects(nil, "many/")
        assert(#keys == 1005 and keys[1005] == "many/1005" and #objects == 1005)
        local count = 0
        for object in s:iter_objects(nil, "many/") do
          count = count + 1
          assert(object.key == keys[count] and object.size == count % 3 and object.size == objects[count].size)
          assert(math.abs(object.last_modified - lithops.time()) < 600 and type(object.etag) == "string")
        end
        assert(count == 1005)
        count = 0
        for key in s.iter_keys(bucket, "many/") do
          count = count + 1
          assert(key == keys[count])
        end
        assert(count == 1005)
        -- Left in the middle, with another one inside, and after its end.
        for key in s:iter_keys() do
          for inner in s:iter_keys(nil, "many/1") do assert(inner == "many/1000") break end
          assert(key == "many/0001")
          break
        end
        local next_key = s:iter_keys(nil, "other")
        assert(next_key() == "other" and next_key() == nil and next_key() == nil)
        assert(s:iter_objects(nil, "nothing")() == nil)
        -- A listing goes on over what is deleted meanwhile.
        count = 0
        for key in s:iter_keys(nil, "many/") do
          s:delete_object(nil, key)
          count = count + 1
        end
        assert(count == 1005 and #s:list_keys(nil, "many/") == 0)
        fails("no_such_bucket", "make it with", s.iter_objects, other)
        refuses("bad argument #2 to 'iter_keys' (string expected, got table)", s.iter_keys, nil, {})
        "#,
    );
}

fn thousands_are_deleted_together(store: &Store) {
    store.check(
        r#"
        local keys = {}
        for i = 1, 1200 do
          keys[i] = ("k/%04d"):format(i)
          s:put_object(nil, keys[i], "")
        end
        s:put_object(nil, "kept", "")
        -- Some are not there.
        for i = 1201, 2500 do keys[i] = ("k/%04d"):format(i) end
        assert(s:delete_objects(nil, keys) == true)
        assert(#s:list_keys() == 1 and s:list_keys()[1] == "kept")
        "#,
    );
    if let Some(server) = store.place.server() {
        assert_eq!(server.count(|seen| seen.method == "POST" && seen.query.starts_with("delete")), 3);
    }
}

/// The server refuses some of each thousand, and once a whole thousand.
#[test]
fn what_cannot_be_deleted_is_named() {
    use crate::server::Fault;
    let store = Store::from(Place::s3());
    let server = store.place.server().unwrap();
    let document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><DeleteResult><Error><Key>k/0007</Key>\
                    <Code>AccessDenied</Code><Message>Access Denied</Message></Error><Error><Key>k/0999</Key>\
                    <Code>InternalError</Code><Message>We encountered an internal error.</Message></Error></DeleteResult>";
    let is_delete = |seen: &crate::server::Seen| seen.query.starts_with("delete");
    server.fail(1, is_delete, Fault::Raw { status: 200, body: document });
    // Of the others, the second thousand passes, and the rest does not.
    let seen = std::sync::atomic::AtomicUsize::new(0);
    let is_last = move |request: &crate::server::Seen| {
        is_delete(request) && seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= 1
    };
    server.fail(1, is_last, Fault::answer(403, "AccessDenied", "Access Denied"));
    store.check(
        r#"
        s:put_object(nil, "other", "x")
        local keys = {}
        for i = 1, 2500 do keys[i] = ("k/%04d"):format(i) end
        local e = fails("access_denied", "(502 of 2500 deletions failed)", s.delete_objects, nil, keys)
        assert(#e.failed == 502 and e.failed[1].key == "k/0007" and e.failed[1].kind == "access_denied")
        assert(e.failed[2].key == "k/0999" and e.failed[2].kind == "io")
        assert(e.failed[3].key == "k/2001" and e.failed[502].key == "k/2500" and e.failed[502].kind == "access_denied")
        assert(tostring(e.failed[502]):find("failed to delete object `k/2500`", 1, true), tostring(e.failed[502]))
        "#,
    );
}

/// A later page that cannot be had, and a bucket that may not be listed.
#[test]
fn a_listing_that_fails_is_told() {
    use crate::server::Fault;
    let store = Store::from(Place::s3());
    let server = store.place.server().unwrap();
    let denied = Fault::answer(403, "AccessDenied", "Access Denied");
    server.fail(2, |seen| seen.query.contains("continuation-token="), denied.clone());
    store.check(
        r#"
        for i = 1, 1001 do s:put_object(nil, ("%04d"):format(i), "") end
        local next_key, count = s:iter_keys(), 0
        for i = 1, 1000 do assert(next_key() == ("%04d"):format(i)) end
        fails("access_denied", "failed to list bucket `" .. bucket .. "`: access denied", next_key)
        fails("access_denied", "failed to list bucket `" .. bucket .. "`: access denied", s.list_objects)
        "#,
    );
    server.fail(9, |seen| seen.query.contains("list-type"), denied);
    store.check(
        r#"
        for _, list in ipairs { s.list_objects, s.list_keys, s.iter_objects, s.iter_keys } do
          fails("access_denied", "failed to list bucket `" .. bucket .. "`: access denied", list)
        end
        assert(s:get_object(nil, "0001") == "")
        "#,
    );
}

/// 100,000 objects, in folders and in one folder: a listing of them holds a page, and the names of a folder.
#[test]
fn listings_of_many_hold_little() {
    let store = Store::from(Place::local());
    let bucket = store.folder.path().join(".lithops/storage/lithops");
    for number in 0..100_000 {
        let key =
            if number < 50_000 { format!("flat/{number:06}") } else { format!("deep/{}/{number:06}", number / 500) };
        let file = bucket.join(key);
        if number % 500 == 0 {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        }
        std::fs::File::create(file).unwrap();
    }
    store.check(
        r#"
        local function resident(what)
          for text in io.lines("/proc/self/status") do
            local kib = text:match("^" .. what .. ":%s+(%d+)")
            if kib then return tonumber(kib) * 1024 end
          end
        end
        assert(#s:list_keys(nil, "deep/100/") == 500)
        local before = resident("VmRSS")
        local count, last = 0, ""
        for object in s:iter_objects() do
          assert(object.key > last and object.size == 0)
          last, count = object.key, count + 1
        end
        assert(count == 100000)
        assert(resident("VmHWM") - before < 20e6, resident("VmHWM") - before)
        "#,
    );
}
