//! The input of a reducer: results of other calls as one list.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use mlua::{Lua, Table};

use crate::codec::{DecodeOptions, Globals};
use crate::lua::hints;
use crate::lua::session::{Session, trusted};
use crate::protocol::{Gathered, GatheredBatch, GatheredPart, GatheredRest, GatheredValue, RemoteError, kind};
use crate::storage::{Scratch, StorageErrorKind};

/// Results in the store are fetched so many at a time.
const FETCHES_AT_ONCE: usize = 8;

/// The list, once all of it is there.
pub(super) fn read(lua: &Lua, scratch: &Scratch, message: &[u8]) -> Result<Table, RemoteError> {
    let Gathered { total, parts, rest } = from_bytes(message)?;
    let list = lua.create_table_with_capacity(parts.len(), 1).map_err(|error| unreadable(&error))?;
    list.raw_set("n", total).map_err(|error| unreadable(&error))?;
    hints::note_results(lua, &list).map_err(|error| unreadable(&error))?;
    let mut missing = total.saturating_sub(parts.len() as u64);
    add(lua, scratch, &list, parts)?;
    let Some(rest) = rest else { return Ok(list) };
    // The driver waits for other calls meanwhile: they may have this one's place, and other workers those behind it.
    let _place = Session::of(lua).give_place();
    for number in 0.. {
        if missing == 0 {
            break;
        }
        let GatheredBatch { parts, failed } = crate::io::handle().block_on(next_batch(scratch, &rest, number))?;
        if let Some(error) = failed {
            return Err(error);
        }
        missing = missing.saturating_sub(parts.len() as u64);
        add(lua, scratch, &list, parts)?;
    }
    Ok(list)
}

/// The batch of this number, which may still have to come. The invocation's end ends a wait that is in vain.
async fn next_batch(scratch: &Scratch, rest: &GatheredRest, number: u64) -> Result<GatheredBatch, RemoteError> {
    let key = rest.key(number);
    loop {
        match scratch.get(&key).await {
            Ok(bytes) => return from_bytes(&bytes),
            Err(error) if error.kind() == StorageErrorKind::NoSuchKey => {
                tokio::time::sleep(Duration::from_millis(rest.interval_ms)).await;
            }
            Err(error) => return Err(RemoteError::new(kind::STORAGE, format!("cannot read {key}: {error}"))),
        }
    }
}

fn from_bytes<T: for<'de> serde::Deserialize<'de>>(bytes: &[u8]) -> Result<T, RemoteError> {
    postcard::from_bytes(bytes)
        .map_err(|error| RemoteError::new(kind::PROTOCOL, format!("malformed results for a reducer: {error}")))
}

/// Sets the elements of the list that have come.
fn add(lua: &Lua, scratch: &Scratch, list: &Table, parts: Vec<GatheredPart>) -> Result<(), RemoteError> {
    let fetched = stream::iter(parts).map(|part| fetch(scratch, part)).buffered(FETCHES_AT_ONCE);
    tokio::pin!(fetched);
    // Neighbours are read together, which is quicker.
    let (mut run, mut run_bytes, mut first) = (Vec::<Bytes>::new(), 0, 0);
    while let Some(part) = crate::io::handle().block_on(fetched.next()) {
        let (index, message) = part?;
        if index != first + run.len() as u64 {
            decode(lua, list, &std::mem::take(&mut run), first)?;
            (run_bytes, first) = (0, index);
        }
        run_bytes += message.len();
        run.push(message);
        if run_bytes > MAX_RUN_BYTES {
            decode(lua, list, &std::mem::take(&mut run), first)?;
            (run_bytes, first) = (0, index + 1);
        }
    }
    decode(lua, list, &run, first)
}

/// Neighbours that are larger together are read at once: their bytes stay in memory until then.
const MAX_RUN_BYTES: usize = 1 << 20;

async fn fetch(scratch: &Scratch, part: GatheredPart) -> Result<(u64, Bytes), RemoteError> {
    let failed = |text: String| RemoteError::new(kind::STORAGE, text);
    let message = match &part.value {
        GatheredValue::Here(message) => message.clone(),
        GatheredValue::Object { key, .. } => {
            scratch.get(key).await.map_err(|error| failed(format!("cannot read a result: failed to {error}")))?
        }
    };
    part.value.check(&message).map_err(failed)?;
    Ok((part.index, message))
}

fn decode(lua: &Lua, list: &Table, messages: &[Bytes], first: u64) -> Result<(), RemoteError> {
    let options = DecodeOptions { trust: trusted(), globals: Globals::IfAbsent };
    let session = Session::of(lua);
    let messages = messages.iter().map(|message| &message[..]);
    session.codec().decode_list(lua, messages, list, first as i64 + 1, options).map_err(|error| unreadable(&error))
}

fn unreadable(error: &dyn std::fmt::Display) -> RemoteError {
    RemoteError::new(kind::LUA_ERROR, format!("cannot read the argument: {error}"))
}
