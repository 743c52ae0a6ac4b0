//! Bytes from anywhere: an error, never a crash, never memory out of proportion.

use lithops_lua::codec::DecodeError;
use proptest::prelude::*;

use super::support::{Side, untrusted};

/// Messages of every feature that untrusted bytes may use.
const SEEDS: &[&str] = &[
    "return nil, true, 1, -1, 1e10, 0.5, 'short', ('long'):rep(30), 5LL, 6ULL, 2i",
    "local s = {} local t = {s, s, 'text', 'text', x = {y = {z = 'text'}}, [s] = s} t.t = t return t",
    "return setmetatable({1, nil, 3, print, string}, {__index = math, __mode = 'k'}), ticket(3)",
    "local t = {} for i = 1, 100 do t[i] = {i, i .. ''} end return t",
];

fn decode(side: &Side, bytes: &[u8]) -> Result<mlua::MultiValue, DecodeError> {
    side.codec.decode(&side.lua, bytes, untrusted())
}

#[test]
fn every_cut_and_every_changed_byte_is_survived() {
    let side = Side::new();
    for seed in SEEDS {
        let message = side.encode(seed);
        assert!(decode(&side, &message).is_ok());
        for len in 0..message.len() {
            assert!(decode(&side, &message[..len]).is_err(), "cut at {len}");
        }
        let mut changed = message.clone();
        for at in 0..message.len() {
            for value in [0, 1, 2, 9, 10, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xff, message[at] ^ 1] {
                changed[at] = value;
                let _ = decode(&side, &changed);
            }
            changed[at] = message[at];
        }
        changed.push(0);
        assert!(decode(&side, &changed).is_err());
    }
}

#[test]
fn what_is_wrong_is_said() {
    let side = Side::new();
    let text = |bytes: &[u8]| decode(&side, bytes).unwrap_err().to_string();
    assert_eq!(text(&[9, 0, 0]), "message of version 9, but this program reads version 1");
    assert_eq!(text(&[]), "malformed message: it ends too early (byte 0)");
    assert_eq!(text(&[1, 0, 0, 0]), "malformed message: it has something after its end (byte 3)");
    assert_eq!(text(&[1, 0x80, 0]), "malformed message: it has an unknown flag (byte 2)");
    assert_eq!(text(&[1, 2, 0]), "a message from an untrusted source holds code");
    assert_eq!(text(&[1, 0, 0x30]), "malformed message: it has an unknown tag (byte 3)");
    assert_eq!(text(&[1, 0, 10, 0]), "malformed message: it refers to an object that is not there (byte 4)");
    assert_eq!(text(&[1, 0, 11, 0xc1, b'x']), "`x` is not part of this program");
    assert_eq!(text(&[1, 0, 12, 0xc1, b'x']), "a message from an untrusted source holds code");
}

#[test]
fn promises_beyond_the_message_are_refused() {
    let side = Side::new();
    // A table of 2^28 slots, in 20 bytes.
    let mut message = vec![1, 1, 10, 0, 0, 0, 1, 0, 0x80, 0x80, 0x80, 0x80, 1, 0];
    message.extend(4u64.to_le_bytes());
    let text = decode(&side, &message).unwrap_err().to_string();
    assert!(text.contains("tables larger than itself"), "{text}");
    // A string of 2^60 bytes.
    let text = decode(&side, &[1, 0, 8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]).unwrap_err().to_string();
    assert!(text.contains("a count beyond its end"), "{text}");
    // 2^40 values.
    assert!(decode(&side, &[1, 4, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]).is_err());
}

#[test]
fn code_that_the_flags_hide_is_refused() {
    let side = Side::new();
    for script in ["return function() end", "g = 1 return {function() return g end}"] {
        let mut message = side.encode(script);
        message[1] &= !2;
        let text = decode(&side, &message).unwrap_err().to_string();
        assert!(text.contains("a function but no code"), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200), flags in 0u8..8) {
        thread_local!(static SIDE: Side = Side::new());
        SIDE.with(|side| {
            let _ = decode(side, &bytes);
            let mut framed = vec![1, flags];
            framed.extend(&bytes);
            let _ = decode(side, &framed);
        });
    }

    #[test]
    fn mutated_messages_are_survived(
        seed in 0..SEEDS.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        graft in any::<prop::sample::Index>(),
    ) {
        thread_local!(static SIDE: Side = Side::new());
        SIDE.with(|side| {
            let mut message = side.encode(SEEDS[seed]);
            for (at, value) in &changes {
                let at = at.index(message.len());
                message[at] = *value;
            }
            let _ = decode(side, &message);
            // A piece taken out keeps the trailer's offset wrong in interesting ways.
            let (from, to) = (cut.index(message.len()), graft.index(message.len()));
            message.drain(from.min(to)..from.max(to));
            let _ = decode(side, &message);
        });
    }
}
