//! What is known of each call, in 28 bytes: a job may have millions.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::protocol::RemoteError;

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Not given to a worker yet.
    New,
    /// Part of an invocation, but not begun.
    Invoked,
    /// Begun.
    Running,
    /// Returned.
    Done,
    /// Failed, and is not tried again.
    Failed,
    /// Cancelled before it ended.
    Cancelled,
}

impl State {
    /// Whether nothing more will happen to the call.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// The name that `future.state` gives.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Invoked => "invoked",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A result that does not fit into its slot.
#[derive(Clone, Debug)]
pub(super) enum Large {
    Message(Bytes),
    Object { key: String, sha256: String },
    Error(Arc<RemoteError>),
}

const INLINE_BYTES: usize = 8;
/// `Slot::length` of a call whose result is in [`Slots::large`], or that has none yet.
const NOT_INLINE: u8 = u8::MAX;

/// One call. Times are seconds after the submission of its invocation: an `f32` is exact to 60 µs after 1,000 s.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    inline: [u8; INLINE_BYTES],
    /// The invocation that ran it last, an index.
    pub invocation: u32,
    pub start_s: f32,
    pub end_s: f32,
    pub known_s: f32,
    length: u8,
    pub attempt: u16,
    pub state: State,
}

impl Slot {
    const EMPTY: Self = Self {
        inline: [0; INLINE_BYTES],
        invocation: u32::MAX,
        start_s: 0.0,
        end_s: 0.0,
        known_s: 0.0,
        length: NOT_INLINE,
        attempt: 0,
        state: State::New,
    };
}

const BLOCK: usize = 4096;

/// All calls of a job, made as they are first mentioned.
#[derive(Default)]
pub(super) struct Slots {
    // Blocks, so that growing never copies what is there.
    blocks: Vec<Box<[Slot; BLOCK]>>,
    large: HashMap<u64, Large>,
    pub logs: HashMap<u64, Bytes>,
}

impl Slots {
    pub fn get(&self, call: u64) -> Slot {
        let (block, index) = (call as usize / BLOCK, call as usize % BLOCK);
        self.blocks.get(block).map_or(Slot::EMPTY, |block| block[index])
    }

    pub fn get_mut(&mut self, call: u64) -> &mut Slot {
        let (block, index) = (call as usize / BLOCK, call as usize % BLOCK);
        while self.blocks.len() <= block {
            self.blocks.push(Box::new([Slot::EMPTY; BLOCK]));
        }
        &mut self.blocks[block][index]
    }

    pub fn set_message(&mut self, call: u64, message: Bytes) {
        if message.len() <= INLINE_BYTES {
            let slot = self.get_mut(call);
            slot.inline[..message.len()].copy_from_slice(&message);
            slot.length = message.len() as u8;
        } else {
            self.set_large(call, Large::Message(message));
        }
    }

    pub fn set_large(&mut self, call: u64, large: Large) {
        self.get_mut(call).length = NOT_INLINE;
        self.large.insert(call, large);
    }

    /// The result of `call`: in its slot, or elsewhere.
    pub fn result(&self, call: u64) -> Result<Bytes, Option<&Large>> {
        let slot = self.get(call);
        if slot.length == NOT_INLINE {
            Err(self.large.get(&call))
        } else {
            Ok(Bytes::copy_from_slice(&slot.inline[..slot.length as usize]))
        }
    }

    /// The objects that hold results. The results are gone with them.
    pub fn take_object_keys(&mut self) -> Vec<String> {
        let is_object = |large: &Large| matches!(large, Large::Object { .. });
        let calls: Vec<u64> = self.large.iter().filter(|(_, large)| is_object(large)).map(|(call, _)| *call).collect();
        let taken = calls.into_iter().filter_map(|call| self.large.remove(&call));
        taken.filter_map(|large| if let Large::Object { key, .. } = large { Some(key) } else { None }).collect()
    }

    /// Appends the message that `call` gave to `out`; `false` if it is not at hand.
    pub fn append_message(&self, call: u64, out: &mut Vec<u8>) -> bool {
        let slot = self.get(call);
        if slot.length != NOT_INLINE {
            out.extend_from_slice(&slot.inline[..slot.length as usize]);
            return true;
        }
        if let Some(Large::Message(message)) = self.large.get(&call) {
            out.extend_from_slice(message);
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_as_small_as_promised() {
        assert_eq!(size_of::<Slot>(), 28);
    }

    #[test]
    fn small_and_large_messages_come_back() {
        let mut slots = Slots::default();
        slots.set_message(5, Bytes::from_static(b"small"));
        slots.set_message(9000, Bytes::from_static(b"longer than a slot"));
        assert_eq!(slots.result(5).unwrap(), "small");
        assert!(matches!(slots.result(9000), Err(Some(Large::Message(m))) if m == "longer than a slot"));
        assert!(matches!(slots.result(6), Err(None)));
    }
}
