//! Values that are made of values: mappings, and lists of mappings. Each mistake in them has its own line.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::nearest::nearest;
use super::rule::{Context, Pairs, Rule, unknown_key};
use super::schema::{Default, Key};
use super::tree::{Entry, Node};

/// Names with their texts, in either form.
pub(super) fn pairs(rule: &Pairs, node: &Node, context: &mut Context) -> Option<Value> {
    let before = context.complaints.len();
    let mut map = Map::new();
    match node {
        Node::Table(entries) => {
            for entry in entries {
                let name = format!("{}.{}", context.name, entry.key);
                let mut inner = context.inner(name, &entry.place, rule.secret);
                if let Some(Value::String(text)) = Rule::Text.check(&entry.value, &mut inner) {
                    add_pair(rule, &mut map, &entry.key, text, &entry.place, context);
                }
            }
        }
        Node::List(items) => {
            for (index, (place, item)) in items.iter().enumerate() {
                let name = format!("{}[{}]", context.name, index + 1);
                let checked = Rule::Table(NAME_AND_VALUE).check(item, &mut context.inner(name, place, rule.secret));
                let text = |key: &str| Some(checked.as_ref()?.get(key)?.as_str()?.to_owned());
                if let (Some(name), Some(text)) = (text("name"), text("value")) {
                    add_pair(rule, &mut map, &name, text, place, context);
                }
            }
        }
        Node::Scalar(_) => return None,
    }
    if context.complaints.len() == before
        && let Err(why) = (rule.together)(&map)
    {
        context.complain(format!("`{}` {why}", context.name));
    }
    (context.complaints.len() == before).then_some(Value::Object(map))
}

/// How Lithops writes one pair.
const NAME_AND_VALUE: &[Key] = &[
    Key { name: "name", rule: Rule::Text, default: Default::Required, doc: "a text.", secret: false },
    Key { name: "value", rule: Rule::Text, default: Default::Required, doc: "a text.", secret: false },
];

fn add_pair(
    rule: &Pairs,
    map: &mut Map<String, Value>,
    name: &str,
    text: String,
    place: &[usize],
    context: &mut Context,
) {
    let problem = match (rule.pair)(name, &text) {
        Err(why) => Some(format!("`{}` cannot have `{name}`: {why}", context.name)),
        Ok(()) if map.contains_key(name) => Some(format!("`{}` has `{name}` twice: remove one", context.name)),
        Ok(()) => None,
    };
    match problem {
        Some(message) => context.inner(context.name.clone(), place, rule.secret).complain(message),
        None => {
            map.insert(name.to_owned(), text.into());
        }
    }
}

pub(super) fn texts_of(
    accepts: fn(&str) -> Result<(), &'static str>,
    count: RangeInclusive<usize>,
    items: &[(Vec<usize>, Node)],
    context: &mut Context,
) -> Option<Value> {
    if !count.contains(&items.len()) {
        let (min, max) = (count.start(), count.end());
        context.complain(format!("`{}` must have {min} to {max} entries, not {}", context.name, items.len()));
        return None;
    }
    let checked: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(index, (place, item))| {
            let name = format!("{}[{}]", context.name, index + 1);
            Rule::Checked(accepts).check(item, &mut context.inner(name, place, false))
        })
        .collect();
    checked.into_iter().collect::<Option<Vec<_>>>().map(Value::Array)
}

pub(super) fn tables(keys: &'static [Key], items: &[(Vec<usize>, Node)], context: &mut Context) -> Option<Value> {
    let checked: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(index, (place, item))| {
            let name = format!("{}[{}]", context.name, index + 1);
            Rule::Table(keys).check(item, &mut context.inner(name, place, false))
        })
        .collect();
    checked.into_iter().collect::<Option<Vec<_>>>().map(Value::Array)
}

pub(super) fn table(keys: &'static [Key], entries: &[Entry], context: &mut Context) -> Option<Value> {
    let before = context.complaints.len();
    let mut map = Map::new();
    for entry in entries {
        let name = format!("{}.{}", context.name, entry.key);
        let known = keys.iter().find(|key| key.name == entry.key);
        let mut inner = context.inner(name, &entry.place, known.is_some_and(|key| key.secret));
        let Some(key) = known else {
            let message = unknown_key(&inner.name, nearest(&entry.key, keys.iter().map(|key| key.name)));
            inner.complain(message);
            continue;
        };
        if !entry.value.is_null() {
            map.extend(key.rule.check(&entry.value, &mut inner).map(|value| (entry.key.clone(), value)));
        }
    }
    for key in keys.iter().filter(|key| key.is_required()) {
        if !entries.iter().any(|entry| entry.key == key.name && !entry.value.is_null()) {
            context.complain(format!("`{}` needs a key `{}`: {}", context.name, key.name, key.doc));
        }
    }
    (context.complaints.len() == before).then_some(Value::Object(map))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::origin::{Origin, Source, Spot};
    use super::super::rule::Complaint;
    use super::super::tree;
    use super::*;

    const INNER: &[Key] = &[
        Key { name: "id", rule: Rule::Text, default: Default::Required, doc: "Which one.", secret: false },
        Key { name: "key", rule: Rule::Text, default: Default::Absent, doc: "", secret: true },
        Key { name: "size", rule: Rule::Whole { min: 1, max: 9 }, default: Default::Absent, doc: "", secret: false },
    ];

    /// The checked value, or each complaint with its line.
    fn check(rule: Rule, text: &str) -> Result<Value, Vec<String>> {
        let source = Source::Variable { name: "TEXT", line: None };
        let origin = Origin::of_text(source, text.into(), Path::new("/"));
        let node = tree::parse(text).unwrap();
        let mut complaints = Vec::new();
        let spot = Spot::new(&origin, &[]);
        let mut context = Context { name: "s.k".into(), secret: false, home: None, spot, complaints: &mut complaints };
        let checked = rule.check(&node, &mut context);
        let line = |complaint: &Complaint| format!("{}: {}", complaint.spot.source(), complaint.message);
        checked.ok_or_else(|| complaints.iter().map(line).collect())
    }

    #[test]
    fn mappings_and_lists_of_them_report_each_place() {
        let text = "- id: a\n  size: 3\n- size: 10\n  sise: 1\n- 5\n- {id: b, key: 77}\n";
        assert_eq!(
            check(Rule::Tables(INNER), text).unwrap_err(),
            [
                "TEXT:3: `s.k[2].size` must be a whole number from 1 to 9, not 10",
                "TEXT:4: unknown key `s.k[2].sise`; did you mean `size`?",
                "TEXT:3: `s.k[2]` needs a key `id`: Which one.",
                "TEXT:5: `s.k[3]` must be a mapping, not 5",
                "TEXT:6: `s.k[4].key` must be a text: put it in quotes",
            ]
        );
        let right = check(Rule::Tables(INNER), "[{id: a, size: 3}, {id: b}]").unwrap();
        assert_eq!(right, serde_json::json!([{"id": "a", "size": 3}, {"id": "b"}]));
        assert_eq!(check(Rule::Table(INNER), "id: a\nsize:\n").unwrap(), serde_json::json!({"id": "a"}));
    }

    const PAIRS: &Pairs = &Pairs {
        pair: |name, _| if name.starts_with('-') { Err("no `-` in front") } else { Ok(()) },
        together: |map| if map.len() > 2 { Err(format!("has {} names", map.len())) } else { Ok(()) },
        secret: true,
    };

    #[test]
    fn names_with_texts() {
        let expected = Ok(serde_json::json!({"A": "x", "B": ""}));
        assert_eq!(check(Rule::Pairs(PAIRS), "A: x\nB: ''\n"), expected);
        assert_eq!(check(Rule::Pairs(PAIRS), "- {name: A, value: x}\n- {name: B, value: ''}\n"), expected);
        assert_eq!(check(Rule::Pairs(PAIRS), "[]"), Ok(serde_json::json!({})));
        for (text, complaints) in [
            (
                "A: x\nB: 77\n-C: x\n",
                &[
                    "TEXT:2: `s.k.B` must be a text: put it in quotes",
                    "TEXT:3: `s.k` cannot have `-C`: no `-` in front",
                ][..],
            ),
            (
                "- {name: A, value: x}\n- {name: B}\n- {name: A, value: y}\n- 77\n",
                &[
                    "TEXT:2: `s.k[2]` needs a key `value`: a text.",
                    "TEXT:3: `s.k` has `A` twice: remove one",
                    "TEXT:4: `s.k[4]` must be a mapping",
                ],
            ),
            ("{A: x, B: x, C: x}", &["TEXT: `s.k` has 3 names"]),
        ] {
            assert_eq!(check(Rule::Pairs(PAIRS), text).unwrap_err(), complaints);
        }
    }

    #[test]
    fn lists_of_checked_texts() {
        let rule =
            Rule::TextsOf { item: |text| if text == "a" { Ok(()) } else { Err("it must be `a`") }, min: 1, max: 2 };
        assert_eq!(check(rule, "[a, a]"), Ok(serde_json::json!(["a", "a"])));
        assert_eq!(check(rule, "- a\n- b\n").unwrap_err(), ["TEXT:2: `s.k[2]` cannot be \"b\": it must be `a`"]);
        for (text, count) in [("[]", 0), ("{}", 0), ("[a, a, a]", 3)] {
            assert_eq!(check(rule, text).unwrap_err(), [format!("TEXT: `s.k` must have 1 to 2 entries, not {count}")]);
        }
    }

    #[test]
    fn digits_lose_no_zeros() {
        for (text, expected) in
            [("123", Some("123")), ("'012'", Some("012")), ("12", None), ("1234", None), ("'1x3'", None)]
        {
            assert_eq!(check(Rule::Digits(3), text).ok(), expected.map(serde_json::Value::from), "{text}");
        }
        assert_eq!(
            check(Rule::Digits(3), "12").unwrap_err(),
            ["TEXT: `s.k` must be 3 digits, not 12: put it in quotes"]
        );
    }
}
