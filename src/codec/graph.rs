//! The state of one message being written: which objects it has met, and what the trailer will say of them.

use rustc_hash::FxHashMap;

use super::wire::{self, AGAIN_LEN, Kind, tag};

/// Marks a parent that is a root of the message, by number, and not an object.
pub(super) const ROOT: u32 = 1 << 31;

/// No capture: data among the roots, not something a function brought along.
pub(super) const NO_CAPTURE: u32 = u32::MAX;

/// An object that the message holds.
#[derive(Clone, Copy)]
pub(super) struct Node {
    /// Where it was met first: an object, or a root. What a refusal's path is made of.
    pub parent: u32,
    /// Which capture its bytes count for.
    pub capture: u32,
    pub kind: Kind,
    pub a: u32,
    pub b: u32,
}

/// Something that a root function brings along: one of its upvalues, or a global.
#[derive(Clone, Copy)]
pub(super) struct Capture {
    /// The function and the number of its upvalue; or a global, and 0.
    pub owner: u32,
    pub upvalue: u16,
    pub bytes: usize,
}

#[derive(Default)]
pub(super) struct Graph {
    /// Address to id.
    pub ids: FxHashMap<usize, u32>,
    pub nodes: Vec<Node>,
    /// Address of an upvalue cell to its number.
    pub cells: FxHashMap<usize, u32>,
    pub captures: Vec<Capture>,
    /// Bytecode and saved handles, one after the other.
    pub blobs: Vec<u8>,
    pub blob_ends: Vec<usize>,
    /// Hash of a function's bytecode to the blobs with that hash.
    pub functions: FxHashMap<u64, Vec<u32>>,
    pub has_code: bool,
}

impl Graph {
    pub fn clear(&mut self) {
        if self.nodes.is_empty() && !self.has_code {
            return;
        }
        // One huge message must not make clearing slow for all later small ones.
        const KEEP: usize = 1 << 12;
        if self.nodes.len() > KEEP {
            *self = Graph::default();
            return;
        }
        self.ids.clear();
        self.nodes.clear();
        self.cells.clear();
        self.captures.clear();
        self.blobs.clear();
        self.blob_ends.clear();
        self.functions.clear();
        self.has_code = false;
    }

    pub fn blob(&self, index: u32) -> &[u8] {
        let index = index as usize;
        let start = if index == 0 { 0 } else { self.blob_ends[index - 1] };
        &self.blobs[start..self.blob_ends[index]]
    }

    pub fn add_blob(&mut self, bytes: &[u8]) -> u32 {
        self.blobs.extend_from_slice(bytes);
        self.blob_ends.push(self.blobs.len());
        (self.blob_ends.len() - 1) as u32
    }

    /// The blob of a function's bytecode, and whether this is the first function with it.
    pub fn add_function(&mut self, bytecode: &[u8]) -> (u32, bool) {
        use std::hash::Hasher;
        let mut hasher = rustc_hash::FxHasher::default();
        hasher.write(bytecode);
        let hash = hasher.finish();
        let same = self.functions.get(&hash).and_then(|all| all.iter().find(|&&blob| self.blob(blob) == bytecode));
        if let Some(&blob) = same {
            return (blob, false);
        }
        let blob = self.add_blob(bytecode);
        self.functions.entry(hash).or_default().push(blob);
        (blob, true)
    }

    pub fn put_blobs_and_entries(&self, out: &mut Vec<u8>) {
        wire::put_varint(out, self.blob_ends.len() as u64);
        for index in 0..self.blob_ends.len() as u32 {
            wire::put_bytes(out, self.blob(index));
        }
        wire::put_varint(out, self.nodes.len() as u64);
        for node in &self.nodes {
            out.push(node.kind as u8);
            wire::put_varint(out, node.a.into());
            wire::put_varint(out, node.b.into());
        }
    }
}

/// Remembers where recent strings stand, by the addresses of the interned strings. Lossy: a later string takes an earlier one's place.
pub(super) struct StringCache {
    slots: Box<[(usize, u64); Self::SLOTS]>,
    /// Where the message starts on a scale that grows with every message, so that entries of earlier ones are stale by themselves.
    origin: u64,
    /// The largest position of an entry on that scale.
    highest: u64,
}

impl StringCache {
    const SLOTS: usize = 1 << 10;

    pub fn new() -> Self {
        StringCache { slots: Box::new([(0, 0); Self::SLOTS]), origin: 1, highest: 0 }
    }

    /// Forgets everything.
    pub fn next_message(&mut self) {
        self.origin = self.highest + 1;
    }

    /// Writes a string, or where in the message, which starts at `start` of `out`, it stands already.
    #[inline]
    pub fn put(&mut self, out: &mut Vec<u8>, start: usize, bytes: &[u8]) {
        if !AGAIN_LEN.contains(&bytes.len()) {
            return wire::put_string(out, bytes);
        }
        let address = bytes.as_ptr() as usize;
        let slot = (address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48) & (Self::SLOTS - 1);
        let entry = &mut self.slots[slot];
        let at = out.len() - start;
        if entry.0 == address && entry.1 >= self.origin {
            out.push(tag::AGAIN);
            return wire::put_varint(out, entry.1 - self.origin);
        }
        self.highest = self.origin + at as u64;
        *entry = (address, self.highest);
        wire::put_string(out, bytes);
    }
}
