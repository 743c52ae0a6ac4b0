//! The given values against the schema.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::error::{ConfigError, Problem};
use super::find::{Environment, not_a_mapping};
use super::nearest::nearest;
use super::origin::{Origin, Source, Spot};
use super::overrides::Override;
use super::rule::{Complaint, Context, Rule, unknown_key};
use super::schema::{self, Broken, Key, SECTIONS, Section, alias};
use super::tree::{Entry, Node};
use super::typed::Config;

/// Of more problems than this, a list helps nobody, and each costs a search for its line.
const MOST_PROBLEMS: usize = 100;

/// A key that the configuration sets.
#[derive(Clone)]
pub(super) struct Given {
    pub section: String,
    pub key: String,
    pub value: Node,
    /// As typed on the command line.
    pub typed: Option<String>,
    pub spot: Spot,
}

/// The effective value of each checked key, in final form.
#[derive(Clone, Default)]
pub struct Values(BTreeMap<&'static str, BTreeMap<&'static str, Slot>>);

#[derive(Clone)]
struct Slot {
    value: Value,
    /// Where the configuration sets it; by default nowhere.
    spot: Option<Spot>,
}

impl Values {
    fn slot(&self, section: &str, key: &str) -> Option<&Slot> {
        self.0.get(section)?.get(key)
    }

    fn set(&mut self, section: &'static str, key: &'static str, value: Value, spot: Option<Spot>) {
        self.0.entry(section).or_default().insert(key, Slot { value, spot });
    }

    /// The value of a key, from the configuration or by default; `None` where it is absent.
    pub fn get(&self, section: &str, key: &str) -> Option<&Value> {
        self.slot(section, key).map(|slot| &slot.value).filter(|value| !value.is_null())
    }

    /// The value of a key, if the configuration sets it.
    pub fn given(&self, section: &str, key: &str) -> Option<&Value> {
        self.get(section, key).filter(|_| self.is_given(section, key))
    }

    /// Whether the configuration sets a key.
    pub fn is_given(&self, section: &str, key: &str) -> bool {
        self.spot(section, key).is_some()
    }

    pub(super) fn spot(&self, section: &str, key: &str) -> Option<&Spot> {
        self.slot(section, key)?.spot.as_ref()
    }
}

/// Takes a document apart into sections and keys. What cannot be taken apart is a complaint.
pub(super) fn read_sections(origin: &Arc<Origin>, tree: &Node, given: &mut Vec<Given>, problems: &mut Vec<Complaint>) {
    let mut complain = |place: &[usize], key: &str, message: String| {
        problems.push(Complaint { spot: Spot::new(origin, place), key: key.into(), message });
    };
    report_duplicates(tree, "", &mut complain);
    let sections = match tree {
        Node::Table(sections) => sections.as_slice(),
        Node::Scalar(Value::Null) => &[],
        // An empty table of Lua.
        Node::List(items) if items.is_empty() => &[],
        _ => return complain(&[], "", not_a_mapping(Source::Default).message),
    };
    for section in sections {
        let name = section.key.as_str();
        if !schema::section_names().any(|known| known == name) {
            complain(&section.place, name, unknown_section(name));
            continue;
        }
        let entries = match &section.value {
            Node::Table(entries) => entries.as_slice(),
            Node::Scalar(Value::Null) => &[],
            Node::List(items) if items.is_empty() => &[],
            _ => {
                let message = format!("section `{name}` must be a mapping of keys, each on a line below it, indented");
                complain(&section.place, name, message);
                &[]
            }
        };
        given.extend(entries.iter().map(|entry| Given {
            section: name.into(),
            key: entry.key.clone(),
            value: entry.value.clone(),
            typed: None,
            spot: Spot::new(origin, &entry.place),
        }));
    }
}

fn unknown_section(name: &str) -> String {
    if let Some(section) = SECTIONS.iter().find(|section| section.keys.iter().any(|key| key.name == name)) {
        return format!("`{name}` is a key of section `{0}`: write it below `{0}:`, indented", section.name);
    }
    match nearest(name, schema::section_names()) {
        Some(near) => format!("unknown section `{name}`; did you mean `{near}`?"),
        None => format!("unknown section `{name}`"),
    }
}

fn report_duplicates(node: &Node, path: &str, complain: &mut impl FnMut(&[usize], &str, String)) {
    let name = |key: &str| {
        if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }
    };
    match node {
        Node::Scalar(_) => {}
        Node::List(items) => items.iter().for_each(|(_, item)| report_duplicates(item, path, complain)),
        Node::Table(entries) => {
            let mut seen = std::collections::BTreeSet::new();
            for Entry { key, place, value } in entries {
                let name = name(key);
                if !seen.insert(key) {
                    complain(place, &name, format!("`{name}` is given twice: remove one"));
                }
                report_duplicates(value, &name, complain);
            }
        }
    }
}

/// Puts single keys over what is given.
pub(super) fn apply(given: &mut Vec<Given>, overrides: &[Override], environment: &Environment) {
    for set in overrides {
        let Some(section) = set.section.clone().or_else(|| section_of_backend(given, &set.key)) else { continue };
        given.retain(|old| {
            let same = old.section == section && old.key == set.key;
            let hides = set.drops.iter().any(|(section, key)| old.section == *section && old.key == *key);
            !same && !hides
        });
        // The two names of one key: whichever is set last is meant.
        if let Some(other) = alias(&section, &set.key) {
            given.retain(|old| old.section != section || old.key != other);
        }
        given.push(Given {
            section,
            key: set.key.clone(),
            value: set.value.clone(),
            typed: set.typed.clone(),
            spot: Spot::new(&Origin::without_text(set.source.clone(), &environment.cwd), &[]),
        });
    }
}

/// The section of the backend in effect; `None` where it has no such key, but another backend has.
fn section_of_backend(given: &[Given], key: &str) -> Option<String> {
    let text = |key| {
        let set = given.iter().rev().find(|set| set.section == "lithops" && set.key == key);
        set.and_then(|set| set.value.text())
    };
    let mode = text("mode").map(str::to_lowercase);
    let backend = text("backend").unwrap_or_else(|| schema::backend_of_mode(mode.as_deref()));
    let has_key = |name: &str| schema::section(name).is_some_and(|of| of.keys.iter().any(|known| known.name == key));
    let elsewhere = schema::BACKENDS.iter().any(|(name, _)| has_key(name));
    (has_key(backend) || !elsewhere).then(|| backend.to_owned())
}

/// Whether a configuration may lack what must be there before jobs can run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Completeness {
    Complete,
    MayBeIncomplete,
}

/// Checks every given key, fills in the defaults, and gives the configuration or all that is wrong with it.
pub(super) fn check(
    given: Vec<Given>,
    mut complaints: Vec<Complaint>,
    environment: Environment,
    completeness: Completeness,
) -> Result<Config, ConfigError> {
    let mut values = Values::default();
    for given in &given {
        check_one(given, &environment, &mut values, &mut complaints);
    }
    let nowhere = Origin::without_text(Source::Default, &environment.cwd);
    let complain = |values: &Values, complaints: &mut Vec<Complaint>, broken: Vec<Broken>| {
        complaints.extend(broken.into_iter().map(|(name, message)| {
            let spot = name.split_once('.').and_then(|(section, key)| values.spot(section, key)).cloned();
            let spot = spot.unwrap_or_else(|| Spot::new(&nowhere, &[]));
            Complaint { spot, key: name.into(), message }
        }));
    };
    for section in SECTIONS {
        for key in section.keys {
            fill_default(section, key, &environment, &mut values, &nowhere, &mut complaints);
        }
        // Several keys are judged together only when each is right by itself.
        if !complaints.iter().any(|complaint| complaint.is_of(section)) {
            complain(&values, &mut complaints, (section.together)(&values));
        }
    }
    if completeness == Completeness::Complete {
        // A value that is wrong is there all the same.
        let is_given = |section: &str, key: &str| {
            given.iter().any(|given: &Given| given.section == section && given.key == key && !given.value.is_null())
        };
        complain(&values, &mut complaints, schema::missing(&values, is_given));
    }
    if complaints.is_empty() {
        return Ok(Config::new(values, given, environment));
    }
    let left_out = complaints.len().saturating_sub(MOST_PROBLEMS);
    let mut problems: Vec<_> = complaints.into_iter().take(MOST_PROBLEMS).map(Complaint::locate).collect();
    problems.sort_by_key(|problem| line(&problem.source));
    if left_out > 0 {
        problems.push(Problem { source: Source::Default, key: None, message: format!("and {left_out} more") });
    }
    Err(ConfigError::Invalid(problems))
}

impl Complaint {
    /// Whether it is about a known key of the section, or something in it.
    fn is_of(&self, section: &Section) -> bool {
        let rest = self.key.strip_prefix(section.name).and_then(|rest| rest.strip_prefix('.'));
        let key = rest.and_then(|rest| rest.split(['.', '[']).next());
        section.keys.iter().any(|known| key == Some(known.name))
    }

    fn locate(self) -> Problem {
        let key = Some(self.key).filter(|key| !key.is_empty());
        Problem { source: self.spot.source(), key, message: self.message }
    }
}

/// Problems in the text come first, in its order.
fn line(source: &Source) -> usize {
    match source {
        Source::File { line, .. } | Source::Variable { line, .. } => line.unwrap_or(0),
        _ => usize::MAX,
    }
}

fn check_one(given: &Given, environment: &Environment, values: &mut Values, complaints: &mut Vec<Complaint>) {
    let Given { section, key: name, value, typed, spot } = given;
    let full_name = format!("{section}.{name}");
    let mut complain = |message| complaints.push(Complaint { spot: spot.clone(), key: full_name.clone(), message });
    let Some(section) = schema::section(section) else {
        // Overrides can name any section; those of a text were looked at before.
        if !schema::UNCHECKED.contains(&section.as_str()) {
            complain(unknown_section(section));
        }
        return;
    };
    let Some(key) = section.keys.iter().find(|key| key.name == name) else {
        return complain(misplaced(section, name).unwrap_or_else(|| {
            let usable = section.keys.iter().filter(|key| !matches!(key.rule, Rule::Foreign(_)));
            unknown_key(&full_name, nearest(name, usable.map(|key| key.name)))
        }));
    };
    let as_typed = typed.as_ref().filter(|_| key.rule.is_text()).map(|text| Node::Scalar(text.as_str().into()));
    let value = as_typed.as_ref().unwrap_or(value);
    if value.is_null() || (as_typed.is_some() && matches!(value.text(), Some("" | "null"))) {
        return;
    }
    let home = environment.home.as_deref();
    let mut context = Context { name: full_name, secret: key.secret, home, spot: spot.clone(), complaints };
    if let Some(value) = key.rule.check(value, &mut context) {
        values.set(section.name, key.name, value, Some(spot.clone()));
    }
}

/// A key that exists, but in other sections.
fn misplaced(section: &Section, name: &str) -> Option<String> {
    let has_key = |of: &&Section| of.keys.iter().any(|key| key.name == name && !matches!(key.rule, Rule::Foreign(_)));
    let mut homes: Vec<&str> = SECTIONS.iter().filter(has_key).map(|of| of.name).collect();
    // Somebody who writes about AWS means AWS.
    if section.name.starts_with("aws") && homes.iter().any(|home| home.starts_with("aws")) {
        homes.retain(|home| home.starts_with("aws"));
    }
    let homes: Vec<_> = homes.iter().map(|home| format!("`{home}`")).collect();
    (!homes.is_empty())
        .then(|| format!("unknown key `{}.{name}`; it belongs to section {}", section.name, homes.join(" or ")))
}

fn fill_default(
    section: &Section,
    key: &Key,
    environment: &Environment,
    values: &mut Values,
    nowhere: &Arc<Origin>,
    complaints: &mut Vec<Complaint>,
) {
    if values.slot(section.name, key.name).is_some() {
        return;
    }
    let value = match key.default {
        schema::Default::Follows(other, translations, otherwise) => match values.get(section.name, other) {
            Some(followed) => {
                let translated = translations.iter().find(|(from, _)| followed.as_str() == Some(*from));
                translated.map_or_else(|| followed.clone(), |(_, to)| Value::from(*to))
            }
            None => otherwise.map(Value::from).unwrap_or_default(),
        },
        default => default.value(environment),
    };
    // Defaults obey the rules too: this is what expands `~` in them.
    let value = if value.is_null() {
        Some(value)
    } else {
        let name = format!("{}.{}", section.name, key.name);
        let home = environment.home.as_deref();
        let spot = Spot::new(nowhere, &[]);
        key.rule.check(&Node::from_json(&value), &mut Context { name, secret: false, home, spot, complaints })
    };
    if let Some(value) = value {
        values.set(section.name, key.name, value, None);
    }
}
