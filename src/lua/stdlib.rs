//! The Lua files that are part of the program, as they are in the folder `stdlib`: modules, and annotations for editors.

// `MODULES` and `LIBRARY`, which build.rs lists.
include!(concat!(env!("OUT_DIR"), "/stdlib.rs"));

/// The source of the module `name`.
pub fn source(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}

/// The names of all modules in Lua, parts of modules (`dataset.run`) among them, in order of the alphabet.
pub fn names() -> impl Iterator<Item = &'static str> {
    MODULES.iter().map(|(name, _)| *name)
}

/// File names and texts of the annotations (LuaCATS): `("csv.d.lua", …)`.
pub fn library() -> &'static [(&'static str, &'static str)] {
    LIBRARY
}

/// The chunk name of the module `name`, as tracebacks show it.
pub fn chunk_name(name: &str) -> String {
    format!("@stdlib/{}.lua", name.replace('.', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_and_annotations_are_told_apart() {
        assert!(source("dataset.run").is_some() && source("dataset").is_some() && source("library.csv.d").is_none());
        assert!(library().iter().any(|(name, text)| *name == "csv.d.lua" && text.starts_with("---@meta")));
    }
}
