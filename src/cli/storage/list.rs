//! `lithops-lua storage list`: a page at a time, so that the first lines come at once and memory stays small.

use std::fmt::Write;

use indicatif::{HumanBytes, HumanCount};
use jiff::Timestamp;
use serde_json::json;

use super::place::{Places, is_bucket_alone, with_prefix};
use super::{Failure, standard};
use crate::cli::low_args::ListArgs;
use crate::cli::printable::printable;
use crate::storage::{Address, ObjectInfo, Scheme, Selector};

pub(super) async fn run(places: &Places, args: &ListArgs) -> Result<(), Failure> {
    let address = address(places, args).await?;
    let mut pages = places.source(address.scheme).await?.list(&address).await?;
    let mut listing = Listing { address: &address, args, count: 0, size_bytes: 0 };
    while let Some(page) = pages.next_page().await? {
        let text = listing.page(page.into_iter().filter(|object| is_meant(&address, &object.key)));
        standard::write(text.as_bytes()).map_err(Failure::Output)?;
    }
    standard::write(listing.end().as_bytes()).map_err(Failure::Output)
}

async fn address(places: &Places, args: &ListArgs) -> Result<Address, Failure> {
    let address = match &args.address {
        Some(word) => places.address(word).await?,
        None => places.default_bucket().await?,
    };
    if address.scheme == Scheme::Http {
        return Err(Failure::Usage("a URL names one object: there is nothing to list".into()));
    }
    let Some(prefix) = &args.prefix else { return Ok(address) };
    match &args.address {
        Some(word) if !is_bucket_alone(word.trim_end_matches('/')) => {
            Err(Failure::Usage("`--prefix` goes with a bucket: write BUCKET -p PREFIX, or BUCKET/PREFIX".into()))
        }
        _ => Ok(with_prefix(address, prefix)),
    }
}

/// Whether a key is one of those that are listed. The end of an address need not be the end of a name; and what consoles put there
/// to show an empty folder is an object, too.
pub(super) fn is_meant(address: &Address, key: &str) -> bool {
    match &address.selector {
        Selector::Key(prefix) | Selector::Prefix(prefix) => key.starts_with(prefix),
        Selector::Glob(_) => address.matches(key),
    }
}

struct Listing<'a> {
    address: &'a Address,
    args: &'a ListArgs,
    count: u64,
    size_bytes: u64,
}

impl Listing<'_> {
    fn page(&mut self, objects: impl Iterator<Item = ObjectInfo>) -> String {
        let mut text = String::new();
        for object in objects {
            self.object(&mut text, &object);
            self.count += 1;
            self.size_bytes += object.size_bytes;
        }
        text
    }

    /// Writing to a string never fails.
    fn object(&self, text: &mut String, object: &ObjectInfo) {
        let url = self.address.scheme.url(&self.address.bucket, &object.key);
        if self.args.json {
            let entry = json!({
                "address": url, "bucket": self.address.bucket, "key": object.key, "size": object.size_bytes,
                "last_modified": time(object, "%Y-%m-%dT%H:%M:%SZ"), "etag": object.etag,
            });
            let _ = write!(text, "{}{entry}", if self.count == 0 { "[\n" } else { ",\n" });
        } else if self.args.long {
            let size = HumanBytes(object.size_bytes).to_string();
            let _ = writeln!(text, "{size:>11}  {}  {}", time(object, "%Y-%m-%d %H:%M:%S"), printable(&url));
        } else {
            let _ = writeln!(text, "{}", printable(&url));
        }
    }

    fn end(&self) -> String {
        match (self.args.json, self.args.long) {
            (true, _) if self.count == 0 => "[]\n".into(),
            (true, _) => "\n]\n".into(),
            (_, true) => format!("{}\n", sum(self.count, self.size_bytes)),
            _ => String::new(),
        }
    }
}

/// `3 objects, 1.20 MiB`.
pub(super) fn sum(count: u64, size_bytes: u64) -> String {
    let objects = if count == 1 { "object" } else { "objects" };
    format!("{} {objects}, {}", HumanCount(count), HumanBytes(size_bytes))
}

fn time(object: &ObjectInfo, format: &str) -> String {
    let time = Timestamp::try_from(object.last_modified).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime(format).to_string()
}
