//! `hash`: checksums of strings and streams, at once or piece by piece.

use md5::Digest;
use mlua::{Function, Lua, LuaString, MetaMethod, MultiValue, Table, UserData, UserDataFields, UserDataMethods, Value};
use xxhash_rust::xxh3::Xxh3Default;

use crate::codec::RUNTIME_CHUNK;
use crate::lua::bind::{Raise, bind};
use crate::lua::options::{Options, nearest};
use crate::lua::stream;
use crate::lua::userdata::{borrow, borrow_mut, type_name};

const NAMES: [&str; 5] = ["sha256", "sha1", "md5", "crc32", "xxh3"];
const METHODS: &str = "lithops.hash.methods";

/// A checksum under way.
#[derive(Clone)]
enum Hasher {
    Sha256(sha2::Sha256),
    Sha1(sha1::Sha1),
    Md5(md5::Md5),
    Crc32(crc32fast::Hasher),
    Xxh3(Box<Xxh3Default>),
}

struct HashState {
    name: &'static str,
    hasher: Hasher,
}

pub(super) fn open(lua: &Lua) -> mlua::Result<Table> {
    lua.set_named_registry_value(METHODS, methods(lua)?)?;
    let module = lua.create_table()?;
    for name in NAMES {
        let function = bind(lua, &format!("hash.{name}"), move |lua, (data, options): (Value, Option<Table>)| {
            let mut hasher = Hasher::new(name);
            hasher.add(lua, &data, 1)?;
            hasher.digest(lua, options, name)
        })?;
        module.raw_set(name, function)?;
    }
    let new = bind(lua, "hash.new", |_, name: LuaString| {
        let wanted = name.to_string_lossy();
        match NAMES.into_iter().find(|name| *name == wanted) {
            Some(name) => Ok(HashState { name, hasher: Hasher::new(name) }),
            None => {
                let near = nearest(&wanted, &NAMES).map(|near| format!("; did you mean `{near}`?"));
                let near = near.unwrap_or_else(|| format!("; known are {}", NAMES.join(", ")));
                Err(Raise::argument(1, format!("there is no hash `{wanted}`{near}")))
            }
        }
    })?;
    module.raw_set("new", new)?;
    Ok(module)
}

impl UserData for HashState {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "hash");
        fields.add_meta_field_with(MetaMethod::Index, |lua| lua.named_registry_value::<Table>(METHODS));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| Ok(format!("hash {}", this.name)));
    }
}

fn methods(lua: &Lua) -> mlua::Result<Table> {
    let methods = lua.create_table()?;
    let update = bind(lua, "hash.update", |lua, mut pieces: MultiValue| {
        let this = pieces.pop_front().unwrap_or(Value::Nil);
        // Also says what `self` is if it is no hash.
        drop(borrow::<HashState>(&this, "hash")?);
        if pieces.is_empty() {
            pieces.push_back(Value::Nil);
        }
        for (index, piece) in pieces.iter().enumerate() {
            borrow_mut::<HashState>(&this, "hash")?.hasher.add(lua, piece, index + 2)?;
        }
        Ok(this)
    })?;
    methods.raw_set("update", update)?;
    let digest = bind(lua, "hash.digest", |lua, (this, options): (Value, Option<Table>)| {
        let state = borrow::<HashState>(&this, "hash")?;
        // It may go on afterwards.
        state.hasher.clone().digest(lua, options, "digest")
    })?;
    methods.raw_set("digest", digest)?;
    Ok(methods)
}

impl Hasher {
    /// `name` is one of [`NAMES`].
    fn new(name: &str) -> Hasher {
        match name {
            "sha256" => Hasher::Sha256(sha2::Sha256::new()),
            "sha1" => Hasher::Sha1(sha1::Sha1::new()),
            "md5" => Hasher::Md5(md5::Md5::new()),
            "crc32" => Hasher::Crc32(crc32fast::Hasher::new()),
            _ => Hasher::Xxh3(Box::new(Xxh3Default::new())),
        }
    }

    /// A string, a number as Lua writes it, or all that a stream has left.
    fn add(&mut self, lua: &Lua, data: &Value, position: usize) -> Result<(), Raise> {
        if let Some(text) = lua.coerce_string(data.clone())? {
            self.update(&text.as_bytes());
            return Ok(());
        }
        let Some(mut source) = stream::pull(lua, data, "stream")? else {
            let text = format!("string, stream or open file expected, got {}", type_name(data));
            return Err(Raise::argument(position, text));
        };
        while let Some(piece) = source.next_chunk(lua)? {
            self.update(&piece);
        }
        Ok(())
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sha1(hasher) => hasher.update(bytes),
            Hasher::Md5(hasher) => hasher.update(bytes),
            Hasher::Crc32(hasher) => hasher.update(bytes),
            Hasher::Xxh3(hasher) => hasher.update(bytes),
        }
    }

    /// The result: text of hexadecimal digits, or what the options say.
    fn digest(self, lua: &Lua, options: Option<Table>, function: &'static str) -> Result<Value, Raise> {
        let has_number = matches!(self, Hasher::Crc32(_) | Hasher::Xxh3(_));
        let known: &[&str] = if has_number { &["raw", "number"] } else { &["raw"] };
        let options = Options::new(options, known, function)?;
        let raw = options.boolean("raw")?.unwrap_or(false);
        if options.boolean("number")?.unwrap_or(false) {
            if raw {
                return Err(Raise::Message(format!("{function}: options `raw` and `number` exclude each other")));
            }
            return match &self {
                Hasher::Crc32(hasher) => Ok(Value::Number(f64::from(hasher.clone().finalize()))),
                Hasher::Xxh3(hasher) => uint64(lua, hasher.digest()),
                _ => Ok(Value::Nil),
            };
        }
        let bytes: Vec<u8> = match self {
            Hasher::Sha256(hasher) => hasher.finalize().to_vec(),
            Hasher::Sha1(hasher) => hasher.finalize().to_vec(),
            Hasher::Md5(hasher) => hasher.finalize().to_vec(),
            Hasher::Crc32(hasher) => hasher.finalize().to_be_bytes().to_vec(),
            Hasher::Xxh3(hasher) => hasher.digest().to_be_bytes().to_vec(),
        };
        if raw {
            return Ok(Value::String(lua.create_string(bytes)?));
        }
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Value::String(lua.create_string(text)?))
    }
}

/// A `uint64_t` of the `ffi`, which holds what a number of Lua does not.
fn uint64(lua: &Lua, number: u64) -> Result<Value, Raise> {
    let make: Function = lua
        .load("local high, low = ... return require('ffi').cast('uint64_t', high) * 4294967296ULL + low")
        .set_name(RUNTIME_CHUNK)
        .into_function()?;
    Ok(make.call((f64::from((number >> 32) as u32), f64::from(number as u32)))?)
}
