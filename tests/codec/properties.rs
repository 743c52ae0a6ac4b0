//! Random graphs of tables and closures, described as data, built in one VM and compared with what arrives in another.

use mlua::{Function, Table, Value};
use proptest::prelude::*;

use super::support::Side;

#[derive(Clone, Debug)]
enum Leaf {
    Nil,
    Bool(bool),
    Number(f64),
    Int64(i64),
    Uint64(u64),
    Text(Vec<u8>),
    /// A table of the graph, by number.
    Table(usize),
    Builtin(&'static str),
}

/// A table: array elements, pairs, and perhaps a metatable.
#[derive(Clone, Debug)]
struct Node {
    array: Vec<Leaf>,
    pairs: Vec<(Leaf, Leaf)>,
    meta: Option<usize>,
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        any::<i32>().prop_map(f64::from),
        (-200..200).prop_map(f64::from),
        prop::sample::select(vec![
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            -0.0,
            0.0,
            9007199254740992.0,
            -9007199254740993.0,
            5e-324
        ]),
    ]
}

fn leaf(tables: usize) -> impl Strategy<Value = Leaf> {
    prop_oneof![
        1 => Just(Leaf::Nil),
        1 => any::<bool>().prop_map(Leaf::Bool),
        3 => number().prop_map(Leaf::Number),
        1 => any::<i64>().prop_map(Leaf::Int64),
        1 => any::<u64>().prop_map(Leaf::Uint64),
        3 => prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..12),
            prop::sample::select(vec![b"id".to_vec(), b"name".to_vec(), b"values".to_vec(), vec![b'l'; 200]]),
        ].prop_map(Leaf::Text),
        3 => (0..tables).prop_map(Leaf::Table),
        1 => prop::sample::select(vec!["print", "string", "math.floor", "_G", "io.stdout"]).prop_map(Leaf::Builtin),
    ]
}

fn graph() -> impl Strategy<Value = Vec<Node>> {
    (1usize..12).prop_flat_map(|tables| {
        let node = (
            proptest::collection::vec(leaf(tables), 0..8),
            proptest::collection::vec((leaf(tables), leaf(tables)), 0..6),
            proptest::option::weighted(0.2, 0..tables),
        )
            .prop_map(|(array, pairs, meta)| Node { array, pairs, meta });
        proptest::collection::vec(node, tables)
    })
}

fn value(side: &Side, tables: &[Table], leaf: &Leaf) -> Value {
    let eval = |code: &str| side.lua.load(code).eval().unwrap();
    match leaf {
        Leaf::Nil => Value::Nil,
        Leaf::Bool(value) => Value::Boolean(*value),
        Leaf::Number(value) => Value::Number(*value),
        Leaf::Int64(i64::MIN) => eval("-9223372036854775807LL - 1"),
        Leaf::Int64(value) => eval(&format!("{value}LL")),
        Leaf::Uint64(value) => eval(&format!("{value}ULL")),
        Leaf::Text(bytes) => Value::String(side.lua.create_string(bytes).unwrap()),
        Leaf::Table(number) => Value::Table(tables[*number].clone()),
        Leaf::Builtin(name) => eval(name),
    }
}

fn build(side: &Side, nodes: &[Node]) -> Table {
    let tables: Vec<Table> = nodes.iter().map(|_| side.lua.create_table().unwrap()).collect();
    for (node, table) in nodes.iter().zip(&tables) {
        for (i, element) in node.array.iter().enumerate() {
            table.raw_set(i + 1, value(side, &tables, element)).unwrap();
        }
        for (key, element) in &node.pairs {
            let key = value(side, &tables, key);
            // Cdata is a key by identity, which is not kept: two sides could not be compared.
            let is_key =
                !matches!(&key, Value::Nil | Value::Other(_)) && !matches!(key, Value::Number(n) if n.is_nan());
            if is_key {
                table.raw_set(key, value(side, &tables, element)).unwrap();
            }
        }
    }
    for (node, table) in nodes.iter().zip(&tables) {
        if let Some(meta) = node.meta {
            table.set_metatable(Some(tables[meta].clone())).unwrap();
        }
    }
    tables[0].clone()
}

/// Lists what can be reached from a table in an order that does not depend on hashes: the two sides' lists are equal if and only if
/// the graphs are isomorphic. Keys that are tables are visited last, paired by what they hold at first sight.
const CANON: &str = r#"
local root, raw = ...
local ffi = require 'ffi'
local ids, out, queue, names = {}, {}, {root}, {}
for _, name in ipairs{'print', 'string', '_G'} do names[_G[name]] = name end
names[math.floor], names[io.stdout] = 'math.floor', 'io.stdout'
local count = 1
ids[root] = 1
local function show(v)
  local t = type(v)
  if names[v] then return names[v] end
  if t == 'table' then
    if not ids[v] then count = count + 1; ids[v] = count; queue[count] = v end
    return 'table ' .. ids[v]
  elseif t == 'number' then
    return v ~= v and 'nan' or ('%.17g'):format(v) .. (v == 0 and tostring(1 / v) or '')
  elseif t == 'cdata' then
    return (ffi.istype('int64_t', v) and 'i' or 'u') .. tostring(v)
  end
  return t .. ' ' .. tostring(v)
end
local i = 1
while queue[i] do
  local t, plain, tables = queue[i], {}, {}
  for k in next, t do
    if type(k) == 'table' and not names[k] then
      tables[#tables + 1] = k
    else
      plain[#plain + 1] = {show(k), k}
    end
  end
  table.sort(plain, function(a, b) return a[1] < b[1] end)
  out[#out + 1] = 'table ' .. i .. ' meta ' .. show((debug.getmetatable(t)))
  for _, pair in ipairs(plain) do out[#out + 1] = pair[1] .. ' = ' .. show(rawget(t, pair[2])) end
  -- Known keys by id; of unknown ones, their number, and each with its value once it has an id by another way.
  local known, unknown = {}, 0
  for _, k in ipairs(tables) do
    if ids[k] then known[#known + 1] = k else unknown = unknown + 1 end
  end
  table.sort(known, function(a, b) return ids[a] < ids[b] end)
  for _, k in ipairs(known) do out[#out + 1] = show(k) .. ' = ' .. show(rawget(t, k)) end
  out[#out + 1] = 'unknown ' .. unknown
  i = i + 1
end
return table.concat(out, '\n')
"#;

fn canonical(side: &Side, table: &Table) -> Vec<u8> {
    let text: mlua::LuaString = side.lua.load(CANON).call(table).unwrap();
    text.as_bytes().to_vec()
}

/// A world of closures: each reads and writes some of a set of cells, which hold numbers or other closures.
#[derive(Clone, Debug)]
struct Closures {
    /// For each closure: the cells that it refers to.
    uses: Vec<Vec<usize>>,
    /// For each cell: the closure that it holds, or a number.
    holds: Vec<Option<usize>>,
}

fn closures() -> impl Strategy<Value = Closures> {
    (1usize..8, 1usize..8).prop_flat_map(|(functions, cells)| {
        let uses = proptest::collection::vec(proptest::collection::vec(0..cells, 1..5), functions);
        let holds = proptest::collection::vec(proptest::option::of(0..functions), cells);
        (uses, holds).prop_map(|(uses, holds)| Closures { uses, holds })
    })
}

impl Closures {
    /// A script that gives the list of closures. Called with a cell's place, a closure reads it; with a value as well, it sets it.
    fn script(&self) -> String {
        let mut script = String::from("local f = {}\n");
        for (cell, _) in self.holds.iter().enumerate() {
            script += &format!("local c{cell} = {cell}\n");
        }
        for (number, uses) in self.uses.iter().enumerate() {
            let parts = uses.iter().enumerate().map(|(place, cell)| {
                format!("if at == {place} then if set then c{cell} = value end return c{cell} end ")
            });
            script += &format!("f[{}] = function(at, set, value) {} end\n", number + 1, parts.collect::<String>());
        }
        for (cell, holds) in self.holds.iter().enumerate() {
            if let Some(function) = holds {
                script += &format!("c{cell} = f[{}]\n", function + 1);
            }
        }
        script + "return f"
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_graphs_arrive_isomorphic(nodes in graph()) {
        thread_local!(static SIDES: (Side, Side) = (Side::new(), Side::new()));
        SIDES.with(|(here, there)| {
            let root = build(here, &nodes);
            let options = lithops_lua::codec::EncodeOptions::new("the graph");
            let values = [Value::Table(root.clone())];
            let message = here.codec.encode(&here.lua, &values, &options).unwrap();
            assert_eq!(here.codec.encode(&here.lua, &values, &options).unwrap(), message);
            let arrived = there.codec.decode(&there.lua, &message.bytes, super::support::untrusted()).unwrap();
            let arrived = arrived.front().and_then(Value::as_table).unwrap();
            assert_eq!(canonical(here, &root), canonical(there, arrived));
            // And back.
            let values = [Value::Table(arrived.clone())];
            let back = there.codec.encode(&there.lua, &values, &options).unwrap();
            let back = here.codec.decode(&here.lua, &back.bytes, super::support::untrusted()).unwrap();
            let back = back.front().and_then(Value::as_table).unwrap();
            assert_eq!(canonical(here, &root), canonical(here, back));
        });
    }

    #[test]
    fn random_closures_share_the_cells_that_they_shared(world in closures()) {
        thread_local!(static SIDES: (Side, Side) = (Side::new(), Side::new()));
        SIDES.with(|(here, there)| {
            let message = here.encode(&world.script());
            assert_eq!(here.encode(&world.script()), message);
            let list = there.decode(&message).unwrap();
            let list = list.front().and_then(Value::as_table).unwrap();
            let function = |number: usize| list.get::<Function>(number + 1).unwrap();
            for (number, uses) in world.uses.iter().enumerate() {
                for (place, &cell) in uses.iter().enumerate() {
                    let read: Value = function(number).call(place).unwrap();
                    match world.holds[cell] {
                        Some(held) => assert_eq!(read, Value::Function(function(held))),
                        None => assert_eq!(read, Value::Integer(cell as i64)),
                    }
                }
            }
            // Each cell is written through one closure, and read through all.
            for (number, uses) in world.uses.iter().enumerate() {
                for (place, cell) in uses.iter().enumerate() {
                    let mark = 1000 + (number * 10 + place) as i64;
                    function(number).call::<()>((place, true, mark)).unwrap();
                    for (other, others) in world.uses.iter().enumerate() {
                        for (there, _) in others.iter().enumerate().filter(|(_, other)| *other == cell) {
                            assert_eq!(function(other).call::<i64>(there).unwrap(), mark);
                        }
                    }
                }
            }
        });
    }
}
