//! Reads option tables: the last argument of many functions.

use std::time::Duration;

use mlua::{FromLua, Function, Lua, Table, Value};

use super::bind::Raise;

/// The last argument of many functions: a table of options, or nil.
#[derive(Clone, Debug, Default)]
pub struct OptionTable(pub Option<Table>);

impl FromLua for OptionTable {
    fn from_lua(value: Value, _: &Lua) -> mlua::Result<Self> {
        match value {
            Value::Nil => Ok(OptionTable(None)),
            Value::Table(table) => Ok(OptionTable(Some(table))),
            other => Err(mlua::Error::FromLuaConversionError {
                from: other.type_name(),
                to: "options".into(),
                message: Some("options are a table, `{ name = value }`".into()),
            }),
        }
    }
}

/// An option table whose names have been checked. Getters give `None` for an option that is not set.
#[derive(Clone, Debug)]
pub struct Options {
    table: Option<Table>,
    function: &'static str,
}

impl Options {
    /// Checks that `table` has none but the `known` options. `function` is the name that messages begin with.
    pub fn new(table: Option<Table>, known: &[&str], function: &'static str) -> Result<Options, Raise> {
        if let Some(table) = &table {
            for pair in table.pairs::<Value, Value>() {
                let (key, _) = pair?;
                let Value::String(name) = &key else {
                    return Err(Raise::Message(format!("{function}: options have names, not {}", show(&key))));
                };
                let name = name.to_string_lossy();
                if !known.contains(&name.as_str()) {
                    return Err(Raise::Message(format!(
                        "{function}: unknown option `{name}`{}",
                        suggestion(&name, known)
                    )));
                }
            }
        }
        Ok(Options { table, function })
    }

    /// The option as it is; `None` if nil.
    pub fn value(&self, key: &str) -> Result<Option<Value>, Raise> {
        match &self.table {
            Some(table) => Ok(Some(table.get::<Value>(key)?).filter(|value| !value.is_nil())),
            None => Ok(None),
        }
    }

    /// A refusal of the value of `key`: ``map: option `retries` must be …, not "x"``.
    pub fn refuse(&self, key: &str, expected: &str, value: &Value) -> Raise {
        let is_quoted = expected.contains("number")
            && value.as_string().is_some_and(|text| text.to_str().is_ok_and(|text| text.trim().parse::<f64>().is_ok()));
        let remedy = if is_quoted { "; leave out the quotes" } else { "" };
        Raise::Message(format!("{}: option `{key}` must be {expected}, not {}{remedy}", self.function, show(value)))
    }

    fn read<T>(&self, key: &str, expected: &str, read: impl FnOnce(&Value) -> Option<T>) -> Result<Option<T>, Raise> {
        match self.value(key)? {
            None => Ok(None),
            Some(value) => read(&value).map(Some).ok_or_else(|| self.refuse(key, expected, &value)),
        }
    }

    /// `true` or `false`.
    pub fn boolean(&self, key: &str) -> Result<Option<bool>, Raise> {
        self.read(key, "true or false", Value::as_boolean)
    }

    /// Any number but NaN.
    pub fn number(&self, key: &str) -> Result<Option<f64>, Raise> {
        self.read(key, "a number", |value| number(value).filter(|number| !number.is_nan()))
    }

    /// A whole number of 0 or more.
    pub fn count(&self, key: &str) -> Result<Option<u64>, Raise> {
        self.read(key, "a whole number of 0 or more", |value| whole(value, 0.0))
    }

    /// A whole number of 1 or more.
    pub fn positive(&self, key: &str) -> Result<Option<u64>, Raise> {
        self.read(key, "a whole number of 1 or more", |value| whole(value, 1.0))
    }

    /// Megabytes, 1 or more.
    pub fn megabytes(&self, key: &str) -> Result<Option<u64>, Raise> {
        self.read(key, "a whole number of megabytes, 1 or more", |value| whole(value, 1.0))
    }

    /// Seconds, 0 or more. More than a human life is as good as for ever.
    pub fn seconds(&self, key: &str) -> Result<Option<Duration>, Raise> {
        self.read(key, "a number of seconds, 0 or more", |value| number(value).and_then(duration))
    }

    /// A string.
    pub fn string(&self, key: &str) -> Result<Option<String>, Raise> {
        self.read(key, "a string", |value| match value {
            Value::String(text) => text.to_str().ok().map(|text| text.to_owned()),
            _ => None,
        })
    }

    /// One of a few strings.
    pub fn choice(&self, key: &str, choices: &[&'static str]) -> Result<Option<&'static str>, Raise> {
        let names: Vec<_> = choices.iter().map(|choice| format!("`{choice}`")).collect();
        self.read(key, &names.join(" or "), |value| {
            let text = value.as_string()?.to_string_lossy();
            choices.iter().find(|choice| **choice == text).copied()
        })
    }

    /// A table.
    pub fn table(&self, key: &str) -> Result<Option<Table>, Raise> {
        self.read(key, "a table", |value| value.as_table().cloned())
    }

    /// A list, whose field `n` may count nils too.
    pub fn list(&self, key: &str) -> Result<Option<Table>, Raise> {
        const EXPECTED: &str = "a list, as `{ 10 }`";
        let list = self.read(key, EXPECTED, |value| value.as_table().cloned())?;
        if let Some(list) = &list {
            for pair in list.pairs::<Value, Value>() {
                if let (Value::String(name), _) = pair?
                    && name != "n"
                {
                    let name = name.to_string_lossy();
                    return Err(Raise::Message(format!(
                        "{}: option `{key}` must be {EXPECTED}, and `{name}` is a name; arguments have none, so leave out \
                         `{name} =`",
                        self.function
                    )));
                }
            }
        }
        Ok(list)
    }

    /// A function.
    pub fn function(&self, key: &str) -> Result<Option<Function>, Raise> {
        self.read(key, "a function", |value| value.as_function().cloned())
    }

    /// A list of strings.
    pub fn strings(&self, key: &str) -> Result<Option<Vec<String>>, Raise> {
        self.read(key, "a list of strings", |value| {
            let list = value.as_table()?;
            list.sequence_values::<Value>().map(|item| Some(item.ok()?.as_string()?.to_string_lossy())).collect()
        })
    }
}

/// Seconds as a duration; `None` if negative or NaN. What is longer than a `Duration` holds is the longest one.
pub fn duration(seconds: f64) -> Option<Duration> {
    (seconds >= 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

fn number(value: &Value) -> Option<f64> {
    value.as_number().or_else(|| value.as_integer().map(|integer| integer as f64))
}

fn whole(value: &Value, least: f64) -> Option<u64> {
    // Above 2^53 a double does not tell whole numbers apart.
    number(value).filter(|n| n.fract() == 0.0 && *n >= least && *n <= 9_007_199_254_740_992.0).map(|n| n as u64)
}

/// A value as messages show it.
pub fn show(value: &Value) -> String {
    match value {
        Value::Number(number) if number.is_nan() => "nan".to_owned(),
        Value::String(text) => format!("{:?}", text.to_string_lossy()),
        Value::Integer(_) | Value::Number(_) | Value::Boolean(_) | Value::Nil => value.to_string().unwrap_or_default(),
        other => format!("a {}", other.type_name()),
    }
}

/// The end of a message about an unknown name: the nearest known one, or all of them.
fn suggestion(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("; did you mean `{near}`?"),
        None if known.is_empty() => "; there are none".to_owned(),
        None => {
            let names: Vec<_> = known.iter().map(|known| format!("`{known}`")).collect();
            format!("; known are {}", names.join(", "))
        }
    }
}

/// The known name that `name` was probably meant to be.
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |name: &str| name.replace(['_', '-'], "").to_lowercase();
    let name = plain(name);
    let near = known.iter().map(|known| (strsim::damerau_levenshtein(&name, &plain(known)), *known));
    let (distance, best) = near.min_by_key(|(distance, _)| *distance)?;
    (distance <= (name.len() / 3).clamp(1, 3)).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlua::Lua;

    fn message(raise: Raise) -> String {
        match raise {
            Raise::Message(text) => text,
            other => panic!("{other:?}"),
        }
    }

    fn options(lua: &Lua, code: &str) -> Result<Options, Raise> {
        let table = lua.load(code).eval().unwrap();
        Options::new(Some(table), &["chunksize", "retries", "timeout", "mode"], "map")
    }

    #[test]
    fn unknown_names_the_nearest() {
        let text = message(options(&Lua::new(), "{chunk_size = 3}").unwrap_err());
        assert_eq!(text, "map: unknown option `chunk_size`; did you mean `chunksize`?");
        let text = message(options(&Lua::new(), "{xyz = 3}").unwrap_err());
        assert_eq!(text, "map: unknown option `xyz`; known are `chunksize`, `retries`, `timeout`, `mode`");
        assert_eq!(message(options(&Lua::new(), "{7}").unwrap_err()), "map: options have names, not 1");
    }

    #[test]
    fn wrong_values_are_shown() {
        let lua = Lua::new();
        for (code, shown) in [("'x'", "\"x\""), ("-1", "-1"), ("1.5", "1.5"), ("{}", "a table"), ("0/0", "nan")] {
            let options = options(&lua, &format!("{{retries = {code}}}")).unwrap();
            let text = message(options.count("retries").unwrap_err());
            assert_eq!(text, format!("map: option `retries` must be a whole number of 0 or more, not {shown}"));
        }
    }

    #[test]
    fn values_are_read() {
        let lua = Lua::new();
        let options = options(&lua, "{retries = 2, timeout = math.huge, mode = 'b'}").unwrap();
        assert_eq!(options.count("retries").unwrap(), Some(2));
        assert_eq!(options.seconds("timeout").unwrap(), Some(Duration::MAX));
        assert_eq!(options.choice("mode", &["a", "b"]).unwrap(), Some("b"));
        assert_eq!(options.count("chunksize").unwrap(), None);
        assert!(Options::new(None, &[], "map").unwrap().value("x").unwrap().is_none());
    }
}
