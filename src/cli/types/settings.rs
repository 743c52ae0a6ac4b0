//! `.luarc.json`: entries are added to it; all others stay as they are written, in their order.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use thiserror::Error;

/// What the language server has to know.
pub(super) struct Wanted<'a> {
    /// The folder with annotations, as seen from the settings.
    pub(super) library: &'a str,
}

/// Why nothing was added.
#[derive(Debug, Error)]
pub(super) enum NotAdded {
    #[error("it is not plain JSON ({0})")]
    NotJson(serde_json::Error),
    #[error("its \"{0}\" is not {1}")]
    OtherType(String, &'static str),
}

/// What somebody adds where this program cannot.
pub(super) fn by_hand(library: &str) -> String {
    format!(
        "\"runtime.version\": \"LuaJIT\", \"workspace.checkThirdParty\": false, and to \"workspace.library\" \"{library}\""
    )
}

/// Settings with what is wanted; `None` if they have it.
pub(super) fn with(text: &str, wanted: &Wanted<'_>) -> Result<Option<String>, NotAdded> {
    let mut settings: Object = serde_json::from_str(text).map_err(NotAdded::NotJson)?;
    let is_there = |there: Option<&RawValue>, value: &str| Ok(there.is_none().then(|| value.to_owned()));
    let mut changed = settings.set("runtime", "version", |there| is_there(there, "\"LuaJIT\""))?;
    changed |= settings.set("workspace", "checkThirdParty", |there| is_there(there, "false"))?;
    changed |= settings.set("workspace", "library", |there| folders(there, wanted.library))?;
    Ok(changed.then(|| settings.text(0) + "\n"))
}

/// The list of folders with one more; `None` if it is in it.
fn folders(there: Option<&RawValue>, library: &str) -> Result<Option<String>, NotAdded> {
    let text = there.map_or("[]", RawValue::get);
    let is_no_list = |_| NotAdded::OtherType("workspace.library".into(), "a list");
    let mut folders: Vec<serde_json::Value> = serde_json::from_str(text).map_err(is_no_list)?;
    let is_it =
        |folder: &serde_json::Value| folder.as_str().is_some_and(|folder| folder.trim_end_matches('/') == library);
    if folders.iter().any(is_it) {
        return Ok(None);
    }
    folders.push(library.into());
    Ok(Some(serde_json::Value::from(folders).to_string().replace("\",\"", "\", \"")))
}

/// An object of JSON: names in their order, and values as they are written.
struct Object(Vec<(String, String)>);

impl Object {
    /// Gives an entry the value that `change` wants, unless that is none. The entry may be written as `"section": {"key": …}`, as
    /// `"section.key": …`, or with the server's name in front.
    fn set(
        &mut self,
        section: &str,
        key: &str,
        change: impl FnOnce(Option<&RawValue>) -> Result<Option<String>, NotAdded>,
    ) -> Result<bool, NotAdded> {
        let flat = [format!("{section}.{key}"), format!("Lua.{section}.{key}")];
        if let Some((_, value)) = self.0.iter_mut().find(|(name, _)| flat.contains(name)) {
            return replace(value, change);
        }
        let is_section = |name: &str| name == section;
        let Some((_, text)) = self.0.iter_mut().find(|(name, _)| is_section(name)) else {
            let Some(value) = change(None)? else { return Ok(false) };
            self.0.push((section.to_owned(), Object(vec![(key.to_owned(), value)]).text(1)));
            return Ok(true);
        };
        let is_no_object = |_| NotAdded::OtherType(section.to_owned(), "an object");
        let mut inner: Object = serde_json::from_str(text).map_err(is_no_object)?;
        let changed = match inner.0.iter_mut().find(|(name, _)| name == key) {
            Some((_, value)) => replace(value, change)?,
            None => match change(None)? {
                Some(value) => {
                    inner.0.push((key.to_owned(), value));
                    true
                }
                None => false,
            },
        };
        if changed {
            *text = inner.text(1);
        }
        Ok(changed)
    }

    /// As text, an entry a line.
    fn text(&self, depth: usize) -> String {
        let entries = self.0.iter().map(|(name, value)| {
            format!("{}{}: {value}", "  ".repeat(depth + 1), serde_json::Value::from(name.as_str()))
        });
        let entries: Vec<String> = entries.collect();
        format!("{{\n{}\n{}}}", entries.join(",\n"), "  ".repeat(depth))
    }
}

fn replace(
    value: &mut String,
    change: impl FnOnce(Option<&RawValue>) -> Result<Option<String>, NotAdded>,
) -> Result<bool, NotAdded> {
    let there: &RawValue = serde_json::from_str(value).map_err(NotAdded::NotJson)?;
    match change(Some(there))? {
        Some(new) => {
            *value = new;
            Ok(true)
        }
        None => Ok(false),
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        deserializer.deserialize_map(Entries)
    }
}

/// Reads the entries of an object.
struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Object;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut entries = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
            entries.push((name, value.get().to_owned()));
        }
        Ok(Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted<'static> = Wanted { library: "types" };

    #[test]
    fn new_settings_have_all_entries_and_are_then_complete() {
        let text = with("{}", &WANTED).unwrap().unwrap();
        let expected = "{\n  \"runtime\": {\n    \"version\": \"LuaJIT\"\n  },\n  \"workspace\": {\n    \"checkThirdParty\": false,\n    \
                        \"library\": [\"types\"]\n  }\n}\n";
        assert_eq!(text, expected);
        assert_eq!(with(&text, &WANTED).unwrap(), None);
    }

    #[test]
    fn what_is_there_stays_as_it_is_written_and_in_its_place() {
        let before = "{ \"z\": [1,   2e0],\n \"runtime\": { \"version\": \"Lua 5.1\", \"path\": [] },\n \"Lua.workspace.library\": [\"a\"] }";
        let after = with(before, &WANTED).unwrap().unwrap();
        let expected = "{\n  \"z\": [1,   2e0],\n  \"runtime\": { \"version\": \"Lua 5.1\", \"path\": [] },\n  \
                        \"Lua.workspace.library\": [\"a\", \"types\"],\n  \"workspace\": {\n    \"checkThirdParty\": false\n  }\n}\n";
        assert_eq!(after, expected);
        assert_eq!(with(&after, &WANTED).unwrap(), None);
    }

    #[test]
    fn what_cannot_be_added_to_is_told() {
        for (text, told) in [
            ("{ // a comment\n}", "it is not plain JSON (key must be a string at line 1 column 3)"),
            ("[]", "it is not plain JSON (invalid type: sequence, expected an object at line 1 column 0)"),
            ("{\"workspace\": 1}", "its \"workspace\" is not an object"),
            ("{\"workspace.library\": {}}", "its \"workspace.library\" is not a list"),
        ] {
            assert_eq!(with(text, &WANTED).unwrap_err().to_string(), told);
        }
    }
}
