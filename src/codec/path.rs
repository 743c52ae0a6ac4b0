//! Says where in a graph something is, and what it is: only once something is wrong with it, so that the way there costs nothing.

use std::ffi::c_int;
use std::fmt::Write as _;
use std::mem::MaybeUninit;

use mlua::ffi;

use super::encode::{Encoder, KIT};
use super::graph::ROOT;
use super::program::c_string;
use super::raw;
use super::snapshot::slot;
use super::wire::Kind;
use super::{EncodeError, LargeCapture};

/// A path of more steps than this is cut in the middle.
const MAX_STEPS: usize = 24;

impl Encoder<'_> {
    /// Refuses the value at `index`, found in what is being written.
    ///
    /// # Safety
    /// There is a value at `index`, and ten free slots.
    pub unsafe fn refuse(&mut self, index: c_int) -> EncodeError {
        // SAFETY: as the caller promises.
        unsafe {
            let (what, hint) = self.describe(index);
            self.refuse_as(index, what, hint)
        }
    }

    /// # Safety
    /// As for `refuse`.
    pub unsafe fn refuse_as(&mut self, index: c_int, what: String, hint: Option<&'static str>) -> EncodeError {
        // SAFETY: as the caller promises.
        let path = unsafe { self.path_to(index, self.current) };
        EncodeError::Refused { path, what, hint }
    }

    /// Notes the largest capture, if it is above the caller's limit.
    ///
    /// # Safety
    /// All contents are written, and the queue is still there.
    pub unsafe fn find_largest(&mut self) {
        let Some(limit) = self.options.warn_bytes else {
            return;
        };
        let Some(&capture) = self.graph.captures.iter().max_by_key(|capture| capture.bytes) else {
            return;
        };
        if capture.bytes <= limit {
            return;
        }
        // SAFETY: the owner is a function or a global in the queue, and a function has that upvalue.
        let path = unsafe {
            if self.graph.nodes[capture.owner as usize].kind == Kind::Global {
                let top = ffi::lua_gettop(self.l);
                self.push_queued(capture.owner);
                let name = text(raw::string(self.l, -1));
                ffi::lua_settop(self.l, top);
                format!("global `{name}` of {}", self.function_name(self.graph.nodes[capture.owner as usize].parent))
            } else {
                let name = self.upvalue_name(capture.owner, capture.upvalue.into());
                format!("upvalue `{name}` of {}", self.function_name(capture.owner))
            }
        };
        if self.largest.as_ref().is_none_or(|known| known.bytes < capture.bytes) {
            self.largest = Some(LargeCapture { path, bytes: capture.bytes });
        }
    }

    unsafe fn path_to(&mut self, index: c_int, container: u32) -> String {
        let mut fields = Vec::new();
        let mut container = container;
        // SAFETY: containers are in the queue, as what their kind says; the stack is balanced.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            ffi::lua_pushvalue(self.l, index);
            let value = top + 1;
            let path = loop {
                if container >= ROOT {
                    break self.root_path(container, &joined(fields));
                }
                let node = self.graph.nodes[container as usize];
                match node.kind {
                    Kind::Global => {
                        self.push_queued(container);
                        let name = text(raw::string(self.l, -1));
                        let fields = joined(fields);
                        break format!("global `{name}`{fields} of {}", self.function_name(node.parent));
                    }
                    Kind::Patch => {
                        self.push_patch(container);
                        let (table, field) = (text(raw::string(self.l, -3)), text(raw::string(self.l, -2)));
                        let fields = joined(fields);
                        break format!("field `{table}.{field}`{fields}, used by {}", self.function_name(node.parent));
                    }
                    Kind::Function | Kind::FunctionWithEnv => {
                        let fields = joined(fields);
                        let step = match self.upvalue_with(container, value) {
                            Some(name) => format!("upvalue `{name}`"),
                            None => "the environment".into(),
                        };
                        break format!("{step}{fields} of {}", self.function_name(container));
                    }
                    Kind::Table | Kind::TableWithMeta | Kind::Handle => {
                        fields.push(self.field_with(container, value).unwrap_or_else(|| "[?]".into()));
                        self.push_queued(container);
                        ffi::lua_replace(self.l, value);
                        container = node.parent;
                    }
                }
            };
            ffi::lua_settop(self.l, top);
            path
        }
    }

    fn root_name(&self, container: u32) -> String {
        let number = container & !ROOT;
        let root = match self.element {
            Some(element) => format!("element {element} of {}", self.options.root),
            None => self.options.root.to_owned(),
        };
        match self.element {
            _ if !self.several => root,
            Some(_) => format!("argument {} of {root}", number + 1),
            None if number == 0 => root,
            None => format!("value {} of {root}", number + 1),
        }
    }

    fn root_path(&self, container: u32, fields: &str) -> String {
        let root = self.root_name(container);
        match fields {
            "" => root,
            _ if root.starts_with("the ") => format!("{root}{fields}"),
            _ => format!("field {} of {root}", fields.strip_prefix('.').unwrap_or(fields)),
        }
    }

    /// A function by the name under which it was met, with its place in the source.
    unsafe fn function_name(&mut self, id: u32) -> String {
        if id >= ROOT {
            return self.root_name(id);
        }
        let parent = self.graph.nodes[id as usize].parent;
        // SAFETY: objects are in the queue, as what their kind says; the stack is balanced.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            self.push_queued(id);
            let value = top + 1;
            let place = if ffi::lua_type(self.l, value) == ffi::LUA_TFUNCTION {
                let mut info = MaybeUninit::<ffi::lua_Debug>::zeroed();
                ffi::lua_pushvalue(self.l, value);
                ffi::lua_getinfo(self.l, c">S".as_ptr(), info.as_mut_ptr());
                let info = info.assume_init_ref();
                let file = text(c_string(info.short_src.as_ptr()));
                if info.linedefined > 0 { format!("{file}:{}", info.linedefined) } else { file }
            } else {
                String::new()
            };
            let name = if parent >= ROOT {
                ffi::lua_settop(self.l, top);
                return format!("{} ({place})", self.root_name(parent));
            } else {
                match self.graph.nodes[parent as usize].kind {
                    Kind::Function | Kind::FunctionWithEnv => self.upvalue_with(parent, value),
                    Kind::Global => {
                        self.push_queued(parent);
                        Some(text(raw::string(self.l, -1)))
                    }
                    Kind::Patch => {
                        self.push_patch(parent);
                        Some(text(raw::string(self.l, -2)))
                    }
                    _ => self.field_with(parent, value).and_then(|field| Some(field.strip_prefix('.')?.to_owned())),
                }
            };
            ffi::lua_settop(self.l, top);
            match name {
                Some(name) => format!("function `{name}` ({place})"),
                None => format!("function at {place}"),
            }
        }
    }

    unsafe fn upvalue_name(&mut self, id: u32, upvalue: c_int) -> String {
        // SAFETY: a function is in the queue under `id`; the stack is balanced.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            self.push_queued(id);
            let name = text(c_string(ffi::lua_getupvalue(self.l, top + 1, upvalue)));
            ffi::lua_settop(self.l, top);
            name
        }
    }

    /// The upvalue of a function that holds a value.
    unsafe fn upvalue_with(&mut self, id: u32, value: c_int) -> Option<String> {
        // SAFETY: a function is in the queue under `id`; the stack is balanced.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            self.push_queued(id);
            let mut found = None;
            for number in 1.. {
                let name = ffi::lua_getupvalue(self.l, top + 1, number);
                if name.is_null() {
                    break;
                }
                if ffi::lua_rawequal(self.l, -1, value) != 0 {
                    found = Some(text(c_string(name)));
                    break;
                }
                ffi::lua_pop(self.l, 1);
            }
            ffi::lua_settop(self.l, top);
            found
        }
    }

    /// The step from a table to a value in it.
    unsafe fn field_with(&mut self, id: u32, value: c_int) -> Option<String> {
        // SAFETY: a table is in the queue under `id`; the stack is balanced.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            self.push_queued(id);
            let table = top + 1;
            let mut found = None;
            ffi::lua_pushnil(self.l);
            while ffi::lua_next(self.l, table) != 0 {
                if ffi::lua_rawequal(self.l, -1, value) != 0 {
                    found = Some(self.key(top + 2));
                    break;
                }
                if ffi::lua_rawequal(self.l, -2, value) != 0 {
                    found = Some(".<key>".into());
                    break;
                }
                ffi::lua_pop(self.l, 1);
            }
            ffi::lua_settop(self.l, table);
            if found.is_none() && ffi::lua_getmetatable(self.l, table) != 0 && ffi::lua_rawequal(self.l, -1, value) != 0
            {
                found = Some(".<metatable>".into());
            }
            ffi::lua_settop(self.l, top);
            found
        }
    }

    unsafe fn key(&self, index: c_int) -> String {
        // SAFETY: each accessor is called on a value of its type.
        unsafe {
            match ffi::lua_type(self.l, index) {
                ffi::LUA_TSTRING => {
                    let key = text(raw::string(self.l, index));
                    let is_name = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                        && key.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
                    if is_name { format!(".{key}") } else { format!("[{key:?}]") }
                }
                ffi::LUA_TNUMBER => format!("[{}]", ffi::lua_tonumber(self.l, index)),
                ffi::LUA_TBOOLEAN => format!("[{}]", ffi::lua_toboolean(self.l, index) != 0),
                other => format!("[<{}>]", text(c_string(ffi::lua_typename(self.l, other)))),
            }
        }
    }

    /// What a value is that cannot be sent, and what to do instead.
    unsafe fn describe(&mut self, index: c_int) -> (String, Option<&'static str>) {
        // SAFETY: there is a value at `index`; the stack is balanced.
        unsafe {
            match ffi::lua_type(self.l, index) {
                ffi::LUA_TTHREAD => ("a coroutine".into(), Some("create it inside the function")),
                ffi::LUA_TFUNCTION if ffi::lua_iscfunction(self.l, index) == 0 => {
                    ("an iterator of the runtime".into(), Some("begin the iteration inside the function"))
                }
                ffi::LUA_TFUNCTION => self.describe_c_function(index),
                ffi::LUA_TLIGHTUSERDATA => ("a light userdata".into(), None),
                ffi::LUA_TUSERDATA => match self.userdata_type(index) {
                    Some(name) if name == "FILE*" && self.options.root == "the result" => {
                        ("userdata FILE*".into(), Some("return what was read from it"))
                    }
                    Some(name) if name == "FILE*" => ("userdata FILE*".into(), Some("open it inside the function")),
                    Some(name) => (format!("userdata {name}"), None),
                    None => ("a userdata".into(), None),
                },
                ffi::LUA_TCDATA => {
                    let top = ffi::lua_gettop(self.l);
                    ffi::lua_pushvalue(self.l, index);
                    let mut what = "cdata".to_owned();
                    ffi::lua_rawgeti_(self.l, KIT, slot::TYPEOF);
                    if ffi::lua_isnil(self.l, -1) == 0 {
                        ffi::lua_pushvalue(self.l, top + 1);
                        ffi::lua_call(self.l, 1, 1);
                        ffi::luaL_tolstring(self.l, -1, std::ptr::null_mut());
                        let ctype = text(raw::string(self.l, -1));
                        let name = ctype.strip_prefix("ctype<").and_then(|name| name.strip_suffix('>'));
                        let _ = write!(what, " {}", name.unwrap_or(&ctype));
                    }
                    ffi::lua_settop(self.l, top);
                    (what, Some("make it inside the function"))
                }
                other => (text(c_string(ffi::lua_typename(self.l, other))), None),
            }
        }
    }

    /// Iterators of the standard libraries are functions in C that hold what they walk over.
    unsafe fn describe_c_function(&mut self, index: c_int) -> (String, Option<&'static str>) {
        // SAFETY: a C function is at `index`, whose first upvalue is looked at; the stack is balanced.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            let held = if ffi::lua_getupvalue(self.l, index, 1).is_null() {
                None
            } else {
                Some(ffi::lua_type(self.l, top + 1))
            };
            let is_file =
                held == Some(ffi::LUA_TUSERDATA) && self.userdata_type(top + 1).is_some_and(|name| name == "FILE*");
            ffi::lua_settop(self.l, top);
            match held {
                Some(ffi::LUA_TTHREAD) => ("a coroutine".into(), Some("create it inside the function")),
                _ if is_file => ("an iterator over an open file".into(), Some("open it inside the function")),
                _ => ("a C function".into(), Some("make it, or require its module, inside the function")),
            }
        }
    }

    /// The name of a userdata's type: under which its metatable is registered, or what the metatable itself says.
    unsafe fn userdata_type(&mut self, index: c_int) -> Option<String> {
        // SAFETY: a userdata is at `index`; the registry is a table; the stack is balanced.
        unsafe {
            let top = ffi::lua_gettop(self.l);
            let mut name = None;
            if ffi::lua_getmetatable(self.l, index) != 0 {
                let meta = top + 1;
                for field in [&b"__name"[..], b"__type"] {
                    raw::raw_field(self.l, meta, field);
                    if ffi::lua_type(self.l, -1) == ffi::LUA_TSTRING {
                        name = name.or(Some(text(raw::string(self.l, -1))));
                    }
                    ffi::lua_settop(self.l, meta);
                }
                ffi::lua_pushnil(self.l);
                while name.is_none() && ffi::lua_next(self.l, ffi::LUA_REGISTRYINDEX) != 0 {
                    if ffi::lua_type(self.l, -2) == ffi::LUA_TSTRING && ffi::lua_rawequal(self.l, -1, meta) != 0 {
                        name = Some(text(raw::string(self.l, -2)));
                    }
                    ffi::lua_pop(self.l, 1);
                }
            }
            ffi::lua_settop(self.l, top);
            name
        }
    }
}

fn joined(mut reversed: Vec<String>) -> String {
    if reversed.len() > MAX_STEPS {
        let cut = reversed.len() - MAX_STEPS;
        let middle = MAX_STEPS / 2;
        reversed.splice(middle..middle + cut, [format!("…({cut} more)…")]);
    }
    reversed.reverse();
    reversed.concat()
}

/// At most this many bytes of a key or name are shown.
fn text(bytes: &[u8]) -> String {
    const SHOWN: usize = 60;
    if bytes.len() <= SHOWN {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    format!("{}…", String::from_utf8_lossy(&bytes[..SHOWN]))
}
