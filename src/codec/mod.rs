//! Lua values and closures to bytes and back.
//!
//! A [`Codec`] belongs to one VM. It is made once the VM has all its libraries and before any user code runs, and remembers what
//! the VM consisted of then: that is sent by name, everything else by value. Both sides are the same program, so the names agree.
//!
//! - Values: `nil`, booleans, every number, strings of any bytes, tables (shared, cyclic, with holes and metatables), the `ffi`'s
//!   `int64_t`, `uint64_t` and `complex`.
//! - Functions: bytecode with its debug information, cells that stay shared, environments.
//! - Globals that a function mentions and that the script defined or replaced; fields that it added to the VM's tables
//!   (`string.trim`); modules by name, with their sources. See [`Surroundings`].
//! - Anything else is refused, with the path to it, before a byte is used.
//!
//! Encoding the same values twice in one state of the VM gives the same bytes, which may serve as a content address.
//!
//! | file | |
//! |---|---|
//! | `wire` | tags, integers, strings |
//! | `snapshot` | the parts of a fresh VM, and their names |
//! | `encode`, `graph` | values and tables to bytes |
//! | `program`, `bytecode` | functions to bytes, and the cells and globals that they bring along |
//! | `requires` | modules |
//! | `additions` | changes to the VM's own tables |
//! | `path` | where a refused value is |
//! | `decode`, `trailer` | bytes to values |
//! | `list` | many small messages at once |

mod additions;
mod bytecode;
mod decode;
mod encode;
mod error;
mod graph;
mod list;
mod path;
mod program;
pub(crate) mod raw;
mod requires;
mod snapshot;
mod trailer;
mod wire;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;
use mlua::{AnyUserData, Lua, MultiValue, Value, ffi};
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

pub use bytecode::changed_upvalues;
pub use error::{DecodeError, EncodeError};
pub use list::EncodedList;

use decode::Decoder;
use encode::{Encoder, Scratch};
use snapshot::Snapshot;

/// The name of the chunks whose functions are the runtime's own. Those that have no name, such as iterators, are not sent.
pub const RUNTIME_CHUNK: &str = "=[lithops]";

/// The source of a Lua module, as it travels with the functions that use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleSource {
    /// The chunk name that tracebacks show, with its `@`: `@lua_modules/share/lua/5.1/inspect.lua`.
    pub chunk_name: String,
    /// The text of the module.
    pub source: Bytes,
}

/// Where a module comes from, as `require` sees it.
pub enum Module {
    /// Pure Lua, found on a search path: its source travels.
    Source(ModuleSource),
    /// Part of the VM or of the embedded `stdlib`: the other side has it, so its name is enough.
    Builtin,
    /// Made by a C library, or by something else that cannot travel.
    Foreign,
}

/// What the codec asks of `require`. Implemented in `crate::lua`, which knows search paths.
pub trait Modules {
    /// What `name` is: already loaded, or found on the search path without running it. `None`: no such module.
    fn find(&self, lua: &Lua, name: &str) -> Option<Module>;
    /// Makes a source that came with a function known to this VM's `require`. A source that is already known is kept.
    fn provide(&self, name: &str, source: ModuleSource);
    /// The name of a part of a builtin module that cannot be sent by value, such as a C function, by its address.
    fn part_name(&self, _address: usize) -> Option<Rc<str>> {
        None
    }
    /// The part that has this name here. The name may come from anywhere: only builtin modules are looked at.
    fn part(&self, _lua: &Lua, _name: &str) -> mlua::Result<Option<Value>> {
        Ok(None)
    }
}

/// What the codec asks of the API's userdata (futures, cloud objects, storage): a handle becomes
/// opaque bytes here, and a handle of the same kind there.
pub trait Handles {
    /// The bytes that rebuild `handle`, `None` if it is not one of the API's. `Err`: a sentence that says why it cannot be sent.
    fn save(&self, lua: &Lua, handle: &AnyUserData) -> Option<Result<Vec<u8>, String>>;
    /// A message with code is complete.
    fn encoded_code(&self, _lua: &Lua, _message: &[u8]) {}
    /// The handle that `saved` describes. The bytes may come from anywhere: check them.
    fn restore(&self, lua: &Lua, saved: &[u8]) -> mlua::Result<Value>;
}

/// Modules and handles of one VM.
#[derive(Clone)]
pub struct Surroundings {
    /// What `require` knows.
    pub modules: Rc<dyn Modules>,
    /// The API's userdata.
    pub handles: Rc<dyn Handles>,
}

/// How to encode.
#[derive(Clone, Copy, Debug)]
pub struct EncodeOptions<'a> {
    /// What refusals call the root: ``function `process` ``, `the result`; for a list, what its elements are of: `the input`.
    pub root: &'a str,
    /// Whether the sources of modules go along. Otherwise they are references only.
    pub modules: bool,
    /// Modules that go along although nothing mentions them.
    pub include_modules: &'a [String],
    /// Modules that do not go along although something mentions them.
    pub exclude_modules: &'a [String],
    /// Report the largest capture if it takes more bytes than this.
    pub warn_bytes: Option<usize>,
    /// For a list that is a part of an input: how many elements of the input come before it. Refusals count from the input's start.
    pub elements_before: u64,
}

impl<'a> EncodeOptions<'a> {
    /// Everything goes along, nothing is reported.
    pub fn new(root: &'a str) -> Self {
        EncodeOptions {
            root,
            modules: true,
            include_modules: &[],
            exclude_modules: &[],
            warn_bytes: None,
            elements_before: 0,
        }
    }
}

/// A message.
#[derive(Debug, PartialEq, Eq)]
pub struct Encoded {
    pub bytes: Vec<u8>,
    /// See [`EncodeOptions::warn_bytes`].
    pub largest: Option<LargeCapture>,
}

/// An upvalue or global that makes a function's message large.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LargeCapture {
    /// ``upvalue `table` of function `process` (pipeline.lua:12)``.
    pub path: String,
    /// What it takes in the message, with all that only it brings along.
    pub bytes: usize,
}

/// That somebody vouches for bytes, so that bytecode in them may be loaded: bytecode is native code's equal.
#[derive(Clone, Copy, Debug)]
pub struct Verified(());

impl Verified {
    /// The bytes have the hash that came over a channel that only the driver or a worker of this job can write to.
    pub fn check(bytes: &[u8], sha256: &[u8; 32]) -> Result<Verified, DecodeError> {
        if Sha256::digest(bytes)[..] == sha256[..] { Ok(Verified(())) } else { Err(DecodeError::Hash) }
    }

    /// The bytes themselves came over such a channel, or never left this process.
    pub fn by_channel() -> Verified {
        Verified(())
    }
}

/// Whether a message may hold code.
#[derive(Clone, Copy, Debug)]
pub enum Trust {
    Verified(Verified),
    /// A function, global or module in it is refused.
    Untrusted,
}

/// What to do with the globals, and fields of the VM's tables, that come with a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Globals {
    /// They are set: a worker becomes like the driver.
    Set,
    /// Only those are set that are not there: a returned function must not undo what the driver's script did meanwhile.
    IfAbsent,
}

/// How to decode.
#[derive(Clone, Copy, Debug)]
pub struct DecodeOptions {
    pub trust: Trust,
    pub globals: Globals,
}

/// Encodes and decodes the values of one VM. Cheap to clone.
#[derive(Clone)]
pub struct Codec(Rc<Inner>);

struct Inner {
    snapshot: Snapshot,
    surroundings: Surroundings,
    /// Taken while a message is written. A nested one has to do without.
    scratch: Cell<Option<Box<Scratch>>>,
    /// Module name to source, and the names that it may require.
    requires: RefCell<FxHashMap<Box<str>, Required>>,
}

type Required = (Bytes, Rc<[Box<str>]>);

/// Slots of the Lua stack that encoding or decoding may need beyond its arguments.
const STACK: i32 = 40;

impl Codec {
    /// Takes a snapshot of the VM: call it after all bindings are installed and before user code runs.
    pub fn new(lua: &Lua, surroundings: Surroundings) -> mlua::Result<Codec> {
        let snapshot = Snapshot::take(lua)?;
        Ok(Codec(Rc::new(Inner { snapshot, surroundings, scratch: Cell::default(), requires: RefCell::default() })))
    }

    /// One message with all of `values`; nils and their number are kept.
    pub fn encode(&self, lua: &Lua, values: &[Value], options: &EncodeOptions<'_>) -> Result<Encoded, EncodeError> {
        let mut encoded = Encoded { bytes: Vec::new(), largest: None };
        let arguments = MultiValue::from_iter(values.iter().cloned());
        self.0.with_scratch(|scratch| {
            let mut outcome = Ok(());
            let (inner, out, largest) = (&*self.0, &mut encoded.bytes, &mut encoded.largest);
            let (outcome_slot, count) = (&mut outcome, values.len());
            // SAFETY: the closure finds the kit, nil and the values on the stack, as `Encoder` expects, and room for what it pushes.
            // It captures only references, so that nothing is lost if the VM raises an error.
            unsafe {
                lua.exec_raw::<()>((&inner.snapshot.kit, mlua::Nil, arguments), move |l| {
                    ffi::luaL_checkstack(l, STACK, std::ptr::null());
                    let mut encoder = Encoder::new(l, lua, inner, options, out, scratch);
                    encoder.begin(count);
                    *outcome_slot = (0..count)
                        .try_for_each(|i| encoder.root(i, encode::ARGUMENTS + i as i32))
                        .and_then(|()| encoder.finish());
                    *largest = encoder.largest.take();
                    ffi::lua_settop(l, 0);
                })?;
            }
            outcome
        })?;
        Ok(encoded)
    }

    /// The values of a message.
    pub fn decode(&self, lua: &Lua, bytes: &[u8], options: DecodeOptions) -> Result<MultiValue, DecodeError> {
        let inner = &*self.0;
        let mut outcome = Ok(());
        let outcome_slot = &mut outcome;
        // SAFETY: the closure finds the kit and nil on the stack, as `Decoder` expects, and makes room for what it pushes. What it
        // owns is dropped when the VM's errors unwind. It leaves the values on success, and nothing on failure.
        let values = unsafe {
            lua.exec_raw::<MultiValue>((&inner.snapshot.kit, mlua::Nil), move |l| {
                ffi::luaL_checkstack(l, STACK, std::ptr::null());
                let _pause = raw::CollectorPause::for_message(l, bytes.len());
                *outcome_slot = read_all(l, Decoder::new(l, lua, inner, options), bytes);
                if outcome_slot.is_ok() {
                    ffi::lua_remove(l, decode::OBJECTS);
                    ffi::lua_remove(l, decode::KIT);
                } else {
                    ffi::lua_settop(l, 0);
                }
            })?
        };
        outcome.map(|()| values)
    }
}

/// Pushes all values of a message.
///
/// # Safety
/// The stack is as `Decoder` expects.
unsafe fn read_all<'m>(
    l: *mut ffi::lua_State,
    mut decoder: Decoder<'_, 'm>,
    bytes: &'m [u8],
) -> Result<(), DecodeError> {
    // SAFETY: as the caller promises; there is room for `roots` values, or an error.
    unsafe {
        let roots = decoder.begin(bytes)?;
        if i32::try_from(roots)
            .ok()
            .and_then(|roots| roots.checked_add(STACK))
            .is_none_or(|n| ffi::lua_checkstack(l, n) == 0)
        {
            return Err(mlua::Error::runtime("too many values in a message").into());
        }
        for _ in 0..roots {
            decoder.value()?;
        }
        decoder.finish()
    }
}

impl Inner {
    fn with_scratch<T>(&self, f: impl FnOnce(&mut Scratch) -> T) -> T {
        let mut scratch = self.scratch.take().unwrap_or_default();
        let result = f(&mut scratch);
        self.scratch.set(Some(scratch));
        result
    }
}
