//! Files of this machine as objects: the key of `/data/a.csv` is `data/a.csv`.

use std::path::{Path, PathBuf};

use glob::Pattern;

use super::list::{self, Walk};
use super::place::Place;
use super::read::Opened;
use super::{blocking, run};
use crate::storage::object::{ByteRange, ObjectInfo, ObjectPages, ObjectReader};
use crate::storage::{StorageError, StorageErrorKind};

/// All files of this machine, for reading.
pub struct Files;

impl Files {
    pub async fn head_object(key: &str) -> Result<ObjectInfo, StorageError> {
        let action = format!("get the properties of /{key}");
        Ok(open(key, None, &action).await?.info)
    }

    pub async fn list_objects(prefix: &str) -> Result<ObjectPages, StorageError> {
        let action = format!("list /{prefix}");
        let prefix = prefix.to_owned();
        let walk = blocking(&action, move || Walk::of_files(&prefix)).await?;
        Ok(list::pages(walk, action))
    }

    /// The files that match, and perhaps others. Folders where none can be are not entered: they may be huge, or
    /// closed.
    pub async fn list_matching(pattern: &Pattern) -> Result<ObjectPages, StorageError> {
        let action = format!("list /{pattern}");
        let pattern = pattern.clone();
        let walk = blocking(&action, move || Walk::of_matching_files(&pattern)).await?;
        Ok(list::pages(walk, action))
    }

    pub async fn get_object_stream(key: &str, range: Option<ByteRange>) -> Result<ObjectReader, StorageError> {
        let action = format!("read /{key}");
        Ok(open(key, range, &action).await?.into_reader(action))
    }
}

async fn open(key: &str, range: Option<ByteRange>, action: &str) -> Result<Opened, StorageError> {
    let place = Place { key: key.into(), bucket: PathBuf::from("/"), file: Path::new("/").join(key) };
    let at = action.to_owned();
    run(action, move || {
        let opened = Opened::new(&place, range, &at)?;
        opened.ok_or_else(|| {
            let reason = match place.file.is_dir() {
                true => format!("it is a folder: for all files in it, write `file://{}/`", place.file.display()),
                false => "there is no such file".into(),
            };
            StorageError::new(StorageErrorKind::NoSuchKey, at, reason)
        })
    })
    .await
}
