//! Texts that others wrote, on a terminal.

/// A text without what a terminal would obey.
pub fn printable(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.into();
    }
    text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_a_terminal_is_shown() {
        assert_eq!(printable("a\x1b[31m\n"), "a\\u{1b}[31m\\n");
    }
}
