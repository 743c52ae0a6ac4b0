//! Whether what is written to a terminal may have colours.

use std::env;
use std::io::IsTerminal;

use clap::ColorChoice;

/// Whether colours are wanted on `stream`: by `NO_COLOR` never, by `CLICOLOR_FORCE` always, else on a terminal that has them.
pub fn are_wanted(stream: &impl IsTerminal) -> bool {
    let value = |name: &str| env::var(name).unwrap_or_default();
    decide(&value("NO_COLOR"), &value("CLICOLOR_FORCE"), stream.is_terminal() && !is_dumb())
}

/// The same for `--help` and errors of the command line, which clap writes. By itself it has colours in CI, whatever the terminal.
pub fn choice() -> ColorChoice {
    let forced = env::var("CLICOLOR_FORCE").unwrap_or_default();
    if is_dumb() && matches!(forced.as_str(), "" | "0") { ColorChoice::Never } else { ColorChoice::Auto }
}

/// Whether the terminal knows no escape sequences.
pub fn is_dumb() -> bool {
    env::var_os("TERM").is_none_or(|term| ["", "dumb", "cons25", "emacs"].iter().any(|dumb| term == *dumb))
}

fn decide(no_color: &str, force: &str, has_colors: bool) -> bool {
    no_color.is_empty() && (has_colors || !matches!(force, "" | "0"))
}

#[cfg(test)]
mod tests {
    use super::decide;

    #[test]
    fn who_decides() {
        assert!(decide("", "", true) && !decide("", "", false));
        assert!(decide("", "1", false) && !decide("", "0", false) && decide("", "0", true));
        assert!(!decide("1", "1", true) && !decide("0", "", true));
    }
}
