//! What a function of a store was called with.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use mlua::{Lua, MultiValue, Table, Value};

use super::{StorageHandle, Store};
use crate::lua::bind::Raise;
use crate::lua::options::Options;
use crate::lua::userdata::type_name;
use crate::storage::{ByteRange, CloudObject, Storage};

/// The arguments of one call. Positions count from 1, without the store that a call with a colon begins with.
pub(super) struct Arguments<'a> {
    pub lua: &'a Lua,
    store: Rc<Store>,
    name: &'static str,
    values: MultiValue,
    /// 1 if a store was in front of the values.
    skipped: usize,
}

impl<'a> Arguments<'a> {
    /// `own` is the store that the function belongs to; one that is passed to it goes before.
    pub fn new(lua: &'a Lua, own: &Rc<Store>, name: &'static str, mut values: MultiValue) -> Arguments<'a> {
        let passed = values
            .front()
            .and_then(Value::as_userdata)
            .and_then(|first| first.borrow::<StorageHandle>().ok().map(|handle| handle.0.clone()));
        let skipped = usize::from(passed.is_some());
        if skipped == 1 {
            values.pop_front();
        }
        Arguments { lua, store: passed.unwrap_or_else(|| own.clone()), name, values, skipped }
    }

    pub fn storage(&self) -> Result<Arc<dyn Storage>, Raise> {
        self.store.open(self.lua).cloned()
    }

    /// What the store was made with, as JSON.
    pub fn made_with(&self) -> String {
        self.store.options_json()
    }

    /// Nil where there is none.
    pub fn value(&self, position: usize) -> Value {
        self.values.get(position - 1).cloned().unwrap_or(Value::Nil)
    }

    /// A refusal of an argument.
    pub fn refuse(&self, position: usize, text: impl Into<String>) -> Raise {
        Raise::argument(position + self.skipped, text)
    }

    /// A refusal of an argument for its type.
    pub fn refuse_type(&self, position: usize, expected: &str) -> Raise {
        let given = match self.values.get(position - 1) {
            None => "no value".to_owned(),
            Some(value) => type_name(value),
        };
        self.refuse(position, format!("{expected} expected, got {given}"))
    }

    /// A refusal of what was to be stored, which is absent if somebody forgot the bucket.
    pub fn refuse_body(&self, position: usize) -> Raise {
        let expected = "string, stream or open file";
        if position != 3 || self.values.len() != 2 {
            return self.refuse_type(position, expected);
        }
        let order = "the bucket comes first, and nil is the default one";
        self.refuse(position, format!("{expected} expected, got no value; {order}"))
    }

    /// A string, or a number, which Lua takes for one.
    pub fn text(&self, position: usize) -> Result<String, Raise> {
        let value = self.value(position);
        let Some(text) = self.lua.coerce_string(value)? else {
            return Err(self.refuse_type(position, "string"));
        };
        match text.to_str() {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(self.refuse(position, "names in storage are UTF-8, and this string is not")),
        }
    }

    /// As [`Arguments::text`], where nil stands for something.
    pub fn optional_text(&self, position: usize) -> Result<Option<String>, Raise> {
        if self.value(position).is_nil() { Ok(None) } else { self.text(position).map(Some) }
    }

    /// A bucket; nil is the default one.
    pub fn bucket(&self, position: usize) -> Result<String, Raise> {
        match self.optional_text(position)? {
            Some(bucket) => Ok(bucket),
            None => Ok(self.storage()?.default_bucket().to_owned()),
        }
    }

    pub fn path(&self, position: usize) -> Result<PathBuf, Raise> {
        match self.value(position) {
            Value::String(path) => Ok(OsStr::from_bytes(&path.as_bytes()).into()),
            _ => Err(self.refuse_type(position, "string")),
        }
    }

    pub fn cloud_object(&self, position: usize) -> Result<CloudObject, Raise> {
        as_cloud_object(&self.value(position)).ok_or_else(|| self.refuse_type(position, "cloud object"))
    }

    /// A list whose elements `read` takes. `what` they are is for messages.
    pub fn list<T>(&self, position: usize, what: &str, read: impl Fn(&Value) -> Option<T>) -> Result<Vec<T>, Raise> {
        let Value::Table(list) = self.value(position) else {
            return Err(self.refuse_type(position, &format!("list of {what}")));
        };
        let mut items = Vec::with_capacity(list.raw_len());
        for item in list.sequence_values::<Value>() {
            let item = item?;
            items.push(read(&item).ok_or_else(|| {
                let (index, given) = (items.len() + 1, type_name(&item));
                self.refuse(position, format!("list of {what} expected, element {index} is a {given}"))
            })?);
        }
        let is_numbered = |(key, _): &(Value, Value)| matches!(key, Value::Integer(_) | Value::Number(_));
        if list.pairs::<Value, Value>().flatten().filter(is_numbered).count() > items.len() {
            let index = items.len() + 1;
            return Err(
                self.refuse(position, format!("list of {what} expected, element {index} is nil and others follow"))
            );
        }
        Ok(items)
    }

    pub fn options(&self, position: usize, known: &[&str]) -> Result<Options, Raise> {
        match self.value(position) {
            Value::Nil => Options::new(None, known, self.name),
            Value::Table(table) => Options::new(Some(table), known, self.name),
            _ => Err(self.refuse_type(position, "table of options")),
        }
    }
}

/// The cloud object in a Lua value, if it is one.
pub(super) fn as_cloud_object(value: &Value) -> Option<CloudObject> {
    value.as_userdata()?.borrow::<CloudObject>().ok().map(|object| object.clone())
}

/// The option `range`: `{first, last}`, counted from 0, both included.
pub(in crate::lua) fn range(options: &Options) -> Result<Option<ByteRange>, Raise> {
    let Some(value) = options.value("range")? else {
        return Ok(None);
    };
    match value.as_table().and_then(read_range) {
        Some(range) => Ok(Some(range)),
        None => Err(options.refuse("range", "`{first, last}`, offsets of bytes from 0, both included", &value)),
    }
}

fn read_range(table: &Table) -> Option<ByteRange> {
    let known = |pair: mlua::Result<(Value, Value)>| match pair.ok()?.0 {
        Value::Integer(1 | 2) => Some(()),
        Value::Number(key) if key == 1.0 || key == 2.0 => Some(()),
        _ => None,
    };
    table.pairs::<Value, Value>().map(known).collect::<Option<()>>()?;
    let last = match table.raw_get::<Option<f64>>(2).ok()? {
        // The end, however it is written.
        None | Some(f64::INFINITY) => None,
        Some(last) => Some(offset(last)?),
    };
    Some(ByteRange { first: offset(table.raw_get(1).ok()?)?, last })
}

/// Above 2^53 a double does not tell whole numbers apart.
fn offset(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number)).then_some(number as u64)
}
