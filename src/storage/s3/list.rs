//! Listing a bucket, a page at a time.

use async_trait::async_trait;

use super::S3Storage;
use super::get::info;
use crate::storage::StorageError;
use crate::storage::object::{ObjectInfo, ObjectPages, PAGE_OBJECTS, PageSource};

struct Pages {
    storage: S3Storage,
    bucket: String,
    prefix: String,
    action: String,
    /// The first page, which was asked for when the listing was opened.
    first: Option<Vec<ObjectInfo>>,
    /// Where the next page begins; `None` after the last one.
    next: Option<String>,
}

/// Opens a listing. A bucket that cannot be listed is told here.
pub(super) async fn pages(
    storage: &S3Storage,
    bucket: &str,
    prefix: &str,
    action: String,
) -> Result<ObjectPages, StorageError> {
    let (storage, bucket, prefix) = (storage.clone(), bucket.to_owned(), prefix.to_owned());
    let mut pages = Pages { storage, bucket, prefix, action, first: None, next: None };
    pages.first = match pages.fetch().await {
        Err(error) if pages.storage.is_empty_default(&pages.bucket, &error) => None,
        page => Some(page?),
    };
    Ok(ObjectPages::new(Box::new(pages)))
}

impl Pages {
    /// The page at `next`, or the first one.
    async fn fetch(&mut self) -> Result<Vec<ObjectInfo>, StorageError> {
        let request = self.storage.client().list_objects_v2().bucket(&self.bucket).prefix(&self.prefix);
        let request = request.max_keys(PAGE_OBJECTS as i32).set_continuation_token(self.next.clone());
        let answer = request.set_expected_bucket_owner(self.storage.owner(&self.bucket)).send().await;
        let answer = answer.map_err(|error| self.storage.explain(&self.bucket, &self.action, &error))?;
        self.next = answer.next_continuation_token.filter(|_| answer.is_truncated == Some(true));
        let objects = answer.contents.unwrap_or_default().into_iter().map(|object| {
            let size_bytes = object.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
            let (key, etag) = (object.key.unwrap_or_default(), object.e_tag.unwrap_or_default());
            info(&key, size_bytes, object.last_modified.as_ref(), &etag)
        });
        Ok(objects.collect())
    }
}

#[async_trait]
impl PageSource for Pages {
    async fn next_page(&mut self) -> Result<Vec<ObjectInfo>, StorageError> {
        let mut page = self.first.take().unwrap_or_default();
        // A server may give a page of nothing that is not the last one.
        while page.is_empty() && self.next.is_some() {
            page = self.fetch().await?;
        }
        Ok(page)
    }
}
