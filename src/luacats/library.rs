//! All annotations, and what belongs together in them.

use std::sync::LazyLock;

use super::tokens::{alternatives, last_name, owner};
use super::{Alias, Class, Function, Item, Module, Param, parse};
use crate::lua::stdlib;

/// All annotations.
pub struct Library {
    modules: Vec<Module>,
}

/// The options that a function takes.
#[derive(Debug, Clone)]
pub struct OptionsTable<'a> {
    /// Which parameter they are, counted from 0, without `self`.
    pub position: usize,
    /// Their class: `lithops.MapOptions`.
    pub class: &'a Class,
    /// All of them, those of parents of the class behind its own.
    pub fields: Vec<&'a Param>,
}

/// The annotations of this program, read at the first call.
pub fn library() -> &'static Library {
    static LIBRARY: LazyLock<Library> = LazyLock::new(|| Library::new(stdlib::library().iter().copied()));
    &LIBRARY
}

impl Library {
    /// The annotations in these files, names and texts. Those of the same module become one.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut modules: Vec<Module> = Vec::new();
        for (name, text) in files {
            let module = parse::module(name, text);
            match modules.iter_mut().find(|known| known.name == module.name) {
                Some(known) => known.items.extend(module.items),
                None => modules.push(module),
            }
        }
        Library { modules }
    }

    /// All modules.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The module with this name.
    pub fn module(&self, name: &str) -> Option<&Module> {
        self.modules.iter().find(|module| module.name == name)
    }

    /// All that is described.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.modules.iter().flat_map(|module| &module.items)
    }

    /// All functions and methods.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.items().filter_map(|item| if let Item::Function(function) = item { Some(function) } else { None })
    }

    /// All classes.
    pub fn classes(&self) -> impl Iterator<Item = &Class> {
        self.items().filter_map(|item| if let Item::Class(class) = item { Some(class) } else { None })
    }

    /// The function with this full name; also one that a class has from its parent: `log.info` of `log.Logger.info`.
    pub fn function(&self, name: &str) -> Option<&Function> {
        let own = self.functions().find(|function| function.name == name);
        own.or_else(|| self.methods(owner(name)).into_iter().find(|function| function.last_name() == last_name(name)))
    }

    /// The class with this full name.
    pub fn class(&self, name: &str) -> Option<&Class> {
        self.classes().find(|class| class.name == name)
    }

    /// The alias with this full name.
    pub fn alias(&self, name: &str) -> Option<&Alias> {
        self.items().find_map(|item| match item {
            Item::Alias(alias) if alias.name == name => Some(alias),
            _ => None,
        })
    }

    /// A class, and the classes that it is made from.
    fn lineage<'a>(&'a self, class: &str) -> Vec<&'a Class> {
        let mut found: Vec<&Class> = self.class(class).into_iter().collect();
        let mut next = 0;
        while let Some(class) = found.get(next).copied() {
            for parent in class.parents.iter().filter_map(|name| self.class(name)) {
                if !found.iter().any(|known| known.name == parent.name) {
                    found.push(parent);
                }
            }
            next += 1;
        }
        found
    }

    /// The methods and functions of a class or a module, and of what it is made from.
    pub fn methods(&self, class: &str) -> Vec<&Function> {
        let lineage = self.lineage(class);
        let of = |class: &Class| {
            let name = class.name.clone();
            self.functions().filter(move |function| function.owner() == name && !function.is_private)
        };
        lineage.into_iter().flat_map(of).collect()
    }

    /// The fields of a class, and those of the classes that it is made from.
    pub fn fields(&self, class: &str) -> Vec<&Param> {
        let mut fields: Vec<&Param> = Vec::new();
        for class in self.lineage(class) {
            // What a class says of a field counts, not what its parent says.
            let own = class.fields.iter().filter(|field| !field.is_private);
            let new: Vec<&Param> = own.filter(|own| !fields.iter().any(|known| known.name == own.name)).collect();
            fields.extend(new);
            fields.extend(self.items().filter_map(|item| match item {
                Item::Value(value) if owner(&value.name) == class.name => Some(&value.field),
                _ => None,
            }));
        }
        fields
    }

    /// The field with this full name, `lithops.version`, and its class.
    pub fn field(&self, name: &str) -> Option<(&Class, &Param)> {
        let class = self.class(owner(name))?;
        let field = self.fields(&class.name).into_iter().find(|field| field.name == last_name(name))?;
        Some((class, field))
    }

    /// Whether a class is one of tables that people write: no object, nor anything with methods.
    pub fn is_record(&self, class: &Class) -> bool {
        let is_plain = |class: &&Class| !class.has_variable && !class.parents.iter().any(|parent| parent == "userdata");
        self.lineage(&class.name).iter().all(is_plain)
    }

    /// The table of options that a function takes: the last parameter that may be a table of a class with named fields.
    pub fn options_table(&self, function: &Function) -> Option<OptionsTable<'_>> {
        function.params.iter().enumerate().rev().find_map(|(position, param)| {
            let classes = alternatives(&param.kind).into_iter().filter_map(|kind| self.class(kind));
            let class = classes.into_iter().find(|class| self.is_record(class))?;
            Some(OptionsTable { position, class, fields: self.fields(&class.name) })
        })
    }

    /// What can be called that is no function: modules and objects with an `@overload`, as functions of their names.
    pub fn callables(&self) -> Vec<Function> {
        let overloads = |class: &Class| {
            let name = class.name.clone();
            let of_kind = move |kind: &String| parse::overload(&name, kind);
            class.overloads.iter().filter_map(of_kind).collect::<Vec<_>>()
        };
        self.classes().flat_map(overloads).collect()
    }

    /// The options that a function takes, if any.
    pub fn options(&self, function: &Function) -> Vec<&Param> {
        self.options_table(function).map(|options| options.fields).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_by_their_full_names() {
        let map = library().function("lithops.map").unwrap();
        assert_eq!(map.signature(), "lithops.map(fn, iterdata, opts?)");
        assert_eq!(map.params[2].kind, "lithops.MapOptions");
        assert!(map.params[2].optional && !map.params[0].optional);
        assert!(library().field("lithops.version").is_some());
        assert_eq!(library().field("lithops.storage").unwrap().1.kind, "lithops.Store");
        // The handle of a program is a stream.
        assert!(library().function("process.Handle:read").is_some());
    }

    #[test]
    fn options_are_those_of_the_class_and_of_what_it_is_made_from() {
        let options = library().options_table(library().function("lithops.map").unwrap()).unwrap();
        let names: Vec<&str> = options.fields.iter().map(|option| option.name.as_str()).collect();
        assert!(names.contains(&"chunksize") && names.contains(&"timeout"), "{names:?}");
        assert_eq!((options.position, options.class.name.as_str()), (2, "lithops.MapOptions"));
        let csv = library().options(library().function("csv.encode").unwrap());
        assert!(csv.iter().any(|option| option.name == "newline" && option.kind == "\"\\n\"|\"\\r\\n\""), "{csv:?}");
        // Objects are no options.
        assert!(library().options_table(library().function("dataset.Dataset:union").unwrap()).is_none());
    }
}
