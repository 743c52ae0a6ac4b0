//! `lithops-lua storage delete`.

use super::list::{is_meant, sum};
use super::place::{Item, Places, is_bucket_alone, with_prefix, within};
use super::{Failure, standard};
use crate::cli::low_args::DeleteArgs;
use crate::cli::question;
use crate::storage::{Address, ObjectInfo, Scheme, Selector, Storage, StorageError, StorageErrorKind};

pub(super) async fn run(places: &Places, args: &DeleteArgs) -> Result<(), Failure> {
    let addresses = addresses(places, args).await?;
    // All are looked at before the first one goes.
    if !args.yes && !args.dry_run {
        for address in &addresses {
            if !matches!(address.selector, Selector::Key(_)) {
                ask(places, address).await?;
            }
        }
    }
    for address in &addresses {
        let storage = places.store(address.scheme).await?;
        match &address.selector {
            Selector::Key(key) => one(&*storage, address, key, args).await?,
            _ => many(&*storage, address, args).await?,
        }
    }
    Ok(())
}

/// What is to go. Nothing that was not said in full is taken for all objects of a bucket.
async fn addresses(places: &Places, args: &DeleteArgs) -> Result<Vec<Address>, Failure> {
    let words = &args.addresses;
    let refused = |text: String| Err(Failure::Usage(text));
    if let Some(prefix) = &args.prefix {
        return match &words[..] {
            [bucket] if is_bucket_alone(bucket.trim_end_matches('/')) => {
                Ok(vec![with_prefix(places.address(bucket).await?, prefix)])
            }
            _ => refused("`--prefix` goes with one bucket: write BUCKET -p PREFIX".into()),
        };
    }
    let words = match &words[..] {
        [bucket, key] if is_bucket_alone(bucket) && !key.contains("://") => vec![within(bucket, key)],
        words => words.to_vec(),
    };
    let mut addresses = Vec::new();
    for word in &words {
        if is_bucket_alone(word) {
            return refused(format!(
                "`{word}` names a bucket and no key: write {word}/KEY; or {word}/ with `--recursive`, for all its objects"
            ));
        }
        let address = places.address(word).await?;
        if matches!(address.scheme, Scheme::File | Scheme::Http) {
            return refused(format!("only stored objects are deleted, and `{word}` is none"));
        }
        if matches!(address.selector, Selector::Prefix(_)) && !args.recursive {
            return refused(format!("`{word}` is a prefix: add `--recursive` for all objects below it"));
        }
        // As for folders, the slash may be left out.
        let selector = match address.selector {
            Selector::Key(key) if args.recursive => Selector::Prefix(format!("{key}/")),
            other => other,
        };
        addresses.push(Address { selector, ..address });
    }
    Ok(addresses)
}

/// Asks the person at the terminal, who is told how many they are.
async fn ask(places: &Places, address: &Address) -> Result<(), Failure> {
    if !question::is_anybody_there() {
        let reason = format!(
            "delete {address}: there is nobody to ask; say `--yes` if you are sure, `--dry-run` to see what goes"
        );
        return Err(Failure::Refused(reason));
    }
    let (mut count, mut size_bytes) = (0, 0);
    let mut pages = places.source(address.scheme).await?.list(address).await?;
    while let Some(page) = pages.next_page().await? {
        for object in page.iter().filter(|object| is_meant(address, &object.key)) {
            count += 1;
            size_bytes += object.size_bytes;
        }
    }
    if count == 0 || question::agrees(&format!("Delete {} of {address}?", sum(count, size_bytes))) {
        return Ok(());
    }
    Err(Failure::Refused(format!("delete {address}: you did not agree, and nothing was deleted")))
}

async fn one(storage: &dyn Storage, address: &Address, key: &str, args: &DeleteArgs) -> Result<(), Failure> {
    let shown = Item::object(address.scheme, &address.bucket, key).shown();
    match storage.head_object(&address.bucket, key).await {
        Err(error) if error.kind() == StorageErrorKind::NoSuchKey => {
            return Err(StorageError::new(error.kind(), format!("delete {shown}"), "there is no such object").into());
        }
        // Whoever may delete need not be allowed to look.
        Err(error) if error.kind() != StorageErrorKind::AccessDenied => return Err(error.into()),
        _ => {}
    }
    if !args.dry_run {
        storage.delete_object(&address.bucket, key).await?;
    }
    let verb = if args.dry_run { "would delete" } else { "deleted" };
    standard::write(format!("{verb} {shown}\n").as_bytes()).map_err(Failure::Output)
}

/// A page at a time, since there may be millions.
async fn many(storage: &dyn Storage, address: &Address, args: &DeleteArgs) -> Result<(), Failure> {
    let (mut count, mut size_bytes) = (0u64, 0);
    let mut failed: Vec<StorageError> = Vec::new();
    let mut pages = storage.list_objects(&address.bucket, address.literal_prefix()).await?;
    while let Some(mut page) = pages.next_page().await? {
        page.retain(|object| is_meant(address, &object.key));
        count += page.len() as u64;
        size_bytes += page.iter().map(|object| object.size_bytes).sum::<u64>();
        if args.dry_run {
            let shown = |object: &ObjectInfo| Item::object(address.scheme, &address.bucket, &object.key).shown() + "\n";
            let text: String = page.iter().map(shown).collect();
            standard::write(text.as_bytes()).map_err(Failure::Output)?;
        } else if !page.is_empty() {
            let keys: Vec<String> = page.into_iter().map(|object| object.key).collect();
            failed.extend(storage.delete_objects(&address.bucket, &keys).await?.into_iter().map(|(_, error)| error));
        }
    }
    let failures = failed.len();
    if let Some(first) = failed.into_iter().next() {
        return Err(Failure::Some { first, failed: failures, count: count as usize });
    }
    let verb = if args.dry_run { "would delete" } else { "deleted" };
    let told = format!("{verb} {}, of {address}\n", sum(count, size_bytes));
    standard::write(told.as_bytes()).map_err(Failure::Output)
}
