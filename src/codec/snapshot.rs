//! What a fresh VM consists of: the parts that are sent by name.

use mlua::{Function, Lua, LuaString, Table, Value};
use rustc_hash::FxHashMap;

/// Where `kit`, the table of everything that raw code needs at hand, holds what.
pub(super) mod slot {
    use std::ffi::c_int;
    /// `string.dump`.
    pub const DUMP: c_int = 1;
    /// `ffi.istype`, `ffi.typeof` and the three number types; all nil without `ffi`.
    pub const ISTYPE: c_int = 2;
    pub const TYPEOF: c_int = 3;
    pub const INT64: c_int = 4;
    pub const UINT64: c_int = 5;
    pub const COMPLEX: c_int = 6;
    /// The table of globals, and a copy as it was.
    pub const GLOBALS: c_int = 7;
    pub const OLD_GLOBALS: c_int = 8;
    /// `package.loaded`.
    pub const LOADED: c_int = 9;
    pub const REQUIRE: c_int = 10;
    /// Name to part.
    pub const BY_NAME: c_int = 11;
    /// Lists side by side: tables of the VM, copies of them as they were, their names.
    pub const TABLES: c_int = 12;
    pub const OLD_TABLES: c_int = 13;
    pub const TABLE_NAMES: c_int = 14;
    /// Carries a value between raw code and `mlua`.
    pub const PASS: c_int = 15;
    /// The option of `string.dump` that makes it deterministic.
    pub const DUMP_OPTION: c_int = 16;
}

/// How deep tables of the VM are named: `package.loaded.ffi.C<metatable>` and some more.
const MAX_DEPTH: u32 = 6;

/// The name under which the metatable of strings is sent.
pub(super) const STRING_META: &[u8] = b"\"\"<metatable>";

pub(super) struct Snapshot {
    pub kit: Table,
    /// Address to index in `names`.
    pub permanents: FxHashMap<usize, u32>,
    pub names: Vec<Box<[u8]>>,
    /// How many tables of the VM are watched for additions.
    pub watched: i32,
}

impl Snapshot {
    pub fn take(lua: &Lua) -> mlua::Result<Snapshot> {
        let globals = lua.globals();
        let package: Table = globals.raw_get("package")?;
        let loaded: Table = package.raw_get("loaded")?;
        let get_metatable = match globals.raw_get::<Option<Table>>("debug")? {
            Some(debug) => debug.raw_get::<Function>("getmetatable")?,
            None => globals.raw_get("getmetatable")?,
        };
        let walk = lua.load(include_str!("snapshot.lua")).set_name("=codec snapshot");
        type Walked = (Table, Table, Table, Table, Table, Table);
        let (names, values, by_name, tables, shadows, table_names): Walked =
            walk.call((&globals, get_metatable, MAX_DEPTH))?;

        let mut permanents = FxHashMap::default();
        let mut owned_names = Vec::new();
        for (name, value) in names.sequence_values::<LuaString>().zip(values.sequence_values::<Value>()) {
            permanents.insert(value?.to_pointer() as usize, owned_names.len() as u32);
            owned_names.push(name?.as_bytes().to_vec().into());
        }

        let kit = lua.create_table()?;
        kit.raw_set(slot::DUMP, globals.raw_get::<Table>("string")?.raw_get::<Function>("dump")?)?;
        kit.raw_set(slot::DUMP_OPTION, "d")?;
        kit.raw_set(slot::REQUIRE, globals.raw_get::<Function>("require")?)?;
        if let Some(ffi) = loaded.raw_get::<Option<Table>>("ffi")? {
            let type_of: Function = ffi.raw_get("typeof")?;
            kit.raw_set(slot::ISTYPE, ffi.raw_get::<Function>("istype")?)?;
            for (at, name) in [(slot::INT64, "int64_t"), (slot::UINT64, "uint64_t"), (slot::COMPLEX, "complex")] {
                kit.raw_set(at, type_of.call::<Value>(name)?)?;
            }
            kit.raw_set(slot::TYPEOF, type_of)?;
        }

        let (watched_tables, watched_shadows, watched_names) =
            (lua.create_table()?, lua.create_table()?, lua.create_table()?);
        for i in 1..=tables.raw_len() {
            let name: LuaString = table_names.raw_get(i)?;
            let shadow: Table = shadows.raw_get(i)?;
            if name == "_G" {
                kit.raw_set(slot::OLD_GLOBALS, &shadow)?;
            }
            if is_watched(&name.as_bytes()) {
                watched_tables.raw_push(tables.raw_get::<Table>(i)?)?;
                watched_shadows.raw_push(shadow)?;
                watched_names.raw_push(name)?;
            }
        }
        let watched = i32::try_from(watched_tables.raw_len()).unwrap_or(i32::MAX);
        kit.raw_set(slot::TABLES, watched_tables)?;
        kit.raw_set(slot::OLD_TABLES, watched_shadows)?;
        kit.raw_set(slot::TABLE_NAMES, watched_names)?;
        kit.raw_set(slot::GLOBALS, globals)?;
        kit.raw_set(slot::LOADED, loaded)?;
        kit.raw_set(slot::BY_NAME, by_name)?;
        Ok(Snapshot { kit, permanents, names: owned_names, watched })
    }
}

/// Globals have a section of their own; what `require` keeps is each VM's affair; and fields of `lithops` change by themselves.
fn is_watched(name: &[u8]) -> bool {
    const OWN: [&[u8]; 6] =
        [b"_G", b"package", b"package.loaded", b"package.preload", b"package.loaders", b"package.searchers"];
    !OWN.contains(&name) && name != b"lithops" && !name.starts_with(b"lithops.")
}
