//! Where a type ends and the words behind it begin; the parts of types and of names.

/// The type at the beginning of `text`, and what follows it. A type has no spaces, but within brackets and quotes, behind the colon
/// of what a function gives, and around `|`.
pub fn split_type(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let bytes = text.as_bytes();
    let ends = |at: usize| {
        let goes_on = at > 0 && matches!(bytes[at - 1], b':' | b'|' | b',');
        !goes_on && !text[at..].trim_start().starts_with('|')
    };
    if let Some((at, _)) = outside_brackets(text).find(|&(at, byte)| byte == b' ' && ends(at)) {
        return (&text[..at], text[at..].trim_start().trim_start_matches("# "));
    }
    (text, "")
}

/// The name at the beginning of `text`, whether a `?` follows it, and the rest.
pub fn split_name(text: &str) -> (&str, bool, &str) {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    match name.strip_suffix('?') {
        Some(name) => (name, true, rest),
        None => (name, false, rest),
    }
}

/// The name that a returned value may have in front of its words: a word in small letters.
pub fn returned_name(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let is_name = word == "..."
        || (word.starts_with(|first: char| first.is_ascii_lowercase() || first == '_')
            && word.chars().all(|one| one.is_ascii_alphanumeric() || one == '_'));
    if is_name { (word, rest) } else { ("", text) }
}

/// What follows the last dot or colon of a name.
pub fn last_name(name: &str) -> &str {
    name.rsplit(['.', ':']).next().unwrap_or(name)
}

/// What is before the last dot or colon of a name; empty if there is none.
pub fn owner(name: &str) -> &str {
    name.rfind(['.', ':']).map_or("", |at| &name[..at])
}

/// The types that a value may have: what is between the `|` that are in no brackets and quotes.
pub fn alternatives(kind: &str) -> Vec<&str> {
    separated(kind, b'|').into_iter().map(|kind| kind.trim_end_matches('?')).collect()
}

/// What is between separators that are in no brackets and quotes.
pub fn separated(text: &str, separator: u8) -> Vec<&str> {
    let mut rest = text;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let end = outside_brackets(rest).find(|(_, byte)| *byte == separator).map_or(rest.len(), |(at, _)| at);
        found.push(rest[..end].trim());
        rest = rest.get(end + 1..).unwrap_or("");
    }
    found
}

/// The pieces of a type, names and what is between them: `("fun", true), ("(", false), …`. Text in quotes is no name.
pub fn pieces(kind: &str) -> Vec<(&str, bool)> {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_');
    let mut found: Vec<(&str, bool)> = Vec::new();
    let (mut start, mut was_name, mut quote) = (0, false, None);
    for (at, byte) in kind.bytes().enumerate() {
        let is_name = quote.is_none() && is_of_name(byte);
        if at > start && is_name != was_name {
            found.push((&kind[start..at], was_name));
            start = at;
        }
        was_name = is_name;
        match quote {
            Some(open) if open == byte => quote = None,
            None if matches!(byte, b'"' | b'\'' | b'`') => quote = Some(byte),
            _ => {}
        }
    }
    if start < kind.len() {
        found.push((&kind[start..], was_name));
    }
    found
}

/// The bytes of a type that are in no brackets and quotes, with their places.
fn outside_brackets(kind: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut depth, mut quote) = (0usize, None);
    kind.bytes().enumerate().filter(move |&(_, byte)| match (byte, quote) {
        (_, Some(open)) => {
            if byte == open {
                quote = None;
            }
            false
        }
        (b'"' | b'\'' | b'`', None) => {
            quote = Some(byte);
            false
        }
        (b'(' | b'{' | b'[' | b'<', None) => {
            depth += 1;
            false
        }
        (b')' | b'}' | b']' | b'>', None) => {
            depth = depth.saturating_sub(1);
            false
        }
        _ => depth == 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_end_where_words_begin() {
        for (text, kind, rest) in [
            ("string The text.", "string", "The text."),
            ("fun(a: any, b?: T): any It must.", "fun(a: any, b?: T): any", "It must."),
            ("table<string, any> Names.", "table<string, any>", "Names."),
            ("\"a b\"|\"c\" One.", "\"a b\"|\"c\"", "One."),
            ("{ [1]: integer } Both.", "{ [1]: integer }", "Both."),
            ("string | number Either.", "string | number", "Either."),
            ("integer", "integer", ""),
        ] {
            assert_eq!(split_type(text), (kind, rest));
        }
    }

    #[test]
    fn types_have_parts() {
        assert_eq!(alternatives("m.A|fun(x: a|b): c|\"d|e\"|f?"), ["m.A", "fun(x: a|b): c", "\"d|e\"", "f"]);
        assert_eq!(alternatives("string"), ["string"]);
        let names = |kind| pieces(kind).into_iter().filter(|piece| piece.1).map(|piece| piece.0).collect::<Vec<_>>();
        assert_eq!(names("table<string, m.A[]>|\"m.B\""), ["table", "string", "m.A"]);
        assert_eq!(pieces("é m.A?").iter().map(|piece| piece.0).collect::<String>(), "é m.A?");
    }

    #[test]
    fn returned_values_may_have_names() {
        assert_eq!(returned_name("done"), ("done", ""));
        assert_eq!(returned_name("parts In order."), ("parts", "In order."));
        assert_eq!(returned_name("Nil at the end."), ("", "Nil at the end."));
    }
}
