//! What a function asks about its own call, and the ways to pass arguments: `lithops.call`, `.args`, `.range`.

use mlua::{Lua, MetaMethod, Table, UserData, UserDataFields, Value, Variadic};

use super::futures::call_id;
use super::iterdata::Range;
use crate::job::now_us;
use crate::lua::bind::{Raise, bind};
use crate::lua::session::Session;
use crate::lua::vm::Role;

/// `lithops.call`: the call that runs. In a driver its fields are nil.
struct Call;

impl UserData for Call {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_field_function_get("id", |lua, _| field(lua, |call| call_id(call.call)));
        fields.add_field_function_get("job_id", |lua, _| field(lua, |call| call.job_id.to_string()));
        fields.add_field_function_get("executor_id", |lua, _| field(lua, |call| call.executor_id.to_string()));
        fields.add_field_function_get("attempt", |lua, _| field(lua, |call| call.attempt));
    }
}

fn field<T>(lua: &Lua, get: impl Fn(&crate::lua::session::CurrentCall) -> T) -> mlua::Result<Option<T>> {
    let session = Session::of(lua);
    let call = session.call.borrow();
    Ok((call.attempt > 0).then(|| get(&call)))
}

pub(super) fn install(lua: &Lua, lithops: &Table, role: Role) -> mlua::Result<()> {
    let remaining = bind(lua, "lithops.call.remaining_ms", |lua, ()| {
        let deadline = Session::of(lua).call.borrow().deadline_us;
        Ok(deadline.map_or(f64::INFINITY, |deadline| deadline.saturating_sub(now_us()) as f64 / 1000.0))
    })?;
    lua.register_userdata_type::<Call>(|registry| {
        <Call as UserData>::add_fields(registry);
        let remaining = remaining.clone();
        mlua::UserDataMethods::add_meta_function(registry, MetaMethod::Index, move |_, (_, key): (Value, Value)| {
            let is_remaining = key.as_string().is_some_and(|key| *key == "remaining_ms");
            Ok(is_remaining.then(|| remaining.clone()))
        });
    })?;
    lithops.raw_set("call", lua.create_any_userdata(Call)?)?;

    let metatable = lua.create_table()?;
    metatable.raw_set("__name", "lithops.args")?;
    let _ = Session::of(lua).args_metatable.set(metatable.clone());
    let args = bind(lua, "lithops.args", move |lua, values: Variadic<Value>| {
        let table = lua.create_table_with_capacity(values.len(), 1)?;
        let count = values.len();
        for (index, value) in values.into_iter().enumerate() {
            table.raw_set(index + 1, value)?;
        }
        table.raw_set("n", count)?;
        table.set_metatable(Some(metatable.clone()))?;
        Ok(table)
    })?;
    lithops.raw_set("args", args)?;

    let range = bind(lua, "lithops.range", |lua, (first, last, step): (f64, Option<f64>, Option<f64>)| {
        let (first, last) = match last {
            Some(last) => (first, last),
            None => (1.0, first),
        };
        let range =
            Range::new(first, last, step.unwrap_or(1.0)).map_err(|why| Raise::message(format!("range: {why}")))?;
        lua.create_userdata(range).map_err(Raise::from)
    })?;
    lithops.raw_set("range", range)?;
    let _ = role;
    Ok(())
}
