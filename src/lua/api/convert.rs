//! Plain data between Lua and JSON, and the arguments of methods.

use mlua::{FromLuaMulti, Lua, MultiValue, Table, Value};
use serde_json::{Map, Number, Value as Json};

use crate::lua::bind::Raise;

/// JSON as Lua values. An object is a table with names, a list a table with numbers.
pub fn to_lua(lua: &Lua, json: &Json) -> mlua::Result<Value> {
    Ok(match json {
        Json::Null => Value::Nil,
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::Number(number) => Value::Number(number.as_f64().unwrap_or_default()),
        Json::String(text) => Value::String(lua.create_string(text)?),
        Json::Array(items) => {
            let table = lua.create_table()?;
            for item in items {
                table.raw_push(to_lua(lua, item)?)?;
            }
            Value::Table(table)
        }
        Json::Object(entries) => {
            let table = lua.create_table()?;
            for (key, value) in entries {
                table.raw_set(key.as_str(), to_lua(lua, value)?)?;
            }
            Value::Table(table)
        }
    })
}

/// A table with names as a JSON object.
pub fn to_json_object(table: &Table, what: &str) -> Result<Map<String, Json>, Raise> {
    match to_json(&Value::Table(table.clone()), what, 0)? {
        Json::Object(object) => Ok(object),
        _ => Ok(Map::new()),
    }
}

fn to_json(value: &Value, what: &str, depth: usize) -> Result<Json, Raise> {
    if depth > 32 {
        return Err(Raise::Message(format!("{what}: options are nested too deeply, or contain themselves")));
    }
    Ok(match value {
        Value::Nil => Json::Null,
        Value::Boolean(flag) => Json::Bool(*flag),
        Value::Integer(integer) => Json::Number((*integer).into()),
        Value::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => Json::Number((*number as i64).into()),
        // JSON has no infinities: as a text they fail every rule for numbers, with their name.
        Value::Number(number) => Number::from_f64(*number).map_or_else(|| number.to_string().into(), Json::Number),
        Value::String(text) => Json::String(text.to_string_lossy()),
        Value::Table(table) if table.raw_len() > 0 => {
            let mut items = Vec::new();
            for item in table.sequence_values::<Value>() {
                items.push(to_json(&item?, what, depth + 1)?);
            }
            Json::Array(items)
        }
        Value::Table(table) => {
            let mut object = Map::new();
            for pair in table.pairs::<Value, Value>() {
                let (key, value) = pair?;
                let Value::String(key) = key else {
                    return Err(Raise::Message(format!("{what}: options have names, not {}", key.type_name())));
                };
                object.insert(key.to_string_lossy(), to_json(&value, what, depth + 1)?);
            }
            Json::Object(object)
        }
        other => {
            return Err(Raise::Message(format!("{what}: a {} cannot be part of a configuration", other.type_name())));
        }
    })
}

/// The arguments of a method: `self`, and the others.
pub struct Method<A> {
    pub this: Value,
    pub rest: mlua::Result<A>,
}

impl<A: FromLuaMulti> FromLuaMulti for Method<A> {
    fn from_lua_multi(mut values: MultiValue, lua: &Lua) -> mlua::Result<Self> {
        let this = values.pop_front().unwrap_or(Value::Nil);
        Ok(Self { this, rest: A::from_lua_args(values, 1, None, lua) })
    }
}
