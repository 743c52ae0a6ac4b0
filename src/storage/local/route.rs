//! Which folders have to be entered to find all files that match a pattern.

use glob::Pattern;

use crate::storage::address::AS_PATHS;

/// A pattern of paths, by its parts between slashes. Wildcards do not cross slashes, except for `**`.
pub(super) struct Route {
    /// The folders in front that the pattern names in full, each with a slash behind it.
    pub start: String,
    /// What the names below must match, one part for each level.
    parts: Vec<Pattern>,
    /// Whether what is wanted is at any depth below these parts.
    is_deep: bool,
}

impl Route {
    pub fn new(pattern: &Pattern) -> Route {
        let mut route = Route { start: String::new(), parts: Vec::new(), is_deep: false };
        let mut texts = pattern.as_str().split('/').peekable();
        while let Some(text) = texts.next() {
            // Half of a `[…]` with a slash in it is no pattern of its own.
            let part = Some(text).filter(|text| *text != "**").and_then(|text| Pattern::new(text).ok());
            let Some(part) = part else {
                route.is_deep = true;
                break;
            };
            match literal(text) {
                Some(name) if route.parts.is_empty() && texts.peek().is_some() => {
                    route.start.push_str(&name);
                    route.start.push('/');
                }
                _ => route.parts.push(part),
            }
        }
        route
    }

    /// Whether files that match may be in a folder with this name, which is `depth` levels below the start.
    pub fn enters(&self, depth: usize, name: &str) -> bool {
        match self.parts.get(depth) {
            Some(part) => (self.is_deep || depth + 1 < self.parts.len()) && part.matches_with(name, AS_PATHS),
            None => self.is_deep,
        }
    }

    /// Whether a file with this name may match, `depth` levels below the start.
    pub fn takes(&self, depth: usize, name: &str) -> bool {
        match self.parts.get(depth) {
            Some(part) => !self.is_deep && depth + 1 == self.parts.len() && part.matches_with(name, AS_PATHS),
            None => self.is_deep,
        }
    }
}

/// The only name that a part of a pattern matches, if it has no wildcard: `a[[]b` is `a[b`.
fn literal(part: &str) -> Option<String> {
    let mut name = String::new();
    let mut characters = part.chars();
    while let Some(character) = characters.next() {
        match character {
            '*' | '?' => return None,
            '[' => {
                name.push(characters.next()?);
                if characters.next() != Some(']') {
                    return None;
                }
            }
            character => name.push(character),
        }
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(pattern: &str) -> Route {
        Route::new(&Pattern::new(pattern).unwrap())
    }

    #[test]
    fn a_pattern_leads_to_folders() {
        let flat = route("tmp/*.csv");
        assert_eq!(flat.start, "tmp/");
        assert!(flat.takes(0, "a.csv") && !flat.takes(0, "a.txt") && !flat.takes(1, "a.csv"));
        assert!(!flat.enters(0, "a.csv") && !flat.enters(0, "other"));

        let nested = route("data/y*/[0-9]/x.csv");
        assert_eq!(nested.start, "data/");
        assert!(nested.enters(0, "y1") && !nested.enters(0, "z") && nested.enters(1, "7") && !nested.enters(1, "a"));
        assert!(!nested.enters(2, "x.csv") && nested.takes(2, "x.csv") && !nested.takes(0, "y1"));

        let deep = route("data/a*/**/x");
        assert!(deep.enters(0, "a1") && !deep.enters(0, "b") && deep.enters(1, "any") && deep.enters(9, "any"));
        assert!(!deep.takes(0, "a1") && deep.takes(1, "x"));
    }

    #[test]
    fn what_has_no_wildcard_is_walked_to_at_once() {
        assert_eq!(route("a[[]b/[*]/c*/d").start, "a[b/*/");
        assert_eq!(route("a/[b]").start, "a/");
        assert_eq!(route("*").start, "");
        assert_eq!(literal("[!a]"), None);
    }
}
