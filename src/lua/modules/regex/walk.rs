//! Going through the matches of a string.

use mlua::{Lua, MultiValue, Value};
use regex::bytes::CaptureLocations;

use super::Regex;
use crate::lua::bind::Raise;

/// The matches of one string, from left to right, without overlap.
pub(super) struct Walk {
    places: CaptureLocations,
    /// Where to search next; `None` at the end.
    at: Option<usize>,
    last_end: Option<usize>,
}

impl Walk {
    pub fn new(regex: &Regex, at: Option<usize>) -> Walk {
        Walk { places: regex.compiled().capture_locations(), at, last_end: None }
    }

    /// Goes to the next match; false if there is none.
    pub fn next(&mut self, regex: &Regex, text: &[u8]) -> bool {
        while let Some(at) = self.at.filter(|at| *at <= text.len()) {
            let Some(found) = regex.compiled().captures_read_at(&mut self.places, text, at) else {
                break;
            };
            // An empty match right behind another one is none, nor is one inside a character.
            let is_none = || self.last_end == Some(found.end()) || is_inside_character(text, found.end());
            if found.is_empty() && is_none() {
                self.at = Some(found.end() + 1);
                continue;
            }
            self.at = Some(found.end());
            self.last_end = Some(found.end());
            return true;
        }
        self.at = None;
        false
    }

    /// Offsets of the match.
    pub fn span(&self) -> (usize, usize) {
        self.places.get(0).unwrap_or_default()
    }

    /// The number of groups, with the whole match.
    pub fn groups(&self) -> usize {
        self.places.len()
    }

    /// What a group matched.
    pub fn group<'t>(&self, group: usize, text: &'t [u8]) -> Option<&'t [u8]> {
        self.places.get(group).map(|(start, end)| &text[start..end])
    }
}

/// Whether a place is inside a character. Bytes that are not UTF-8 are none.
fn is_inside_character(text: &[u8], at: usize) -> bool {
    let is_first = |byte: u8| byte & 0xC0 != 0x80;
    if text.get(at).is_none_or(|byte| is_first(*byte)) {
        return false;
    }
    // A character is at most 4 bytes long.
    let Some(first) = (at.saturating_sub(3)..at).rev().find(|place| is_first(text[*place])) else {
        return false;
    };
    let around = &text[first..text.len().min(first + 4)];
    let character = around.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next());
    character.is_some_and(|character| first + character.len_utf8() > at)
}

/// What a group matched; false where it took no part, so that a loop over matches does not end there.
pub(super) fn captured(lua: &Lua, walk: &Walk, group: usize, text: &[u8]) -> Result<Value, Raise> {
    Ok(match walk.group(group, text) {
        Some(piece) => Value::String(lua.create_string(piece)?),
        None => Value::Boolean(false),
    })
}

/// What `string.match` gives: the groups, or the whole match if there are none.
pub(super) fn whole_or_groups(lua: &Lua, walk: &Walk, text: &[u8]) -> Result<MultiValue, Raise> {
    let first = usize::from(walk.groups() > 1);
    (first..walk.groups()).map(|group| captured(lua, walk, group, text)).collect()
}
