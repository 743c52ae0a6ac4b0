//! What annotations describe.

use super::tokens;

/// The annotations of one module.
#[derive(Debug, Clone, Default)]
pub struct Module {
    /// Its name: that behind `---@meta`; of a file that nobody can `require`, that of the file with dots: `lithops.storage`.
    pub name: String,
    /// What is in it, in the order of the file.
    pub items: Vec<Item>,
}

/// Something that is described.
#[derive(Debug, Clone)]
pub enum Item {
    /// A function of a module, or a method of a class.
    Function(Function),
    /// A class: a module's table, an object, a table of options.
    Class(Class),
    /// Another name of a type.
    Alias(Alias),
    /// A variable, or a field that is described by itself: `lithops.storage`.
    Value(Value),
}

/// A function or a method.
#[derive(Debug, Clone, Default)]
pub struct Function {
    /// As it is called in full: `lithops.map`, `lithops.Executor:map`.
    pub name: String,
    /// What it does, as Markdown.
    pub text: String,
    /// Its parameters, in order.
    pub params: Vec<Param>,
    /// What it gives, in order.
    pub returns: Vec<Return>,
    /// Other ways to call it, as types `fun(…): …`.
    pub overloads: Vec<String>,
    /// Names that stand for any type: `T`.
    pub generics: Vec<String>,
    /// What to use instead, if it should not be used any more.
    pub deprecated: Option<String>,
    /// Names of others that belong to it.
    pub see: Vec<String>,
    /// Whether it is for the module itself only.
    pub is_private: bool,
}

/// A parameter, or a field of a class.
#[derive(Debug, Clone, Default)]
pub struct Param {
    /// Its name; `...` for all others, `[integer]` for elements.
    pub name: String,
    /// Whether it may be nil.
    pub optional: bool,
    /// Its type.
    pub kind: String,
    /// What it means.
    pub text: String,
    /// Whether it is for the module itself only.
    pub is_private: bool,
}

/// A value that a function gives.
#[derive(Debug, Clone, Default)]
pub struct Return {
    /// Its type.
    pub kind: String,
    /// What it is called, if anything.
    pub name: String,
    /// What it is.
    pub text: String,
}

/// A class.
#[derive(Debug, Clone, Default)]
pub struct Class {
    /// Its full name: `lithops.MapOptions`.
    pub name: String,
    /// The classes whose fields it has, too; `userdata` among them.
    pub parents: Vec<String>,
    /// What it is, as Markdown.
    pub text: String,
    /// Its own fields.
    pub fields: Vec<Param>,
    /// What operators do: `add(number): datetime.Moment`.
    pub operators: Vec<String>,
    /// How it is called as a function, as types `fun(…): …`.
    pub overloads: Vec<String>,
    /// Whether a variable follows it, so that it has a table or an object behind it. What has none is a table that people write, or
    /// that a function gives: options, records.
    pub has_variable: bool,
}

/// Another name of a type.
#[derive(Debug, Clone, Default)]
pub struct Alias {
    /// The name.
    pub name: String,
    /// What it stands for, where that is no list.
    pub kind: String,
    /// What it is, as Markdown.
    pub text: String,
    /// The values that it may be, and what each means.
    pub values: Vec<(String, String)>,
}

/// A variable with a type.
#[derive(Debug, Clone, Default)]
pub struct Value {
    /// Its full name: `lithops.storage`.
    pub name: String,
    /// As a field of the table that it is in.
    pub field: Param,
}

impl Item {
    /// Its full name.
    pub fn name(&self) -> &str {
        match self {
            Item::Function(function) => &function.name,
            Item::Class(class) => &class.name,
            Item::Alias(alias) => &alias.name,
            Item::Value(value) => &value.name,
        }
    }

    /// What is said of it, as Markdown.
    pub fn text(&self) -> &str {
        match self {
            Item::Function(function) => &function.text,
            Item::Class(class) => &class.text,
            Item::Alias(alias) => &alias.text,
            Item::Value(value) => &value.field.text,
        }
    }
}

impl Function {
    /// Its last name: `map`.
    pub fn last_name(&self) -> &str {
        tokens::last_name(&self.name)
    }

    /// The class or module that it belongs to: `lithops` of `lithops.map`.
    pub fn owner(&self) -> &str {
        tokens::owner(&self.name)
    }

    /// Whether it is called with a colon.
    pub fn is_method(&self) -> bool {
        self.name.contains(':')
    }

    /// How it is called, with a `?` behind what may be left out: `lithops.map(fn, iterdata, opts?)`.
    pub fn signature(&self) -> String {
        let names = self.params.iter().map(Param::marked_name);
        format!("{}({})", self.name, names.collect::<Vec<_>>().join(", "))
    }
}

impl Param {
    /// Its name, with a `?` if it may be nil.
    pub fn marked_name(&self) -> String {
        format!("{}{}", self.name, if self.optional { "?" } else { "" })
    }
}

/// The blocks of code in Lua that a text has, each as it is between its fences, with the number of the line where it begins, from 0.
pub fn examples(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.trim_start().starts_with("```")) {
            (None, true) if line.trim() == "```lua" => open = Some((number + 1, String::new())),
            (None, _) => {}
            (Some(_), true) => found.extend(open.take()),
            (Some((_, code)), false) => {
                code.push_str(line);
                code.push('\n');
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_what_is_between_fences_of_lua() {
        let text = "Text.\n\n```lua\nprint(1)\n\nprint(2)\n```\n\n```text\n1\n```\n\n```lua\nprint(3)\n```";
        assert_eq!(examples(text), [(3, "print(1)\n\nprint(2)\n".into()), (13, "print(3)\n".into())]);
    }
}
