//! YAML text as a tree whose entries know their place, and the line of a place.
//!
//! The YAML parser gives positions only in errors. So a place is remembered as the way to it (the
//! number of the entry at each level), and its line is found when somebody asks: the text is
//! parsed again by a seed that walks that way and raises an error at its end.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The way from the top to an entry: its number among its siblings, at each level.
pub(super) type Place = Vec<usize>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// Null, a boolean, a number or a text.
    Scalar(Value),
    List(Vec<(Place, Node)>),
    /// In the order of the text, duplicates included: they are reported, not swallowed.
    Table(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub key: String,
    pub place: Place,
    pub value: Node,
}

impl Node {
    pub fn is_null(&self) -> bool {
        matches!(self, Node::Scalar(Value::Null))
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Node::Scalar(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub fn to_json(&self) -> Value {
        match self {
            Node::Scalar(value) => value.clone(),
            Node::List(items) => items.iter().map(|(_, node)| node.to_json()).collect(),
            Node::Table(entries) => Value::Object(
                entries.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// A tree without places, from a value that was never a text.
    pub fn from_json(value: &Value) -> Node {
        match value {
            Value::Array(items) => Node::List(items.iter().map(|item| (Place::new(), Node::from_json(item))).collect()),
            Value::Object(map) => Node::Table(
                map.iter()
                    .map(|(key, value)| Entry { key: key.clone(), place: Place::new(), value: Node::from_json(value) })
                    .collect(),
            ),
            scalar => Node::Scalar(scalar.clone()),
        }
    }
}

/// Parses YAML (and so JSON). A text of nothing but blanks and comments is null.
pub(super) fn parse(text: &str) -> Result<Node, serde_yaml::Error> {
    let text = without_mark(text);
    let empty = text.lines().map(str::trim_start).all(|line| line.is_empty() || line.starts_with('#'));
    if empty {
        return Ok(Node::Scalar(Value::Null));
    }
    Grow { place: &[] }.deserialize(serde_yaml::Deserializer::from_str(text))
}

/// The line, counted from 1, of the key or list item at `place`. It costs a parse of the text.
pub(super) fn line_of(text: &str, place: &[usize]) -> Option<usize> {
    let seed = Walk { place };
    let reached = seed.deserialize(serde_yaml::Deserializer::from_str(without_mark(text)));
    reached.err()?.location().map(|location| location.line())
}

/// Editors on some systems begin a file with a byte order mark.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Builds the tree of the value at `place`.
struct Grow<'a> {
    place: &'a [usize],
}

impl Grow<'_> {
    fn child(&self, number: usize) -> Place {
        let mut place = self.place.to_vec();
        place.push(number);
        place
    }
}

impl<'de> DeserializeSeed<'de> for Grow<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Grow<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<Node, E> {
        self.visit_f64(value as f64)
    }

    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<Node, E> {
        // No key means so large a number: some rule refuses it as one, without its digits where they are a secret.
        self.visit_f64(value as f64)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        // JSON has no infinities: as a text they fail every rule for numbers, with their name.
        let number = serde_json::Number::from_f64(value).map(Value::Number);
        Ok(Node::Scalar(number.unwrap_or_else(|| value.to_string().into())))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        loop {
            let place = self.child(list.len());
            match items.next_element_seed(Grow { place: &place })? {
                Some(node) => list.push((place, node)),
                None => return Ok(Node::List(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(Grow { place: &[] })? {
            let key = match key {
                Node::Scalar(Value::String(text)) => text,
                Node::Scalar(other) => other.to_string(),
                _ => {
                    return Err(A::Error::custom("a key must be a word, not a list or a mapping"));
                }
            };
            let place = self.child(entries.len());
            let value = map.next_value_seed(Grow { place: &place })?;
            entries.push(Entry { key, place, value });
        }
        Ok(Node::Table(merged(entries)))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Node, A::Error> {
        Err(A::Error::custom("a tag, as in `!name value`, has no meaning here"))
    }
}

/// Puts in what `<<: *anchor` stands for: entries that the mapping itself does not give.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    let (merges, mut own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.key == "<<");
    for merge in merges {
        let sources = match merge.value {
            Node::Table(entries) => vec![entries],
            Node::List(items) if items.iter().all(|(_, node)| matches!(node, Node::Table(_))) => items
                .into_iter()
                .filter_map(|(_, node)| match node {
                    Node::Table(entries) => Some(entries),
                    _ => None,
                })
                .collect(),
            // Not a merge after all: an unknown key, reported as one.
            value => {
                own.push(Entry { value, ..merge });
                continue;
            }
        };
        for entry in sources.into_iter().flatten() {
            if !own.iter().any(|given| given.key == entry.key) {
                own.push(entry);
            }
        }
    }
    own
}

/// Walks to a place and fails there, so that the error tells its line.
struct Walk<'a> {
    place: &'a [usize],
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("the place looked for")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Some((&number, rest)) = self.place.split_first() else {
            return Err(A::Error::custom("here"));
        };
        for _ in 0..number {
            items.next_element::<IgnoredAny>()?;
        }
        if rest.is_empty() {
            items.next_element_seed(Raise)?;
        } else {
            items.next_element_seed(Walk { place: rest })?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((&number, rest)) = self.place.split_first() else {
            return Err(A::Error::custom("here"));
        };
        for _ in 0..number {
            map.next_entry::<IgnoredAny, IgnoredAny>()?;
        }
        if rest.is_empty() {
            map.next_key_seed(Raise)?;
        } else if map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(Walk { place: rest })?;
        }
        Ok(())
    }
}

/// Fails at whatever comes next.
struct Raise;

impl<'de> DeserializeSeed<'de> for Raise {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Raise {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        // Serde's own refusal of a value, raised where the value stands, is all that is wanted.
        f.write_str("nothing")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry<'a>(node: &'a Node, path: &[&str]) -> &'a Entry {
        let Node::Table(entries) = node else { panic!("not a table: {node:?}") };
        let found = entries.iter().find(|entry| entry.key == path[0]).unwrap();
        if path.len() == 1 { found } else { entry(&found.value, &path[1..]) }
    }

    fn line(text: &str, path: &[&str]) -> usize {
        let tree = parse(text).unwrap();
        line_of(text, &entry(&tree, path).place).unwrap()
    }

    #[test]
    fn lines_of_block_and_flow_mappings() {
        let text = "# first\na:\n  b: 1\n\n  c: {d: 1,\n   e: [1, {f: 2}],\n   g: 3}\nh: |\n  b: 9\ni: 1\n";
        for (path, expected) in [
            (&["a"][..], 2),
            (&["a", "b"], 3),
            (&["a", "c"], 5),
            (&["a", "c", "d"], 5),
            (&["a", "c", "e"], 6),
            (&["a", "c", "g"], 7),
            (&["h"], 8),
            (&["i"], 10),
        ] {
            assert_eq!(line(text, path), expected, "{path:?}");
        }
    }

    #[test]
    fn lines_of_json_and_after_a_byte_order_mark() {
        assert_eq!(line("\u{feff}{\n\t\"a\": {\n\t\t\"b\": 1}}", &["a", "b"]), 3);
    }

    #[test]
    fn lines_of_list_items() {
        let text = "a:\n- 1\n- b: 2\n  c: 3\n";
        let tree = parse(text).unwrap();
        let Node::List(items) = &entry(&tree, &["a"]).value else { panic!() };
        assert_eq!(line_of(text, &items[0].0), Some(2));
        assert_eq!(line_of(text, &items[1].0), Some(3));
        assert_eq!(line_of(text, &entry(&items[1].1, &["c"]).place), Some(4));
    }

    #[test]
    fn lines_through_anchors_and_merges() {
        let text = "x: &base\n  p: 1\n  q: 2\na: *base\nb:\n  r: 3\n  <<: *base\n  q: 4\nc:\n  <<: [{s: 1}, *base]\n";
        let tree = parse(text).unwrap();
        assert_eq!(line(text, &["a", "q"]), 3);
        assert_eq!(line(text, &["b", "p"]), 2);
        assert_eq!(line(text, &["b", "q"]), 8);
        assert_eq!(line(text, &["b", "r"]), 6);
        assert_eq!(line(text, &["c", "s"]), 10);
        assert_eq!(line(text, &["c", "q"]), 3);
        assert_eq!(entry(&tree, &["b", "q"]).value.to_json(), 4);
    }

    #[test]
    fn duplicates_are_kept_with_their_lines() {
        let text = "a: 1\nb: 2\na: 3\n";
        let Node::Table(entries) = parse(text).unwrap() else { panic!() };
        let lines: Vec<_> = entries.iter().map(|entry| line_of(text, &entry.place)).collect();
        assert_eq!(lines, [Some(1), Some(2), Some(3)]);
    }

    #[test]
    fn emptiness_tags_and_bombs() {
        assert!(parse("").unwrap().is_null());
        assert!(parse("  \n# only a comment\n").unwrap().is_null());
        assert!(parse("---\n").unwrap().is_null());
        assert!(parse("a: !thing 1").unwrap_err().to_string().contains("tag"));
        assert!(parse(&format!("{}1", "[".repeat(100_000))).is_err());
        let mut bomb = "a0: &a0 [x]\n".to_string();
        for level in 1..40 {
            let below = level - 1;
            bomb.push_str(&format!("a{level}: &a{level} [*a{below}, *a{below}, *a{below}]\n"));
        }
        assert!(parse(&bomb).is_err());
    }
}
