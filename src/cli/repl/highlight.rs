//! Colours of Lua's syntax, and the bracket that belongs to the one at the cursor.

use super::colors::{Colors, Paint};
use crate::lua::lexer::{Kind, Token, matching_bracket, tokens};

/// Longer texts are shown as they are: each key would colour all of them anew.
const LONGEST_BYTES: usize = 32 << 10;

/// `text` in colours. `is_global` says which names are the VM's own.
pub fn paint(text: &str, colors: Colors, is_global: &dyn Fn(&str) -> bool) -> String {
    paint_with_bracket(text, colors, is_global, None)
}

/// The same, where the cursor is at `cursor`.
pub fn paint_with_bracket(
    text: &str,
    colors: Colors,
    is_global: &dyn Fn(&str) -> bool,
    cursor: Option<usize>,
) -> String {
    if !colors.are_on() || text.len() > LONGEST_BYTES {
        return text.to_owned();
    }
    let tokens = tokens(text);
    let bracket = cursor.and_then(|cursor| bracket_for(text, &tokens, cursor));
    let mut painted = String::with_capacity(text.len() * 2);
    let mut from = 0;
    for (index, token) in tokens.iter().enumerate() {
        painted.push_str(text.get(from..token.start).unwrap_or_default());
        let word = token.text(text);
        let is_field = || index > 0 && matches!(tokens[index - 1].text(text), "." | ":");
        let paint = match token.kind {
            Kind::Keyword => Some(Paint::Keyword),
            Kind::String => Some(Paint::Text),
            Kind::Number => Some(Paint::Number),
            Kind::Comment => Some(Paint::Comment),
            Kind::Name if is_global(word) && !is_field() => Some(Paint::Global),
            Kind::Symbol if bracket == Some(token.start) => Some(Paint::Bracket),
            Kind::Name | Kind::Symbol => None,
        };
        match paint {
            // A colour does not go over the end of a line.
            Some(paint) => {
                let lines: Vec<String> = word.split('\n').map(|line| colors.paint(paint, line)).collect();
                painted.push_str(&lines.join("\n"));
            }
            None => painted.push_str(word),
        }
        from = token.end;
    }
    painted.push_str(text.get(from..).unwrap_or_default());
    painted
}

/// The bracket that belongs to the one under the cursor, or before it.
fn bracket_for(text: &str, tokens: &[Token], cursor: usize) -> Option<usize> {
    let at = |place: usize| {
        let symbol = tokens.iter().find(|token| token.start == place && token.kind == Kind::Symbol)?;
        ["(", ")", "[", "]", "{", "}"].contains(&symbol.text(text)).then_some(place)
    };
    let place = at(cursor).or_else(|| at(cursor.checked_sub(1)?))?;
    matching_bracket(text, tokens, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(text: &str, cursor: Option<usize>) -> String {
        paint_with_bracket(text, Colors::ON_FOR_TESTS, &|name| name == "print", cursor)
    }

    #[test]
    fn syntax_has_colours() {
        assert_eq!(
            painted("local x = print(1, 'a') -- c", None),
            "\x1b[35mlocal\x1b[0m x = \x1b[34mprint\x1b[0m(\x1b[36m1\x1b[0m, \x1b[32m'a'\x1b[0m) \x1b[90m-- c\x1b[0m"
        );
        assert_eq!(painted("t.print [[a\nb", None), "t.print \x1b[32m[[a\x1b[0m\n\x1b[32mb\x1b[0m");
        assert_eq!(paint("local x", Colors::NONE, &|_| true), "local x");
    }

    #[test]
    fn the_other_bracket_is_marked() {
        assert_eq!(painted("f(x)", Some(4)), "f\x1b[1;4m(\x1b[0mx)");
        assert_eq!(painted("f(x)", Some(1)), "f(x\x1b[1;4m)\x1b[0m");
        assert_eq!(painted("f(x", Some(3)), "f(x");
    }
}
