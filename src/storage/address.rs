//! Addresses of objects, as scripts write them: `s3://bucket/key`, `file:///data/a*.csv`, `https://host/path`.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// How keys match patterns.
pub(super) const AS_PATHS: glob::MatchOptions =
    glob::MatchOptions { case_sensitive: true, require_literal_separator: true, require_literal_leading_dot: false };

/// Where an address leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scheme {
    /// A bucket of S3, as section `aws_s3` has it.
    S3,
    /// A bucket of the storage on this machine.
    Local,
    /// A file. Its key is the path without the slash in front, and there is no bucket.
    File,
    /// A URL. It is the key itself, and there is no bucket.
    Http,
}

/// What an address says of the objects that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// One object.
    Key(String),
    /// All objects whose keys begin so.
    Prefix(String),
    /// All objects whose keys match: `*` and `?` stop at slashes, `**` does not, `[a-z]` is one of these.
    Glob(glob::Pattern),
}

/// One or more objects of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub scheme: Scheme,
    pub bucket: String,
    pub selector: Selector,
}

impl Scheme {
    fn in_front(self) -> &'static str {
        match self {
            Scheme::S3 => "s3://",
            Scheme::Local => "local://",
            Scheme::File => "file:///",
            Scheme::Http => "",
        }
    }

    /// The address of one object: `*`, `?` and `[` in its key are written as a pattern has them, `[*]`.
    pub fn url(self, bucket: &str, key: &str) -> String {
        match self {
            Scheme::Http => key.into(),
            _ if is_pattern(key) => self.joined(bucket, &glob::Pattern::escape(key)),
            _ => self.joined(bucket, key),
        }
    }

    fn joined(self, bucket: &str, key: &str) -> String {
        let slash = if bucket.is_empty() { "" } else { "/" };
        format!("{}{bucket}{slash}{key}", self.in_front())
    }

    /// Whether only this machine has it.
    pub fn is_of_this_machine(self) -> bool {
        matches!(self, Scheme::Local | Scheme::File)
    }
}

impl Address {
    /// Reads an address. A relative path after `file://` is one of `folder`. The error says what is expected.
    pub fn parse(text: &str, folder: &Path) -> Result<Address, String> {
        if text.starts_with("http://") || text.starts_with("https://") {
            return Ok(Address { scheme: Scheme::Http, bucket: String::new(), selector: Selector::Key(text.into()) });
        }
        if let Some(path) = text.strip_prefix("file://") {
            return Ok(Address { scheme: Scheme::File, bucket: String::new(), selector: files(path, folder)? });
        }
        let (scheme, rest) = if let Some(rest) = text.strip_prefix("s3://") {
            (Scheme::S3, rest)
        } else if let Some(rest) = text.strip_prefix("local://") {
            (Scheme::Local, rest)
        } else {
            return Err("an address such as s3://bucket/key, s3://bucket/prefix/, s3://bucket/a*.csv, local://…, file://… or https://… expected".into());
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(format!("`{text}` names no bucket: write {}bucket/key", scheme.in_front()));
        }
        Ok(Address { scheme, bucket: bucket.into(), selector: selector(key)? })
    }

    /// The keys that can match all begin so.
    pub fn literal_prefix(&self) -> &str {
        match &self.selector {
            Selector::Key(key) => key,
            Selector::Prefix(prefix) => prefix,
            Selector::Glob(pattern) => {
                let text = pattern.as_str();
                &text[..text.find(['*', '?', '[']).unwrap_or(text.len())]
            }
        }
    }

    /// Whether a key that begins with [`literal_prefix`](Self::literal_prefix) is meant.
    pub fn matches(&self, key: &str) -> bool {
        match &self.selector {
            Selector::Key(wanted) => key == wanted,
            // What consoles put there to show an empty folder.
            Selector::Prefix(_) => !key.ends_with('/'),
            Selector::Glob(pattern) => !key.ends_with('/') && pattern.matches_with(key, AS_PATHS),
        }
    }
}

fn selector(key: &str) -> Result<Selector, String> {
    if is_pattern(key) { pattern(key) } else { Ok(key_or_prefix(key)) }
}

/// The files of a path, by its text alone: links are not looked at, so that `a/..` is nothing at all.
fn files(path: &str, folder: &Path) -> Result<Selector, String> {
    let folder = if path.starts_with('/') {
        ""
    } else {
        folder.to_str().ok_or_else(|| format!("{} is not UTF-8", folder.display()))?
    };
    let is_pattern = is_pattern(path);
    // Only what the user wrote is a pattern, not what the working folder happens to be called.
    let folder = if is_pattern { glob::Pattern::escape(folder) } else { folder.into() };
    let mut segments = Vec::new();
    for segment in folder.split('/').chain(path.split('/')) {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    let mut key = segments.join("/");
    if !key.is_empty() && matches!(path.rsplit('/').next(), Some("" | "." | "..")) {
        key.push('/');
    }
    if is_pattern { pattern(&key) } else { Ok(key_or_prefix(&key)) }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn pattern(text: &str) -> Result<Selector, String> {
    if let Some(key) = literal(text) {
        return Ok(key_or_prefix(&key));
    }
    glob::Pattern::new(text)
        .map(Selector::Glob)
        .map_err(|error| format!("`{text}` is no pattern: {}, at its character {}", error.msg, error.pos + 1))
}

/// The only text that a pattern can match, if each of its brackets has one character of those that patterns are made of.
fn literal(pattern: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        text.push(match character {
            '*' | '?' => return None,
            '[' => {
                let within = rest.next().filter(|within| "*?[]".contains(*within))?;
                rest.next().filter(|end| *end == ']')?;
                within
            }
            other => other,
        });
    }
    Some(text)
}

fn key_or_prefix(key: &str) -> Selector {
    if key.is_empty() || key.ends_with('/') { Selector::Prefix(key.into()) } else { Selector::Key(key.into()) }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&match &self.selector {
            Selector::Key(key) | Selector::Prefix(key) => self.scheme.url(&self.bucket, key),
            Selector::Glob(pattern) => self.scheme.joined(&self.bucket, pattern.as_str()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, String> {
        Address::parse(text, Path::new("/home"))
    }

    #[test]
    fn addresses_are_read_and_shown() {
        for text in
            ["s3://b/a/k", "s3://b/", "s3://b/p/", "s3://b/p/*.csv", "local://b/k", "file:///a/b", "https://h/p?q#f"]
        {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
        assert_eq!(parse("s3://b").unwrap().to_string(), "s3://b/");
        assert_eq!(parse("file://a/b").unwrap().to_string(), "file:///home/a/b");
        assert_eq!(parse("file://a/").unwrap().selector, Selector::Prefix("home/a/".into()));
    }

    #[test]
    fn what_patterns_are_made_of_can_be_in_a_key() {
        for key in ["a[1].csv", "*?", "x]y[", "p[1]/", "!a[!b]"] {
            let url = Scheme::S3.url("b", key);
            assert_eq!(parse(&url).unwrap().selector, key_or_prefix(key), "{url}");
            assert_eq!(parse(&url).unwrap().to_string(), url);
        }
        assert_eq!(Scheme::S3.url("b", "a[1].csv"), "s3://b/a[[]1[]].csv");
        assert!(matches!(parse("s3://b/a[1][[].csv").unwrap().selector, Selector::Glob(_)));
        assert_eq!(Scheme::Http.url("", "https://h/p?q"), "https://h/p?q");
    }

    #[test]
    fn paths_are_read_by_their_text() {
        for (text, expected) in [
            ("file://./data/a", "file:///home/data/a"),
            ("file://../data/", "file:///data/"),
            ("file://data//./x/../*.csv", "file:///home/data/*.csv"),
            ("file:////data//a", "file:///data/a"),
            ("file:///../../a", "file:///a"),
            ("file://", "file:///home/"),
            ("file://.", "file:///home/"),
            ("file://a/..", "file:///home/"),
            ("file:///", "file:///"),
            ("file://..", "file:///"),
            ("file://.hidden/..a", "file:///home/.hidden/..a"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), expected, "{text}");
        }
        assert_eq!(parse("file://.").unwrap().selector, Selector::Prefix("home/".into()));
    }

    #[test]
    fn the_working_folder_is_no_pattern() {
        let folder = Path::new("/home/[1] a*?");
        let pattern = Address::parse("file://d/[ab].csv", folder).unwrap();
        assert!(pattern.matches("home/[1] a*?/d/a.csv") && !pattern.matches("home/1 a*?/d/a.csv"));
        assert!("home/[1] a*?/d/a.csv".starts_with(pattern.literal_prefix()));
        let key = Address::parse("file://d/a.csv", folder).unwrap();
        assert_eq!(key.selector, Selector::Key("home/[1] a*?/d/a.csv".into()));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for (text, words) in [
            ("b/k", "expected"),
            ("", "expected"),
            ("s3://", "names no bucket"),
            ("s3:///k", "names no bucket"),
            ("s3://b/a[", "is no pattern"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
    }

    #[test]
    fn keys_match_as_paths_do() {
        let matches = |address: &str, key: &str| {
            let address = parse(address).unwrap();
            key.starts_with(address.literal_prefix()) && address.matches(key)
        };
        assert!(matches("s3://b/a*.csv", "a1.csv") && matches("s3://b/a*.csv", "a.csv"));
        assert!(!matches("s3://b/a*.csv", "a/1.csv") && !matches("s3://b/a*.csv", "b.csv"));
        assert!(matches("s3://b/**/x", "a/b/x") && matches("s3://b/**/x", "x"));
        assert!(matches("s3://b/d/?[0-9]", "d/a1") && !matches("s3://b/d/?[0-9]", "d/a/1"));
        assert!(matches("s3://b/p/", "p/a/b") && !matches("s3://b/p/", "p/") && !matches("s3://b/p/", "q"));
    }
}
