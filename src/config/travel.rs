//! What of the configuration may go to another machine: a worker's, which loads it as a table.

use serde_json::{Map, Value};

use super::rule::Rule;
use super::schema::{Default, Key, SECTIONS};
use super::show::{is_secret_name, without_userinfo};
use super::typed::Config;

/// Names of files of this machine, in which credentials are found.
const PROFILES: &[&str] = &["profile", "config_profile"];

impl Config {
    /// `{section: {key: value}}` of all sections that the program reads, as they are in effect, for another machine: it can
    /// be loaded there as the `table` of a [`Request`](super::Request).
    ///
    /// Left out are credentials and profiles; environment variables of functions, and URLs with a password, since they
    /// may hold secrets; and what the other machine knows better, such as the number of its cores.
    pub fn to_json_without_secrets(&self) -> Value {
        let sections = SECTIONS.iter().map(|section| {
            let keys = section.keys.iter().filter(|key| self.travels(section.name, key));
            let values = keys.filter_map(|key| {
                let value = without_secrets(key.name, self.values.get(section.name, key.name)?)?;
                Some((key.name.to_owned(), value))
            });
            (section.name.to_owned(), Value::Object(values.collect()))
        });
        Value::Object(sections.collect())
    }

    fn travels(&self, section: &str, key: &Key) -> bool {
        let of_this_machine = matches!(key.default, Default::Machine(_)) && !self.values.is_given(section, key.name);
        let usable = !key.secret && !matches!(key.rule, Rule::Foreign(_));
        usable && !of_this_machine && !(section == "aws" && PROFILES.contains(&key.name))
    }
}

/// The value without what is secret in it; `None` where all of it is.
fn without_secrets(name: &str, value: &Value) -> Option<Value> {
    if is_secret_name(name) {
        return None;
    }
    match value {
        Value::Object(map) => {
            let kept = map.iter().filter_map(|(key, value)| Some((key.clone(), without_secrets(key, value)?)));
            Some(Value::Object(kept.collect::<Map<_, _>>()))
        }
        Value::Array(items) => Some(items.iter().filter_map(|item| without_secrets(name, item)).collect()),
        Value::String(text) if without_userinfo(text) != *text => None,
        other => Some(other.clone()),
    }
}
