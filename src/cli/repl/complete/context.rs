//! What is being typed, as the tokens before the cursor tell.

use crate::lua::lexer::{Kind, Token, is_name, tokens};

/// What stands before the cursor.
#[derive(Debug, PartialEq)]
pub enum Context {
    /// Nothing that could be completed: a comment, a number.
    Nothing,
    /// The beginning of a text in quotes, whose content begins at `start`. `is_module`: `require` will get it.
    Text { text: String, start: usize, is_module: bool },
    /// The beginning of a field's name, or of a method's, of what the steps lead to.
    Member { steps: Vec<Step>, is_method: bool, prefix: String },
    /// The beginning of a name; in a table that is an argument, perhaps that of an option.
    Name { prefix: String, call: Option<Call> },
}

/// A step to a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A variable.
    Name(String),
    /// A text in quotes.
    Text,
    /// A field, or an element.
    Field(Key),
    /// What a method gives is asked for next.
    Method(String),
    /// A call, with its argument if that is one text.
    Call(Option<String>),
}

/// Where a value is in a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    Text(String),
    Number(f64),
}

/// A call whose argument number `argument`, from 0, is the table that the cursor is in.
#[derive(Debug, PartialEq)]
pub struct Call {
    pub function: Vec<Step>,
    pub argument: usize,
    /// The names that the table has already.
    pub given: Vec<String>,
}

/// What `text` ends with.
pub fn of(text: &str) -> Context {
    let found = tokens(text);
    let typed = Typed { text, tokens: &found };
    let Some(last) = found.last() else { return Context::Name { prefix: String::new(), call: None } };
    match last.kind {
        Kind::Comment if last.is_open => return Context::Nothing,
        Kind::String if last.is_open => return typed.in_text(),
        Kind::Number if last.end == text.len() => return Context::Nothing,
        _ => {}
    }
    let is_prefix = last.end == text.len() && last.text(text).bytes().all(is_name);
    let (prefix, before) =
        if is_prefix { (last.text(text).to_owned(), found.len() - 1) } else { (String::new(), found.len()) };
    match before.checked_sub(1).map(|at| typed.symbol(at)) {
        Some(separator @ ("." | ":")) => match typed.steps_to(before - 1) {
            Some(steps) => Context::Member { steps, is_method: separator == ":", prefix },
            None => Context::Nothing,
        },
        Some("::") => Context::Nothing,
        _ => Context::Name { prefix, call: typed.call_around(before) },
    }
}

struct Typed<'t> {
    text: &'t str,
    tokens: &'t [Token],
}

impl<'t> Typed<'t> {
    fn word(&self, at: usize) -> &'t str {
        self.tokens.get(at).map_or("", |token| token.text(self.text))
    }

    /// The token at `at` if it is a symbol, else an empty text.
    fn symbol(&self, at: usize) -> &'t str {
        match self.tokens.get(at) {
            Some(token) if token.kind == Kind::Symbol => token.text(self.text),
            _ => "",
        }
    }

    fn in_text(&self) -> Context {
        let at = self.tokens.len() - 1;
        let token = self.tokens[at];
        let word = token.text(self.text);
        let quotes = word.strip_prefix('[').and_then(|rest| rest.find('[')).map_or(1, |level| level + 2);
        let before = if at > 0 && self.symbol(at - 1) == "(" { at - 1 } else { at };
        let is_module = before > 0 && self.word(before - 1) == "require";
        let text = word.get(quotes..).unwrap_or_default().to_owned();
        Context::Text { start: token.start + quotes, text, is_module }
    }

    /// The bracket that the one at `at` closes.
    fn opening(&self, at: usize) -> Option<usize> {
        let mut depth = 0usize;
        (0..=at).rev().find(|&at| {
            match self.symbol(at) {
                ")" | "]" | "}" => depth += 1,
                "(" | "[" | "{" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })
    }

    /// The steps to the value that ends before the token at `end`.
    fn steps_to(&self, end: usize) -> Option<Vec<Step>> {
        self.steps_and_begin(end).map(|(steps, _)| steps)
    }

    /// The same, and the token with which the value begins.
    fn steps_and_begin(&self, end: usize) -> Option<(Vec<Step>, usize)> {
        let mut steps = Vec::new();
        let mut end = end;
        let begin = loop {
            let at = end.checked_sub(1)?;
            match (self.tokens[at].kind, self.symbol(at)) {
                (Kind::Name, _) => {
                    let name = self.word(at).to_owned();
                    match at.checked_sub(1).map(|before| self.symbol(before)) {
                        Some(".") => steps.push(Step::Field(Key::Text(name))),
                        Some(":") => steps.push(Step::Method(name)),
                        _ => {
                            steps.push(Step::Name(name));
                            break at;
                        }
                    }
                    end = at - 1;
                }
                // `require "json"`, or a text in parentheses, whose methods are asked for.
                (Kind::String, _) if self.is_callable(at.checked_sub(1)) => {
                    steps.push(Step::Call(Some(content(self.word(at)).to_owned())));
                    end = at;
                }
                (Kind::String, _) => {
                    steps.push(Step::Text);
                    break at;
                }
                (_, close @ (")" | "]" | "}")) => {
                    let open = self.opening(at)?;
                    let only = (open + 2 == at).then(|| self.tokens[open + 1]);
                    match close {
                        ")" | "}" if self.is_callable(open.checked_sub(1)) => {
                            let text = only.filter(|only| only.kind == Kind::String && close == ")");
                            steps.push(Step::Call(text.map(|text| content(text.text(self.text)).to_owned())));
                            end = open;
                        }
                        ")" if only.is_some_and(|only| only.kind == Kind::String) => {
                            steps.push(Step::Text);
                            break open;
                        }
                        ")" => end = at,
                        "]" if self.is_callable(open.checked_sub(1)) => {
                            let only = only?;
                            let word = only.text(self.text);
                            steps.push(Step::Field(match only.kind {
                                Kind::String => Key::Text(content(word).to_owned()),
                                Kind::Number => Key::Number(word.parse().ok()?),
                                _ => return None,
                            }));
                            end = open;
                        }
                        _ => return None,
                    }
                    if close == ")" && end == at {
                        // `(value).`: what is in the parentheses, if it is nothing but steps.
                        let (inner, begin) = self.steps_and_begin(at)?;
                        if begin != open + 1 {
                            return None;
                        }
                        steps.extend(inner.into_iter().rev());
                        break open;
                    }
                }
                _ => return None,
            }
        };
        steps.reverse();
        Some((steps, begin))
    }

    /// Whether what ends with this token may be called or indexed.
    fn is_callable(&self, at: Option<usize>) -> bool {
        at.is_some_and(|at| self.tokens[at].kind == Kind::Name || matches!(self.symbol(at), ")" | "]"))
    }

    /// The call whose argument is the table in which the tokens end, if a name may begin here.
    fn call_around(&self, end: usize) -> Option<Call> {
        if !matches!(self.symbol(end.checked_sub(1)?), "{" | "," | ";") {
            return None;
        }
        let brace = self.unclosed(end).filter(|at| self.symbol(*at) == "{")?;
        let given = self.given(brace + 1, end);
        let before = brace.checked_sub(1)?;
        if self.is_callable(Some(before)) {
            return Some(Call { function: self.steps_to(brace)?, argument: 0, given });
        }
        let parenthesis = self.unclosed(brace).filter(|at| self.symbol(*at) == "(")?;
        if !self.is_callable(parenthesis.checked_sub(1)) {
            return None;
        }
        let mut depth = 0usize;
        let mut argument = 0;
        for at in parenthesis + 1..brace {
            match self.symbol(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                "," if depth == 0 && !self.is_in_function(parenthesis + 1, at) => argument += 1,
                _ => {}
            }
        }
        Some(Call { function: self.steps_to(parenthesis)?, argument, given })
    }

    /// Whether the token at `at` is in the body of a function that begins at `from` or later: commas there part no arguments.
    fn is_in_function(&self, from: usize, at: usize) -> bool {
        let mut depth = 0i32;
        for token in &self.tokens[from..at] {
            if token.kind == Kind::Keyword {
                match token.text(self.text) {
                    "function" | "do" | "if" | "repeat" => depth += 1,
                    "end" | "until" => depth -= 1,
                    _ => {}
                }
            }
        }
        depth > 0
    }

    /// The last bracket before `end` that is not closed there.
    fn unclosed(&self, end: usize) -> Option<usize> {
        let mut depth = 0usize;
        (0..end).rev().find(|&at| match self.symbol(at) {
            ")" | "]" | "}" => {
                depth += 1;
                false
            }
            "(" | "[" | "{" if depth == 0 => true,
            "(" | "[" | "{" => {
                depth -= 1;
                false
            }
            _ => false,
        })
    }

    /// The names that are set between two places of a table.
    fn given(&self, from: usize, to: usize) -> Vec<String> {
        let mut depth = 0usize;
        let mut given = Vec::new();
        for at in from..to {
            match self.symbol(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                "=" if depth == 0 && at > from => given.push(self.word(at - 1).to_owned()),
                _ => {}
            }
        }
        given
    }
}

/// What is between quotes.
fn content(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> Step {
        Step::Name(name.into())
    }

    fn field(name: &str) -> Step {
        Step::Field(Key::Text(name.into()))
    }

    #[test]
    fn names_and_members() {
        let plain = |prefix: &str| Context::Name { prefix: prefix.into(), call: None };
        assert_eq!(of(""), plain(""));
        assert_eq!(of("local x = pri"), plain("pri"));
        assert_eq!(of("f(1, "), plain(""));
        for text in ["-- pri", "1", "0x1", "x = 1.", "::"] {
            assert_eq!(of(text), Context::Nothing, "{text}");
        }
        let member = |steps: &[Step], is_method, prefix: &str| Context::Member {
            steps: steps.to_vec(),
            is_method,
            prefix: prefix.into(),
        };
        assert_eq!(of("x = lithops.storage:pu"), member(&[name("lithops"), field("storage")], true, "pu"));
        assert_eq!(
            of("t['a b'][3].x."),
            member(&[name("t"), field("a b"), Step::Field(Key::Number(3.0)), field("x")], false, "")
        );
        assert_eq!(of("('x'):re"), member(&[Step::Text], true, "re"));
        assert_eq!(
            of("require('json').enc"),
            member(&[name("require"), Step::Call(Some("json".into()))], false, "enc")
        );
        assert_eq!(
            of("require \"json\".enc"),
            member(&[name("require"), Step::Call(Some("json".into()))], false, "enc")
        );
        assert_eq!(
            of("lithops.FunctionExecutor({ x = f(1) }):map(f, d):"),
            member(
                &[
                    name("lithops"),
                    field("FunctionExecutor"),
                    Step::Call(None),
                    Step::Method("map".into()),
                    Step::Call(None)
                ],
                true,
                ""
            )
        );
        assert_eq!(of("(t).a"), member(&[name("t")], false, "a"));
        assert_eq!(of("((t).a).b"), member(&[name("t"), field("a")], false, "b"));
        for text in ["(1 + 2).", "(a + t).", "(not t).", "(f() .. t.x).", "(1, (t))."] {
            assert_eq!(of(text), Context::Nothing, "{text}");
        }
        assert_eq!(of(")."), Context::Nothing);
    }

    #[test]
    fn options_know_their_call() {
        let call = |text: &str| match of(text) {
            Context::Name { call, .. } => call,
            other => panic!("{text}: {other:?}"),
        };
        let found = call("lithops.map(function(a, b) return { a, b } end, { 1, 2 }, { retries = 1, chu").unwrap();
        assert_eq!(found.function, [name("lithops"), field("map")]);
        assert_eq!((found.argument, found.given), (2, vec!["retries".to_owned()]));
        assert_eq!(call("lithops.FunctionExecutor{ ").map(|call| call.argument), Some(0));
        assert_eq!(call("f(x, { a = "), None);
        assert_eq!(call("x = { a"), None);
        assert_eq!(call("f(x, { { a"), None);
    }

    #[test]
    fn texts() {
        let text = |text: &str, start, is_module| Context::Text { text: text.into(), start, is_module };
        assert_eq!(of("require 'js"), text("js", 9, true));
        assert_eq!(of("require(\"js"), text("js", 9, true));
        assert_eq!(of("f('s3://b/é"), text("s3://b/é", 3, false));
        assert_eq!(of("[==[a"), text("a", 4, false));
    }

    #[test]
    fn any_text_is_something() {
        let pieces = [
            "(", ")", "[", "]", "{", "}", ".", ":", "::", ",", "x", "'", "\"", "require", "1", " ", "=", "function",
            "é",
        ];
        for a in pieces {
            for b in pieces {
                for c in pieces {
                    for d in pieces {
                        of(&[a, b, c, d].concat());
                    }
                }
            }
        }
    }
}
