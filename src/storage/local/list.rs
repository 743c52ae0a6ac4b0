//! Listing a bucket, a page at a time, in the order of the keys' bytes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::{blocking, is_absence, read};
use crate::storage::StorageError;
use crate::storage::object::{ObjectInfo, ObjectPages, PAGE_OBJECTS, PageSource};

/// A walk through a bucket's folders. It holds the names of those folders that it is in, and opens nothing.
pub(super) struct Walk {
    bucket: PathBuf,
    /// From the bucket down to the current folder: the names still to visit, last first.
    levels: Vec<Vec<Name>>,
}

/// A file or folder, by its key; a folder's ends with `/`. So sorting by it is sorting by the keys of what is inside.
struct Name {
    key: String,
}

impl Walk {
    pub fn new(bucket: PathBuf, prefix: &str) -> io::Result<Walk> {
        // All keys wanted are below this folder, which the prefix names in full.
        let folder = prefix.rfind('/').map_or("", |slash| &prefix[..=slash]);
        let mut walk = Walk { bucket, levels: Vec::new() };
        // Such a folder never is, since such keys are refused; to the file system it is one.
        let impossible =
            |segment: &str| segment.is_empty() || segment == "." || segment == ".." || segment.contains('\0');
        if folder.is_empty() || !folder.trim_end_matches('/').split('/').any(impossible) && !folder.ends_with("//") {
            let names = names(&walk.bucket, folder)?;
            walk.levels.push(names.into_iter().filter(|name| name.key.starts_with(prefix)).collect());
        }
        Ok(walk)
    }

    /// The next objects, at most `count`; fewer only at the end.
    fn next_page(&mut self, count: usize) -> io::Result<Vec<ObjectInfo>> {
        let mut page = Vec::new();
        while page.len() < count {
            let Some(level) = self.levels.last_mut() else {
                break;
            };
            let Some(Name { key }) = level.pop() else {
                self.levels.pop();
                continue;
            };
            if key.ends_with('/') {
                self.levels.push(names(&self.bucket, &key)?);
                continue;
            }
            match fs::metadata(self.bucket.join(&key)) {
                Ok(found) if found.is_file() => page.push(read::info(key, &found)?),
                Ok(_) => {}
                // Deleted since its folder was read.
                Err(error) if is_absence(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(page)
    }
}

/// What is in a folder, sorted, last first. A folder that is gone is empty.
fn names(bucket: &Path, folder: &str) -> io::Result<Vec<Name>> {
    let entries = match fs::read_dir(bucket.join(folder)) {
        Ok(entries) => entries,
        Err(error) if is_absence(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        // A name that is not text cannot be a key: somebody else put it there.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let slash = if entry.file_type().is_ok_and(|kind| kind.is_dir()) { "/" } else { "" };
        names.push(Name { key: format!("{folder}{name}{slash}") });
    }
    names.sort_unstable_by(|a, b| b.key.cmp(&a.key));
    Ok(names)
}

pub(super) fn pages(walk: Walk, action: String) -> ObjectPages {
    ObjectPages::new(Box::new(Pages { walk: Some(walk), action }))
}

struct Pages {
    /// Absent while a page is being read, and after a failure or the end.
    walk: Option<Walk>,
    action: String,
}

#[async_trait]
impl PageSource for Pages {
    async fn next_page(&mut self) -> Result<Vec<ObjectInfo>, StorageError> {
        let Some(mut walk) = self.walk.take() else {
            return Ok(Vec::new());
        };
        let (walk, page) = blocking(&self.action, move || {
            let page = walk.next_page(PAGE_OBJECTS)?;
            Ok((walk, page))
        })
        .await?;
        if !page.is_empty() {
            self.walk = Some(walk);
        }
        Ok(page)
    }
}
