//! What is there in truth, as `live.lua` finds it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use lithops_lua::luacats::tokens::{alternatives, last_name};
use lithops_lua::luacats::{Class, Function, Item, Param, library};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::Folder;
use crate::web::{WebServer, whole};

/// What `live.lua` answers.
#[derive(Debug, Deserialize)]
pub struct Live {
    /// The names that each class has.
    pub members: BTreeMap<String, BTreeSet<String>>,
    /// The options that each function takes.
    pub options: BTreeMap<String, BTreeSet<String>>,
    /// The parameters of each function that is written in Lua.
    pub parameters: BTreeMap<String, Vec<String>>,
    /// What constants are.
    pub values: BTreeMap<String, String>,
    /// What could not be looked at.
    pub failures: Vec<String>,
}

/// All that is there. It takes a second, and is looked at once.
pub static LIVE: LazyLock<Live> = LazyLock::new(look);

fn look() -> Live {
    let folder = Folder::new();
    let description = folder.write("description.json", description().to_string());
    let server = WebServer::start(|_| whole(200, "hello"));
    let here = |name: &str| root().join("tests/types").join(name).display().to_string();
    let (script, recipes) = (here("live.lua"), here("recipes.lua"));
    let run = folder.run(&["-q", &script, &description.display().to_string(), &recipes, &server.url()]);
    assert_eq!(run.code, Some(0), "{run:?}");
    serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Whether objects of a class are looked at: all but tables that only functions read.
pub fn is_looked_at(class: &Class) -> bool {
    !library().is_record(class) || !is_read(class)
}

/// All that can be called, the functions of modules and objects, and these themselves.
pub fn callables() -> Vec<Function> {
    let functions = library().functions().filter(|function| !function.is_private).cloned();
    functions.chain(library().callables()).collect()
}

/// Whether a function reads a table of this class.
fn is_read(class: &Class) -> bool {
    let is_it = |name: &str| name == class.name || is_ancestor(class, name);
    callables().iter().any(|function| {
        let options = library().options_table(function);
        options.is_some_and(|options| is_it(&options.class.name)) || is_nested_in(function, class)
    })
}

/// Whether the class `name` is made from `class`.
fn is_ancestor(class: &Class, name: &str) -> bool {
    library()
        .class(name)
        .is_some_and(|other| other.parents.iter().any(|parent| *parent == class.name || is_ancestor(class, parent)))
}

/// Whether one of the parameters is a list or a table of such tables.
fn is_nested_in(function: &Function, class: &Class) -> bool {
    function.params.iter().any(|param| {
        let pieces = lithops_lua::luacats::tokens::pieces(&param.kind);
        !param.kind.contains("fun(") && pieces.iter().any(|(piece, is_name)| *is_name && *piece == class.name)
    })
}

/// The first of the types that a parameter may have.
fn first_kind(function: &Function, param: &Param) -> String {
    let kind = alternatives(&param.kind).first().copied().unwrap_or("any");
    // `T` or `F: function`.
    let generic = function.generics.iter().map(|generic| generic.split_once(": ").unwrap_or((generic, "any")));
    generic.into_iter().find(|(name, _)| *name == kind).map_or(kind, |(_, kind)| kind).to_owned()
}

fn description() -> Value {
    let functions = callables().into_iter().map(|function| {
        let params = function.params.iter();
        let params: Vec<Value> = params
            .map(|param| json!({ "name": param.name, "optional": param.optional, "first": first_kind(&function, param) }))
            .collect();
        let gives = function.returns.first().map(|value| value.kind.trim_end_matches('?').to_owned());
        json!({
            "name": function.name,
            "owner": function.owner(),
            "last": function.last_name(),
            "method": function.is_method(),
            // The module or the object itself.
            "itself": library().class(&function.name).is_some(),
            "params": params,
            "gives": gives,
            "options": library().options_table(&function).map(|options| options.position + 1),
        })
    });
    let classes = library().classes().map(|class| {
        let constants = class.fields.iter().filter(|field| field.kind.starts_with('"') && !field.kind.contains('|'));
        let constants: Vec<Value> = constants.map(|field| json!({ "name": field.name })).collect();
        let is_module = library().module(&class.name).is_some();
        let constants = if is_module { constants } else { Vec::new() };
        let described: BTreeMap<String, bool> = described_members(class).into_iter().map(|name| (name, true)).collect();
        json!({
            "name": class.name,
            "wanted": is_looked_at(class),
            "constants": constants,
            // One with any names has no others.
            "is_open": class.fields.iter().any(|field| field.name == "[string]"),
            "is_object": !is_module && !library().is_record(class),
            "described": described,
        })
    });
    let aliases = library().items().filter_map(|item| match item {
        Item::Alias(alias) => {
            let first =
                alias.values.first().map(|(value, _)| value.as_str()).or(alternatives(&alias.kind).first().copied());
            Some(json!({ "name": alias.name, "first": first.unwrap_or("any") }))
        }
        _ => None,
    });
    let modules = library().modules().iter().map(|module| module.name.as_str());
    let modules: Vec<&str> = modules.filter(|name| library().class(name).is_some()).collect();
    json!({
        "functions": functions.collect::<Vec<_>>(),
        "classes": classes.collect::<Vec<_>>(),
        "aliases": aliases.collect::<Vec<_>>(),
        "modules": modules,
        "words": words(),
    })
}

/// All words in the sources of the program: whatever it calls something, it is one of these.
fn words() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for folder in ["src/lua", "src/worker", "stdlib"] {
        for file in files(&root().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            let is_of_word = |one: char| one.is_ascii_alphanumeric() || one == '_';
            let all = text.split(|one| !is_of_word(one));
            words.extend(all.filter(|word| word.starts_with(|one: char| one.is_ascii_alphabetic())).map(str::to_owned));
        }
    }
    words
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "lua" || extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The names that a class is described to have.
pub fn described_members(class: &Class) -> BTreeSet<String> {
    let fields = library().fields(&class.name).into_iter().map(|field| field.name.clone());
    let private = class.fields.iter().filter(|field| field.is_private).map(|field| field.name.clone());
    let methods = library().methods(&class.name).into_iter().map(|method| last_name(&method.name).to_owned());
    fields.chain(private).chain(methods).filter(|name| !name.starts_with('[')).collect()
}
