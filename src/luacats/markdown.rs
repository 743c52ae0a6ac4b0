//! Annotations as the pages of the reference.

use std::fmt::Write;

use super::tokens::pieces;
use super::{Alias, Class, Function, Item, Library, Module, Param, Return};

/// A page of the reference.
pub struct Page {
    /// Its file: `csv.md`.
    pub file: String,
    /// What it is called in the table of contents.
    pub title: String,
    /// Its text.
    pub text: String,
}

/// A page for each module, and in front of them one that lists all.
///
/// Every function, class, alias and field that is described by itself has a heading whose anchor is its full name,
/// `lithops.md#lithops.map`; every class and alias that a type names is a link to it, and so is every full name in backticks that can
/// be no variable's, and `require "csv"`.
pub fn pages(library: &Library) -> Vec<Page> {
    let mut modules: Vec<&Module> = library.modules().iter().collect();
    // The table that every script has comes first.
    modules.sort_by_key(|module| (!module.name.starts_with("lithops"), module.name.clone()));
    let mut index = String::from(
        "# Reference\n\nEvery module with its functions, options and types. The prompt says the same with `.doc NAME`, and editors show \
         it as you type.\n\n| module | |\n|---|---|\n",
    );
    let mut pages = Vec::new();
    for module in modules {
        let links = Links { library, page: module };
        let _ = writeln!(index, "| [{}]({}) | {} |", module.name, file(module), cell(&links.text(&summary(module))));
        pages.push(Page { file: file(module), title: module.name.clone(), text: links.page() });
    }
    pages.insert(0, Page { file: "index.md".into(), title: "Reference".into(), text: index });
    pages
}

fn file(module: &Module) -> String {
    format!("{}.md", module.name)
}

/// The class that is the module's own table.
fn main_class(module: &Module) -> Option<&Class> {
    module.items.iter().find_map(|item| match item {
        Item::Class(class) if class.name == module.name => Some(class),
        _ => None,
    })
}

/// What a module is, in a sentence.
fn summary(module: &Module) -> String {
    let text = main_class(module).map_or_else(|| module.items.first().map_or("", Item::text), |class| &class.text);
    let paragraph = text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    paragraph.split_inclusive(". ").next().unwrap_or_default().trim().to_owned()
}

/// Where names on a page lead to.
struct Links<'a> {
    library: &'a Library,
    page: &'a Module,
}

impl<'a> Links<'a> {
    fn page(&self) -> String {
        let mut text = format!("# {}\n", self.page.name);
        if let Some(main) = main_class(self.page) {
            self.class_body(&mut text, main);
        }
        let (mut functions, mut objects, mut types) = (Vec::new(), Vec::new(), Vec::new());
        for item in &self.page.items {
            match item {
                Item::Class(class) if class.name == self.page.name => {}
                Item::Function(function) if self.is_of_object(function) => {}
                Item::Function(_) | Item::Value(_) => functions.push(item),
                Item::Class(class) if !self.library.is_record(class) => objects.push(item),
                Item::Class(_) | Item::Alias(_) => types.push(item),
            }
        }
        for (title, items) in [("Functions", functions), ("Objects", objects), ("Types", types)] {
            if !items.is_empty() {
                let _ = writeln!(text, "\n## {title}");
            }
            for item in items {
                self.item(&mut text, item);
            }
        }
        text
    }

    /// Whether a function is shown below an object's heading.
    fn is_of_object(&self, function: &Function) -> bool {
        let owner = function.owner();
        self.page
            .items
            .iter()
            .any(|item| matches!(item, Item::Class(class) if class.name == owner && owner != self.page.name))
    }

    fn item(&self, text: &mut String, item: &Item) {
        heading(text, 3, item.name());
        match item {
            Item::Function(function) => self.function(text, function),
            Item::Class(class) => {
                self.class_body(text, class);
                for method in self.library.functions().filter(|function| function.owner() == class.name) {
                    if !method.is_private {
                        heading(text, 4, &method.name);
                        self.function(text, method);
                    }
                }
            }
            Item::Alias(alias) => self.alias(text, alias),
            Item::Value(value) => {
                let _ = writeln!(text, "\n{}", self.kind(&value.field.kind));
                self.words(text, &value.field.text);
            }
        }
    }

    fn function(&self, text: &mut String, function: &Function) {
        let _ = writeln!(text, "\n```text\n{}\n```", function.signature());
        if let Some(instead) = &function.deprecated {
            let _ = writeln!(text, "\n**Deprecated.** {}", self.text(instead));
        }
        self.words(text, &function.text);
        self.table(text, "parameter", function.params.iter());
        self.returns(text, &function.returns);
        self.overloads(text, &function.overloads);
        if !function.see.is_empty() {
            let names: Vec<String> = function.see.iter().map(|name| self.see(name)).collect();
            let _ = writeln!(text, "\nSee also {}.", names.join(", "));
        }
    }

    fn returns(&self, text: &mut String, returns: &[Return]) {
        if returns.is_empty() {
            return;
        }
        text.push_str("\n| returns | type | |\n|---|---|---|\n");
        for value in returns {
            let name = if value.name.is_empty() { String::new() } else { format!("`{}`", value.name) };
            let _ = writeln!(text, "| {name} | {} | {} |", self.kind(&value.kind), cell(&self.text(&value.text)));
        }
    }

    /// What a class is, its fields, those of its parents too, and its operators.
    fn class_body(&self, text: &mut String, class: &Class) {
        self.words(text, &class.text);
        let parents = class.parents.iter().filter(|parent| self.library.class(parent).is_some());
        let parents: Vec<String> = parents.map(|parent| self.kind(parent)).collect();
        if !parents.is_empty() {
            let _ = writeln!(text, "\nHas all of {}.", parents.join(", "));
        }
        self.overloads(text, &class.overloads);
        let is_page = class.name == self.page.name;
        // What has a heading of its own on this page is not told twice.
        let is_told = |field: &&Param| {
            let name = format!("{}.{}", class.name, field.name);
            is_page
                && self.library.items().any(|item| matches!(item, Item::Value(value) if value.name == name))
                && !class.fields.iter().any(|own| own.name == field.name)
        };
        let fields = self.library.fields(&class.name).into_iter().filter(|field| !is_told(field));
        let title = if self.library.is_record(class) && class.name.ends_with("Options") { "option" } else { "field" };
        self.table(text, title, fields);
        if !class.operators.is_empty() {
            text.push_str("\n| operator | gives |\n|---|---|\n");
        }
        for operator in &class.operators {
            let (operator, gives) = operator.split_once(':').unwrap_or((operator, ""));
            let _ = writeln!(text, "| {} | {} |", self.kind(operator.trim()), self.kind(gives.trim()));
        }
    }

    fn alias(&self, text: &mut String, alias: &Alias) {
        self.words(text, &alias.text);
        if !alias.kind.is_empty() {
            let _ = writeln!(text, "\n{}", self.kind(&alias.kind));
        }
        if !alias.values.is_empty() {
            text.push_str("\n| one of | |\n|---|---|\n");
        }
        for (value, meaning) in &alias.values {
            let _ = writeln!(text, "| {} | {} |", self.kind(value), cell(&self.text(meaning)));
        }
    }

    fn overloads(&self, text: &mut String, overloads: &[String]) {
        for overload in overloads {
            let _ = writeln!(text, "\nAlso {}", self.kind(overload));
        }
    }

    fn table<'b>(&self, text: &mut String, title: &str, rows: impl Iterator<Item = &'b Param>) {
        let mut rows = rows.peekable();
        if rows.peek().is_some() {
            let _ = writeln!(text, "\n| {title} | type | |\n|---|---|---|");
        }
        for row in rows {
            let (name, kind) = (row.marked_name(), self.kind(&row.kind));
            let _ = writeln!(text, "| `{name}` | {kind} | {} |", cell(&self.text(&row.text)));
        }
    }

    /// A type as code, with its names as links.
    fn kind(&self, kind: &str) -> String {
        let mut text = String::new();
        for (piece, is_name) in pieces(kind) {
            match self.place_of_type(piece).filter(|_| is_name) {
                Some(place) => {
                    text.push('[');
                    escape(&mut text, piece);
                    let _ = write!(text, "]({place})");
                }
                None => escape(&mut text, piece),
            }
        }
        // In a tag, since what is between backticks is no link.
        format!("<code>{text}</code>")
    }

    /// Markdown, with full names in backticks as links. Code between fences stays as it is.
    fn text(&self, source: &str) -> String {
        let mut text = String::new();
        let mut in_code = false;
        for line in source.split_inclusive('\n') {
            let is_fence = line.trim_start().starts_with("```");
            in_code ^= is_fence;
            if is_fence || in_code || line.starts_with("    ") || line.contains("``") {
                text.push_str(line);
                continue;
            }
            for (number, piece) in line.split('`').enumerate() {
                if number % 2 == 1 {
                    text.push_str(&code(piece, self.place_in_words(piece)));
                } else {
                    text.push_str(piece);
                }
            }
        }
        text
    }

    fn words(&self, text: &mut String, words: &str) {
        if !words.is_empty() {
            let _ = writeln!(text, "\n{}", self.text(words).trim_end());
        }
    }

    /// A name that is meant as one, whatever it is.
    fn see(&self, name: &str) -> String {
        let module = self.library.module(name).and_then(|module| self.place(module, ""));
        code(name, module.or_else(|| self.place_in_words(name)))
    }

    /// Where a class or an alias is described. What a type calls like a module is a keyword or a parameter: `fun(path: string)`.
    fn place_of_type(&self, name: &str) -> Option<String> {
        let is_type = |item: &Item| matches!(item, Item::Class(_) | Item::Alias(_)) && item.name() == name;
        self.place_of_item(name, is_type)
    }

    /// Where something in backticks is described. A name like `path` may be that of a variable, even if there is such a module.
    fn place_in_words(&self, code: &str) -> Option<String> {
        if let Some(module) = required(code).or((code == "lithops").then_some(code)) {
            return self.place(self.library.module(module)?, "");
        }
        match self.library.module(code) {
            Some(module) if code.contains('.') => self.place(module, ""),
            _ => self.place_of_item(code, |item| item.name() == code && !is_private(item)),
        }
    }

    /// The place of an item that has a heading, which the table of a module has not.
    fn place_of_item(&self, name: &str, is_meant: impl Fn(&Item) -> bool) -> Option<String> {
        if self.library.module(name).is_some() {
            return None;
        }
        let module = self.library.modules().iter().find(|module| module.items.iter().any(&is_meant))?;
        self.place(module, name)
    }

    /// The place of a heading on a module's page, or of the page, seen from this one.
    fn place(&self, of: &Module, heading: &str) -> Option<String> {
        let anchor = if heading.is_empty() { String::new() } else { format!("#{heading}") };
        match (of.name == self.page.name, anchor.is_empty()) {
            // This page needs no link to itself.
            (true, true) => None,
            (true, false) => Some(anchor),
            (false, _) => Some(format!("{}{anchor}", file(of))),
        }
    }
}

/// Code, as a link if it leads somewhere.
fn code(code: &str, place: Option<String>) -> String {
    match place {
        Some(place) => format!("[`{code}`]({place})"),
        None => format!("`{code}`"),
    }
}

/// The module that `require "csv"` names.
fn required(code: &str) -> Option<&str> {
    let rest = code.strip_prefix("require")?.trim_matches(['(', ')', ' ']);
    ['"', '\''].into_iter().find_map(|quote| rest.strip_prefix(quote)?.strip_suffix(quote))
}

fn is_private(item: &Item) -> bool {
    matches!(item, Item::Function(function) if function.is_private)
}

fn heading(text: &mut String, level: usize, name: &str) {
    let _ = writeln!(text, "\n{} {} {{#{name}}}", "#".repeat(level), name.replace('_', "\\_"));
}

/// Text of a type in a cell of a table.
fn escape(text: &mut String, piece: &str) {
    for one in piece.chars() {
        match one {
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '&' => text.push_str("&amp;"),
            // What Markdown would take for its own.
            '|' => text.push_str("&#124;"),
            '*' | '_' | '`' | '[' | ']' | '\\' => {
                let _ = write!(text, "&#{};", u32::from(one));
            }
            _ => text.push(one),
        }
    }
}

/// Words in a cell of a table.
fn cell(words: &str) -> String {
    words.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::library;
    use super::*;

    #[test]
    fn there_is_a_page_for_each_module_with_functions_and_types() {
        let pages = pages(library());
        assert_eq!(pages[0].file, "index.md");
        assert_eq!(pages.len(), library().modules().len() + 1);
        let of = |file: &str| &pages.iter().find(|page| page.file == file).unwrap().text;
        let lithops = of("lithops.md");
        assert!(lithops.contains("\n### lithops.map {#lithops.map}\n"), "{lithops}");
        assert!(lithops.contains("<code>[lithops.MapOptions](#lithops.MapOptions)</code>"), "{lithops}");
        assert!(lithops.contains("\n#### lithops.Future:result {#lithops.Future:result}\n"), "{lithops}");
        // Options of the parent are in the table, too.
        let options = lithops.split("{#lithops.MapOptions}").nth(1).unwrap().split("\n### ").next().unwrap();
        assert!(options.contains("| `chunksize?` |") && options.contains("| `timeout?` |"), "{options}");
        assert!(of("dataset.md").contains("[lithops.Executor](lithops.md#lithops.Executor)"));
        assert!(of("index.md").contains("| [csv](csv.md) | Comma-separated values"));
    }

    #[test]
    fn every_link_leads_somewhere_and_no_anchor_is_there_twice() {
        let pages = pages(library());
        let mut places = BTreeSet::new();
        for page in &pages {
            places.insert(page.file.clone());
            for anchor in page.text.split("{#").skip(1).map(|rest| rest.split('}').next().unwrap()) {
                assert!(places.insert(format!("{}#{anchor}", page.file)), "{anchor} twice in {}", page.file);
            }
        }
        for page in &pages {
            for link in page.text.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()) {
                let place = if link.starts_with('#') { format!("{}{link}", page.file) } else { link.to_owned() };
                assert!(places.contains(&place), "{link} in {}", page.file);
            }
        }
        assert!(places.len() > 250, "{}", places.len());
    }

    #[test]
    fn names_that_may_be_variables_are_no_links() {
        for page in pages(library()) {
            for word in ["fun", "text", "path", "fs", "log"] {
                let in_type = format!("[{word}]({word}.md)");
                assert!(!page.text.contains(&in_type) || page.file == "index.md", "{in_type} in {}", page.file);
                let in_words = format!("[`{word}`]({word}.md)");
                let see = |line: &str| line.starts_with("See also ");
                let line = page.text.lines().find(|line| line.contains(&in_words) && !see(line));
                assert_eq!(line, None, "{}", page.file);
            }
        }
        let text = "---Like `b`, `b.f` and `require \"b\"`.\n---@class a\nlocal a = {}\n\n---@param b fun(b: string): b.T\nfunction a.g(b) end\n";
        let other = "---@class b\nlocal b = {}\n\n---@class b.T\n---@field x string\n\nfunction b.f() end\n";
        let pages = pages(&Library::new([("a", text), ("b", other)]));
        let page = &pages.iter().find(|page| page.file == "a.md").unwrap().text;
        assert!(page.contains("Like `b`, [`b.f`](b.md#b.f) and [`require \"b\"`](b.md)."), "{page}");
        assert!(page.contains("<code>fun(b: string): [b.T](b.md#b.T)</code>"), "{page}");
    }

    #[test]
    fn a_table_has_as_many_cells_in_each_row_as_in_its_head() {
        for page in pages(library()) {
            let mut expected = None;
            for line in page.text.lines() {
                let cells = line.replace("\\|", "").matches('|').count();
                match (line.starts_with('|'), expected) {
                    (false, _) => expected = None,
                    (true, None) => expected = Some(cells),
                    (true, Some(expected)) => assert_eq!(cells, expected, "{}: {line}", page.file),
                }
            }
        }
    }
}
