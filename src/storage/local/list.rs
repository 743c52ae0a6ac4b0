//! Listing a bucket, a page at a time, in the order of the keys' bytes.

use std::fs::{self, DirEntry};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use async_trait::async_trait;
use glob::Pattern;

use super::route::Route;
use super::{blocking, is_absence, read};
use crate::storage::StorageError;
use crate::storage::object::{ObjectInfo, ObjectPages, PAGE_OBJECTS, PageSource};

/// A walk through folders. It holds the names of those folders that it is in, and opens nothing.
pub(super) struct Walk {
    bucket: PathBuf,
    /// From the first folder down to the current one.
    levels: Vec<Level>,
    /// Where to go; everywhere if there is none.
    route: Option<Route>,
    /// Whether links to folders are folders.
    follows_links: bool,
}

struct Level {
    /// The names still to visit, last first.
    names: Vec<Name>,
    /// Device and inode of the folder, where links are followed.
    identity: Option<(u64, u64)>,
}

/// A file or folder, by its key; a folder's ends with `/`. So sorting by it is sorting by the keys of what is inside.
struct Name {
    key: String,
}

impl Walk {
    /// A walk through a bucket, to the keys that begin with `prefix`.
    pub fn new(bucket: PathBuf, prefix: &str) -> io::Result<Walk> {
        Walk { bucket, levels: Vec::new(), route: None, follows_links: false }.started(prefix)
    }

    /// A walk through the files of this machine, also those behind links to folders.
    pub fn of_files(prefix: &str) -> io::Result<Walk> {
        Walk { bucket: "/".into(), levels: Vec::new(), route: None, follows_links: true }.started(prefix)
    }

    /// The same to the files that may match `pattern`.
    pub fn of_matching_files(pattern: &Pattern) -> io::Result<Walk> {
        let route = Route::new(pattern);
        let start = route.start.clone();
        Walk { bucket: "/".into(), levels: Vec::new(), route: Some(route), follows_links: true }.started(&start)
    }

    fn started(mut self, prefix: &str) -> io::Result<Walk> {
        // All keys wanted are below this folder, which the prefix names in full.
        let folder = prefix.rfind('/').map_or("", |slash| &prefix[..=slash]);
        // Such a folder never is, since such keys are refused; to the file system it is one.
        let impossible =
            |segment: &str| segment.is_empty() || segment == "." || segment == ".." || segment.contains('\0');
        if folder.is_empty() || !folder.trim_end_matches('/').split('/').any(impossible) && !folder.ends_with("//") {
            self.enter(folder)?;
        }
        if let Some(level) = self.levels.last_mut() {
            level.names.retain(|name| name.key.starts_with(prefix));
        }
        Ok(self)
    }

    /// Goes into a folder, unless it is there already: a link may lead back to where it is in.
    fn enter(&mut self, folder: &str) -> io::Result<()> {
        let mut identity = None;
        if self.follows_links {
            match fs::metadata(self.bucket.join(folder)) {
                Ok(found) => identity = Some((found.dev(), found.ino())),
                Err(error) if is_absence(&error) => return Ok(()),
                Err(error) => return Err(error),
            }
            if self.levels.iter().any(|level| level.identity == identity) {
                return Ok(());
            }
        }
        let names = self.names(folder)?;
        self.levels.push(Level { names, identity });
        Ok(())
    }

    /// What is to be visited in a folder below the current one, sorted, last first. A folder that is gone is empty.
    fn names(&self, folder: &str) -> io::Result<Vec<Name>> {
        let entries = match fs::read_dir(self.bucket.join(folder)) {
            Ok(entries) => entries,
            Err(error) if is_absence(&error) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let depth = self.levels.len();
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            let raw_name = entry.file_name();
            let name = raw_name.to_string_lossy();
            let is_folder = self.is_folder(&entry);
            let is_wanted = self
                .route
                .as_ref()
                .is_none_or(|route| if is_folder { route.enters(depth, &name) } else { route.takes(depth, &name) });
            if is_wanted && raw_name.to_str().is_none() {
                if !self.follows_links {
                    // It cannot be a key of the bucket: somebody else put it there.
                    continue;
                }
                let path = self.bucket.join(folder).join(&*name);
                let why = format!(
                    "the name of {} is not UTF-8: rename it, or use a pattern that leaves it out",
                    path.display()
                );
                return Err(io::Error::new(io::ErrorKind::InvalidFilename, why));
            }
            if is_wanted {
                let slash = if is_folder { "/" } else { "" };
                names.push(Name { key: format!("{folder}{name}{slash}") });
            }
        }
        names.sort_unstable_by(|a, b| b.key.cmp(&a.key));
        Ok(names)
    }

    fn is_folder(&self, entry: &DirEntry) -> bool {
        let Ok(kind) = entry.file_type() else {
            return false;
        };
        let is_link = self.follows_links && kind.is_symlink();
        kind.is_dir() || is_link && fs::metadata(entry.path()).is_ok_and(|found| found.is_dir())
    }

    /// The next objects, at most `count`; fewer only at the end.
    fn next_page(&mut self, count: usize) -> io::Result<Vec<ObjectInfo>> {
        let mut page = Vec::new();
        while page.len() < count {
            let Some(level) = self.levels.last_mut() else {
                break;
            };
            let Some(Name { key }) = level.names.pop() else {
                self.levels.pop();
                continue;
            };
            if key.ends_with('/') {
                self.enter(&key)?;
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
