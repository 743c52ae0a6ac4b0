//! The counter as an object of Lua's.

use mlua::ffi::{self, lua_State};
use mlua::{
    AnyUserData, Lua, LuaString, MetaMethod, Table, UserData, UserDataFields, UserDataMethods, UserDataRef,
    UserDataRefMut, Value,
};

use super::{Counter, WordOptions};
use crate::codec::raw::{self, CollectorPause};
use crate::lua::bind::{Raise, bind};
use crate::lua::options::show;

const METHODS: &str = "text.counter.methods";

impl UserData for Counter {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "text.counter");
        fields.add_meta_field_with(MetaMethod::Index, |lua| {
            // One that comes back from a worker may be the first that this VM sees.
            match lua.named_registry_value::<Option<Table>>(METHODS)? {
                Some(methods) => Ok(methods),
                None => {
                    install(lua)?;
                    lua.named_registry_value::<Table>(METHODS)
                }
            }
        });
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::Len, |_, this, ()| Ok(this.size()));
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| Ok(format!("counter of {} words", this.size())));
    }
}

/// Makes the methods of counters.
pub(super) fn install(lua: &Lua) -> mlua::Result<()> {
    let methods = lua.create_table()?;
    let add = bind(lua, "counter.add", |_, (this, word, by): (AnyUserData, LuaString, Option<Value>)| {
        let by = by.as_ref().map_or(Ok(1), |by| count(by).ok_or_else(|| not_a_count(2, by)))?;
        counter_mut(&this)?.add(&word.as_bytes(), by);
        Ok(this)
    })?;
    methods.raw_set("add", add)?;
    let add_words =
        bind(lua, "counter.add_words", |_, (this, text, options): (AnyUserData, LuaString, Option<Table>)| {
            let WordOptions { class, to_lower } = WordOptions::read(options, "add_words")?;
            counter_mut(&this)?.add_words(&text.as_bytes(), class, to_lower);
            Ok(this)
        })?;
    methods.raw_set("add_words", add_words)?;
    let add_counts = bind(lua, "counter.add_counts", |_, (this, counts): (AnyUserData, Table)| {
        let mut counter = counter_mut(&this)?;
        for pair in counts.pairs::<Value, Value>() {
            let (word, by) = pair?;
            let Value::String(word) = word else {
                return Err(Raise::argument(2, format!("{} is no word", show(&word))));
            };
            let by = count(&by).ok_or_else(|| not_a_count(2, &by))?;
            counter.add(&word.as_bytes(), by);
        }
        drop(counter);
        Ok(this)
    })?;
    methods.raw_set("add_counts", add_counts)?;
    let merge = bind(lua, "counter.merge", |_, (this, other): (AnyUserData, AnyUserData)| {
        if this == other {
            let copy = counter(&this, 1)?.clone();
            counter_mut(&this)?.merge(&copy);
        } else {
            let other = counter(&other, 2)?;
            counter_mut(&this)?.merge(&other);
        }
        Ok(this)
    })?;
    methods.raw_set("merge", merge)?;
    let give_counts = bind(lua, "counter.counts", |lua, this: AnyUserData| Ok(counts(lua, &*counter(&this, 1)?)?))?;
    methods.raw_set("counts", give_counts)?;
    let size = bind(lua, "counter.size", |_, this: AnyUserData| Ok(counter(&this, 1)?.size()))?;
    methods.raw_set("size", size)?;
    let top = bind(lua, "counter.top", |lua, (this, most): (AnyUserData, Value)| {
        let most = count(&most).ok_or_else(|| not_a_count(2, &most))?;
        let top = counter(&this, 1)?.top(usize::try_from(most).unwrap_or(usize::MAX));
        let list = lua.create_table_with_capacity(top.len(), 0)?;
        for (word, count) in top {
            let pair = lua.create_table_with_capacity(2, 0)?;
            pair.raw_set(1, lua.create_string(word)?)?;
            pair.raw_set(2, count as f64)?;
            list.raw_push(pair)?;
        }
        Ok(list)
    })?;
    methods.raw_set("top", top)?;
    lua.set_named_registry_value(METHODS, methods)
}

fn not_a_counter(position: usize) -> Raise {
    Raise::argument(position, "text.counter expected, got another userdata")
}

fn counter(value: &AnyUserData, position: usize) -> Result<UserDataRef<Counter>, Raise> {
    value.borrow::<Counter>().map_err(|_| not_a_counter(position))
}

fn counter_mut(value: &AnyUserData) -> Result<UserDataRefMut<Counter>, Raise> {
    value.borrow_mut::<Counter>().map_err(|_| not_a_counter(1))
}

/// A whole number of 0 or more.
fn count(value: &Value) -> Option<u64> {
    let number = value.as_number().or_else(|| value.as_integer().map(|integer| integer as f64))?;
    (number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number)).then_some(number as u64)
}

fn not_a_count(position: usize, value: &Value) -> Raise {
    Raise::argument(position, format!("a count is a whole number of 0 or more, not {}", show(value)))
}

/// A table of words and their counts.
pub(super) fn counts(lua: &Lua, counter: &Counter) -> mlua::Result<Table> {
    // SAFETY: the closure leaves one table. What it owns is dropped when the VM's errors unwind.
    unsafe {
        lua.exec_raw((), move |l: *mut lua_State| {
            ffi::luaL_checkstack(l, 10, std::ptr::null());
            let _pause = CollectorPause::for_message(l, counter.size() * 40);
            ffi::lua_createtable(l, 0, counter.size().try_into().unwrap_or(0));
            counter.for_each(|word, count| {
                raw::push_string(l, word);
                ffi::lua_pushnumber(l, count as f64);
                ffi::lua_rawset(l, -3);
            });
        })
    }
}
