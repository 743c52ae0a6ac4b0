//! What the words of the command line name: objects, files, standard input and output.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::Failure;
use crate::cli::printable::printable;
use crate::config::Config;
use crate::storage::{Address, ObjectSource, Scheme, Selector, Storage, StorageError};

/// The stores of a configuration, opened when they are needed.
pub(super) struct Places {
    config: Config,
    s3: OnceCell<ObjectSource>,
    local: OnceCell<ObjectSource>,
}

/// One file or object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// Standard input or output.
    Standard,
    File(PathBuf),
    /// Of a store, or behind a URL.
    Object {
        scheme: Scheme,
        bucket: String,
        key: String,
    },
}

impl Item {
    pub fn object(scheme: Scheme, bucket: &str, key: &str) -> Item {
        match scheme {
            Scheme::File => Item::File(Path::new("/").join(key)),
            _ => Item::Object { scheme, bucket: bucket.into(), key: key.into() },
        }
    }

    /// As it is shown: an address that the commands take, or a path.
    pub fn shown(&self) -> String {
        match self {
            Item::Standard => "-".into(),
            Item::File(path) => printable(&path.display().to_string()),
            Item::Object { scheme, bucket, key } => printable(&scheme.url(bucket, key)),
        }
    }

    /// What a copy of it is called where only a folder is named.
    pub fn name(&self) -> Option<&str> {
        let name = match self {
            Item::Standard => return None,
            Item::File(path) => path.file_name()?.to_str()?,
            Item::Object { scheme: Scheme::Http, key, .. } => {
                let path = key.split(['?', '#']).next()?.split_once("://")?.1;
                path.split_once('/')?.1.rsplit('/').next()?
            }
            Item::Object { key, .. } => key.rsplit('/').next()?,
        };
        Some(name).filter(|name| !name.is_empty())
    }
}

impl Places {
    pub fn new(config: Config) -> Places {
        Places { config, s3: OnceCell::new(), local: OnceCell::new() }
    }

    /// The place of a scheme.
    pub async fn source(&self, scheme: Scheme) -> Result<ObjectSource, StorageError> {
        let cell = match scheme {
            Scheme::S3 => &self.s3,
            Scheme::Local => &self.local,
            Scheme::File | Scheme::Http => return ObjectSource::open(scheme, &self.config).await,
        };
        cell.get_or_try_init(|| ObjectSource::open(scheme, &self.config)).await.cloned()
    }

    /// The store of a scheme.
    pub async fn store(&self, scheme: Scheme) -> Result<Arc<dyn Storage>, Failure> {
        match self.source(scheme).await? {
            ObjectSource::Stored(storage) => Ok(storage),
            ObjectSource::Urls => Err(Failure::Usage("URLs can only be read".into())),
            ObjectSource::Files => Err(Failure::Usage("files are copied with `lithops-lua storage cp`".into())),
        }
    }

    /// The scheme of the configured storage.
    pub fn scheme(&self) -> Scheme {
        if self.config.lithops.storage == "aws_s3" { Scheme::S3 } else { Scheme::Local }
    }

    /// The objects that a word names: an address, or bucket and key in the configured storage. Without a bucket, it is the
    /// default one.
    pub async fn address(&self, word: &str) -> Result<Address, Failure> {
        let scheme = match word.split_once("://").map(|(scheme, _)| scheme) {
            Some("s3") => Scheme::S3,
            Some("local") => Scheme::Local,
            Some("http" | "https") => Scheme::Http,
            Some("file") => Scheme::File,
            Some(_) => return Err(Failure::Usage(not_an_address(word))),
            None => self.scheme(),
        };
        let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
        let text = match scheme {
            Scheme::Http | Scheme::File => word.to_owned(),
            _ => {
                let name = if scheme == Scheme::S3 { "s3" } else { "local" };
                match rest.strip_prefix('/') {
                    Some(key) => format!("{name}://{}/{key}", self.store(scheme).await?.default_bucket()),
                    None => format!("{name}://{rest}"),
                }
            }
        };
        Address::parse(&text, &self.folder()?).map_err(Failure::Usage)
    }

    /// The default bucket of the configured storage, all of it.
    pub async fn default_bucket(&self) -> Result<Address, Failure> {
        self.address("/").await
    }

    fn folder(&self) -> Result<PathBuf, Failure> {
        std::env::current_dir().map_err(|error| StorageError::io("find the working folder", &error).into())
    }
}

fn not_an_address(word: &str) -> String {
    format!("`{}` is no address: write s3://BUCKET/KEY, local://BUCKET/KEY, or BUCKET/KEY", printable(word))
}

/// Whether a word names a bucket and says nothing of its objects: `bucket`, `s3://bucket`, not `bucket/`.
pub(super) fn is_bucket_alone(word: &str) -> bool {
    let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
    !rest.is_empty() && !rest.contains('/')
}

/// The address of a key, prefix or pattern in a bucket that is named by a word of its own, as Lithops has it.
pub(super) fn within(bucket: &str, key: &str) -> String {
    format!("{}/{key}", bucket.trim_end_matches('/'))
}

/// The objects of a bucket whose keys begin so.
pub(super) fn with_prefix(bucket: Address, prefix: &str) -> Address {
    Address { selector: Selector::Prefix(prefix.into()), ..bucket }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_copies() {
        let name = |scheme, key| Item::object(scheme, "b", key).name().map(str::to_owned);
        assert_eq!(name(Scheme::S3, "a/b.csv").as_deref(), Some("b.csv"));
        assert_eq!(name(Scheme::File, "data/a").as_deref(), Some("a"));
        assert_eq!(name(Scheme::Http, "https://h/x/a.csv?q=/z#f").as_deref(), Some("a.csv"));
        for url in ["https://h", "https://h/", "https://h/x/"] {
            assert_eq!(name(Scheme::Http, url), None, "{url}");
        }
    }

    #[test]
    fn buckets_and_more() {
        for word in ["b", "s3://b", "local://b"] {
            assert!(is_bucket_alone(word), "{word}");
        }
        for word in ["", "b/", "b/k", "/k", "s3://b/", "s3:///k"] {
            assert!(!is_bucket_alone(word), "{word}");
        }
    }
}
