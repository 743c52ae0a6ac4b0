//! The API's userdata on their way to the other side: futures, ranges, executors, cloud objects, stores, and values of modules.

use std::rc::Rc;

use mlua::{AnyUserData, Lua, Value};
use serde::{Deserialize, Serialize};

use super::executor::ExecutorHandle;
use super::futures::{Future, JobEntry, LazyCalls, Purpose};
use super::iterdata::Range;
use super::objects::{self, ObjectHandle};
use super::remote::RemoteFuture;
use super::storage::{ObjectStream, StorageHandle};
use crate::codec::Handles;
use crate::compute::local::FutureAddress;
use crate::lua::modules::WordCounter;
use crate::lua::modules::datetime::Moment;
use crate::lua::modules::regex::{self, Regex, RegexHandle};
use crate::lua::session::Session;
use crate::lua::stream::ByteStream;
use crate::lua::vm::Role;
use crate::storage::{CloudObject, Piece};

/// A handle in a message.
#[derive(Serialize, Deserialize)]
enum Saved {
    Future(FutureAddress),
    Range { start: f64, step: f64, count: u64 },
    Executor { options: String },
    CloudObject(CloudObject),
    Storage { options: String },
    Object(Box<Piece>),
    WordCounter { counts: Vec<u8> },
    Regex { pattern: String, flags: regex::Flags },
    DateTime { nanoseconds: i128, zone: String },
}

/// Credentials never travel with a function: a worker has its own, or asks its driver.
fn refuse_secrets(what: &str, options: &str) -> Option<String> {
    let options: serde_json::Value = serde_json::from_str(options).unwrap_or_default();
    let secret = crate::config::secret_in(options.get("config")?)?;
    Some(format!(
        "{what} whose `config` has a secret, `{secret}`, which must not travel; move it to the configuration file, or \
         make {what} inside the function"
    ))
}

/// Saves and restores handles for one VM.
pub struct ApiHandles;

impl Handles for ApiHandles {
    fn save(&self, lua: &Lua, handle: &AnyUserData) -> Option<Result<Vec<u8>, String>> {
        let saved = if let Ok(future) = handle.borrow::<Future>() {
            if Session::of(lua).role == Role::Worker && matches!(&*future, Future::Own { .. }) {
                return Some(Err("a future of a job that this worker started, which ends with its call; \
                                 send its result, or return the future itself"
                    .into()));
            }
            if let Future::Own { entry, .. } = &*future {
                Session::of(lua).add_sent_job(&entry.job);
            }
            Saved::Future(future.address())
        } else if let Ok(range) = handle.borrow::<Range>() {
            Saved::Range { start: range.start, step: range.step, count: range.count }
        } else if let Ok(executor) = handle.borrow::<ExecutorHandle>() {
            let options = executor.0.options_json().to_owned();
            if let Some(refusal) = refuse_secrets("an executor", &options) {
                return Some(Err(refusal));
            }
            Saved::Executor { options }
        } else if let Ok(object) = handle.borrow::<CloudObject>() {
            Saved::CloudObject(object.clone())
        } else if let Ok(storage) = handle.borrow::<StorageHandle>() {
            let options = storage.options_json();
            if let Some(refusal) = refuse_secrets("a store", &options) {
                return Some(Err(refusal));
            }
            Saved::Storage { options }
        } else if let Ok(object) = handle.borrow::<ObjectHandle>() {
            Saved::Object(Box::new(object.piece().clone()))
        } else if let Ok(counter) = handle.borrow::<WordCounter>() {
            Saved::WordCounter { counts: counter.save() }
        } else if let Ok(regex) = handle.borrow::<RegexHandle>() {
            Saved::Regex { pattern: regex.0.pattern().to_owned(), flags: regex.0.flags() }
        } else if let Ok(moment) = handle.borrow::<Moment>() {
            match moment.saved() {
                Ok((nanoseconds, zone)) => Saved::DateTime { nanoseconds, zone },
                Err(refusal) => return Some(Err(refusal)),
            }
        } else if handle.is::<LazyCalls>() {
            let why = "futures of an iterator, a range or stored objects, which are made as they are looked at; send a \
                       list of them, `for i, future in ipairs(futures) do list[i] = future end`";
            return Some(Err(why.into()));
        } else if handle.is::<ObjectStream>() {
            return Some(Err("a stream is read where it was opened; send the object's bucket and key".into()));
        } else if handle.is::<ByteStream>() {
            return Some(Err(
                "a stream is read where it was opened; send what it holds, or open it in the function".into()
            ));
        } else {
            return None;
        };
        Some(postcard::to_stdvec(&saved).map_err(|error| error.to_string()))
    }

    /// A function that stores cloud objects has the name of what does it in its bytecode, however deep inside; a stage of a dataset
    /// the name of its module.
    fn encoded_code(&self, lua: &Lua, message: &[u8]) {
        let session = Session::of(lua);
        if memchr::memmem::find(message, b"put_cloudobject").is_some() {
            session.stores_cloud_objects.set(true);
        }
        if memchr::memmem::find(message, b"dataset.").is_some() {
            session.computes_datasets.set(true);
        }
    }

    fn restore(&self, lua: &Lua, saved: &[u8]) -> mlua::Result<Value> {
        let saved: Saved = postcard::from_bytes(saved).map_err(mlua::Error::external)?;
        let handle = match saved {
            Saved::Future(address) => {
                let own = crate::job::find(&address.executor_id, &address.job_id);
                lua.create_userdata(match own {
                    Some(job) => {
                        Future::Own { entry: JobEntry::new(job, Purpose::Map, None, false), call: address.call }
                    }
                    None => Future::Remote(RemoteFuture::new(address)),
                })?
            }
            Saved::Range { start, step, count } => lua.create_userdata(Range { start, step, count })?,
            Saved::Object(piece) => objects::make(lua, *piece)?,
            Saved::CloudObject(object) => lua.create_userdata(object)?,
            Saved::Storage { options } => {
                lua.create_userdata(StorageHandle::restore(&options).map_err(mlua::Error::external)?)?
            }
            Saved::WordCounter { counts } => {
                lua.create_userdata(WordCounter::restore(&counts).map_err(mlua::Error::external)?)?
            }
            Saved::Regex { pattern, flags } => {
                let regex = Regex::new(&pattern, flags).map_err(mlua::Error::runtime)?;
                lua.create_userdata(RegexHandle(Rc::new(regex)))?
            }
            Saved::DateTime { nanoseconds, zone } => {
                lua.create_userdata(Moment::restore(nanoseconds, &zone).map_err(mlua::Error::runtime)?)?
            }
            Saved::Executor { options } => lua.create_userdata(ExecutorHandle::restore(lua, &options)?)?,
        };
        Ok(Value::UserData(handle))
    }
}
