//! Values that are made of values: mappings, and lists of mappings. Each mistake in them has its own line.

use serde_json::{Map, Value};

use super::nearest::nearest;
use super::rule::{Context, Rule, unknown_key};
use super::schema::Key;
use super::tree::{Entry, Node};

pub(super) fn text_map(entries: &[Entry], context: &mut Context) -> Option<Value> {
    let mut map = Map::new();
    let mut all = true;
    for entry in entries {
        let name = format!("{}.{}", context.name, entry.key);
        let value = Rule::Text.check(&entry.value, &mut context.inner(name, &entry.place, false));
        all &= value.is_some();
        map.extend(value.map(|value| (entry.key.clone(), value)));
    }
    all.then_some(Value::Object(map))
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
    use super::super::schema::Default;
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

    #[test]
    fn mappings_of_texts() {
        assert_eq!(check(Rule::TextMap, "A: x\nB: ''\n").unwrap(), serde_json::json!({"A": "x", "B": ""}));
        let wrong = check(Rule::TextMap, "A: x\nB: 1\n").unwrap_err();
        assert_eq!(wrong, ["TEXT:2: `s.k.B` must be a text, not 1: put it in quotes"]);
    }
}
