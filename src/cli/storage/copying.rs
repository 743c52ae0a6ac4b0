//! Copies one or many, and prints a line for each that got there.

use std::io::{IsTerminal, stderr};
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::copy::Source;
use super::list::sum;
use super::place::{Item, Places};
use super::target::{Target, refuse_overlap};
use super::{Failure, standard, transfer};
use crate::cli::exit::complain;
use crate::cli::printable::printable;
use crate::report::{Progress, around_bar};
use crate::storage::{Address, Scheme, StorageError, StorageErrorKind, moved_bytes};

/// Objects that are copied at a time.
const AT_ONCE: usize = 8;
/// What is larger is copied alone: it is moved by several requests at a time, which hold parts of it in memory.
const ALONE_BYTES: u64 = 16 << 20;
/// How often the bar is drawn; what takes less than this needs none.
const BAR_EVERY: Duration = Duration::from_millis(200);

/// How it is done.
pub(super) struct Copying<'a> {
    pub places: &'a Places,
    pub quiet: bool,
    pub recursive: bool,
    pub no_clobber: bool,
}

/// What became of many.
#[derive(Default)]
struct Tally {
    copied: u64,
    size_bytes: u64,
    failed: Vec<StorageError>,
}

impl Copying<'_> {
    pub async fn run(&self, from: &Source, target: &Target) -> Result<(), Failure> {
        match from {
            Source::One(from) => {
                let to = target.of_one(from)?;
                let has_bar = !self.quiet && stderr().is_terminal() && to != Item::Standard;
                let size_bytes = if has_bar { transfer::size_bytes(self.places, from).await } else { None };
                self.shown(has_bar, size_bytes, self.one(from, &to)).await.map(drop)
            }
            Source::Many { address, base } => {
                refuse_overlap(address, *base, target)?;
                let has_bar = !self.quiet && stderr().is_terminal();
                let tally = self.shown(has_bar, None, self.many(address, *base, target)).await?;
                self.tell(address, tally)
            }
        }
    }

    /// Does the work, and shows how far it is.
    async fn shown<T>(&self, has_bar: bool, total_bytes: Option<u64>, work: impl Future<Output = T>) -> T {
        if !has_bar {
            return work.await;
        }
        let (progress, before) = (Progress::new(), moved_bytes());
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = tokio::time::sleep(BAR_EVERY) => progress.set_bytes(moved_bytes() - before, total_bytes),
            }
        }
    }

    /// Copies one; gives whether that was wanted.
    async fn one(&self, from: &Item, to: &Item) -> Result<bool, Failure> {
        if self.no_clobber && transfer::is_there(self.places, to).await? {
            if !self.quiet {
                around_bar(|| complain(&format!("{} is there already, and stays", to.shown())));
            }
            return Ok(false);
        }
        transfer::one(self.places, from, to).await?;
        let mut written = Ok(());
        if *to != Item::Standard {
            around_bar(|| written = standard::write(format!("{}\n", to.shown()).as_bytes()));
        }
        written.map_err(Failure::Output)?;
        Ok(true)
    }

    async fn many(&self, address: &Address, base: usize, target: &Target) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        let mut running = FuturesUnordered::new();
        let mut pages = self.places.source(address.scheme).await?.list(address).await?;
        while let Some(page) = pages.next_page().await? {
            for object in page.into_iter().filter(|object| address.matches(&object.key)) {
                let size_bytes = object.size_bytes;
                let most = if size_bytes > ALONE_BYTES { 0 } else { AT_ONCE - 1 };
                while running.len() > most {
                    tally.take(running.next().await)?;
                }
                running.push(self.one_of_many(address, object.key, size_bytes, base, target));
                if size_bytes > ALONE_BYTES {
                    tally.take(running.next().await)?;
                }
            }
        }
        while !running.is_empty() {
            tally.take(running.next().await)?;
        }
        Ok(tally)
    }

    async fn one_of_many(
        &self,
        address: &Address,
        key: String,
        size_bytes: u64,
        base: usize,
        target: &Target,
    ) -> Result<Option<u64>, Failure> {
        let from = Item::object(address.scheme, &address.bucket, &key);
        let to = target.below(key.get(base..).unwrap_or_default())?;
        if let Item::File(path) = &to
            && let Some(folder) = path.parent()
        {
            let action = format!("make the folder {}", printable(&folder.display().to_string()));
            std::fs::create_dir_all(folder).map_err(|error| StorageError::io(action, &error))?;
        }
        Ok(self.one(&from, &to).await?.then_some(size_bytes))
    }

    fn tell(&self, address: &Address, tally: Tally) -> Result<(), Failure> {
        let (failed, count) = (tally.failed.len(), tally.copied as usize + tally.failed.len());
        if let Some(first) = tally.failed.into_iter().next() {
            return Err(Failure::Some { first, failed, count });
        }
        if tally.copied == 0 && address.scheme != Scheme::File && !self.no_clobber {
            let action = format!("copy {address}");
            return Err(StorageError::new(StorageErrorKind::NoSuchKey, action, "there are no such objects").into());
        }
        if !self.quiet {
            complain(&format!("copied {}", sum(tally.copied, tally.size_bytes)));
        }
        Ok(())
    }
}

impl Tally {
    /// Counts an object. What stops one of them only does not stop the others.
    fn take(&mut self, done: Option<Result<Option<u64>, Failure>>) -> Result<(), Failure> {
        use StorageErrorKind as Kind;
        match done {
            Some(Ok(Some(size_bytes))) => {
                self.copied += 1;
                self.size_bytes += size_bytes;
            }
            Some(Err(Failure::Storage(error)))
                if matches!(
                    error.kind(),
                    Kind::NoSuchKey | Kind::AccessDenied | Kind::InvalidKey | Kind::KeyConflict | Kind::ObjectChanged
                ) =>
            {
                self.failed.push(error);
            }
            Some(Err(failure)) => return Err(failure),
            Some(Ok(None)) | None => {}
        }
        Ok(())
    }
}
