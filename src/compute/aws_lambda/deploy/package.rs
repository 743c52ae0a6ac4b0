//! The zip of the bootstrap: made once for each executable, and kept in the user's cache.
//!
//! The same executable gives the same zip, byte for byte, so that its hash can be compared with what AWS has.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Cursor, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::bootstrap::Bootstrap;
use super::error::DeployError;

/// Changes whenever the same executable gives another zip.
const FORMAT: u32 = 1;
/// Zips that stay in the cache: a few releases, for both architectures.
const MOST_KEPT: usize = 6;

/// The zip of a bootstrap.
#[derive(Debug)]
pub(super) struct Package {
    facts: Facts,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Memory(Vec<u8>),
    /// In the cache, unread.
    File(PathBuf),
}

/// What is known of a zip without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Facts {
    /// In base64, as AWS gives it.
    code_sha256: String,
    bytes: u64,
}

impl Package {
    /// The zip of `bootstrap`, from `cache` or made now and put there. Blocks for as long as that takes: under a
    /// millisecond, or about a second.
    ///
    /// # Errors
    /// Where the executable cannot be run by AWS Lambda, or cannot be read.
    pub fn of(bootstrap: &Bootstrap, cache: Option<&Path>) -> Result<Package, DeployError> {
        let failed =
            |error: io::Error| DeployError::Package { path: bootstrap.path.clone(), reason: error.to_string() };
        let entry = match cache.map(open_cache) {
            Some(Ok(folder)) => Some(Entry::new(folder, &identity(bootstrap).map_err(failed)?)),
            Some(Err(error)) => {
                tracing::debug!(%error, "the bootstrap's zip is not kept");
                None
            }
            None => None,
        };
        if let Some(facts) = entry.as_ref().and_then(Entry::read) {
            return Ok(Package { facts, content: Content::File(entry.map(|entry| entry.zip).unwrap_or_default()) });
        }
        bootstrap.check()?;
        let mut executable = Vec::new();
        let mut file = &bootstrap.file;
        file.rewind().and_then(|()| file.read_to_end(&mut executable)).map_err(failed)?;
        let zip = make_zip(&executable).map_err(failed)?;
        let facts = Facts { code_sha256: BASE64_STANDARD.encode(Sha256::digest(&zip)), bytes: zip.len() as u64 };
        if let Some(entry) = entry
            && let Err(error) = entry.write(&zip, &facts)
        {
            tracing::debug!(%error, "the bootstrap's zip is not kept");
        }
        Ok(Package { facts, content: Content::Memory(zip) })
    }

    /// The hash of the zip, in base64.
    pub fn code_sha256(&self) -> &str {
        &self.facts.code_sha256
    }

    pub fn size_bytes(&self) -> u64 {
        self.facts.bytes
    }

    /// The zip itself. `None`: the cache's copy is gone or damaged; it has been removed, and a new package finds out.
    pub fn read(&self) -> Option<Vec<u8>> {
        let path = match &self.content {
            Content::Memory(bytes) => return Some(bytes.clone()),
            Content::File(path) => path,
        };
        let bytes = fs::read(path).unwrap_or_default();
        if BASE64_STANDARD.encode(Sha256::digest(&bytes)) == self.facts.code_sha256 {
            return Some(bytes);
        }
        let _ = fs::remove_file(path);
        None
    }
}

/// A zip with one file, `bootstrap`, that everybody may run.
fn make_zip(executable: &[u8]) -> io::Result<Vec<u8>> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        // More takes three times as long, at the first run of a new executable, and saves 1%.
        .compression_level(Some(6))
        .last_modified_time(DateTime::default())
        .unix_permissions(0o755);
    let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(executable.len() / 2)));
    zip.start_file("bootstrap", options)?;
    zip.write_all(executable)?;
    Ok(zip.finish()?.into_inner())
}

/// Text that differs for any two executables that may differ.
fn identity(bootstrap: &Bootstrap) -> io::Result<String> {
    let found = bootstrap.file.metadata()?;
    Ok(format!(
        "{FORMAT} {} {} {} {}.{:09} {}.{:09} {} {}",
        env!("CARGO_PKG_VERSION"),
        bootstrap.architecture().name(),
        found.len(),
        found.mtime(),
        found.mtime_nsec(),
        found.ctime(),
        found.ctime_nsec(),
        found.dev(),
        found.ino(),
    ))
}

/// The user's cache folder for this program.
pub(super) fn user_cache() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base = named.or_else(|| Some(std::env::home_dir().filter(|home| home.is_absolute())?.join(".cache")))?;
    Some(base.join("lithops-lua"))
}

/// Makes the folder of zips. What is in it runs with the rights of the function's role, so it must be ours alone.
fn open_cache(cache: &Path) -> io::Result<PathBuf> {
    let folder = cache.join("bootstrap");
    DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let found = fs::symlink_metadata(&folder)?;
    if found.uid() != rustix::process::geteuid().as_raw() || found.mode() & 0o022 != 0 || !found.is_dir() {
        return Err(io::Error::other(format!("others may write to {}", folder.display())));
    }
    Ok(folder)
}

/// One zip in the cache, and beside it what is known of it. The latter is written last.
struct Entry {
    folder: PathBuf,
    facts: PathBuf,
    zip: PathBuf,
}

impl Entry {
    fn new(folder: PathBuf, identity: &str) -> Entry {
        let hash: String = Sha256::digest(identity).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Entry { facts: folder.join(format!("{hash}.json")), zip: folder.join(format!("{hash}.zip")), folder }
    }

    fn read(&self) -> Option<Facts> {
        let facts: Facts = serde_json::from_slice(&fs::read(&self.facts).ok()?).ok()?;
        let found = fs::metadata(&self.zip).ok()?;
        (found.len() == facts.bytes).then_some(facts)
    }

    fn write(&self, zip: &[u8], facts: &Facts) -> io::Result<()> {
        self.make_room();
        self.write_whole(&self.zip, zip)?;
        self.write_whole(&self.facts, &serde_json::to_vec(facts)?)
    }

    fn write_whole(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(content)?;
        file.persist(path).map(|_: File| ()).map_err(|failed| failed.error)
    }

    /// Removes all but the newest zips.
    fn make_room(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        let is_zip = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "zip");
        let age = |path: PathBuf| Some((fs::metadata(&path).ok()?.modified().ok()?, path));
        let mut zips: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(is_zip).filter_map(age).collect();
        zips.sort();
        let surplus = (zips.len() + 1).saturating_sub(MOST_KEPT);
        for (_, zip) in zips.into_iter().take(surplus) {
            let _ = fs::remove_file(zip.with_extension("json"));
            let _ = fs::remove_file(zip);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use zip::ZipArchive;

    use super::*;
    use crate::config::{Request, load};

    /// This test's own executable as a bootstrap, in the form that a configuration names it.
    fn own() -> Bootstrap {
        let path = std::env::current_exe().unwrap();
        named(&path)
    }

    fn named(path: &Path) -> Bootstrap {
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };
        let table = serde_json::json!({"aws_lambda": {"bootstrap": path, "architecture": architecture}});
        let config = load(Request { table: Some(table), ..Request::default() }).unwrap();
        Bootstrap::open(&config.aws_lambda).unwrap()
    }

    #[test]
    fn the_same_executable_gives_the_same_zip() {
        let executable = fs::read("/proc/self/exe").unwrap();
        let zip = make_zip(&executable).unwrap();
        assert_eq!(zip, make_zip(&executable).unwrap());
        let mut archive = ZipArchive::new(Cursor::new(&zip)).unwrap();
        assert_eq!(archive.len(), 1);
        let mut file = archive.by_index(0).unwrap();
        assert_eq!((file.name().unwrap().as_ref(), file.unix_mode()), ("bootstrap", Some(0o100_755)));
        let mut unpacked = Vec::new();
        file.read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, executable);
    }

    #[test]
    fn a_zip_is_made_once_and_kept_for_the_user_alone() {
        let cache = tempfile::tempdir().unwrap();
        let made = Package::of(&own(), Some(cache.path())).unwrap();
        let kept = Package::of(&own(), Some(cache.path())).unwrap();
        assert!(matches!(made.content, Content::Memory(_)) && matches!(kept.content, Content::File(_)));
        assert_eq!(made.facts, kept.facts);
        assert_eq!(made.read(), kept.read());
        let folder = cache.path().join("bootstrap");
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        for entry in fs::read_dir(&folder).unwrap() {
            assert_eq!(entry.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_changed_executable_is_packed_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        fs::copy(std::env::current_exe().unwrap(), &path).unwrap();
        let first = Package::of(&named(&path), Some(folder.path())).unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        let file = File::options().append(true).open(&path).unwrap();
        (&file).write_all(b"x").unwrap();
        file.set_modified(modified).unwrap();
        let second = Package::of(&named(&path), Some(folder.path())).unwrap();
        assert_ne!(first.code_sha256(), second.code_sha256());
    }

    #[test]
    fn a_damaged_zip_is_not_used() {
        let cache = tempfile::tempdir().unwrap();
        Package::of(&own(), Some(cache.path())).unwrap();
        let kept = Package::of(&own(), Some(cache.path())).unwrap();
        let Content::File(path) = &kept.content else { panic!("not kept") };
        let mut bytes = fs::read(path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(path, bytes).unwrap();
        assert_eq!(kept.read(), None);
        assert!(Package::of(&own(), Some(cache.path())).unwrap().read().is_some());
    }

    #[test]
    fn a_folder_that_others_may_write_to_is_not_used() {
        let cache = tempfile::tempdir().unwrap();
        let folder = cache.path().join("bootstrap");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        assert!(Package::of(&own(), Some(cache.path())).unwrap().read().is_some());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn old_zips_make_room() {
        let folder = tempfile::tempdir().unwrap();
        let facts = Facts { code_sha256: "x".into(), bytes: 1 };
        for number in 0..2 * MOST_KEPT {
            Entry::new(folder.path().into(), &number.to_string()).write(b"z", &facts).unwrap();
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2 * MOST_KEPT);
        assert!(Entry::new(folder.path().into(), &(2 * MOST_KEPT - 1).to_string()).read().is_some());
    }
}
