//! How long the expressions of a script are. Their trees are as deep as they are long, and what parses and drops them goes down by
//! recursion: a text that somebody's program wrote must not end this one.

use crate::lua::lexer::{Kind, tokens};

use super::super::program::At;

/// So many operators, fields and calls may one expression have, with those of the expressions in it.
pub const MAX_OPERATORS: usize = 50_000;

/// What is between two brackets, or in a block: statement after statement, element after element.
#[derive(Default)]
struct Frame {
    /// Operators of the expression that is read.
    operators: usize,
    /// The most that one before it has.
    most: usize,
    /// Where the expression begins: a byte of the text.
    start: usize,
}

impl Frame {
    fn at(start: usize) -> Frame {
        Frame { start, ..Frame::default() }
    }

    /// The expression ends, and another one begins.
    fn next(&mut self, start: usize) {
        self.most = self.most.max(self.operators);
        self.operators = 0;
        self.start = start;
    }
}

/// Where an expression begins that is too long.
pub fn too_long(text: &str) -> Option<At> {
    // Every operator is a character at least.
    if text.len() <= MAX_OPERATORS {
        return None;
    }
    let mut frames = vec![Frame::at(0)];
    // Whether the last token may end an expression: a name behind it begins a statement, a bracket is a call or an index.
    let mut is_ended = false;
    for token in tokens(text) {
        let word = token.text(text);
        match token.kind {
            Kind::Comment => continue,
            Kind::Name if is_ended => last(&mut frames).next(token.start),
            Kind::String if is_ended => last(&mut frames).operators += 1,
            Kind::Keyword => keyword(&mut frames, word, is_ended, (token.start, token.end)),
            Kind::Symbol => symbol(&mut frames, word, is_ended, token.end),
            _ => {}
        }
        if last(&mut frames).operators > MAX_OPERATORS {
            return Some(place(text, last(&mut frames).start));
        }
        is_ended = match token.kind {
            Kind::Keyword => ["nil", "true", "false", "end"].contains(&word),
            Kind::Symbol => [")", "]", "}", "..."].contains(&word),
            _ => true,
        };
    }
    None
}

fn keyword(frames: &mut Vec<Frame>, word: &str, is_ended: bool, (start, end): (usize, usize)) {
    match word {
        "nil" | "true" | "false" => {}
        "and" | "or" | "not" => last(frames).operators += 1,
        "function" => {
            if is_ended {
                last(frames).next(start);
            }
            frames.push(Frame::at(end));
        }
        "if" | "do" | "repeat" => {
            last(frames).next(start);
            frames.push(Frame::at(end));
        }
        "end" => close(frames),
        "until" => {
            close(frames);
            last(frames).next(end);
        }
        _ => last(frames).next(end),
    }
}

fn symbol(frames: &mut Vec<Frame>, word: &str, is_ended: bool, end: usize) {
    match word {
        "(" | "[" | "{" => {
            if is_ended {
                last(frames).operators += 1;
            }
            frames.push(Frame::at(end));
        }
        ")" | "]" | "}" => close(frames),
        "," | ";" | "=" | "::" => last(frames).next(end),
        "..." => {}
        _ => last(frames).operators += 1,
    }
}

/// The end of a bracket or block, whose longest expression is a part of the one around it.
fn close(frames: &mut Vec<Frame>) {
    if frames.len() > 1
        && let Some(frame) = frames.pop()
    {
        last(frames).operators += frame.most.max(frame.operators);
    }
}

fn last(frames: &mut Vec<Frame>) -> &mut Frame {
    if frames.is_empty() {
        frames.push(Frame::default());
    }
    let end = frames.len() - 1;
    &mut frames[end]
}

fn place(text: &str, start: usize) -> At {
    let rest = &text[start..];
    let start = start + (rest.len() - rest.trim_start().len());
    let before = &text[..start];
    let line = before.rsplit('\n').next().unwrap_or_default();
    At { line: before.matches('\n').count() + 1, column: line.chars().count() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_expression_is_seen_wherever_it_is() {
        let sum = |count: usize| vec!["1"; count].join(" + ");
        let long = sum(MAX_OPERATORS + 2);
        assert_eq!(too_long(&format!("local x = 1\nreturn {long}")), Some(At { line: 2, column: 8 }));
        assert_eq!(too_long(&format!("f{{ x = function() return {long} end }}")), Some(At { line: 1, column: 26 }));
        // One in another is as deep as both.
        let half = sum(MAX_OPERATORS / 2 + 2);
        assert!(too_long(&format!("return ({half}) + {half}")).is_some());
        assert!(too_long(&format!("return a{}", ".x".repeat(MAX_OPERATORS + 1))).is_some());
    }

    #[test]
    fn many_expressions_are_not_one() {
        for part in [
            "f(a + 1)\n",
            "a.b.c(-1)\n",
            "x = x + 1\n",
            "local y = (x + 1) * 2 ",
            "if a < b then f() elseif -a > b then g() end\n",
            "function a.b(c) return c + 1 end\n",
            "repeat f() until a == b\n",
            "for i = 1, n - 1 do f(i + 1) end\n",
        ] {
            assert_eq!(too_long(&part.repeat(MAX_OPERATORS)), None, "{part}");
        }
        assert_eq!(too_long(&format!("return {{ {} }}", "{ -1, x = a.b + 2 }, ".repeat(MAX_OPERATORS))), None);
    }
}
