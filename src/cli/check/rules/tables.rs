//! What becomes of the tables of a script behind their constructors: which fields they certainly have.

use std::collections::{BTreeMap, BTreeSet};

use super::super::program::{ExprId, Item, Key, Kind, Program};

/// The values that fields of a table are set to, by name; `None` for a computed name, or value.
type Sets = BTreeMap<Option<String>, Vec<Option<ExprId>>>;

/// By the expressions that construct the tables.
#[derive(Default)]
pub struct Tables {
    sets: BTreeMap<ExprId, Sets>,
    /// Names of fields that are set where it is not known of which table.
    set_somewhere: BTreeSet<String>,
    /// Tables that functions are called with, which may set any field.
    passed: BTreeSet<ExprId>,
}

impl Tables {
    pub fn new(program: &Program) -> Tables {
        let mut tables = Tables::default();
        for set in &program.field_sets {
            let table = program.origin(set.base);
            if matches!(program.kind(table), Kind::Table(_)) {
                tables.sets.entry(table).or_default().entry(set.name.clone()).or_default().push(set.value);
            } else {
                tables.set_somewhere.extend(set.name.clone());
            }
        }
        for &expr in &program.calls {
            // Jobs get copies.
            if let Some(call) = program.call(expr)
                && program.lithops_call(expr).is_none()
            {
                let object = call.method.is_some().then_some(call.callee);
                for value in call.args.iter().copied().chain(object) {
                    tables.pass(program, value);
                }
            }
        }
        tables
    }

    /// Notes that a function gets a value, with all that is in it.
    fn pass(&mut self, program: &Program, value: ExprId) {
        let mut values = vec![value];
        while let Some(value) = values.pop() {
            let table = program.origin(value);
            if let Kind::Table(items) = program.kind(table)
                && self.passed.insert(table)
            {
                values.extend(items.iter().map(|item| item.value));
                values.extend(self.sets.get(&table).into_iter().flat_map(BTreeMap::values).flatten().flatten());
            }
        }
    }

    /// Whether a table has its elements for as long as it is there.
    pub fn keeps_elements(&self, table: ExprId) -> bool {
        !self.passed.contains(&table) && !self.sets.get(&table).is_some_and(|sets| sets.contains_key(&None))
    }

    /// The only value that a field of a table ever has, from its constructor or set by name.
    pub fn only_field(&self, table: ExprId, items: &[Item], name: &str) -> Option<ExprId> {
        if !self.keeps_elements(table) || self.set_somewhere.contains(name) {
            return None;
        }
        let constructed = items.iter().filter(|item| matches!(&item.key, Some(Key::Name(key, _)) if key == name));
        let set = self.sets.get(&table).and_then(|sets| sets.get(&Some(name.to_owned())));
        let mut values = constructed.map(|item| Some(item.value)).chain(set.into_iter().flatten().copied());
        let first = values.next()??;
        values.next().is_none().then_some(first)
    }

    /// The fields of a table that are set behind its constructor, by name.
    pub fn set_names(&self, table: ExprId) -> impl Iterator<Item = &str> {
        self.sets.get(&table).into_iter().flat_map(|sets| sets.keys().filter_map(|name| name.as_deref()))
    }
}
