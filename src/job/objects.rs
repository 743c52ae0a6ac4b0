//! Stored objects as the input of a job: found, cut into pieces, and handed in while earlier pieces are at work.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream::{self, StreamExt};

use super::cut::Cut;
use super::job::Job;
use crate::config::Config;
use crate::protocol::{ObjectMessage, RemoteError};
use crate::storage::{Address, Found, ObjectInfo, ObjectSource, Piece, Selector, StorageError, StorageErrorKind};

/// Objects that are named one by one are looked at so many at a time.
const LOOKS_AT_ONCE: usize = 32;
/// Pieces are handed in so many at a time at most.
const BATCH_PIECES: usize = 1024;
/// Pieces that may wait to be handed to workers: enough for a list of futures to be complete soon in most jobs, and not much memory
/// in any.
const WAITING_PIECES: usize = 16 * 1024;

/// Objects and what the function gets beside them.
#[derive(Clone, Debug)]
pub struct ObjectInput {
    pub address: Address,
    /// A piece of that object, as an earlier job has cut it: it is read as it is.
    pub piece: Option<Piece>,
    /// Further arguments, as a message of the codec, or nothing.
    pub arguments: Bytes,
}

/// What a job reads, and how it is cut.
#[derive(Clone, Debug)]
pub struct ObjectPlan {
    pub inputs: Vec<ObjectInput>,
    pub cut: Cut,
    /// The byte that ends a line; `None`: exact ranges.
    pub newline: Option<u8>,
    pub config: Config,
}

/// What a plan has found so far.
#[derive(Debug, Default)]
pub struct FoundObjects {
    /// For each object the call after its last one.
    ends: Mutex<Vec<u64>>,
}

impl FoundObjects {
    /// For each object the call after its last one. Complete once the job knows how many calls it has.
    pub fn ends(&self) -> Vec<u64> {
        self.ends.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    fn add(&self, end: u64) {
        self.ends.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(end);
    }
}

impl ObjectPlan {
    /// Finds the objects and hands their pieces to `job`, whose source is [`Source::objects`](super::Source::objects). What cannot
    /// be found becomes a call that has failed.
    pub fn start(self, job: &Arc<Job>, is_bounded: bool) -> Arc<FoundObjects> {
        let found = Arc::<FoundObjects>::default();
        let planner = Planner {
            plan: self,
            job: job.clone(),
            found: found.clone(),
            next: 0,
            pieces: Vec::new(),
            most_waiting: if is_bounded { WAITING_PIECES } else { usize::MAX },
        };
        crate::io::handle().spawn(planner.run());
        found
    }
}

struct Planner {
    plan: ObjectPlan,
    job: Arc<Job>,
    found: Arc<FoundObjects>,
    /// The number of the next call.
    next: u64,
    /// Pieces that were not handed in yet.
    pieces: Vec<Bytes>,
    most_waiting: usize,
}

/// The job takes no more: it was cancelled, or failed as a whole.
struct Over;

impl Planner {
    async fn run(mut self) {
        if self.plan_all().await.is_ok() {
            self.job.close_input(self.next);
        }
    }

    async fn plan_all(&mut self) -> Result<(), Over> {
        let inputs = std::mem::take(&mut self.plan.inputs);
        let config = self.plan.config.clone();
        let sources = Sources::default();
        let (sources, config) = (&sources, &config);
        let mut looked_at = stream::iter(inputs)
            .map(|input| async move {
                let look = match &input.piece {
                    Some(piece) => Ok(Look::Piece(piece.clone())),
                    None => look_at(sources, config, &input.address).await,
                };
                (input, look)
            })
            .buffered(LOOKS_AT_ONCE);
        while let Some((input, look)) = looked_at.next().await {
            match look {
                Ok(Look::One(found)) => {
                    self.add(&input, &found).await?;
                    self.hand_in().await?;
                }
                Ok(Look::Piece(piece)) => {
                    self.pieces.push(ObjectMessage { piece, arguments: input.arguments }.to_bytes());
                    self.found.add(self.next + self.pieces.len() as u64);
                    self.hand_in().await?;
                }
                Ok(Look::Many(source)) => {
                    let before = self.next;
                    if let Err(error) = self.list(&input, &source).await? {
                        self.hand_in().await?;
                        self.fail(&error)?;
                    } else if self.next == before {
                        let action = format!("find {}", input.address);
                        self.fail(&StorageError::new(StorageErrorKind::NoSuchKey, action, no_match(&input.address)))?;
                    }
                }
                Err(error) => self.fail(&error)?,
            }
        }
        Ok(())
    }

    /// Adds what a listing gives; the inner error is the listing's.
    async fn list(&mut self, input: &ObjectInput, source: &ObjectSource) -> Result<Result<(), StorageError>, Over> {
        let address = &input.address;
        let mut pages = match source.list(address).await {
            Ok(pages) => pages,
            Err(error) => return Ok(Err(error)),
        };
        loop {
            let page = match pages.next_page().await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(Ok(())),
                Err(error) => return Ok(Err(error)),
            };
            let matching = page.into_iter().filter(|info| address.matches(&info.key));
            let mut found = stream::iter(matching.map(|info| complete(source, address, info))).buffered(LOOKS_AT_ONCE);
            while let Some(found) = found.next().await {
                match found {
                    Ok(found) => self.add(input, &found).await?,
                    Err(error) => {
                        self.hand_in().await?;
                        self.fail(&error)?;
                    }
                }
            }
            self.hand_in().await?;
        }
    }

    /// Cuts an object.
    async fn add(&mut self, input: &ObjectInput, found: &Found) -> Result<(), Over> {
        let Address { scheme, bucket, .. } = &input.address;
        let ObjectInfo { key, size_bytes, etag, .. } = &found.info;
        let mut cut = self.plan.cut;
        if let Some(why) = found.is_one_piece(self.plan.newline)
            && cut.parts(*size_bytes) > 1
        {
            tracing::warn!("{} is read in one piece: {why}", scheme.url(bucket, key));
            cut = Cut::Whole;
        }
        let total_parts = cut.parts(*size_bytes);
        for (part, (first, end)) in (1..).zip(cut.ranges(*size_bytes)) {
            let piece = Piece {
                scheme: *scheme,
                bucket: bucket.clone(),
                key: key.clone(),
                size_bytes: *size_bytes,
                etag: etag.clone(),
                first,
                end,
                part,
                total_parts,
                chunk_size_bytes: cut.chunk_bytes(*size_bytes),
                newline: self.plan.newline,
            };
            self.pieces.push(ObjectMessage { piece, arguments: input.arguments.clone() }.to_bytes());
            if self.pieces.len() >= BATCH_PIECES {
                self.hand_in().await?;
            }
        }
        self.found.add(self.next + self.pieces.len() as u64);
        Ok(())
    }

    /// Hands in what was found, and waits for a place for more.
    async fn hand_in(&mut self) -> Result<(), Over> {
        let count = self.pieces.len() as u64;
        if count > 0 {
            self.job.push_elements(self.next, std::mem::take(&mut self.pieces).into_iter());
            self.next += count;
        }
        if self.job.takes_more(self.most_waiting).await { Ok(()) } else { Err(Over) }
    }

    /// The call that would have read what cannot be found.
    fn fail(&mut self, error: &StorageError) -> Result<(), Over> {
        let error = RemoteError::new(error.kind().as_str(), format!("failed to {error}"));
        if !self.job.fail_found(self.next, error) {
            return Err(Over);
        }
        self.next += 1;
        self.found.add(self.next);
        Ok(())
    }
}

/// What an address stands for.
enum Look {
    One(Found),
    Piece(Piece),
    /// To be listed.
    Many(ObjectSource),
}

/// Why a listing gave nothing.
fn no_match(address: &Address) -> &'static str {
    match &address.selector {
        Selector::Glob(pattern) if pattern.as_str().contains('[') => {
            "no object matches; in a pattern `[…]` is one of these characters, and `[[]` is `[` itself"
        }
        _ => "no object matches",
    }
}

async fn look_at(sources: &Sources, config: &Config, address: &Address) -> Result<Look, StorageError> {
    let source = sources.get(address, config).await?;
    match &address.selector {
        Selector::Key(key) => match source.find(&address.bucket, key).await {
            Err(error) if error.kind() == StorageErrorKind::NoSuchKey => {
                Err(explained(error, &source, address, key).await)
            }
            found => found.map(Look::One),
        },
        Selector::Prefix(_) | Selector::Glob(_) => Ok(Look::Many(source)),
    }
}

/// Why there is no such key, if somebody forgot the slash behind a prefix.
async fn explained(error: StorageError, source: &ObjectSource, address: &Address, key: &str) -> StorageError {
    if !matches!(source, ObjectSource::Stored(_)) {
        return error;
    }
    let below = Address { selector: Selector::Prefix(format!("{key}/")), ..address.clone() };
    let Ok(mut pages) = source.list(&below).await else { return error };
    match pages.next_page().await {
        Ok(Some(page)) if !page.is_empty() => {
            error.with_remedy(&format!("there are objects below it: write `{below}` for all of them"))
        }
        _ => error,
    }
}

/// What a listing says of an object. A server whose listings have no etags is asked again: with nothing to tell versions apart, pieces of
/// two could be mixed.
async fn complete(source: &ObjectSource, address: &Address, info: ObjectInfo) -> Result<Found, StorageError> {
    if info.etag.is_empty() { source.find(&address.bucket, &info.key).await } else { Ok(Found::from(info)) }
}

/// The places that addresses lead to, each opened once.
#[derive(Default)]
struct Sources {
    opened: tokio::sync::Mutex<Vec<(crate::storage::Scheme, ObjectSource)>>,
}

impl Sources {
    async fn get(&self, address: &Address, config: &Config) -> Result<ObjectSource, StorageError> {
        let mut opened = self.opened.lock().await;
        if let Some((_, source)) = opened.iter().find(|(scheme, _)| *scheme == address.scheme) {
            return Ok(source.clone());
        }
        let source = ObjectSource::open(address.scheme, config).await?;
        opened.push((address.scheme, source.clone()));
        Ok(source)
    }
}
