//! Many messages at once.

use super::support::{Side, verified};
use lithops_lua::codec::{EncodeOptions, EncodedList};
use mlua::{Table, Value};

#[test]
fn each_element_is_a_message_of_its_own() {
    let (here, there) = (Side::new(), Side::new());
    here.run("shared = {} list = {1, 'a', 'a', false, {2, shared, shared}, {shared}, function() return 5 end, n = 7}");
    let list: Table = here.lua.globals().get("list").unwrap();
    let options = EncodeOptions::new("the input");
    let mut out = EncodedList::default();
    here.codec.encode_list(&here.lua, &list, 1..=4, None, &options, &mut out).unwrap();
    here.codec.encode_list(&here.lua, &list, 5..=8, None, &options, &mut out).unwrap();
    assert_eq!(out.len(), 8);
    let alone = here.codec.encode(&here.lua, &[Value::Integer(1)], &options).unwrap();
    assert_eq!(out.get(0), Some(&alone.bytes[..]));

    let results = there.lua.create_table().unwrap();
    there.codec.decode_list(&there.lua, out.iter(), &results, 3, verified()).unwrap();
    there.lua.globals().set("r", results).unwrap();
    there.run("assert(r[3] == 1 and r[4] == 'a' and r[5] == 'a' and r[6] == false and r[7][2] == r[7][3] and r[9]() == 5 and r[10] == nil)
        assert(r[7][2] ~= r[8][1])");
}

#[test]
fn a_marked_element_has_several_roots() {
    let (here, there) = (Side::new(), Side::new());
    here.run(
        "marker = {} list = {setmetatable({'a', nil, {1}, n = 4}, marker), setmetatable({n = 0}, marker), {n = 4}}",
    );
    let globals = here.lua.globals();
    let (list, marker): (Table, Table) = (globals.get("list").unwrap(), globals.get("marker").unwrap());
    let mut out = EncodedList::default();
    here.codec.encode_list(&here.lua, &list, 1..=3, Some(&marker), &EncodeOptions::new("the input"), &mut out).unwrap();
    let count: Vec<usize> = out.iter().map(|message| there.decode(message).unwrap().len()).collect();
    assert_eq!(count, [4, 0, 1]);
    let results = there.lua.create_table().unwrap();
    there.codec.decode_list(&there.lua, out.iter(), &results, 1, verified()).unwrap();
    assert_eq!(results.get::<String>(1).unwrap(), "a");

    here.run("list[1][3] = {io.tmpfile()}");
    let refused =
        here.codec.encode_list(&here.lua, &list, 1..=1, Some(&marker), &EncodeOptions::new("the input"), &mut out);
    let text = refused.unwrap_err().to_string();
    assert!(text.starts_with("cannot send field [1] of argument 3 of element 1 of the input: "), "{text}");
}
