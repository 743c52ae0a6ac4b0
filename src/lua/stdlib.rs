//! The Lua modules that are part of the program, as they are in the folder `stdlib`.

/// Names and sources. One line a module.
const MODULES: &[(&str, &str)] = &[("shard", include_str!("../../stdlib/shard.lua"))];

/// The source of the module `name`.
pub fn source(name: &str) -> Option<&'static str> {
    MODULES.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}

/// The chunk name of the module `name`, as tracebacks show it.
pub fn chunk_name(name: &str) -> String {
    format!("@stdlib/{}.lua", name.replace('.', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/stdlib");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "lua") {
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                assert!(source(&name).is_some(), "{name} is missing from MODULES");
            }
        }
    }
}
