//! What is in a bucket: as a list, or one after the other.

use std::cell::RefCell;
use std::vec;

use mlua::{IntoLua, IntoLuaMulti, Lua, Table, Value};

use super::arguments::Arguments;
use super::objects::{Answer, Entry, wait};
use crate::lua::bind::{Raise, bind};
use crate::storage::{ObjectInfo, ObjectPages};

/// What scripts get of each object.
type Shape = fn(&Lua, ObjectInfo) -> mlua::Result<Value>;

fn entry(lua: &Lua, info: ObjectInfo) -> mlua::Result<Value> {
    Entry(info).into_lua(lua)
}

fn key(lua: &Lua, info: ObjectInfo) -> mlua::Result<Value> {
    info.key.into_lua(lua)
}

/// Begins a listing, whose first page is asked for at once: a bucket that cannot be listed is told here.
fn open(call: &Arguments) -> Result<ObjectPages, Raise> {
    let (storage, bucket) = (call.storage()?, call.bucket(1)?);
    let prefix = call.optional_text(2)?.unwrap_or_default();
    wait(call.lua, storage.list_objects(&bucket, &prefix))
}

/// All of it, in a table.
fn list(call: &Arguments, shape: Shape) -> Result<Table, Raise> {
    let mut pages = open(call)?;
    let list = call.lua.create_table()?;
    while let Some(page) = wait(call.lua, pages.next_page())? {
        for info in page {
            list.raw_push(shape(call.lua, info)?)?;
        }
    }
    Ok(list)
}

pub(super) fn list_objects(call: &Arguments) -> Answer {
    Ok(list(call, entry)?.into_lua_multi(call.lua)?)
}

pub(super) fn list_keys(call: &Arguments) -> Answer {
    Ok(list(call, key)?.into_lua_multi(call.lua)?)
}

/// A listing on its way through a `for` loop, which holds a page of it.
struct Walk {
    /// `None` after the last page.
    pages: Option<ObjectPages>,
    page: vec::IntoIter<ObjectInfo>,
}

impl Walk {
    fn next(&mut self, lua: &Lua) -> Result<Option<ObjectInfo>, Raise> {
        loop {
            if let Some(info) = self.page.next() {
                return Ok(Some(info));
            }
            let Some(pages) = &mut self.pages else { return Ok(None) };
            match wait(lua, pages.next_page())? {
                Some(page) => self.page = page.into_iter(),
                None => self.pages = None,
            }
        }
    }
}

fn iterate(call: &Arguments, name: &str, shape: Shape) -> Answer {
    let walk = RefCell::new(Walk { pages: Some(open(call)?), page: Vec::new().into_iter() });
    let next = bind(call.lua, name, move |lua, ()| {
        let info = walk.borrow_mut().next(lua)?;
        Ok(info.map(|info| shape(lua, info)).transpose()?)
    })?;
    Ok(next.into_lua_multi(call.lua)?)
}

pub(super) fn iter_objects(call: &Arguments) -> Answer {
    iterate(call, "lithops.storage.iter_objects", entry)
}

pub(super) fn iter_keys(call: &Arguments) -> Answer {
    iterate(call, "lithops.storage.iter_keys", key)
}
