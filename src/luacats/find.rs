//! What is meant by a name that somebody typed.

use super::tokens::last_name;
use super::{Item, Library};
use crate::config::nearest;

impl Library {
    /// What is meant by a name: what has it in full; else what ends with it, whatever the case of its letters, with a dot or a colon.
    /// What is likelier comes first: what every script has, and what is not deep inside.
    pub fn find(&self, name: &str) -> Vec<&Item> {
        let exact: Vec<&Item> = self.items().filter(|item| item.name() == name).collect();
        if !exact.is_empty() {
            return exact;
        }
        let end = plain(name);
        let is_end = |full: &str| {
            let full = plain(full);
            full.strip_suffix(&end).is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        let mut found: Vec<&Item> = self.items().filter(|item| is_end(item.name()) && !is_private(item)).collect();
        found.sort_by_key(|item| (!item.name().starts_with("lithops."), depth(item.name())));
        found
    }

    /// The name nearest to one that is not known.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let full = nearest(name, self.items().map(Item::name));
        full.or_else(|| {
            let last = nearest(last_name(name), self.items().map(|item| last_name(item.name())))?;
            self.items().map(Item::name).find(|full| last_name(full) == last)
        })
    }
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace(':', ".")
}

fn depth(name: &str) -> usize {
    name.matches(['.', ':']).count()
}

fn is_private(item: &Item) -> bool {
    matches!(item, Item::Function(function) if function.is_private)
}

#[cfg(test)]
mod tests {
    use super::super::library;

    #[test]
    fn functions_are_found_by_any_part_of_their_names() {
        let names = |name: &str| library().find(name).iter().map(|item| item.name()).collect::<Vec<_>>();
        assert_eq!(names("map_reduce"), ["lithops.map_reduce", "lithops.Executor:map_reduce"]);
        assert_eq!(names("executor.map"), ["lithops.Executor:map"]);
        assert_eq!(names("Executor:map"), ["lithops.Executor:map"]);
        assert_eq!(names("map")[0], "lithops.map");
        assert_eq!(names("csv"), ["csv"]);
        assert!(names("no such thing").is_empty());
    }

    #[test]
    fn a_mistyped_name_is_near_to_one() {
        assert_eq!(library().nearest("lithops.mapp"), Some("lithops.map"));
        assert_eq!(library().nearest("colour of the sky"), None);
    }
}
