//! An answer on its way to storage, where its driver looks for it: with `monitoring: storage`.

use std::time::Duration;

use tokio::time::Instant;

use super::answer::Answer;
use crate::protocol::ObjectAnswer;
use crate::storage::Scratch;

/// The first part says that the worker has begun; it waits for so long, in case that is all there is to say.
const FIRST_PART_AFTER: Duration = Duration::from_millis(20);
/// Without anything to say, a worker that lives writes an empty part after so many intervals.
const SILENT_INTERVALS: u32 = 4;
/// How often a part is put again when the store fails, before the answer is given up, and with it the worker: then the
/// driver misses it.
const ATTEMPTS: u32 = 5;

/// Puts the parts of an answer until its end.
pub(super) async fn run(answer: &Answer, scratch: &Scratch, target: &ObjectAnswer) {
    let interval = Duration::from_millis(target.interval_ms.max(1));
    let mut next_part = Instant::now() + FIRST_PART_AFTER;
    let mut last_part = Instant::now();
    let mut pending = Vec::new();
    let mut number = 0;
    let mut is_complete = false;
    while !is_complete {
        tokio::select! {
            bytes = answer.next_bytes() => match bytes {
                Some(bytes) => {
                    pending.extend_from_slice(&bytes);
                    continue;
                }
                None => is_complete = true,
            },
            () = tokio::time::sleep_until(next_part) => {}
        }
        next_part = Instant::now() + interval;
        if pending.is_empty() && !is_complete && last_part.elapsed() < interval * SILENT_INTERVALS {
            continue;
        }
        let last = if is_complete { ObjectAnswer::LAST } else { "" };
        let key = format!("{}/{number:08}{last}", target.key);
        if !put(scratch, &key, std::mem::take(&mut pending)).await {
            // Nobody hears of what the calls do from now on. The platform counts an invocation that fails, and logs it.
            super::complain("it gives the answer up, and ends: its driver misses it");
            std::process::exit(1);
        }
        last_part = Instant::now();
        number += 1;
    }
}

async fn put(scratch: &Scratch, key: &str, part: Vec<u8>) -> bool {
    let part = bytes::Bytes::from(part);
    for attempt in 1..=ATTEMPTS {
        match scratch.put(key, part.clone()).await {
            Ok(()) => return true,
            Err(error) => {
                super::complain(&format!("cannot write a part of the answer (attempt {attempt}): {error}"));
                if attempt < ATTEMPTS {
                    tokio::time::sleep(Duration::from_millis(100 << attempt)).await;
                }
            }
        }
    }
    false
}
