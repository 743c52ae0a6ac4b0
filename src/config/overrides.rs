//! Single keys set by the command line or by a script, over whatever the configuration says.

use serde_json::{Map, Value};

use super::origin::Source;
use super::schema::{alias, section};
use super::show::is_secret_name;
use super::tree::{self, Node};
use super::{ConfigError, Problem};

/// One key and its new value. Checked by the schema together with the rest.
#[derive(Clone)]
pub struct Override {
    /// `None`: that of the backend in effect.
    pub(super) section: Option<String>,
    pub(super) key: String,
    pub(super) value: Node,
    /// The text as typed: for a key that is a text, `007` is not the number 7.
    pub(super) typed: Option<String>,
    pub(super) source: Source,
    /// Keys that would hide this one, and are dropped with it.
    pub(super) drops: &'static [(&'static str, &'static str)],
}

impl Override {
    /// `section.key=value` as given to `-o`; the value is YAML (`3`, `true`, `[a, b]`), or the text itself where the key is a text.
    pub fn parse(argument: &str) -> Result<Override, ConfigError> {
        let (name, value) = argument.split_once('=').unwrap_or((argument, ""));
        // Only the name is ever shown: the value may be a secret, also behind a `:` in place of the `=`.
        let end = name.find(|c: char| !c.is_ascii_alphanumeric() && !"_.-".contains(c));
        let source = Source::CommandLine(format!("-o {}", &name[..end.unwrap_or(name.len())]));
        let parts = name.split_once('.').filter(|(section, key)| !section.is_empty() && !key.is_empty());
        let Some((section, key)) = parts.filter(|_| end.is_none() && argument.contains('=')) else {
            return Err(ConfigError::one(Problem {
                source,
                key: None,
                message: "expected `section.key=value`, as in `-o localhost.max_workers=4`".into(),
            }));
        };
        let value = value.trim();
        let parsed = tree::parse(value).unwrap_or_else(|_| Node::Scalar(value.into()));
        Ok(Override { typed: Some(value.into()), ..Override::new(section, key, parsed, source) })
    }

    /// `--backend NAME`.
    pub fn backend(name: &str) -> Override {
        Override::argument("--backend", "lithops", "backend", name)
    }

    /// `--storage NAME`.
    pub fn storage(name: &str) -> Override {
        Override::argument("--storage", "lithops", "storage", name)
    }

    /// `--region NAME`: the region of the account and of the functions. A bucket's own region stays.
    pub fn region(name: &str) -> Override {
        Override {
            drops: &[("aws_lambda", "region"), ("aws_lambda", "region_name")],
            ..Override::argument("--region", "aws", "region", name)
        }
    }

    /// `--bootstrap PATH`.
    pub fn bootstrap(path: &str) -> Override {
        Override::argument("--bootstrap", "aws_lambda", "bootstrap", path)
    }

    /// `--memory MB`.
    pub fn runtime_memory(megabytes: &str) -> Override {
        let parsed = tree::parse(megabytes).unwrap_or_else(|_| Node::Scalar(megabytes.into()));
        Override { value: parsed, ..Override::argument("--memory", "aws_lambda", "runtime_memory", megabytes) }
    }

    /// An option of `lithops.FunctionExecutor{…}` that stands for a key.
    pub fn executor_option(option: &str, section: &str, key: &str, value: &Value) -> Override {
        Override::new(section, key, Node::from_json(value), Source::ExecutorOption(option.into()))
    }

    /// An option of `lithops.FunctionExecutor{…}` that stands for a key of the backend in effect. It means nothing to a
    /// backend that has no such key.
    pub fn backend_option(option: &str, key: &str, value: &Value) -> Override {
        Override { section: None, ..Override::executor_option(option, "", key, value) }
    }

    /// An option of `lithops.Storage{…}` that stands for a key.
    pub fn storage_option(option: &str, section: &str, key: &str, value: &Value) -> Override {
        Override::new(section, key, Node::from_json(value), Source::StorageOption(option.into()))
    }

    /// Sets the keys in a configuration's table, for a process that does not know the command line. Secrets stay out.
    pub fn set_in(table: &mut Value, overrides: &[Override]) {
        let Some(sections) = table.as_object_mut() else { return };
        for set in overrides {
            let Some(name) = &set.section else { continue };
            let known = section(name).and_then(|section| section.keys.iter().find(|known| known.name == set.key));
            if known.is_some_and(|key| key.secret) || is_secret_name(&set.key) {
                continue;
            }
            for (section, key) in set.drops {
                if let Some(keys) = sections.get_mut(*section).and_then(Value::as_object_mut) {
                    keys.remove(*key);
                }
            }
            let keys = sections.entry(name.as_str()).or_insert_with(|| Map::new().into());
            let Some(keys) = keys.as_object_mut() else { continue };
            if let Some(other) = alias(name, &set.key) {
                keys.remove(other);
            }
            let typed = set.typed.as_deref().filter(|_| known.is_some_and(|key| key.rule.is_text()));
            let value = match typed {
                Some("" | "null") => Value::Null,
                Some(text) => text.into(),
                None => set.value.to_json(),
            };
            keys.insert(set.key.clone(), value);
        }
    }

    fn argument(flag: &str, section: &str, key: &str, value: &str) -> Override {
        let typed = Some(value.to_string());
        let source = Source::CommandLine(flag.into());
        Override { typed, ..Override::new(section, key, Node::Scalar(value.into()), source) }
    }

    fn new(section: &str, key: &str, value: Node, source: Source) -> Override {
        // Whoever names a backend wants that one, whatever kind the configuration names.
        let drops: &[_] = if (section, key) == ("lithops", "backend") { &[("lithops", "mode")] } else { &[] };
        Override { section: Some(section.into()), key: key.into(), value, typed: None, source, drops }
    }
}

/// Without the value, which may be a secret.
impl std::fmt::Debug for Override {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let section = self.section.as_deref().unwrap_or("backend");
        write!(f, "Override({section}.{}, {})", self.key, self.source)
    }
}
