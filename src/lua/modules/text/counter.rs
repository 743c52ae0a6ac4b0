//! Counts words, without a Lua string for each.

use std::cmp::Ordering;
use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::words::{Class, lower};

/// Words and how often each was there.
///
/// Nearly all words are shorter than 16 bytes. Those are their own keys: the bytes in a number, with the length in its highest byte,
/// which are compared and hashed in a few instructions.
#[derive(Clone, Debug, Default)]
pub struct Counter {
    /// Words of up to 7 bytes.
    short: FxHashMap<u64, u64>,
    /// Words of 8 to 15 bytes.
    medium: FxHashMap<u128, u64>,
    long: FxHashMap<Box<[u8]>, u64>,
}

const SHORT: usize = 7;
const MEDIUM: usize = 15;

/// A word as a key of `short`.
#[inline]
fn short_key(bytes: u64, length: usize) -> u64 {
    // There are 1 to 7 bytes that count; an empty word has none.
    let kept = if length == 0 { 0 } else { bytes & u64::MAX >> (64 - 8 * length) };
    kept | (length as u64) << 56
}

#[inline]
fn medium_key(bytes: u128, length: usize) -> u128 {
    bytes & u128::MAX >> (128 - 8 * length) | (length as u128) << 120
}

#[inline]
fn lower_16(bytes: u128) -> u128 {
    u128::from(lower(bytes as u64)) | u128::from(lower((bytes >> 64) as u64)) << 64
}

/// The first `N` bytes of `text`; zeros behind its end.
#[inline]
fn load<const N: usize>(text: &[u8]) -> [u8; N] {
    match text.first_chunk() {
        Some(bytes) => *bytes,
        None => {
            let mut bytes = [0; N];
            bytes[..text.len()].copy_from_slice(text);
            bytes
        }
    }
}

#[inline]
fn raise<K: Hash + Eq>(counts: &mut FxHashMap<K, u64>, key: K, by: u64) {
    let count = counts.entry(key).or_default();
    *count = count.saturating_add(by);
}

impl Counter {
    /// How many different words there are.
    pub fn size(&self) -> usize {
        self.short.len() + self.medium.len() + self.long.len()
    }

    /// Counts `word` `by` times more.
    pub fn add(&mut self, word: &[u8], by: u64) {
        self.add_at(word, word.len(), by);
    }

    /// Counts the words of `text`, their capital letters of ASCII as small ones if `to_lower`.
    pub(super) fn add_words(&mut self, text: &[u8], class: Class, to_lower: bool) {
        // Each combination has a loop of its own, without a question in it.
        match (class, to_lower) {
            (Class::Letters, false) => self.add_runs::<false>(text, Class::Letters),
            (Class::Letters, true) => self.add_runs::<true>(text, Class::Letters),
            (Class::Alphanumeric, false) => self.add_runs::<false>(text, Class::Alphanumeric),
            (Class::Alphanumeric, true) => self.add_runs::<true>(text, Class::Alphanumeric),
            (Class::NonSpace, false) => self.add_runs::<false>(text, Class::NonSpace),
            (Class::NonSpace, true) => self.add_runs::<true>(text, Class::NonSpace),
        }
    }

    #[inline(always)]
    fn add_runs<const LOWER: bool>(&mut self, text: &[u8], class: Class) {
        class.runs(text, |start, end| {
            let (from, length) = (&text[start..], end - start);
            if length <= SHORT {
                let bytes = u64::from_le_bytes(load(from));
                raise(&mut self.short, short_key(if LOWER { lower(bytes) } else { bytes }, length), 1);
            } else if length <= MEDIUM {
                let bytes = u128::from_le_bytes(load(from));
                raise(&mut self.medium, medium_key(if LOWER { lower_16(bytes) } else { bytes }, length), 1);
            } else if LOWER {
                self.add_long(&from[..length].to_ascii_lowercase(), 1);
            } else {
                self.add_long(&from[..length], 1);
            }
        });
    }

    /// Counts the first `length` bytes of `text`.
    fn add_at(&mut self, text: &[u8], length: usize, by: u64) {
        if length <= SHORT {
            raise(&mut self.short, short_key(u64::from_le_bytes(load(text)), length), by);
        } else if length <= MEDIUM {
            raise(&mut self.medium, medium_key(u128::from_le_bytes(load(text)), length), by);
        } else {
            self.add_long(&text[..length], by);
        }
    }

    fn add_long(&mut self, word: &[u8], by: u64) {
        match self.long.get_mut(word) {
            Some(count) => *count = count.saturating_add(by),
            None => {
                self.long.insert(word.into(), by);
            }
        }
    }

    /// Adds all counts of another.
    pub fn merge(&mut self, other: &Counter) {
        other.short.iter().for_each(|(&key, &count)| raise(&mut self.short, key, count));
        other.medium.iter().for_each(|(&key, &count)| raise(&mut self.medium, key, count));
        other.long.iter().for_each(|(word, &count)| self.add_long(word, count));
    }

    /// Calls `each` with all words and their counts, in no order.
    pub fn for_each(&self, mut each: impl FnMut(&[u8], u64)) {
        for (&key, &count) in &self.short {
            each(Word::Short(key).bytes(&mut [0; 16]), count);
        }
        for (&key, &count) in &self.medium {
            each(Word::Medium(key).bytes(&mut [0; 16]), count);
        }
        self.long.iter().for_each(|(word, &count)| each(word, count));
    }

    /// All counts as bytes, to travel.
    pub fn save(&self) -> Vec<u8> {
        let mut saved = Vec::new();
        self.for_each(|word, count| {
            for number in [word.len() as u64, count] {
                saved.extend_from_slice(&number.to_le_bytes());
            }
            saved.extend_from_slice(word);
        });
        saved
    }

    /// The counter that was saved. The bytes may come from anywhere.
    pub fn restore(mut saved: &[u8]) -> Result<Counter, &'static str> {
        const DAMAGED: &str = "the counts of words are damaged";
        let mut counter = Counter::default();
        while let Some((length, rest)) = saved.split_first_chunk() {
            let (count, rest) = rest.split_first_chunk().ok_or(DAMAGED)?;
            let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| DAMAGED)?;
            let (word, rest) = rest.split_at_checked(length).ok_or(DAMAGED)?;
            counter.add(word, u64::from_le_bytes(*count));
            saved = rest;
        }
        if saved.is_empty() { Ok(counter) } else { Err(DAMAGED) }
    }

    /// The `most` most frequent words, by count and then by their bytes.
    pub fn top(&self, most: usize) -> Vec<(Vec<u8>, u64)> {
        let mut words: Vec<(u64, Word<'_>)> = Vec::with_capacity(self.size());
        words.extend(self.short.iter().map(|(&key, &count)| (count, Word::Short(key))));
        words.extend(self.medium.iter().map(|(&key, &count)| (count, Word::Medium(key))));
        words.extend(self.long.iter().map(|(word, &count)| (count, Word::Long(word))));
        let order = |a: &(u64, Word<'_>), b: &(u64, Word<'_>)| b.0.cmp(&a.0).then_with(|| a.1.order(&b.1));
        if most < words.len() {
            if most > 0 {
                words.select_nth_unstable_by(most - 1, order);
            }
            words.truncate(most);
        }
        words.sort_unstable_by(order);
        words.into_iter().map(|(count, word)| (word.bytes(&mut [0; 16]).to_vec(), count)).collect()
    }
}

/// A word in one of the tables.
enum Word<'a> {
    Short(u64),
    Medium(u128),
    Long(&'a [u8]),
}

impl Word<'_> {
    /// Its bytes, which may need `room`.
    fn bytes<'b>(&'b self, room: &'b mut [u8; 16]) -> &'b [u8] {
        let length = match self {
            Word::Short(key) => {
                room[..8].copy_from_slice(&key.to_le_bytes());
                usize::from(room[7])
            }
            Word::Medium(key) => {
                *room = key.to_le_bytes();
                usize::from(room[15])
            }
            Word::Long(word) => return word,
        };
        &room[..length.min(MEDIUM)]
    }

    fn order(&self, other: &Word<'_>) -> Ordering {
        self.bytes(&mut [0; 16]).cmp(other.bytes(&mut [0; 16]))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_are_those_of_a_map(words in proptest::collection::vec("[a-cA-C\0]{0,18}", 0..60), to_lower: bool) {
            let mut expected = BTreeMap::<Vec<u8>, u64>::new();
            let mut single = Counter::default();
            for word in words.iter().filter(|word| !word.is_empty()) {
                let word = if to_lower { word.to_ascii_lowercase() } else { word.clone() };
                *expected.entry(word.clone().into_bytes()).or_default() += 2;
                single.add(word.as_bytes(), 1);
            }
            let mut counter = Counter::default();
            counter.add_words(words.join(" ").as_bytes(), Class::NonSpace, to_lower);
            counter.merge(&single);
            let counter = Counter::restore(&counter.save()).unwrap();
            prop_assert_eq!(counter.size(), expected.len());
            let mut counts = BTreeMap::new();
            counter.for_each(|word, count| { counts.insert(word.to_vec(), count); });
            prop_assert_eq!(&counts, &expected);
            let mut sorted: Vec<_> = expected.into_iter().collect();
            sorted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            for most in [0, 1, 3, 1000] {
                prop_assert_eq!(counter.top(most), &sorted[..most.min(sorted.len())]);
            }
        }
    }

    #[test]
    fn an_empty_word_is_a_word() {
        let mut counter = Counter::default();
        counter.add(b"", 3);
        counter.add(b"\0", 1);
        assert_eq!(counter.top(9), [(b"".to_vec(), 3), (b"\0".to_vec(), 1)]);
    }
}
