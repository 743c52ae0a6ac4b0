//! `lithops-lua storage put`, `get` and `cp`: what their words name.

use std::path::Path;

use super::copying::Copying;
use super::place::{Item, Places, is_bucket_alone, within};
use super::target::Target;
use super::{Failure, transfer};
use crate::cli::low_args::{CopyArgs, GetArgs, PutArgs};
use crate::storage::{Address, Scheme, Selector, StorageError, StorageErrorKind};

/// What is copied.
pub(super) enum Source {
    One(Item),
    /// All that an address stands for. What comes after the first `base` bytes of a key is kept of it.
    Many {
        address: Address,
        base: usize,
    },
}

pub(super) async fn put(places: &Places, args: &PutArgs, quiet: bool) -> Result<(), Failure> {
    let copying = Copying { places, quiet, recursive: args.recursive, no_clobber: args.no_clobber };
    let (files, word) = match &args.words[..] {
        [file] => (std::slice::from_ref(file), None),
        [files @ .., last] => (files, Some(text_of(last)?)),
        [] => (&[][..], None),
    };
    let word = match (word, &args.key) {
        (None, None) => "/".into(),
        (None, Some(key)) => within("", key),
        (Some(word), None) => word.to_owned(),
        (Some(word), Some(key)) if is_bucket_alone(word.trim_end_matches('/')) => within(word, key),
        (Some(_), Some(_)) => {
            return Err(Failure::Usage(
                "`--key` goes with a bucket: write FILE BUCKET -k KEY, or FILE BUCKET/KEY".into(),
            ));
        }
    };
    let target = Target::stored(places.address(&word).await?)?;
    if files.len() > 1 && !target.is_folder() {
        return Err(Failure::Usage(format!("several files need a prefix: write {word}/ instead of {word}")));
    }
    let mut sources = Vec::new();
    for file in files {
        sources.push(match file.to_str() {
            Some("-") => Source::One(Item::Standard),
            Some(text) if text.contains("://") => {
                return Err(Failure::Usage(format!("`put` stores files: to copy {text}, write `storage cp FROM TO`")));
            }
            _ => copying.of_path(file)?,
        });
    }
    for from in sources {
        copying.run(&from, &target).await?;
    }
    Ok(())
}

pub(super) async fn get(places: &Places, args: &GetArgs, quiet: bool) -> Result<(), Failure> {
    let copying = Copying { places, quiet, recursive: args.recursive, no_clobber: args.no_clobber };
    let word = &args.address;
    // As Lithops has it, the second word is the key in a bucket; it knows no folders.
    let (word, file) = if is_bucket_alone(word) && !args.recursive {
        let Some(key) = &args.file else {
            return Err(Failure::Usage(format!(
                "`{word}` names a bucket and no key: write {word}/KEY; or {word}/ with `--recursive`, for all its objects"
            )));
        };
        (within(word, text_of(key)?), args.out.as_deref())
    } else if args.out.is_some() && args.file.is_some() {
        return Err(Failure::Usage("the file is named twice: write FILE or `--out FILE`".into()));
    } else {
        (word.clone(), args.out.as_deref().or(args.file.as_deref()))
    };
    let target = match file {
        Some(file) if file == Path::new("-") => Target::Standard,
        file => Target::File(file.unwrap_or(Path::new(".")).into()),
    };
    let from = copying.of_address(places.address(&word).await?)?;
    copying.run(&from, &target).await
}

pub(super) async fn cp(places: &Places, args: &CopyArgs, quiet: bool) -> Result<(), Failure> {
    let copying = Copying { places, quiet, recursive: args.recursive, no_clobber: args.no_clobber };
    let from = match args.from.as_str() {
        "-" => Source::One(Item::Standard),
        word if word.contains("://") => copying.of_address(places.address(word).await?)?,
        path => copying.of_path(Path::new(path))?,
    };
    let target = match args.to.as_str() {
        "-" => Target::Standard,
        word if word.contains("://") => Target::stored(places.address(word).await?)?,
        path => Target::File(path.into()),
    };
    copying.run(&from, &target).await
}

fn text_of(word: &Path) -> Result<&str, Failure> {
    word.to_str().ok_or_else(|| Failure::Usage(format!("`{}` is no address: it is not UTF-8", word.display())))
}

impl Copying<'_> {
    fn of_path(&self, path: &Path) -> Result<Source, Failure> {
        let action = || format!("read {}", path.display());
        let found = match path.metadata() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StorageError::new(StorageErrorKind::NoSuchKey, action(), "there is no such file").into());
            }
            found => found.map_err(|error| StorageError::io(action(), &error))?,
        };
        if !found.is_dir() {
            return Ok(Source::One(Item::File(path.into())));
        }
        if !self.recursive {
            return Err(Failure::Usage(format!(
                "`{}` is a folder: add `--recursive` for all that is in it",
                path.display()
            )));
        }
        let folder = path.canonicalize().map_err(|error| StorageError::io(action(), &error))?;
        let mut key = transfer::file_key(&folder)?;
        if !key.is_empty() {
            key.push('/');
        }
        let base = key.len();
        Ok(Source::Many {
            address: Address { scheme: Scheme::File, bucket: String::new(), selector: Selector::Prefix(key) },
            base,
        })
    }

    fn of_address(&self, address: Address) -> Result<Source, Failure> {
        let is_url = address.scheme == Scheme::Http;
        let prefix = match &address.selector {
            Selector::Key(key) if address.scheme == Scheme::File => return self.of_path(&Path::new("/").join(key)),
            Selector::Key(key) if is_url || !self.recursive => {
                return Ok(Source::One(Item::object(address.scheme, &address.bucket, key)));
            }
            // As for folders, the slash may be left out.
            Selector::Key(key) => format!("{key}/"),
            Selector::Prefix(_) if !self.recursive => {
                return Err(Failure::Usage(format!("`{address}` is a prefix: add `--recursive` for all below it")));
            }
            Selector::Prefix(prefix) => prefix.clone(),
            Selector::Glob(_) => {
                let base = address.literal_prefix().rfind('/').map_or(0, |slash| slash + 1);
                return Ok(Source::Many { address, base });
            }
        };
        let base = prefix.len();
        Ok(Source::Many { address: Address { selector: Selector::Prefix(prefix), ..address }, base })
    }
}
