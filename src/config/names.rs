//! Names that come from outside and have rules of their own.

/// Checks a bucket's name against the rules of S3 for general purpose buckets, and says which one it breaks.
///
/// (Amazon S3 user guide, "General purpose bucket naming rules": 3 to 63 characters; lower-case
/// letters, digits, dots and hyphens; a letter or digit at both ends; no two dots in a row; not an IP address.)
pub fn check_bucket_name(name: &str) -> Result<(), &'static str> {
    let end = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !(3..=63).contains(&name.len()) {
        Err("it must have 3 to 63 characters")
    } else if !name.chars().all(|c| end(c) || c == '.' || c == '-') {
        Err("only lower-case letters, digits, `.` and `-` are allowed in it")
    } else if !name.starts_with(end) || !name.ends_with(end) {
        Err("it must begin and end with a letter or a digit")
    } else if name.contains("..") {
        Err("two dots in a row are not allowed in it")
    } else if name.parse::<std::net::Ipv4Addr>().is_ok() {
        Err("it must not look like an IP address")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::check_bucket_name;

    #[test]
    fn bucket_names() {
        for good in ["lithops", "a.b-c", "123", &"a".repeat(63)] {
            assert_eq!(check_bucket_name(good), Ok(()), "{good}");
        }
        for bad in ["", "ab", &"a".repeat(64), "Upper", "a_b", "a/b", "-ab", "ab-", ".ab", "a..b", "10.0.0.1", "né1"] {
            assert!(check_bucket_name(bad).is_err(), "{bad}");
        }
    }
}
