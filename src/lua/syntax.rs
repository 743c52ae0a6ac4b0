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

/// How many lines are looked at to see what a text is.
const LINES: usize = 20;

/// A hint for the syntax error `message` of the program `text`, whose file is called `name`.
pub fn hint(text: &str, name: &str, message: &str) -> Option<String> {
    if let Some(what) = foreign(text, name) {
        return Some(format!("it looks like {what}, and programs are Lua"));
    }
    let (_, rest) = message.split_once(name).unwrap_or(("", message));
    let number: usize = rest.trim_start_matches(':').split(':').next()?.parse().ok()?;
    let line = text.lines().nth(number.checked_sub(1)?).unwrap_or_default();
    let near = message.rsplit_once("near '").map_or("", |(_, near)| near.strip_suffix('\'').unwrap_or(near));
    habit(line, near, message).map(str::to_owned)
}

/// The language that a text is in, if it is one that people take for a program.
fn foreign(text: &str, name: &str) -> Option<&'static str> {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if let Some((_, what)) = BY_ENDING.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)) {
        return Some(what);
    }
    let lines = || text.lines().filter(|line| !line.trim().is_empty()).take(LINES);
    let first = lines().find(|line| !line.starts_with('#'))?.trim();
    if first.starts_with(['{', '['])
        && (first.contains("\":") || serde_json::from_str::<serde_json::Value>(text).is_ok())
    {
        return Some("JSON");
    }
    if first.starts_with('<') {
        return Some("HTML or XML");
    }
    if lines().any(is_python) {
        return Some("Python");
    }
    if let Some((key, value)) = first.split_once(':')
        && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
        && !key.is_empty()
        && (value.is_empty() || value.starts_with(' '))
        && lines().all(|line| !line.contains(['(', '=']))
    {
        return Some("YAML");
    }
    is_csv(lines()).then_some("CSV")
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

/// The first two lines have as many fields, and none of what programs have.
fn is_csv<'a>(mut lines: impl Iterator<Item = &'a str>) -> bool {
    let (Some(header), Some(row)) = (lines.next(), lines.next()) else { return false };
    let commas = |line: &str, comma: char| line.matches(comma).count();
    !header.contains(['(', '=', '{'])
        && [',', ';', '\t']
            .into_iter()
            .any(|comma| commas(header, comma) > 0 && commas(header, comma) == commas(row, comma))
}

/// What of another language the line has where Lua stopped reading.
fn habit(line: &str, near: &str, message: &str) -> Option<&'static str> {
    let code = line.trim();
    Some(match near {
        "#" if code.starts_with('#') => "a comment begins with `--`",
        "/" if code.starts_with("//") => "a comment begins with `--`",
        "/" if code.contains("//") => "`//` is of Lua 5.3: write `math.floor(a / b)`",
        "[" => "a list is written `{ 1, 2, 3 }`",
        "<" if code.contains("<const>") || code.contains("<close>") => {
            "`<const>` and `<close>` are of Lua 5.4: leave them out"
        }
        "=" if message.contains("'then' expected") => "`==` compares",
        "=" if code.contains("=>") => "a function is written `function(x) return x + 1 end`",
        "+" if code.contains("++") => "write `x = x + 1`",
        "-" if code.contains("--") => "write `x = x - 1`",
        "{" => "a block ends with `end`, and braces are for tables",
        ":" | "<eof>" if code.ends_with(':') && message.contains("'then' expected") => "`if … then` ends with `end`",
        "end" if message.contains("'<eof>' expected") => {
            "there is an `end` too many, or something before it is closed too early"
        }
        _ if message.contains("'do' expected") && near != "<eof>" => "`for … do` and `while … do` end with `end`",
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
        let of = |text: &str| foreign(text, "pipeline.lua");
        assert_eq!(of("import lithops\n\ndef f(x):\n    return x\n"), Some("Python"));
        assert_eq!(of("{\"a\": 1}\n"), Some("JSON"));
        assert_eq!(of("[1, 2]"), Some("JSON"));
        assert_eq!(of("# settings\nlithops:\n  backend: aws_lambda\n"), Some("YAML"));
        assert_eq!(of("name,age\nanna,31\n"), Some("CSV"));
        assert_eq!(of("name;age\nanna;31\n"), Some("CSV"));
        assert_eq!(foreign("whatever", "notes.md"), Some("Markdown"));
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
        ] {
            assert_eq!(foreign(text, "pipeline.lua"), None, "{text}");
        }
    }
}
