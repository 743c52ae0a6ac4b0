//! Where things are copied to.

use std::path::{Path, PathBuf};

use super::Failure;
use super::place::Item;
use crate::cli::printable::printable;
use crate::storage::{Address, Scheme, Selector, StorageError, StorageErrorKind};

/// Where it is copied to.
pub(super) enum Target {
    Standard,
    /// A file, or a folder that is there or ends in `/`.
    File(PathBuf),
    /// An object, or a prefix, which ends in `/`.
    Stored {
        scheme: Scheme,
        bucket: String,
        key: String,
    },
}

impl Target {
    pub fn stored(address: Address) -> Result<Target, Failure> {
        let (scheme, shown) = (address.scheme, address.to_string());
        let key = match address.selector {
            Selector::Key(key) | Selector::Prefix(key) => key,
            Selector::Glob(_) => {
                return Err(Failure::Usage(format!(
                    "`{shown}` is a pattern: to write to, name one place; `[*]` is a `*`"
                )));
            }
        };
        match scheme {
            Scheme::Http => Err(Failure::Usage(format!("`{shown}` can only be read"))),
            Scheme::File => Ok(Target::File(Path::new("/").join(key))),
            _ => Ok(Target::Stored { scheme, bucket: address.bucket, key }),
        }
    }

    /// Whether what is copied there keeps its name.
    pub fn is_folder(&self) -> bool {
        match self {
            Target::Standard => false,
            Target::File(path) => path.as_os_str().as_encoded_bytes().ends_with(b"/") || path.is_dir(),
            Target::Stored { key, .. } => key.is_empty() || key.ends_with('/'),
        }
    }

    /// Where one object goes.
    pub fn of_one(&self, from: &Item) -> Result<Item, Failure> {
        let name = || {
            from.name().ok_or_else(|| {
                Failure::Usage(format!("`{}` has no name to keep: write where to in full", from.shown()))
            })
        };
        Ok(match self {
            Target::Standard => Item::Standard,
            Target::File(path) if self.is_folder() => Item::File(path.join(name()?)),
            Target::File(path) => Item::File(path.clone()),
            Target::Stored { scheme, bucket, key } => {
                let name = if self.is_folder() { name()? } else { "" };
                Item::object(*scheme, bucket, &format!("{key}{name}"))
            }
        })
    }

    /// Where one of many goes.
    pub fn below(&self, rest: &str) -> Result<Item, StorageError> {
        match self {
            Target::Standard => Ok(Item::Standard),
            Target::File(folder) => {
                // Joined, a path that begins with a slash would lead out of the folder.
                if rest.split('/').any(|part| matches!(part, "" | "." | "..")) {
                    let reason = "its key cannot be the path of a file: fetch it by itself";
                    let action = format!("get `{}`", printable(rest));
                    return Err(StorageError::new(StorageErrorKind::InvalidKey, action, reason));
                }
                Ok(Item::File(folder.join(rest)))
            }
            Target::Stored { scheme, bucket, key } => {
                let slash = if self.is_folder() { "" } else { "/" };
                Ok(Item::object(*scheme, bucket, &format!("{key}{slash}{rest}")))
            }
        }
    }
}

/// What is copied into itself never ends.
pub(super) fn refuse_overlap(address: &Address, base: usize, target: &Target) -> Result<(), Failure> {
    let from = address.literal_prefix().get(..base).unwrap_or_default();
    let is_within = match target {
        Target::Standard => return Err(Failure::Usage("standard output takes one object: name one".into())),
        Target::Stored { scheme, bucket, key } => {
            // What one pattern without `**` matches is never below another thing that it matches.
            let is_deep = !matches!(&address.selector, Selector::Glob(pattern) if !pattern.as_str().contains("**"));
            is_deep && *scheme == address.scheme && *bucket == address.bucket && format!("{key}/").starts_with(from)
        }
        Target::File(path) => address.scheme == Scheme::File && file_place(path).starts_with(Path::new("/").join(from)),
    };
    if is_within {
        return Err(Failure::Usage(format!("`{address}` cannot be copied into itself: name another place")));
    }
    Ok(())
}

/// Where a file or folder is that need not be there yet.
fn file_place(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.into());
    let there = whole.ancestors().find_map(|folder| Some((folder, folder.canonicalize().ok()?)));
    match there {
        Some((folder, real)) => real.join(whole.strip_prefix(folder).unwrap_or(Path::new(""))),
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leads_nowhere_but_into_the_folder() {
        let folder = Target::File("into".into());
        assert_eq!(folder.below("a/b.csv").unwrap(), Item::File("into/a/b.csv".into()));
        for rest in ["/etc/passwd", "a//b", "../a", "a/../b", "./a", "a/.", ""] {
            assert_eq!(folder.below(rest).unwrap_err().kind(), StorageErrorKind::InvalidKey, "{rest}");
        }
        let told = folder.below("../\x1b[31m").unwrap_err().to_string();
        assert!(told.contains("`../\\u{1b}[31m`") && !told.contains('\x1b'), "{told:?}");
    }
}
