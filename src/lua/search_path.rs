//! Where `require` looks for modules: the values of `package.path` and `package.cpath`.

use std::env;
use std::path::{Path, PathBuf};

use super::vm::Role;

/// The ending of a C module's file. LuaRocks uses `.so` on macOS too.
const C_SUFFIX: &str = if cfg!(windows) { "dll" } else { "so" };

/// Versions of Lua that LuaRocks may have been set up for, the nearest first.
const OTHER_VERSIONS: &[&str] = &["5.2", "5.3", "5.4", "5.5"];

/// The two search paths, as Lua writes them: templates with `?`, between semicolons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchPath {
    /// For `package.path`.
    pub lua: String,
    /// For `package.cpath`.
    pub c: String,
}

impl SearchPath {
    /// The script's own folders, the trees `lua_modules` in the current folder and in those, the current folder, then LuaRocks'
    /// trees. `LUA_PATH` and `LUA_CPATH` replace all but the script's folders, with the replaced ones in the place of a `;;`.
    ///
    /// A worker has no script and no meaningful current folder: its modules are sent to it.
    pub fn new(role: Role, script_folders: &[PathBuf]) -> SearchPath {
        let mut own = SearchPath { lua: String::new(), c: String::new() };
        for folder in script_folders {
            own.add_folder(folder);
        }
        let mut rest = SearchPath { lua: String::new(), c: String::new() };
        if role == Role::Driver {
            rest.add_project_tree(Path::new("."));
            for folder in script_folders {
                rest.add_project_tree(folder);
            }
            rest.add_folder(Path::new("."));
        }
        for (tree, lib) in luarocks_trees() {
            rest.add_tree(&tree, lib);
        }
        own.append(&with_environment("LUA_PATH", &rest.lua), &with_environment("LUA_CPATH", &rest.c));
        own
    }

    fn add_folder(&mut self, folder: &Path) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let folder = folder.display();
        self.append(&format!("{folder}/?.lua;{folder}/?/init.lua"), &format!("{folder}/?.{C_SUFFIX}"));
    }

    fn add_tree(&mut self, tree: &Path, lib: &str) {
        let tree = tree.display();
        self.append(
            &format!("{tree}/share/lua/5.1/?.lua;{tree}/share/lua/5.1/?/init.lua"),
            &format!("{tree}/{lib}/lua/5.1/?.{C_SUFFIX}"),
        );
    }

    /// The tree that `luarocks install --tree lua_modules` makes in a project's folder. A LuaRocks that was set up for another Lua
    /// puts modules below that one's version: those in Lua are for this one all the same, or say that they are not.
    fn add_project_tree(&mut self, folder: &Path) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let tree = folder.join("lua_modules");
        self.add_tree(&tree, "lib");
        for version in OTHER_VERSIONS {
            let modules = tree.join("share/lua").join(version);
            if modules.is_dir() {
                let modules = modules.display();
                self.append(&format!("{modules}/?.lua;{modules}/?/init.lua"), "");
            }
        }
    }

    fn append(&mut self, lua: &str, c: &str) {
        for (path, more) in [(&mut self.lua, lua), (&mut self.c, c)] {
            for template in more.split(';') {
                // A script in the current folder, or a system with several folders of libraries, repeats some.
                if template.is_empty() || path.split(';').any(|known| known == template) {
                    continue;
                }
                if !path.is_empty() {
                    path.push(';');
                }
                path.push_str(template);
            }
        }
    }
}

/// The roots of LuaRocks' trees, the user's own first, and the folder of their C modules.
fn luarocks_trees() -> Vec<(PathBuf, &'static str)> {
    let mut trees = Vec::new();
    if let Some(home) = env::home_dir() {
        trees.push((home.join(".luarocks"), "lib"));
    }
    if cfg!(target_os = "macos") {
        trees.push((PathBuf::from("/opt/homebrew"), "lib"));
    }
    trees.push((PathBuf::from("/usr/local"), "lib"));
    trees.push((PathBuf::from("/usr"), "lib"));
    if cfg!(target_os = "linux") {
        // Debian keeps libraries by architecture, Fedora in lib64; their Lua files are in the tree above.
        match env::consts::ARCH {
            "x86_64" => trees.push((PathBuf::from("/usr"), "lib/x86_64-linux-gnu")),
            "aarch64" => trees.push((PathBuf::from("/usr"), "lib/aarch64-linux-gnu")),
            _ => {}
        }
        trees.push((PathBuf::from("/usr"), "lib64"));
    }
    trees
}

fn with_environment(variable: &str, default: &str) -> String {
    match env::var(variable) {
        Ok(path) if !path.is_empty() => expand(&path, default),
        _ => default.to_owned(),
    }
}

/// Puts `default` in the place of the first `;;`, as Lua does.
fn expand(path: &str, default: &str) -> String {
    let Some((before, after)) = path.split_once(";;") else {
        return path.to_owned();
    };
    let parts = [before, default, after.trim_start_matches(';')];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(";")
}

/// What fills the templates of `path` for the module `name`, in their order.
pub fn candidates(path: &[u8], name: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let name: Vec<u8> = name.iter().map(|&byte| if byte == b'.' { b'/' } else { byte }).collect();
    path.split(|&byte| byte == b';').filter(|template| !template.is_empty()).map(move |template| {
        let mut file = Vec::with_capacity(template.len() + name.len());
        for &byte in template {
            if byte == b'?' {
                file.extend_from_slice(&name);
            } else {
                file.push(byte);
            }
        }
        file
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_takes_the_place_of_two_semicolons() {
        assert_eq!(expand("a;;b", "D"), "a;D;b");
        assert_eq!(expand(";;", "D"), "D");
        assert_eq!(expand(";;b", "D"), "D;b");
        assert_eq!(expand("a;;", "D"), "a;D");
        assert_eq!(expand("a;b", "D"), "a;b");
    }

    #[test]
    fn dots_in_names_are_folders() {
        let found: Vec<_> = candidates(b"./?.lua;;x/?/init.lua", b"a.b").collect();
        assert_eq!(found, [b"./a/b.lua".to_vec(), b"x/a/b/init.lua".to_vec()]);
    }

    #[test]
    fn script_folder_then_lua_modules() {
        let path = SearchPath::new(Role::Driver, &[PathBuf::from("my scripts")]);
        assert!(path.lua.starts_with("my scripts/?.lua;my scripts/?/init.lua"));
        let worker = SearchPath::new(Role::Worker, &[]);
        assert!(!worker.lua.contains("./"));
    }
}
