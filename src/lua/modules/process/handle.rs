//! A program that runs beside the script.

use bytes::Bytes;
use mlua::{
    IntoLuaMulti, Lua, LuaString, MetaMethod, MultiValue, Table, UserData, UserDataFields, UserDataMethods, Value,
};
use rustix::process::Signal;
use tokio::io::AsyncReadExt;
use tokio::process::ChildStdout;

use super::child::Child;
use super::result;
use crate::lua::bind::{Raise, bind};
use crate::lua::options::{duration, show};
use crate::lua::stream::{self, Buffer, Format, Pull, Readable};
use crate::lua::userdata::{borrow, borrow_mut};
use crate::storage::CHUNK_BYTES;

const SIGNALS: [(&str, Signal); 6] = [
    ("KILL", Signal::KILL),
    ("TERM", Signal::TERM),
    ("INT", Signal::INT),
    ("HUP", Signal::HUP),
    ("USR1", Signal::USR1),
    ("USR2", Signal::USR2),
];

/// A program, and a stream of what it writes to its standard output.
pub(super) struct ProcessHandle {
    child: Child,
    program: String,
    /// `None`: closed.
    output: Option<Output>,
    buffer: Buffer,
}

struct Output(ChildStdout);

impl Pull for Output {
    fn next_chunk(&mut self, _: &Lua) -> Result<Option<Bytes>, Raise> {
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        let read = crate::io::block_on(self.0.read_buf(&mut chunk))?;
        match read {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(chunk.into())),
            Err(error) => Err(Raise::Message(format!("cannot read what the program writes: {error}"))),
        }
    }
}

impl ProcessHandle {
    pub fn new(mut child: Child, program: String) -> ProcessHandle {
        let output = child.stdout.take().map(Output);
        ProcessHandle { child, program, output, buffer: Buffer::default() }
    }
}

impl Readable for ProcessHandle {
    fn read(&mut self, lua: &Lua, format: Format) -> Result<Option<LuaString>, Raise> {
        let output = self.output.as_mut().ok_or_else(stream::closed)?;
        self.buffer.read(lua, output, format)
    }

    fn next_chunk(&mut self, lua: &Lua) -> Result<Option<Bytes>, Raise> {
        let output = self.output.as_mut().ok_or_else(stream::closed)?;
        self.buffer.next_chunk(lua, output)
    }

    fn close(&mut self) {
        self.output = None;
        self.buffer.take();
    }

    fn buffer(&self) -> Option<&Buffer> {
        Some(&self.buffer)
    }
}

impl UserData for ProcessHandle {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "process");
        fields.add_meta_field_with(MetaMethod::Index, methods);
        fields.add_field_method_get("pid", |_, this| Ok(f64::from(this.child.pid)));
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| {
            Ok(format!("process {} ({})", this.child.pid, this.program))
        });
    }
}

fn methods(lua: &Lua) -> mlua::Result<Table> {
    let methods = stream::methods::<ProcessHandle>(lua)?;
    let wait = bind(lua, "process.wait", |lua, (this, timeout): (Value, Option<f64>)| {
        let timeout = match timeout {
            None => None,
            Some(seconds) => Some(duration(seconds).ok_or_else(|| {
                Raise::argument(2, format!("seconds must be 0 or more, not {}", show(&Value::Number(seconds))))
            })?),
        };
        let exit = borrow_mut::<ProcessHandle>(&this, "process")?.child.wait(timeout)?;
        Ok::<MultiValue, Raise>(match exit {
            Some(exit) => result(lua, exit)?.into_lua_multi(lua)?,
            None => (Value::Nil, "timeout").into_lua_multi(lua)?,
        })
    })?;
    methods.raw_set("wait", wait)?;
    let kill = bind(lua, "process.kill", |_, (this, name): (Value, Option<LuaString>)| {
        let handle = borrow::<ProcessHandle>(&this, "process")?;
        let name = name.map_or_else(|| "KILL".to_owned(), |name| name.to_string_lossy());
        let plain = name.trim_start_matches("SIG");
        match SIGNALS.iter().find(|(known, _)| *known == plain) {
            Some((_, signal)) => handle.child.signal(*signal),
            None => {
                let names: Vec<_> = SIGNALS.iter().map(|(name, _)| *name).collect();
                return Err(Raise::argument(2, format!("there is no signal `{name}`; known are {}", names.join(", "))));
            }
        }
        Ok(true)
    })?;
    methods.raw_set("kill", kill)?;
    Ok(methods)
}
