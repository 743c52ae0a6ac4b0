//! Userdata as arguments: `self` of methods, and names of types in messages.

use mlua::{AnyUserData, UserDataRef, UserDataRefMut, Value};

use super::bind::Raise;

/// The type of a value, as messages name it.
pub fn type_name(value: &Value) -> String {
    let name = |userdata: &AnyUserData| userdata.type_name().ok();
    match value {
        Value::UserData(userdata) => name(userdata).map_or("userdata".into(), |name| name.to_string_lossy()),
        // LuaJIT has one kind of number; mlua calls whole ones so.
        Value::Integer(_) => "number".into(),
        other => other.type_name().into(),
    }
}

/// The userdata of type `T` that a method was called on. `what` it is is for messages.
pub fn this<'a, T: 'static>(value: &'a Value, what: &str) -> Result<&'a AnyUserData, Raise> {
    match value.as_userdata().filter(|userdata| userdata.is::<T>()) {
        Some(userdata) => Ok(userdata),
        None => {
            let remedy = if value.is_nil() { "; call it with a colon, not with a dot" } else { "" };
            Err(Raise::argument(1, format!("{what} expected, got {}{remedy}", type_name(value))))
        }
    }
}

/// The same, to look at.
pub fn borrow<T: 'static>(value: &Value, what: &str) -> Result<UserDataRef<T>, Raise> {
    this::<T>(value, what)?.borrow::<T>().map_err(|_| in_use(what))
}

/// The same, to change.
pub fn borrow_mut<T: 'static>(value: &Value, what: &str) -> Result<UserDataRefMut<T>, Raise> {
    this::<T>(value, what)?.borrow_mut::<T>().map_err(|_| in_use(what))
}

/// A function that it calls back uses it, too.
fn in_use(what: &str) -> Raise {
    Raise::Message(format!("the {what} is in use: what it calls must not use it"))
}
