//! The effective configuration for people and programs. Secrets never leave here.

use serde_json::{Map, Value, json};

use super::check::Given;
use super::origin::Source;
use super::rule::Rule;
use super::schema::{ALIASES, Default, SECTIONS, section};
use super::typed::Config;

const REDACTED: &str = "********";

/// Parts of names whose values are secrets, in any section; a name that holds one is redacted with all below it.
const SECRET_PARTS: &[&str] = &[
    "secret",
    "password",
    "passwd",
    "passphrase",
    "token",
    "access_key",
    "accesskey",
    "account_key",
    "private_key",
    "api_key",
    "apikey",
    "iam_key",
    "credential",
    "connection_string",
    "env_vars",
];

/// One effective key, its secrets redacted.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    pub section: String,
    pub key: String,
    /// Null where the key is absent and has no default.
    pub value: Value,
    pub source: Source,
}

impl Config {
    /// Every checked key with its effective value, then the other sections' keys as given.
    pub fn show(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        for section in SECTIONS {
            for key in section.keys {
                let source = self.values.spot(section.name, key.name).map(|spot| spot.source());
                let value = self.values.get(section.name, key.name).cloned().unwrap_or_default();
                let hidden = matches!(key.rule, Rule::Foreign(_)) || self.is_alias_unused(section.name, key.name);
                if hidden && source.is_none() {
                    continue;
                }
                settings.push(Setting {
                    section: section.name.into(),
                    key: key.name.into(),
                    value: if key.secret && !value.is_null() { redacted() } else { redact(key.name, &value) },
                    source: source.unwrap_or(Source::Default),
                });
            }
        }
        let unchecked = self.given.iter().filter(|given| section(&given.section).is_none());
        let mut unchecked: Vec<_> = unchecked.map(Given::shown).collect();
        unchecked.sort_by(|a, b| (&a.section, &a.key).cmp(&(&b.section, &b.key)));
        settings.extend(unchecked);
        settings
    }

    /// Of two names of one key, the one that decides is shown.
    fn is_alias_unused(&self, section: &str, key: &str) -> bool {
        ALIASES.iter().any(|(of, one, other)| {
            *of == section && (key == *other || (key == *one && self.values.is_given(section, other)))
        })
    }

    /// `{section: {key: value}}` of what has a value, secrets included: for a process that works for this one. It must go
    /// to no file, log or environment.
    pub fn to_json_with_secrets(&self) -> Value {
        let checked = SECTIONS.iter().flat_map(|section| section.keys.iter().map(|key| (section.name, key.name)));
        let checked =
            checked.filter(|(section, key)| !self.is_alias_unused(section, key)).filter_map(|(section, key)| {
                let value = self.values.get(section, key)?;
                Some((section.into(), key.into(), value.clone()))
            });
        let unchecked = self.given.iter().filter(|given| section(&given.section).is_none());
        let unchecked = unchecked.map(|given| (given.section.clone(), given.key.clone(), given.value.to_json()));
        grouped(checked.chain(unchecked))
    }

    /// `{section: {key: value}}` of what has a value, secrets redacted.
    pub fn to_json_redacted(&self) -> Value {
        let settings = self.show().into_iter().filter(|setting| !setting.value.is_null());
        grouped(settings.map(|setting| (setting.section, setting.key, setting.value)))
    }
}

/// A key of a configuration's table that holds a secret, as `section.key`.
pub fn secret_in(table: &Value) -> Option<String> {
    let sections = table.as_object().into_iter().flatten();
    let mut keys = sections.flat_map(|(section, keys)| {
        keys.as_object().into_iter().flatten().map(move |(key, value)| (section, key, value))
    });
    keys.find_map(|(name, key, value)| {
        let known = section(name).and_then(|section| section.keys.iter().find(|known| known.name == key));
        let secret = known.is_some_and(|key| key.secret) || redact(key, value) != *value;
        (secret && !value.is_null()).then(|| format!("{name}.{key}"))
    })
}

impl Given {
    fn shown(&self) -> Setting {
        Setting {
            section: self.section.clone(),
            key: self.key.clone(),
            value: redact(&self.key, &self.value.to_json()),
            source: self.spot.source(),
        }
    }
}

/// The effective configuration as YAML with each value's source in a comment, or as JSON
/// (`{section: {key: {"value": …, "source": …}}}`).
pub fn render_show(config: &Config, json: bool) -> String {
    let settings = config.show();
    if json {
        let entries = settings.into_iter().map(|setting| {
            let entry = json!({"value": setting.value, "source": setting.source.to_string()});
            (setting.section, setting.key, entry)
        });
        return format!("{:#}\n", grouped(entries));
    }
    let mut text = String::new();
    let mut current = String::new();
    let lines: Vec<_> = settings
        .iter()
        .map(|setting| (setting, format!("  {}: {}", scalar(&setting.key), flow(&setting.value))))
        .collect();
    for (setting, line) in &lines {
        if setting.section != current {
            current.clone_from(&setting.section);
            text.push_str(&format!("{current}:\n"));
        }
        text.push_str(&format!("{line:<40} # {}\n", source(setting, &settings)));
    }
    text
}

/// The source on one line, whatever a path may hold; and how a default came about.
fn source(setting: &Setting, all: &[Setting]) -> String {
    let key = section(&setting.section).and_then(|section| section.keys.iter().find(|key| key.name == setting.key));
    let from = match (key.map(|key| key.default), &setting.source) {
        (Some(Default::Follows(other, ..)), Source::Default)
            if all.iter().any(|of| of.section == setting.section && of.key == other && !of.value.is_null()) =>
        {
            format!("default: follows `{other}`")
        }
        (Some(Default::Machine(_)), Source::Default) => "default: this machine".into(),
        (_, source) => source.to_string(),
    };
    from.replace(char::is_control, "?")
}

fn grouped(entries: impl Iterator<Item = (String, String, Value)>) -> Value {
    let mut sections = Map::new();
    for (section, key, value) in entries {
        let entry = sections.entry(section).or_insert_with(|| Map::new().into());
        if let Value::Object(keys) = entry {
            keys.insert(key, value);
        }
    }
    Value::Object(sections)
}

/// A value on one line of YAML.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        // JSON is YAML: lists, mappings, numbers and booleans need no care.
        other => other.to_string(),
    }
}

/// A text as YAML: bare where that reads back as the same text, else quoted.
fn scalar(text: &str) -> String {
    let simple = |c: char| c.is_ascii_alphanumeric() || "_./~-".contains(c);
    let bare = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(simple)
        && serde_yaml::from_str::<serde_yaml::Value>(text).is_ok_and(|value| value.as_str() == Some(text))
        && !["yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    if bare { text.into() } else { Value::from(text).to_string() }
}

fn redacted() -> Value {
    REDACTED.into()
}

/// The value with secrets replaced: by the name of its key, or because it is a URL with a password in it.
fn redact(name: &str, value: &Value) -> Value {
    let secret = is_secret_name(name);
    match value {
        Value::Null => Value::Null,
        // The names below stay visible, since they help to find a mistake.
        Value::Object(map) => {
            let below = |key: &str, value: &Value| redact(if secret { "secret" } else { key }, value);
            Value::Object(map.iter().map(|(key, value)| (key.clone(), below(key, value))).collect())
        }
        Value::Array(items) => items.iter().map(|item| redact(name, item)).collect(),
        _ if secret => redacted(),
        Value::String(text) => without_userinfo(text).into(),
        other => other.clone(),
    }
}

/// Whether the name of a key says that its value is a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// A text, without name and password where it is a URL with them.
pub(super) fn without_userinfo(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.into();
    };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..authority_end].rfind('@') {
        Some(at) => format!("{scheme}://{REDACTED}{}", &rest[at..]),
        None => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redacts_by_name_and_in_urls() {
        for (name, value, expected) in [
            ("secret_access_key", json!("x"), json!(REDACTED)),
            ("Session-Token", json!(5), json!(REDACTED)),
            ("env_vars", json!({"A": "x"}), json!({"A": REDACTED})),
            ("password", json!(null), json!(null)),
            ("auth", json!([{"password": "x", "user": "u"}]), json!([{"password": REDACTED, "user": "u"}])),
            ("amqp_url", json!("amqp://u:p@host/v"), json!("amqp://********@host/v")),
            ("url", json!("http://host/a@b"), json!("http://host/a@b")),
            ("region", json!("eu-west-1"), json!("eu-west-1")),
        ] {
            assert_eq!(redact(name, &value), expected, "{name}");
        }
    }

    #[test]
    fn texts_read_back_as_themselves() {
        for text in [
            "plain",
            "/a/b",
            "",
            "true",
            "null",
            "1",
            "a b",
            "a: b",
            "# x",
            "~",
            "yes",
            "\n",
            "é\u{1F600}",
            "\"",
            "0x1",
        ] {
            let back: serde_yaml::Value = serde_yaml::from_str(&scalar(text)).unwrap();
            assert_eq!(back.as_str(), Some(text), "{}", scalar(text));
        }
    }
}
