//! The functions of a store: `put_object`, `get_object` and the others.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::UNIX_EPOCH;

use mlua::{IntoLua, IntoLuaMulti, Lua, MultiValue, Value};

use super::arguments::{Arguments, as_cloud_object, range};
use super::body::Content;
use super::listings::{iter_keys, iter_objects, list_keys, list_objects};
use super::stream::ObjectStream;
use super::{errors, object, raise, temporary};
use crate::lua::bind::{Raise, caller_position};
use crate::storage::{ByteRange, CloudObject, ObjectInfo, StorageError, StorageErrorKind};

pub(super) type Answer = Result<MultiValue, Raise>;

/// A function of a store, with its arguments read from the script.
type StoreFunction = fn(&Arguments) -> Answer;

/// Every function. Those that give nothing give `true`, so that `assert` may be around any of them.
pub(super) const FUNCTIONS: &[(&str, StoreFunction)] = &[
    ("put_object", put_object),
    ("get_object", get_object),
    ("head_object", head_object),
    ("head_bucket", head_bucket),
    ("create_bucket", create_bucket),
    ("delete_object", delete_object),
    ("delete_objects", delete_objects),
    ("list_objects", list_objects),
    ("list_keys", list_keys),
    ("iter_objects", iter_objects),
    ("iter_keys", iter_keys),
    ("upload_file", upload_file),
    ("download_file", download_file),
    ("put_cloudobject", put_cloudobject),
    ("get_cloudobject", get_cloudobject),
    ("delete_cloudobject", delete_cloudobject),
    ("delete_cloudobjects", delete_cloudobjects),
];

/// Waits for work of the store.
pub(super) fn wait<T>(lua: &Lua, work: impl Future<Output = Result<T, StorageError>>) -> Result<T, Raise> {
    crate::io::block_on(work)?.map_err(|error| raise(lua, &error))
}

/// Waits for something that is asked for: where it is missing, that is an answer, `nil, err`.
fn ask<T: IntoLua>(lua: &Lua, work: impl Future<Output = Result<T, StorageError>>) -> Answer {
    match crate::io::block_on(work)? {
        Ok(value) => Ok(value.into_lua_multi(lua)?),
        Err(error) if error.kind() == StorageErrorKind::NoSuchKey => {
            Ok((Value::Nil, object(lua, &error, "")?).into_lua_multi(lua)?)
        }
        Err(error) => Err(raise(lua, &error)),
    }
}

fn done(lua: &Lua) -> Answer {
    Ok(true.into_lua_multi(lua)?)
}

fn put_object(call: &Arguments) -> Answer {
    let (storage, bucket, key) = (call.storage()?, call.bucket(1)?, call.text(2)?);
    let content = Content::of(call, 3)?;
    content.send(call.lua, move |body| async move { storage.put_object(&bucket, &key, body).await })?;
    done(call.lua)
}

fn get_object(call: &Arguments) -> Answer {
    let (bucket, key) = (call.bucket(1)?, call.text(2)?);
    get(call, &bucket, &key, 3)
}

fn get(call: &Arguments, bucket: &str, key: &str, options: usize) -> Answer {
    let options = call.options(options, &["range", "stream"])?;
    let range: Option<ByteRange> = range(&options)?;
    let storage = call.storage()?;
    if options.boolean("stream")?.unwrap_or(false) {
        return ask(call.lua, async { Ok(ObjectStream::new(storage.get_object_stream(bucket, key, range).await?)) });
    }
    ask(call.lua, async {
        let bytes = storage.get_object(bucket, key, range).await?;
        Ok(mlua::BString::from(&bytes[..]))
    })
}

/// What scripts learn of an object.
pub(super) struct Entry(pub ObjectInfo);

impl IntoLua for Entry {
    fn into_lua(self, lua: &Lua) -> mlua::Result<Value> {
        let entry = lua.create_table_with_capacity(0, 4)?;
        entry.raw_set("key", self.0.key)?;
        entry.raw_set("size", self.0.size_bytes as f64)?;
        let age = self.0.last_modified.duration_since(UNIX_EPOCH);
        entry.raw_set("last_modified", age.map_or(0.0, |age| age.as_secs_f64()))?;
        entry.raw_set("etag", self.0.etag)?;
        Ok(Value::Table(entry))
    }
}

fn head_object(call: &Arguments) -> Answer {
    let (storage, bucket, key) = (call.storage()?, call.bucket(1)?, call.text(2)?);
    ask(call.lua, async { Ok(Entry(storage.head_object(&bucket, &key).await?)) })
}

fn head_bucket(call: &Arguments) -> Answer {
    let (storage, bucket) = (call.storage()?, call.bucket(1)?);
    wait(call.lua, storage.head_bucket(&bucket))?;
    done(call.lua)
}

fn create_bucket(call: &Arguments) -> Answer {
    let (storage, bucket) = (call.storage()?, call.bucket(1)?);
    wait(call.lua, storage.create_bucket(&bucket))?;
    done(call.lua)
}

fn delete_object(call: &Arguments) -> Answer {
    let (storage, bucket, key) = (call.storage()?, call.bucket(1)?, call.text(2)?);
    wait(call.lua, storage.delete_object(&bucket, &key))?;
    done(call.lua)
}

fn delete_objects(call: &Arguments) -> Answer {
    let bucket = call.bucket(1)?;
    let mut keys = Vec::new();
    for (index, key) in call.list(2, "keys", |key| key.as_string().cloned())?.iter().enumerate() {
        let Ok(key) = key.to_str() else {
            return Err(call.refuse(2, format!("names in storage are UTF-8, and element {} is not", index + 1)));
        };
        keys.push(key.to_owned());
    }
    let failed = delete(call, &bucket, &keys)?;
    told(call.lua, keys.len(), failed)
}

/// Deletes these keys, and gives those that it could not. What fails for a whole bucket fails for each of them.
fn delete(call: &Arguments, bucket: &str, keys: &[String]) -> Result<Vec<(String, StorageError)>, Raise> {
    let storage = call.storage()?;
    match crate::io::block_on(storage.delete_objects(bucket, keys))? {
        Ok(failed) => Ok(failed),
        Err(error) if keys.is_empty() => Err(raise(call.lua, &error)),
        Err(error) => Ok(keys.iter().map(|key| (key.clone(), error.clone())).collect()),
    }
}

/// Raises if any of `count` deletions failed: the first one's error, with all of them in its field `failed`.
fn told(lua: &Lua, count: usize, failed: Vec<(String, StorageError)>) -> Answer {
    let Some((_, first)) = failed.first() else {
        return done(lua);
    };
    let text = format!("{first} ({} of {count} deletions failed)", failed.len());
    let position = caller_position(lua);
    let error = errors::plain(lua, first.kind().as_str(), &format!("{position}failed to {text}"))?;
    let list = lua.create_table_with_capacity(failed.len(), 0)?;
    for (key, error) in &failed {
        let entry = object(lua, error, "")?;
        entry.raw_set("key", key.as_str())?;
        list.raw_push(entry)?;
    }
    error.raw_set("failed", list)?;
    Err(Raise::Value(Value::Table(error)))
}

fn upload_file(call: &Arguments) -> Answer {
    let (path, bucket, key) = (call.path(1)?, call.bucket(2)?, call.text(3)?);
    wait(call.lua, call.storage()?.upload_file(&path, &bucket, &key))?;
    done(call.lua)
}

fn download_file(call: &Arguments) -> Answer {
    let (bucket, key, path) = (call.bucket(1)?, call.text(2)?, call.path(3)?);
    let storage = call.storage()?;
    ask(call.lua, async {
        storage.download_file(&bucket, &key, &path).await?;
        Ok(true)
    })
}

fn put_cloudobject(call: &Arguments) -> Answer {
    let (storage, bucket, key) = (call.storage()?, call.bucket(2)?, call.optional_text(3)?);
    let content = Content::of(call, 1)?;
    let (key, remembered) = match key {
        Some(key) => (key, None),
        None => temporary::fresh_key(call.lua, &storage, &bucket, || call.made_with())?,
    };
    let stored =
        content.send(call.lua, move |body| async move { CloudObject::put(&*storage, body, &bucket, &key).await });
    if let (Err(_), Some(place)) = (&stored, &remembered) {
        crate::storage::temporary::forget(place);
    }
    Ok(stored?.into_lua_multi(call.lua)?)
}

fn get_cloudobject(call: &Arguments) -> Answer {
    let object = call.cloud_object(1)?;
    check(call, &object)?;
    get(call, &object.bucket, &object.key, 2)
}

fn check(call: &Arguments, object: &CloudObject) -> Result<(), Raise> {
    object.check_backend(&*call.storage()?).map_err(|error| raise(call.lua, &error))
}

fn delete_cloudobject(call: &Arguments) -> Answer {
    let object = call.cloud_object(1)?;
    check(call, &object)?;
    wait(call.lua, call.storage()?.delete_object(&object.bucket, &object.key))?;
    done(call.lua)
}

fn delete_cloudobjects(call: &Arguments) -> Answer {
    let objects = call.list(1, "cloud objects", as_cloud_object)?;
    let count = objects.len();
    let storage = call.storage()?;
    let mut failed = Vec::new();
    let mut by_bucket: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for object in objects {
        match object.check_backend(&*storage) {
            Ok(()) => by_bucket.entry(object.bucket).or_default().push(object.key),
            Err(error) => failed.push((object.key, error)),
        }
    }
    for (bucket, keys) in &by_bucket {
        failed.extend(delete(call, bucket, keys)?);
    }
    told(call.lua, count, failed)
}
