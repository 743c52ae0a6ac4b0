//! Reads a file of annotations.

use std::collections::HashMap;
use std::mem;

use super::tokens::{returned_name, separated, split_name, split_type};
use super::{Alias, Class, Function, Item, Module, Param, Return, Value};

/// The comment above a line of code, or a comment that stands alone.
#[derive(Default)]
struct Block {
    text: Vec<String>,
    /// All that belongs to a function but its name and the order of its parameters.
    function: Function,
    classes: Vec<Class>,
    aliases: Vec<Alias>,
    /// Of a variable.
    kind: String,
    last: Last,
}

/// What a line without a tag continues.
#[derive(Default, Clone, Copy, PartialEq)]
enum Last {
    #[default]
    Text,
    Param,
    Return,
    Field,
    Ignored,
}

/// The annotations of one file, which is called `file`: `lithops_storage.d.lua`.
pub fn module(file: &str, text: &str) -> Module {
    let mut module = Module::default();
    // Locals stand for classes: `local Executor = {}` below `---@class lithops.Executor`.
    let mut variables: HashMap<String, String> = HashMap::new();
    let mut block = Block::default();
    // The empty line in the end finishes the last block.
    for line in text.lines().chain([""]) {
        if let Some(comment) = line.strip_prefix("---") {
            match comment.strip_prefix("@meta") {
                Some(name) => module.name = name.trim().to_owned(),
                None => block.line(comment),
            }
            continue;
        }
        let mut block = mem::take(&mut block);
        if let Some(declared) = line.strip_prefix("function ") {
            module.items.extend(block.function(declared, &variables).map(Item::Function));
            continue;
        }
        if let Some((variable, _)) = line.split_once(" =") {
            let variable = variable.trim_start_matches("local ");
            if let Some(class) = block.classes.last_mut() {
                class.has_variable = true;
                variables.insert(variable.to_owned(), class.name.clone());
            } else if !block.kind.is_empty() {
                module.items.push(Item::Value(block.value(&full_name(variable, &variables))));
                continue;
            }
        }
        module.items.extend(block.classes.into_iter().map(Item::Class));
        module.items.extend(block.aliases.into_iter().map(Item::Alias));
    }
    if matches!(module.name.as_str(), "" | "_") {
        module.name = file.trim_end_matches(".d.lua").replace('_', ".");
    }
    module
}

/// `lithops.Executor:map` of `Executor:map`.
fn full_name(name: &str, variables: &HashMap<String, String>) -> String {
    match name.rfind(['.', ':']).map(|at| name.split_at(at)) {
        Some((owner, last)) => format!("{}{last}", variables.get(owner).map_or(owner, String::as_str)),
        None => name.to_owned(),
    }
}

impl Block {
    /// A line of the comment, without its dashes.
    fn line(&mut self, comment: &str) {
        if let Some(value) = comment.trim_start().strip_prefix("| ")
            && let Some(alias) = self.aliases.last_mut()
        {
            let (kind, text) = value.split_once(" # ").unwrap_or((value, ""));
            alias.values.push((kind.trim().to_owned(), text.trim().to_owned()));
            return;
        }
        match comment.strip_prefix('@') {
            Some(tag) => {
                let (tag, rest) = tag.split_once(' ').unwrap_or((tag, ""));
                self.last = self.tag(tag, rest.trim());
            }
            None => self.continued(comment),
        }
    }

    fn tag(&mut self, tag: &str, rest: &str) -> Last {
        match tag {
            "param" => {
                self.function.params.push(param(rest));
                return Last::Param;
            }
            "return" => {
                let (kind, text) = split_type(rest);
                let (name, text) = returned_name(text);
                self.function.returns.push(Return { kind: kind.into(), name: name.into(), text: text.into() });
                return Last::Return;
            }
            "field" => {
                if let Some(class) = self.classes.last_mut() {
                    class.fields.push(param(rest));
                }
                return Last::Field;
            }
            "class" => self.class(rest),
            "alias" => {
                let (name, kind) = rest.split_once(' ').unwrap_or((rest, ""));
                let (text, kind) = (self.take_text(), split_type(kind).0);
                self.aliases.push(Alias { name: name.into(), kind: kind.into(), text, values: Vec::new() });
            }
            "type" => self.kind = split_type(rest).0.to_owned(),
            "overload" => match self.classes.last_mut() {
                Some(class) => class.overloads.push(rest.to_owned()),
                None => self.function.overloads.push(rest.to_owned()),
            },
            "operator" => {
                if let Some(class) = self.classes.last_mut() {
                    class.operators.push(rest.to_owned());
                }
            }
            "generic" => self.function.generics.extend(rest.split(',').map(|name| name.trim().to_owned())),
            "deprecated" => self.function.deprecated = Some(rest.to_owned()),
            "see" => self.function.see.push(rest.to_owned()),
            "private" => self.function.is_private = true,
            _ => {}
        }
        Last::Ignored
    }

    /// `(exact) lithops.MapOptions: lithops.CallOptions`.
    fn class(&mut self, rest: &str) {
        let rest = rest.strip_prefix("(exact)").unwrap_or(rest);
        let (name, parents) = rest.split_once(':').unwrap_or((rest, ""));
        let parents = parents.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
        let (parents, text) = (parents.collect(), self.take_text());
        self.classes.push(Class { name: name.trim().into(), parents, text, ..Class::default() });
    }

    /// A line that goes on with what the one before was about.
    fn continued(&mut self, comment: &str) {
        let text = match self.last {
            Last::Text => {
                self.text.push(comment.to_owned());
                return;
            }
            Last::Param => self.function.params.last_mut().map(|param| &mut param.text),
            Last::Return => self.function.returns.last_mut().map(|value| &mut value.text),
            Last::Field => {
                self.classes.last_mut().and_then(|class| class.fields.last_mut()).map(|field| &mut field.text)
            }
            Last::Ignored => None,
        };
        if let Some(text) = text {
            text.push(' ');
            text.push_str(comment.trim());
        }
    }

    fn take_text(&mut self) -> String {
        mem::take(&mut self.text).join("\n").trim().to_owned()
    }

    /// The function that is declared below the comment: `lithops.map(fn, iterdata, opts) end`.
    fn function(mut self, declared: &str, variables: &HashMap<String, String>) -> Option<Function> {
        let (name, rest) = declared.split_once('(')?;
        let (parameters, _) = rest.split_once(')')?;
        let text = self.take_text();
        let mut function = Function { name: full_name(name.trim(), variables), text, ..self.function };
        let mut described = mem::take(&mut function.params);
        let names = parameters.split(',').map(str::trim).filter(|name| !name.is_empty());
        let params = names.map(|name| match described.iter().position(|param| param.name == name) {
            Some(at) => described.swap_remove(at),
            None => Param { name: name.into(), kind: "any".into(), ..Param::default() },
        });
        function.params = params.collect();
        Some(function)
    }

    /// The variable that is declared below the comment.
    fn value(mut self, name: &str) -> Value {
        let field = Param {
            name: super::tokens::last_name(name).to_owned(),
            text: self.take_text(),
            kind: self.kind,
            ..Param::default()
        };
        Value { name: name.to_owned(), field }
    }
}

/// The function `name` whose type is `kind`: `fun(value: any, options?: inspect.Options): string`.
pub fn overload(name: &str, kind: &str) -> Option<Function> {
    let (_, rest) = kind.split_once('(')?;
    // Up to the bracket that closes the parameters: the first one that nothing opens.
    let mut depth = 1;
    let end = rest.bytes().position(|byte| {
        depth += i32::from(byte == b'(') - i32::from(byte == b')');
        depth == 0
    })?;
    let params = separated(&rest[..end], b',').into_iter().map(|param| {
        let (name, kind) = param.split_once(':').unwrap_or((param, "any"));
        let (name, optional, _) = split_name(name.trim());
        Param { name: name.into(), optional, kind: kind.trim().into(), ..Param::default() }
    });
    let params = params.collect();
    let gives = rest[end + 1..].trim_start().strip_prefix(':').map_or("", str::trim);
    let returns = separated(gives, b',').into_iter().map(|kind| Return { kind: kind.into(), ..Return::default() });
    Some(Function { name: name.into(), params, returns: returns.collect(), ..Function::default() })
}

/// A parameter or a field, behind its tag.
fn param(text: &str) -> Param {
    let (text, is_private) = match text.split_once(' ') {
        Some(("private" | "protected", rest)) => (rest, true),
        Some(("public", rest)) => (rest, false),
        _ => (text, false),
    };
    let (name, optional, rest) = split_name(text);
    let (kind, text) = split_type(rest);
    Param { name: name.into(), optional, kind: kind.into(), text: text.into(), is_private }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "---@meta m\n\n---What it is.\n---@class m\n---@overload fun(): m.Thing\nlocal m = {}\n\n\
                        ---@class (exact) m.Options: m.Base\n---@field size? integer How\n---much.\n---@field private kept table\n\n\
                        ---@alias m.Kind\n---| \"a\" # First.\n---| \"b\"\n\n---@class m.Thing: userdata\n\
                        ---@operator add(number): m.Thing\nlocal Thing = {}\n\n---The main one.\n---@type m.Thing\nm.thing = nil\n\n\
                        ---Does it.\n---\n---    m.run(1)\n---@generic T\n---@param x T One.\n---@param opts? m.Options\n\
                        ---@return string text What came.\n---@deprecated Use `next`.\n---@see m.Thing\nfunction m.run(x, opts) end\n\n\
                        ---@return m.Thing\nfunction Thing:next(...) end\n\nreturn m\n";

    #[test]
    fn all_kinds_of_things_are_read() {
        let module = module("m.d.lua", TEXT);
        assert_eq!(module.name, "m");
        let names: Vec<&str> = module.items.iter().map(Item::name).collect();
        assert_eq!(names, ["m", "m.Options", "m.Kind", "m.Thing", "m.thing", "m.run", "m.Thing:next"]);
        let Item::Class(main) = &module.items[0] else { panic!() };
        assert_eq!((main.text.as_str(), main.overloads.len(), main.has_variable), ("What it is.", 1, true));
        let Item::Class(options) = &module.items[1] else { panic!() };
        assert_eq!((options.parents[0].as_str(), options.fields[0].text.as_str()), ("m.Base", "How much."));
        assert!(!options.has_variable && options.fields[1].is_private && options.fields[1].name == "kept");
        let Item::Alias(kind) = &module.items[2] else { panic!() };
        assert_eq!(kind.values, [("\"a\"".into(), "First.".into()), ("\"b\"".into(), String::new())]);
        let Item::Class(thing) = &module.items[3] else { panic!() };
        assert_eq!(thing.operators, ["add(number): m.Thing"]);
        let Item::Value(value) = &module.items[4] else { panic!() };
        assert_eq!((value.field.kind.as_str(), value.field.text.as_str()), ("m.Thing", "The main one."));
        let Item::Function(run) = &module.items[5] else { panic!() };
        assert_eq!((run.text.as_str(), run.generics.join(",").as_str()), ("Does it.\n\n    m.run(1)", "T"));
        assert_eq!((run.returns[0].name.as_str(), run.returns[0].text.as_str()), ("text", "What came."));
        assert_eq!((run.deprecated.as_deref(), run.see.join(",").as_str()), (Some("Use `next`."), "m.Thing"));
        let Item::Function(next) = &module.items[6] else { panic!() };
        assert_eq!((next.params[0].name.as_str(), next.owner(), next.is_method()), ("...", "m.Thing", true));
    }

    #[test]
    fn the_type_of_a_function_has_parameters() {
        let made = overload("m", "fun(f: fun(x: a, y: b), options?: m.Options|integer): m.Thing, string").unwrap();
        assert_eq!(made.signature(), "m(f, options?)");
        assert_eq!(
            (made.params[0].kind.as_str(), made.params[1].kind.as_str()),
            ("fun(x: a, y: b)", "m.Options|integer")
        );
        assert_eq!((made.returns[0].kind.as_str(), made.returns[1].kind.as_str()), ("m.Thing", "string"));
        assert_eq!(overload("m", "fun()").unwrap().signature(), "m()");
    }

    #[test]
    fn a_file_that_nobody_can_require_is_named_by_its_name() {
        assert_eq!(super::module("lithops_storage.d.lua", "---@meta _\n").name, "lithops.storage");
    }
}
