//! The name that somebody meant.

/// The known name nearest to `typed`, if one is near enough to be worth proposing.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase().replace('-', "_");
    known
        .into_iter()
        .filter_map(|name| {
            // Half of a name is a frequent mistake (`memory` for `runtime_memory`) that a count of edits misses.
            let part = typed.len() >= 4 && (name.contains(&typed) || typed.contains(name));
            let likeness = strsim::normalized_damerau_levenshtein(&typed, name);
            let score = if part { likeness.max(0.7) } else { likeness };
            (score >= 0.6).then_some((score, name))
        })
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn proposes_what_was_meant_and_nothing_else() {
        let known = ["backend", "storage", "runtime_memory", "max_workers"];
        assert_eq!(nearest("bakend", known), Some("backend"));
        assert_eq!(nearest("Backend", known), Some("backend"));
        assert_eq!(nearest("max-worker", known), Some("max_workers"));
        assert_eq!(nearest("memory", known), Some("runtime_memory"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
    }
}
