//! Link options of the binary, and the list of the Lua files in `stdlib`, which are part of it.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=stdlib");
    embed_stdlib();
    // C modules of Lua find the VM's functions in the program that loads them.
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        for names in ["lua_*", "luaL_*", "luaJIT_*"] {
            println!("cargo:rustc-link-arg-bins=-Wl,--export-dynamic-symbol={names}");
        }
    }
}

/// Writes `stdlib.rs`: `MODULES`, names and sources of all modules (`dataset.run` is `dataset/run.lua`), and `LIBRARY`, names and
/// texts of the annotations in `library/`.
fn embed_stdlib() {
    let folder = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("stdlib");
    let mut files = Vec::new();
    lua_files(&folder, &mut files);
    files.sort();
    let (mut modules, mut library) = (String::new(), String::new());
    for file in files {
        let name = file.strip_prefix(&folder).expect("a file below it").to_str().expect("a name in UTF-8");
        let (list, name) = match name.strip_prefix("library/") {
            Some(name) => (&mut library, name.to_owned()),
            None => (&mut modules, name.trim_end_matches(".lua").replace('/', ".")),
        };
        // Writing to a string never fails.
        let _ = writeln!(list, "    ({name:?}, include_str!({:?})),", file.display().to_string());
    }
    let text = format!(
        "const MODULES: &[(&str, &str)] = &[\n{modules}];\n\nconst LIBRARY: &[(&str, &str)] = &[\n{library}];\n"
    );
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("stdlib.rs");
    fs::write(out, text).expect("the folder for generated files can be written");
}

fn lua_files(folder: &Path, found: &mut Vec<PathBuf>) {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder).expect("a folder of stdlib").flatten() {
        let path = entry.path();
        if path.is_dir() {
            lua_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "lua") {
            found.push(path);
        }
    }
}
