//! The object that `csv.writer` gives.

use mlua::{AnyUserData, Function, Lua, MetaMethod, MultiValue, ObjectLike, Table, UserData, UserDataFields, Value};

use super::write::RowWriter;
use crate::lua::bind::{Raise, bind};
use crate::lua::call_with_traceback;
use crate::lua::userdata::type_name;

/// Writes rows to something with a method `write`, each as it comes: what buffers there are is its affair.
pub(super) struct Writer {
    rows: RowWriter,
    out: Value,
    write: Function,
    is_closed: bool,
}

const METHODS: &str = "csv.writer.methods";

impl UserData for Writer {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "csv.writer");
        fields.add_meta_field_with(MetaMethod::Index, |lua| lua.named_registry_value::<Table>(METHODS));
    }
}

impl Writer {
    /// Makes the object for `out`.
    pub fn create(lua: &Lua, out: Value, rows: RowWriter) -> Result<AnyUserData, Raise> {
        let Value::Function(write) = method(&out, "write") else {
            let got = type_name(&out);
            return Err(Raise::argument(1, format!("something with a method `write` expected, got {got}")));
        };
        Ok(lua.create_userdata(Writer { rows, out, write, is_closed: false })?)
    }
}

/// The method of an object; nil if it has none.
fn method(object: &Value, name: &str) -> Value {
    match object {
        Value::Table(table) => table.get(name).unwrap_or(Value::Nil),
        Value::UserData(userdata) => userdata.get(name).unwrap_or(Value::Nil),
        _ => Value::Nil,
    }
}

/// Makes the methods of writers.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let methods = lua.create_table()?;
    let write = bind(lua, "csv.writer.write", |lua, (this, row): (AnyUserData, Table)| {
        let mut text = Vec::new();
        // The object may be called while `out` writes, which is its own affair.
        let (out, write, before) = {
            let mut writer = open_writer(&this)?;
            let before = writer.rows.progress();
            writer.rows.write(lua, &row, &mut text)?;
            (writer.out.clone(), writer.write.clone(), before)
        };
        let outcome = pass_on(lua, &out, &write, &text);
        if !matches!(outcome, Ok(None))
            && let Ok(mut writer) = this.borrow_mut::<Writer>()
        {
            // The header may have been part of it, and is still to come then.
            writer.rows.go_back(before);
        }
        Ok(outcome?.unwrap_or_else(|| MultiValue::from_iter([Value::UserData(this)])))
    })?;
    methods.raw_set("write", write)?;
    let close = bind(lua, "csv.writer.close", |lua, this: AnyUserData| {
        let mut text = Vec::new();
        let (out, write) = {
            let mut writer = open_writer(&this)?;
            writer.is_closed = true;
            writer.rows.finish(&mut text)?;
            (writer.out.clone(), writer.write.clone())
        };
        if !text.is_empty()
            && let Some(failure) = pass_on(lua, &out, &write, &text)?
        {
            return Ok(failure);
        }
        match method(&out, "close") {
            Value::Function(close) => Ok(call_with_traceback(lua, &close, out)?),
            _ => Ok(MultiValue::from_iter([Value::Boolean(true)])),
        }
    })?;
    methods.raw_set("close", close)?;
    lua.set_named_registry_value(METHODS, methods)
}

fn open_writer(this: &AnyUserData) -> Result<mlua::UserDataRefMut<Writer>, Raise> {
    let writer =
        this.borrow_mut::<Writer>().map_err(|_| Raise::argument(1, "csv.writer expected, got another userdata"))?;
    if writer.is_closed { Err(Raise::message("attempt to use a closed csv.writer")) } else { Ok(writer) }
}

/// Gives `text` to `out`, and gives what it answered if that is a failure: nil and why.
fn pass_on(lua: &Lua, out: &Value, write: &Function, text: &[u8]) -> Result<Option<MultiValue>, Raise> {
    let answer = call_with_traceback(lua, write, (out, lua.create_string(text)?))?;
    // An object that answers nothing has not failed.
    let has_failed = answer.len() > 1 && matches!(answer.front(), Some(Value::Nil | Value::Boolean(false)));
    Ok(has_failed.then_some(answer))
}
