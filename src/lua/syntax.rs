//! What a syntax error probably is: the text is none of Lua's at all, or follows the habit of another language.

use std::path::Path;

/// Languages and formats by the ending of a file's name.
const BY_ENDING: &[(&str, &str)] = &[
    ("py", "Python"),
    ("ipynb", "a notebook of Python"),
    ("js", "JavaScript"),
    ("ts", "TypeScript"),
    ("rb", "Ruby"),
    ("sh", "a shell script"),
    ("json", "JSON"),
    ("jsonl", "JSON"),
    ("yaml", "YAML"),
    ("yml", "YAML"),
    ("csv", "CSV"),
    ("tsv", "CSV"),
    ("toml", "TOML"),
    ("md", "Markdown"),
    ("html", "HTML"),
];

/// Words that statements and parts of them begin with.
const KEYWORDS: &[&str] = &[
    "and", "break", "do", "else", "elseif", "end", "for", "function", "goto", "if", "in", "local", "not", "or",
    "repeat", "return", "then", "until", "while",
];

/// How many lines of code are looked at to see what a text is.
const LINES: usize = 20;
/// How many before and behind the one where Lua stopped reading.
const AROUND: usize = 8;
/// How many rows a table is known by; a short one has fewer.
const ROWS: usize = 4;

/// A hint for the syntax error `message` of the program `text`, whose file is called `name`.
pub fn hint(text: &str, name: &str, message: &str) -> Option<String> {
    // `stdin:3: …`, or the path of a file, which may be cut off.
    let number = message.split(':').find_map(|part| part.parse().ok());
    if let Some(what) = foreign(text, name, number.unwrap_or(1)) {
        return Some(format!("it looks like {what}, and programs are Lua"));
    }
    let line = text.lines().nth(number?.checked_sub(1)?).unwrap_or_default();
    let near = message.rsplit_once("near '").map_or("", |(_, near)| near.strip_suffix('\'').unwrap_or(near));
    habit(line, near, message).map(str::to_owned)
}

/// A line of code: neither a comment of Lua nor one with `#`, and nothing of a long string.
struct Line<'a> {
    /// Counted from 1.
    number: usize,
    code: &'a str,
}

/// The language that a text is in, if it is one that people take for a program. Lua stopped reading in line `wrong`.
fn foreign(text: &str, name: &str, wrong: usize) -> Option<&'static str> {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if let Some((_, what)) = BY_ENDING.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)) {
        return Some(what);
    }
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'))?.trim();
    if first.starts_with(['{', '['])
        && (first.contains("\":") || serde_json::from_str::<serde_json::Value>(text).is_ok())
    {
        return Some("JSON");
    }
    if first.starts_with('<') {
        return Some("HTML or XML");
    }
    let lines = code_lines(text);
    // What Lua makes of Python fails at one of its first statements.
    let at = lines.iter().position(|line| line.number >= wrong).unwrap_or(lines.len());
    let around = &lines[at.saturating_sub(AROUND)..lines.len().min(at + AROUND)];
    if around.iter().any(|line| is_python(line.code)) {
        return Some("Python");
    }
    let lines = &lines[..lines.len().min(LINES)];
    if is_yaml(lines) {
        return Some("YAML");
    }
    is_csv(lines, wrong).then_some("CSV")
}

/// The lines of a text that are code, or whatever else the text is made of.
fn code_lines(text: &str) -> Vec<Line<'_>> {
    let mut found = Vec::new();
    // What ends the long comment or string that a line is in: `]]`, `]==]`.
    let mut end: Option<String> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let mut code = line;
        if let Some(closing) = &end {
            let Some((_, rest)) = line.split_once(closing.as_str()) else { continue };
            code = rest;
        }
        end = open_at_end(code);
        let code = code.trim_end();
        if !code.trim().is_empty() && !code.starts_with('#') && !is_comment(code) {
            found.push(Line { number, code });
        }
    }
    found
}

fn is_comment(code: &str) -> bool {
    code.trim_start().strip_prefix("--").is_some_and(|comment| match long_bracket(comment) {
        Some(closing) => comment.split_once(&closing).is_none_or(|(_, rest)| rest.trim().is_empty()),
        None => true,
    })
}

/// What ends the long string or comment that is open at the end of a line.
fn open_at_end(line: &str) -> Option<String> {
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let comment = rest.strip_prefix("--");
        if let Some(closing) = long_bracket(comment.unwrap_or(rest)) {
            match rest.split_once(&closing) {
                Some((_, behind)) => rest = behind,
                None => return Some(closing),
            }
        } else if comment.is_some() {
            return None;
        } else if first == '"' || first == '\'' {
            rest = behind_string(&rest[1..], first)?;
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    None
}

/// What closes the long bracket that a text begins with.
fn long_bracket(text: &str) -> Option<String> {
    let inner = text.strip_prefix('[')?;
    let level = inner.len() - inner.trim_start_matches('=').len();
    inner[level..].starts_with('[').then(|| format!("]{}]", "=".repeat(level)))
}

/// What follows the string in quotes that a text is in; `None` if that has no end here.
fn behind_string(text: &str, quote: char) -> Option<&str> {
    let mut is_escaped = false;
    let end = text.char_indices().find(|(_, c)| {
        let ends = *c == quote && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        ends
    })?;
    Some(&text[end.0 + quote.len_utf8()..])
}

fn is_python(line: &str) -> bool {
    let code = line.split('#').next().unwrap_or_default().trim();
    let is_block = code.ends_with(':');
    let is_import = code
        .strip_prefix("import ")
        .is_some_and(|rest| rest.chars().all(|c| c.is_alphanumeric() || "_., ".contains(c)));
    is_import
        || (code.starts_with("from ") && code.contains(" import "))
        || (is_block
            && ["def ", "class ", "with ", "try:", "except", "elif "].iter().any(|word| code.starts_with(word)))
}

fn is_yaml(lines: &[Line]) -> bool {
    let Some((key, value)) = lines.first().and_then(|first| first.code.trim().split_once(':')) else { return false };
    !key.is_empty()
        && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        && (value.is_empty() || value.starts_with(' '))
        && lines.iter().all(|line| !line.code.contains(['(', '=']))
}

/// The first rows have as many fields, and nothing that programs have. Lua does not read on behind the second one.
fn is_csv(lines: &[Line], wrong: usize) -> bool {
    let rows = &lines[..lines.len().min(ROWS)];
    let [header, second, ..] = rows else { return false };
    let commas = |line: &Line, comma: char| line.code.matches(comma).count();
    wrong <= second.number
        && !header.code.contains(['(', '=', '{'])
        && !rows.iter().any(|row| is_of_lua(row.code))
        && [',', ';', '\t'].into_iter().any(|comma| {
            let count = commas(header, comma);
            count > 0 && rows.iter().all(|row| commas(row, comma) == count)
        })
}

/// Whether a line begins as one of Lua's does, and no row of a table: with a bracket, or a word of its own.
fn is_of_lua(code: &str) -> bool {
    let code = code.trim_start();
    let word = code.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    code.starts_with(['(', '[', '{', ')', ']', '}']) || KEYWORDS.contains(&word)
}

/// What of another language the line has where Lua stopped reading.
fn habit(line: &str, near: &str, message: &str) -> Option<&'static str> {
    let code = line.trim();
    if code.contains("lambda ") || (code.contains("=>") && !code.contains(">=")) {
        return Some("a function is written `function(x) return x + 1 end`");
    }
    Some(match near {
        "#" if code.starts_with('#') => "a comment begins with `--`",
        "/" if code.starts_with("//") => "a comment begins with `--`",
        "/" if code.contains("//") => "`//` is of Lua 5.3: write `math.floor(a / b)`",
        "[" => "a list is written `{ 1, 2, 3 }`",
        "<" if code.contains("<const>") || code.contains("<close>") => {
            "`<const>` and `<close>` are of Lua 5.4: leave them out"
        }
        "=" if message.contains("'then' expected") => "`==` compares",
        "+" if code.contains("++") => "write `x = x + 1`",
        "-" if code.contains("--") => "write `x = x - 1`",
        "{" => "a block ends with `end`, and braces are for tables",
        ":" | "<eof>" if code.ends_with(':') && message.contains("'then' expected") => "`if … then` ends with `end`",
        "end" if message.contains("'<eof>' expected") => {
            "there is an `end` too many, or something before it is closed too early"
        }
        _ if message.contains("'do' expected") && near != "<eof>" => "`for … do` and `while … do` end with `end`",
        _ if code.starts_with("def ") => "a function is written `local function name(x) … end`",
        ">" if code.contains("<>") => "`~=` is the operator for unequal",
        "=" if code.contains("!=") => "`~=` is the operator for unequal",
        _ if code.starts_with("elif ") => "Lua has `elseif … then`",
        _ if code.starts_with("let ") || code.starts_with("var ") => "a variable is declared with `local`",
        _ if message.contains("'<name>' expected") && code.contains('{') && code.contains(':') => {
            "fields of a table are written `{ name = value }`"
        }
        _ if message.contains("'end' expected") && code_after_return(message, near) => {
            "`return` is the last statement of its block"
        }
        _ => return None,
    })
}

/// `end` is missing right where a statement stands: most often that is behind a `return`.
fn code_after_return(message: &str, near: &str) -> bool {
    near != "<eof>" && message.contains("(to close 'function'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_languages_are_recognised() {
        let of = |text: &str, wrong: usize| foreign(text, "pipeline.lua", wrong);
        assert_eq!(of("import lithops\n\ndef f(x):\n    return x\n", 1), Some("Python"));
        assert_eq!(of("# Squares.\n# In parallel.\n\nimport lithops\n", 1), Some("Python"));
        assert_eq!(of("x = [[1, 2], [3, 4]]\nfor y in x:\n    print(y)\ntry:\n    f()\n", 1), Some("Python"));
        assert_eq!(of("{\"a\": 1}\n", 1), Some("JSON"));
        assert_eq!(of("[1, 2]", 1), Some("JSON"));
        assert_eq!(of("[[1, 2],\n [3, 4]]", 1), Some("JSON"));
        assert_eq!(of("# settings\nlithops:\n  backend: aws_lambda\n", 1), Some("YAML"));
        assert_eq!(of("---\nlithops:\n  backend: aws_lambda\n", 3), Some("YAML"));
        assert_eq!(of("name,age\nanna,31\n", 2), Some("CSV"));
        assert_eq!(of("name;age\nanna;31\nben;4\n", 1), Some("CSV"));
        assert_eq!(foreign("whatever", "notes.md", 1), Some("Markdown"));
    }

    #[test]
    fn lua_is_not_taken_for_another_language() {
        for text in [
            "local a, b = 1, 2\nlocal c, d = 3, 4\n",
            "f(a, b)\ng(c, d)\n",
            "-- import everything\nlocal importer = require \"importer\"\n",
            "::top::\nlocal x = { 1, 2 }\n",
            "print(1)\n",
            "",
            "-- Counts words, in parallel.\n-- Run it, then read on.\nlocal x = = 1\n",
            "local a, b\nlocal c, d\nlocal x = = 1\n",
            "a, b,\nc, d = f()\n",
            "--[[\ntry:\n  a b\n]]\nlocal x = = 1\n",
            "--[==[ ]]\nimport os\n]==]\nlocal x = = 1\n",
            "local code = [[\nimport os\n]]\nlocal x = = 1\n",
            "f('it\\'s [[', \"]]\")\nlocal code = [=[\nfrom os import path\n]=] .. x y\n",
        ] {
            for wrong in 1..=text.lines().count() + 1 {
                assert_eq!(foreign(text, "pipeline.lua", wrong), None, "{wrong}: {text}");
            }
        }
        // Rows that Lua has read are no rows.
        assert_eq!(foreign("a, b\n, c = 1, 2\nd = = 3\n", "pipeline.lua", 3), None);
    }

    #[test]
    fn comments_and_long_strings_are_no_code() {
        let code = |text| code_lines(text).iter().map(|line| (line.number, line.code)).collect::<Vec<_>>();
        assert_eq!(code("a\n--[[ b\nc\n]] d\n-- e\nf --[[ g ]]"), [(1, "a"), (4, " d"), (6, "f --[[ g ]]")]);
        assert_eq!(code("x = [[\ny\n]] z\n--[[ w ]]\n--[[ v ]] u"), [(1, "x = [["), (3, " z"), (5, "--[[ v ]] u")]);
    }
}
