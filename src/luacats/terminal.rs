//! Annotations as text for a terminal.

use std::fmt::Write;

use super::{Alias, Class, Function, Item, Library, Param};

/// Names in tables that are longer than this have their words in the next line.
const NAME_WIDTH: usize = 24;

/// What `.doc` says of a name, in lines of up to `width` characters. What else ends with that name is listed.
///
/// # Errors
/// Nothing has this name: the nearest one, if there is one.
pub fn document<'a>(library: &'a Library, name: &str, width: usize) -> Result<String, Option<&'a str>> {
    let found = library.find(name);
    let Some((first, others)) = found.split_first() else {
        return match library.field(name) {
            Some((class, field)) => Ok(of_field(class, field, width)),
            // A function that a class has from its parent.
            None => match library.function(name) {
                Some(function) => Ok(of_function(library, function, width)),
                None => Err(library.nearest(name)),
            },
        };
    };
    let mut text = describe(library, first, width);
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|item| item.name()).collect();
        text.push('\n');
        wrapped(&mut text, &format!("Also: {}", names.join(", ")), 0, 2, width);
    }
    Ok(text)
}

/// What is said of an item, in lines of up to `width` characters.
fn describe(library: &Library, item: &Item, width: usize) -> String {
    match item {
        Item::Function(function) => of_function(library, function, width),
        Item::Class(class) => of_class(library, class, width),
        Item::Alias(alias) => of_alias(alias, width),
        Item::Value(value) => {
            let mut text = format!("{}: {}\n", value.name, value.field.kind);
            markdown(&mut text, &value.field.text, width);
            text
        }
    }
}

fn of_function(library: &Library, function: &Function, width: usize) -> String {
    let mut text = function.signature();
    if let [first, others @ ..] = function.returns.as_slice() {
        let _ = write!(text, ": {}", first.kind);
        others.iter().for_each(|value| text.push_str(&format!(", {}", value.kind)));
    }
    text.push('\n');
    if let Some(instead) = &function.deprecated {
        let _ = writeln!(text, "\nDeprecated. {instead}");
    }
    markdown(&mut text, &function.text, width);
    table(&mut text, "Parameters", function.params.iter().map(of_param), width);
    if let Some(options) = library.options_table(function) {
        let title = format!("Options in `{}`", function.params[options.position].name);
        table(&mut text, &title, options.fields.into_iter().map(of_param), width);
    }
    let returns = function.returns.iter().map(|value| (value.name.clone(), words(&value.kind, &value.text)));
    table(&mut text, "Returns", returns, width);
    overloads(&mut text, &function.overloads);
    if !function.see.is_empty() {
        let _ = writeln!(text, "\nSee {}.", function.see.join(", "));
    }
    text
}

fn of_class(library: &Library, class: &Class, width: usize) -> String {
    let mut text = format!("{}\n", class.name);
    markdown(&mut text, &class.text, width);
    overloads(&mut text, &class.overloads);
    table(&mut text, "Fields", library.fields(&class.name).into_iter().map(of_param), width);
    let methods = library.methods(&class.name).into_iter().map(|method| {
        let first = method.text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        (method.signature(), first.split_inclusive(". ").next().unwrap_or_default().trim().to_owned())
    });
    table(&mut text, "Functions", methods, width);
    if !class.operators.is_empty() {
        let _ = writeln!(text, "\nOperators: {}", class.operators.join("; "));
    }
    text
}

fn of_alias(alias: &Alias, width: usize) -> String {
    let mut text = format!("{}\n", alias.name);
    markdown(&mut text, &alias.text, width);
    if !alias.kind.is_empty() {
        text.push('\n');
        wrapped(&mut text, &alias.kind, 2, 4, width);
    }
    table(&mut text, "One of", alias.values.iter().cloned(), width);
    text
}

fn of_field(class: &Class, field: &Param, width: usize) -> String {
    let mut text = format!("{}.{}: {}\n", class.name, field.marked_name(), field.kind);
    markdown(&mut text, &field.text, width);
    text
}

fn of_param(param: &Param) -> (String, String) {
    (param.marked_name(), words(&param.kind, &param.text))
}

/// The type of something, and what it is.
fn words(kind: &str, text: &str) -> String {
    if text.is_empty() { kind.to_owned() } else { format!("{kind}. {text}") }
}

fn overloads(text: &mut String, overloads: &[String]) {
    for overload in overloads {
        let _ = writeln!(text, "\nAlso: {overload}");
    }
}

/// Names, and behind them what they are.
fn table(text: &mut String, title: &str, rows: impl Iterator<Item = (String, String)>, width: usize) {
    let rows: Vec<(String, String)> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{title}");
    let length = |name: &str| name.chars().count();
    let short = rows.iter().map(|(name, _)| length(name)).filter(|&length| length <= NAME_WIDTH);
    let column = short.max().unwrap_or(0);
    for (name, words) in &rows {
        if words.is_empty() {
            let _ = writeln!(text, "  {name}");
        } else if length(name) > column {
            let _ = writeln!(text, "  {name}");
            wrapped(text, words, column + 4, column + 4, width);
        } else {
            let gap = if column == 0 { 0 } else { 2 };
            let line = format!("{name}{}{words}", " ".repeat(column + gap - length(name)));
            wrapped_behind(text, &line, length(name), 2, column + gap + 2, width);
        }
    }
}

/// Markdown as it is read without being drawn: paragraphs and lists in lines of up to `width`; code without its fences, indented; tables in
/// columns.
fn markdown(text: &mut String, source: &str, width: usize) {
    if source.is_empty() {
        return;
    }
    text.push('\n');
    let (mut paragraph, mut in_code) = (String::new(), false);
    let finish = |text: &mut String, paragraph: &mut String| {
        let hanging = if paragraph.starts_with("- ") { 2 } else { 0 };
        if !paragraph.is_empty() {
            wrapped(text, &std::mem::take(paragraph), 0, hanging, width);
        }
    };
    let mut lines = source.lines().peekable();
    while let Some(line) = lines.next() {
        if !in_code && line.starts_with('|') {
            finish(text, &mut paragraph);
            let mut rows = vec![cells(line)];
            rows.extend(std::iter::from_fn(|| lines.next_if(|line| line.starts_with('|'))).map(cells));
            columns(text, &rows, width);
            continue;
        }
        let is_fence = line.trim_start().starts_with("```");
        if is_fence || in_code || line.trim().is_empty() || line.starts_with("    ") {
            finish(text, &mut paragraph);
            match (is_fence, in_code) {
                (true, _) => in_code = !in_code,
                (false, true) => {
                    let _ = writeln!(text, "{}", format!("    {line}").trim_end());
                }
                (false, false) => {
                    let _ = writeln!(text, "{}", line.trim_end());
                }
            }
            continue;
        }
        if line.starts_with("- ") {
            finish(text, &mut paragraph);
        }
        if !paragraph.is_empty() {
            paragraph.push(' ');
        }
        paragraph.push_str(line.trim());
    }
    finish(text, &mut paragraph);
}

/// The cells of a row of a table.
fn cells(row: &str) -> Vec<String> {
    // What is no bar between cells is written behind a backslash.
    let row = row.replace("\\|", "\u{0}");
    row.trim().trim_matches('|').split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

/// Rows of cells, in columns; the words of the last one in lines of up to `width`.
fn columns(text: &mut String, rows: &[Vec<String>], width: usize) {
    let is_ruler =
        |row: &Vec<String>| row.iter().all(|cell| cell.contains('-') && cell.trim_matches([':', '-']).is_empty());
    let rows: Vec<&Vec<String>> =
        rows.iter().filter(|row| !is_ruler(row) && row.iter().any(|cell| !cell.is_empty())).collect();
    let count = rows.iter().map(|row| row.len()).max().unwrap_or(0);
    let width_of = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..count).map(|column| width_of(column).unwrap_or(0)).collect();
    for row in rows {
        let Some((last, first)) = row.split_last() else { continue };
        let head: String = first.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}  ")).collect();
        let fixed = head.chars().count();
        if last.is_empty() {
            let _ = writeln!(text, "  {}", head.trim_end());
        } else {
            wrapped_behind(text, &format!("{head}{last}"), fixed, 2, fixed + 2, width);
        }
    }
}

/// Words in lines of up to `width`, the first one indented by `first`, the others by `hanging`.
fn wrapped(text: &mut String, words: &str, first: usize, hanging: usize, width: usize) {
    wrapped_behind(text, words, 0, first, hanging, width);
}

/// The same, where the first `fixed` characters and the spaces behind them stay as they are.
fn wrapped_behind(text: &mut String, words: &str, fixed: usize, first: usize, hanging: usize, width: usize) {
    // A line has room for some words even where the terminal says that it has none.
    let width = width.max(hanging + 20);
    text.push_str(&" ".repeat(first));
    let after_fixed = words.char_indices().skip(fixed).find(|(_, one)| *one != ' ').map_or(0, |(at, _)| at);
    let (head, tail) = if fixed == 0 { ("", words) } else { words.split_at(after_fixed) };
    text.push_str(head);
    let mut column = first + head.chars().count();
    let mut is_start = true;
    for word in tail.split_whitespace() {
        let length = word.chars().count();
        if !is_start && column + 1 + length > width {
            text.push('\n');
            text.push_str(&" ".repeat(hanging));
            column = hanging;
        } else if !is_start {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
        is_start = false;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::library;
    use super::*;

    #[test]
    fn a_function_is_described_with_its_options() {
        let text = document(library(), "lithops.map", 80).unwrap();
        assert!(text.starts_with("lithops.map(fn, iterdata, opts?): lithops.Futures\n"), "{text}");
        for words in ["Starts a call of `fn` for each element", "Options in `opts`\n", "  chunksize? ", "Returns\n"] {
            assert!(text.contains(words), "`{words}` is missing in {text}");
        }
        // Code is as it was written.
        let is_code = |line: &str| line.starts_with("    ") || line.contains("fun(");
        assert!(text.lines().all(|line| line.chars().count() <= 80 || is_code(line)), "{text}");
        assert!(!text.contains("```"), "{text}");
    }

    #[test]
    fn classes_fields_and_aliases_are_described() {
        let text = document(library(), "ErrorKind", 80).unwrap();
        assert!(text.contains("\"timeout\""), "{text}");
        let text = document(library(), "lithops.Future", 80).unwrap();
        assert!(text.contains("lithops.Future:result(opts?)"), "{text}");
        assert!(document(library(), "lithops.version", 80).unwrap().starts_with("lithops.version: string\n"));
        assert!(document(library(), "process.Handle:read", 80).unwrap().starts_with("lithops.Stream:read"));
        assert_eq!(document(library(), "lithops.mapp", 80), Err(Some("lithops.map")));
    }

    #[test]
    fn lines_are_no_wider_than_the_terminal() {
        let mut text = String::new();
        table(&mut text, "T", [("a".into(), "one two three four five six seven".into())].into_iter(), 24);
        assert_eq!(text, "\nT\n  a  one two three four\n     five six seven\n");
        let mut text = String::new();
        markdown(&mut text, "One\ntwo.\n\n- three\n  four\n- five\n\n```lua\nprint(1)\n```\n", 30);
        assert_eq!(text, "\nOne two.\n\n- three four\n- five\n\n    print(1)\n");
    }

    #[test]
    fn tables_have_columns() {
        let mut text = String::new();
        markdown(&mut text, "One:\n| `a` | of a |\n|---|:-:|\n| longer | x \\| y |\n| | none |\n\nTwo.", 80);
        assert_eq!(text, "\nOne:\n  `a`     of a\n  longer  x | y\n          none\n\nTwo.\n");
        let mut text = String::new();
        markdown(&mut text, "| a | one two three four five six |", 25);
        assert_eq!(text, "\n  a  one two three four\n     five six\n");
    }
}
