//! The Lua modules that are part of the program, as they are in the folder `stdlib`.

/// Names and sources, one line a module: `dataset.run` is `dataset/run.lua`.
const MODULES: &[(&str, &str)] = &[
    ("dataset", include_str!("../../stdlib/dataset.lua")),
    ("dataset.aggregate", include_str!("../../stdlib/dataset/aggregate.lua")),
    ("dataset.blocks", include_str!("../../stdlib/dataset/blocks.lua")),
    ("dataset.buckets", include_str!("../../stdlib/dataset/buckets.lua")),
    ("dataset.collection", include_str!("../../stdlib/dataset/collection.lua")),
    ("dataset.context", include_str!("../../stdlib/dataset/context.lua")),
    ("dataset.hash", include_str!("../../stdlib/dataset/hash.lua")),
    ("dataset.inputs", include_str!("../../stdlib/dataset/inputs.lua")),
    ("dataset.keys", include_str!("../../stdlib/dataset/keys.lua")),
    ("dataset.memory", include_str!("../../stdlib/dataset/memory.lua")),
    ("dataset.output", include_str!("../../stdlib/dataset/output.lua")),
    ("dataset.places", include_str!("../../stdlib/dataset/places.lua")),
    ("dataset.plan", include_str!("../../stdlib/dataset/plan.lua")),
    ("dataset.pull", include_str!("../../stdlib/dataset/pull.lua")),
    ("dataset.ranges", include_str!("../../stdlib/dataset/ranges.lua")),
    ("dataset.ranking", include_str!("../../stdlib/dataset/ranking.lua")),
    ("dataset.run", include_str!("../../stdlib/dataset/run.lua")),
    ("dataset.runs", include_str!("../../stdlib/dataset/runs.lua")),
    ("dataset.settings", include_str!("../../stdlib/dataset/settings.lua")),
    ("dataset.sinks", include_str!("../../stdlib/dataset/sinks.lua")),
    ("dataset.sorting", include_str!("../../stdlib/dataset/sorting.lua")),
    ("dataset.sources", include_str!("../../stdlib/dataset/sources.lua")),
    ("dataset.steps", include_str!("../../stdlib/dataset/steps.lua")),
    ("dataset.task", include_str!("../../stdlib/dataset/task.lua")),
    ("shard", include_str!("../../stdlib/shard.lua")),
];

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

    /// The names of the modules in a folder and below it.
    fn names(folder: &std::path::Path, prefix: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{prefix}{}", path.file_stem().unwrap().to_str().unwrap());
            if path.is_dir() {
                names(&path, &format!("{name}."), found);
            } else if path.to_str().unwrap().ends_with(".lua") && !path.to_str().unwrap().ends_with(".d.lua") {
                found.push(name);
            }
        }
    }

    #[test]
    fn every_file_is_embedded() {
        let mut found = Vec::new();
        names(concat!(env!("CARGO_MANIFEST_DIR"), "/stdlib").as_ref(), "", &mut found);
        for name in &found {
            assert!(source(name).is_some(), "{name} is missing from MODULES");
        }
        assert_eq!(found.len(), MODULES.len());
    }
}
