//! The shared libraries that an executable needs, as they are on this machine.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::super::deploy::elf;
use super::ImageError;
use crate::config::Architecture;

/// Where the loaders of the distributions look without being told.
fn folders(architecture: Architecture) -> [PathBuf; 6] {
    let triplet = match architecture {
        Architecture::X86_64 => "x86_64-linux-gnu",
        Architecture::Arm64 => "aarch64-linux-gnu",
    };
    ["lib64", "usr/lib64", &format!("lib/{triplet}"), &format!("usr/lib/{triplet}"), "lib", "usr/lib"]
        .map(|folder| Path::new("/").join(folder))
}

/// The libraries, and theirs, by the paths at which the loader of this machine, which is one of them, finds them.
///
/// # Errors
/// Where one is not on this machine.
pub(super) fn find(needs: &elf::Needs) -> Result<BTreeMap<PathBuf, PathBuf>, ImageError> {
    let mut found = BTreeMap::new();
    let mut open = needs.libraries.clone();
    let mut known = std::collections::BTreeSet::new();
    if let Some(loader) = &needs.interpreter {
        found.insert(PathBuf::from(loader), PathBuf::from(loader));
    }
    while let Some(name) = open.pop() {
        if !known.insert(name.clone()) {
            continue;
        }
        let (path, of_library) = locate(&name, needs.architecture)?;
        open.extend(of_library.libraries);
        found.insert(path.clone(), path);
    }
    Ok(found)
}

fn locate(name: &str, architecture: Architecture) -> Result<(PathBuf, elf::Needs), ImageError> {
    for folder in folders(architecture) {
        let path = folder.join(name);
        let Ok(file) = File::open(&path) else { continue };
        match elf::read_library(file) {
            Ok(needs) if needs.architecture == architecture => return Ok((path, needs)),
            _ => {}
        }
    }
    Err(ImageError::Make(format!(
        "the bootstrap needs the library {name} for {}, which is not on this machine: make the image on a machine with that \
         processor, or name a static bootstrap with `--bootstrap PATH`",
        architecture.name()
    )))
}
