//! What a value must be: a rule checks it, puts it in its final form, and says what to write instead.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::nearest::nearest;
use super::nested::{pairs, table, tables, texts_of};
use super::origin::Spot;
use super::schema::Key;
use super::show::without_userinfo;
use super::tree::Node;

/// The form of a key's value. Null is never a value of its own: it means the default.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// `true` or `false`; and `yes`, `no`, `on`, `off`, which are booleans to the YAML of Python.
    Flag,
    Text,
    /// A path: `~/` is expanded, and a relative one is relative to the file that says it.
    Path,
    /// A whole number within bounds, both included.
    Whole {
        min: i64,
        max: i64,
    },
    /// As `Whole`; and `false` or `none`, which stay null: no limit.
    WholeOrNone {
        min: i64,
        max: i64,
    },
    /// A number above 0 and up to `max`, fractions allowed.
    Positive {
        max: f64,
    },
    /// One of these words, in any case; `same` are other spellings of them.
    Choice {
        of: &'static [&'static str],
        same: &'static [(&'static str, &'static str)],
    },
    /// A text that a function accepts, or it says what is wrong.
    Checked(fn(&str) -> Result<(), &'static str>),
    /// This many digits, kept as a text: a number in YAML may have lost zeros in front.
    Digits(u32),
    /// A list of texts.
    Texts,
    /// A list of this many texts, each of which a function accepts.
    TextsOf {
        item: fn(&str) -> Result<(), &'static str>,
        min: usize,
        max: usize,
    },
    /// A list of module names; or `none` or `false`, which stay `false`.
    Modules,
    /// A mapping of names to texts; or a list of `{name: …, value: …}`, as Lithops has it.
    Pairs(&'static Pairs),
    /// A mapping of these keys.
    Table(&'static [Key]),
    /// A list of mappings of these keys.
    Tables(&'static [Key]),
    /// A key that Lithops has and this program does not: why, and what to do.
    Foreign(&'static str),
}

/// What the names and texts of a mapping must be.
#[derive(Debug, Clone, Copy)]
pub struct Pairs {
    /// What is wrong with a name or its text.
    pub pair: fn(&str, &str) -> Result<(), &'static str>,
    /// What is wrong with all of them together: reads after the key's name.
    pub together: fn(&Map<String, Value>) -> Result<(), String>,
    /// Never show the texts.
    pub secret: bool,
}

/// What checking one value needs to know, and where complaints go.
pub(super) struct Context<'a> {
    /// `section.key`, for messages.
    pub name: String,
    /// Never show the value.
    pub secret: bool,
    pub home: Option<&'a Path>,
    pub spot: Spot,
    pub complaints: &'a mut Vec<Complaint>,
}

pub(super) struct Complaint {
    pub spot: Spot,
    pub key: String,
    pub message: String,
}

impl Context<'_> {
    pub fn complain(&mut self, message: String) {
        self.complaints.push(Complaint { spot: self.spot.clone(), key: self.name.clone(), message });
    }

    /// The context of something inside this value.
    pub fn inner<'b>(&'b mut self, name: String, place: &[usize], secret: bool) -> Context<'b> {
        Context {
            name,
            secret: self.secret || secret,
            home: self.home,
            spot: self.spot.at(place),
            complaints: &mut *self.complaints,
        }
    }
}

impl Rule {
    /// Whether a word of the command line is taken as it was typed.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Rule::Text | Rule::Path | Rule::Choice { .. } | Rule::Checked(_) | Rule::Digits(_))
    }

    /// What may be written, for "must be …".
    pub fn expected(&self) -> String {
        match self {
            Rule::Flag => "`true` or `false`".into(),
            Rule::Text | Rule::Checked(_) => "a text".into(),
            Rule::Path => "a path".into(),
            Rule::Whole { min, max: i64::MAX } => format!("a whole number of {min} or more"),
            Rule::Whole { min, max } => format!("a whole number from {min} to {max}"),
            Rule::WholeOrNone { min, max } => {
                format!("{}, or `false` for no limit", Rule::Whole { min: *min, max: *max }.expected())
            }
            Rule::Positive { max } => format!("a number above 0, at most {max}"),
            Rule::Choice { of, .. } => match of {
                [only] => format!("`{only}`"),
                [firsts @ .., last] => {
                    let firsts: Vec<_> = firsts.iter().map(|word| format!("`{word}`")).collect();
                    format!("{} or `{last}`", firsts.join(", "))
                }
                [] => "nothing".into(),
            },
            Rule::Digits(count) => format!("{count} digits"),
            Rule::Texts | Rule::TextsOf { .. } => "a list of texts".into(),
            Rule::Modules => "a list of module names, or `none`".into(),
            Rule::Pairs(_) => "a mapping of names to texts".into(),
            Rule::Table(_) => "a mapping".into(),
            Rule::Tables(_) => "a list of mappings".into(),
            Rule::Foreign(_) => "absent".into(),
        }
    }

    /// The value in its final form; `None` after a complaint.
    pub(super) fn check(&self, node: &Node, context: &mut Context) -> Option<Value> {
        let checked = match (self, node) {
            (Rule::Flag, Node::Scalar(value)) => flag(value).map(Value::Bool),
            (Rule::Text, _) => node.text().map(Value::from),
            (Rule::Path, _) => return self.path(node, context),
            (Rule::Whole { min, max }, Node::Scalar(value)) => whole(value, *min, *max),
            (Rule::WholeOrNone { .. }, Node::Scalar(value)) if is_none(value) => Some(Value::Null),
            (Rule::WholeOrNone { min, max }, Node::Scalar(value)) => whole(value, *min, *max),
            (Rule::Positive { max }, Node::Scalar(value)) => {
                value.as_f64().filter(|number| *number > 0.0 && number <= max).map(Value::from)
            }
            (Rule::Choice { of, same }, _) => match self.choice(of, same, node, context) {
                Ok(choice) => choice,
                Err(Complained) => return None,
            },
            (Rule::Checked(accepts), Node::Scalar(Value::String(text))) => match accepts(text) {
                Ok(()) => Some(text.as_str().into()),
                Err(why) => {
                    let shown = shown(node, context.secret);
                    context.complain(format!("`{}` cannot be {shown}: {why}", context.name));
                    return None;
                }
            },
            (Rule::Digits(count), Node::Scalar(value)) => digits(value, *count),
            (Rule::Modules, Node::Scalar(value)) if is_none(value) => Some(Value::Bool(false)),
            (Rule::Texts | Rule::Modules, Node::List(items)) => {
                items.iter().map(|(_, item)| item.text().map(Value::from)).collect()
            }
            (Rule::TextsOf { item, min, max }, Node::List(items)) => {
                return texts_of(*item, *min..=*max, items, context);
            }
            (Rule::Pairs(rule), Node::Table(_) | Node::List(_)) => return pairs(rule, node, context),
            (Rule::Table(keys), Node::Table(entries)) => return table(keys, entries, context),
            (Rule::Tables(keys), Node::List(items)) => return tables(keys, items, context),
            // An empty table of Lua is a list and a mapping.
            (Rule::Table(keys), Node::List(items)) if items.is_empty() => return table(keys, &[], context),
            (Rule::TextsOf { item, min, max }, Node::Table(entries)) if entries.is_empty() => {
                return texts_of(*item, *min..=*max, &[], context);
            }
            (Rule::Texts | Rule::Modules | Rule::Tables(_), Node::Table(entries)) if entries.is_empty() => {
                Some(Value::Array(Vec::new()))
            }
            (Rule::Foreign(why), _) => {
                context.complain(format!("`{}` is a key of Lithops that does not apply here: {why}", context.name));
                return None;
            }
            _ => None,
        };
        if checked.is_none() {
            self.refuse(node, context);
        }
        checked
    }

    fn refuse(&self, node: &Node, context: &mut Context) {
        let shown = if context.secret { String::new() } else { format!(", not {}", shown(node, false)) };
        let unquoted = matches!(node, Node::Scalar(Value::Number(_) | Value::Bool(_)));
        let hint = if self.is_text() && unquoted { ": put it in quotes" } else { "" };
        context.complain(format!("`{}` must be {}{shown}{hint}", context.name, self.expected()));
    }

    fn choice(
        &self,
        of: &[&str],
        same: &[(&str, &str)],
        node: &Node,
        context: &mut Context,
    ) -> Result<Option<Value>, Complained> {
        let Some(text) = node.text() else {
            return Ok(None);
        };
        let typed = text.to_lowercase();
        let spelled = same.iter().find(|(other, _)| *other == typed).map_or(typed.as_str(), |(_, word)| word);
        if of.contains(&spelled) {
            return Ok(Some(spelled.into()));
        }
        match nearest(text, of.iter().copied()).filter(|_| !context.secret) {
            Some(word) => {
                let message = format!("unknown value \"{text}\" of `{}`; did you mean `{word}`?", context.name);
                context.complain(message);
                Err(Complained)
            }
            None => Ok(None),
        }
    }

    fn path(&self, node: &Node, context: &mut Context) -> Option<Value> {
        let Some(text) = node.text().filter(|text| !text.is_empty()) else {
            self.refuse(node, context);
            return None;
        };
        let expanded = match expand_home(text, context.home) {
            Ok(path) => path,
            Err(why) => {
                context.complain(format!("`{}` cannot be \"{text}\": {why}", context.name));
                return None;
            }
        };
        let absolute = context.spot.origin.folder.join(expanded);
        // The parts came from text and from a folder that is text nearly always; what is lost is told by the path itself.
        Some(absolute.to_string_lossy().into_owned().into())
    }
}

/// A complaint was made already.
struct Complained;

/// Replaces a leading `~` by the user's home folder.
pub(super) fn expand_home(text: &str, home: Option<&Path>) -> Result<PathBuf, &'static str> {
    let Some(rest) = text.strip_prefix('~') else {
        return Ok(text.into());
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        return Err("only `~` and `~/…` are understood, not another user's folder");
    }
    let home = home.ok_or("`~` has no meaning, since HOME is not set: write the whole path")?;
    Ok(home.join(rest.trim_start_matches('/')))
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.to_lowercase().as_str() {
            "yes" | "on" => Some(true),
            "no" | "off" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn is_none(value: &Value) -> bool {
    matches!(value, Value::Bool(false)) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("none"))
}

fn digits(value: &Value, count: u32) -> Option<Value> {
    let text = match value {
        Value::String(text) => text.clone(),
        // A number with as many digits has lost none.
        number => whole(number, 0, i64::MAX)?.to_string(),
    };
    (text.len() == count as usize && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.into())
}

fn whole(value: &Value, min: i64, max: i64) -> Option<Value> {
    // Lua's numbers arrive as floats. Up to 2^53 they are exact.
    let exact = |number: &f64| number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    let number = value.as_i64().or_else(|| value.as_f64().filter(exact).map(|number| number as i64))?;
    (min..=max).contains(&number).then(|| number.into())
}

pub(super) fn unknown_key(name: &str, near: Option<&str>) -> String {
    match near {
        Some(near) => format!("unknown key `{name}`; did you mean `{near}`?"),
        None => format!("unknown key `{name}`"),
    }
}

/// A value as a message shows it.
fn shown(node: &Node, secret: bool) -> String {
    match node {
        _ if secret => "this value".into(),
        Node::Scalar(value) => {
            let text = match value {
                Value::String(text) => Value::from(without_userinfo(text)).to_string(),
                other => other.to_string(),
            };
            if text.chars().count() > 80 { format!("{}…", text.chars().take(80).collect::<String>()) } else { text }
        }
        Node::List(items) if items.is_empty() => "an empty list".into(),
        Node::List(_) => "a list".into(),
        Node::Table(_) => "a mapping".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_folder() {
        let home = Some(Path::new("/home/u"));
        assert_eq!(expand_home("~", home).unwrap(), Path::new("/home/u"));
        assert_eq!(expand_home("~/a/b", home).unwrap(), Path::new("/home/u/a/b"));
        assert_eq!(expand_home("a/~", home).unwrap(), Path::new("a/~"));
        assert!(expand_home("~other/a", home).is_err() && expand_home("~", None).is_err());
    }
}
