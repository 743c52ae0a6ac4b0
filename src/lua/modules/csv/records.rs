//! Text to records of fields, a piece at a time.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use mlua::Lua;

use super::dialect::Dialect;
use super::scan::{Scan, first_byte};
use crate::lua::bind::Raise;
use crate::lua::modules::position::{Position, byte_order_mark};
use crate::lua::modules::source::Source;

/// Reads records. It holds a piece of the text, or the text of the current record if that is longer.
pub(super) struct Records {
    source: Source,
    dialect: Dialect,
    reader: Reader,
    buffer: Vec<u8>,
    /// Where in the buffer the current record begins, and how far it is parsed.
    start: usize,
    parsed: usize,
    /// How many lines ended before `start`.
    lines_before: u64,
    is_begun: bool,
    is_ended: bool,
    /// Nothing but the end of the text ended the current record.
    ended_by_text: bool,
}

/// Records that were read.
#[derive(Default)]
pub(super) struct Batch {
    /// The fields, one behind the other, with room for more.
    fields: Vec<u8>,
    used: usize,
    /// Where each field ends, counted from the first one of its record; with room for more.
    ends: Vec<usize>,
    used_ends: usize,
    /// For each record, where its fields and their ends begin.
    records: Vec<(usize, usize)>,
}

impl Batch {
    pub fn clear(&mut self) {
        (self.used, self.used_ends) = (0, 0);
        self.records.clear();
    }

    /// Whether it is large enough to be worth a visit to the VM.
    pub fn is_full(&self) -> bool {
        self.used >= 64 << 10 || self.used_ends >= 8192
    }

    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// The fields of the record at `place`.
    pub fn record(&self, place: usize) -> impl ExactSizeIterator<Item = &[u8]> {
        let (start, first) = self.records[place];
        let end = self.records.get(place + 1).map_or(self.used_ends, |next| next.1);
        let mut from = start;
        self.ends[first..end].iter().map(move |end| {
            let field = &self.fields[from..start + end];
            from = start + end;
            field
        })
    }
}

impl Records {
    pub fn new(source: Source, dialect: Dialect) -> Records {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(dialect.separator).quoting(dialect.quote.is_some());
        if let Some(quote) = dialect.quote {
            builder.quote(quote);
        }
        let reader = builder.build();
        Records {
            source,
            dialect,
            reader,
            buffer: Vec::new(),
            start: 0,
            parsed: 0,
            lines_before: 0,
            is_begun: false,
            is_ended: false,
            ended_by_text: false,
        }
    }

    /// Appends the next record to `batch`; false at the end. Empty lines are none.
    pub fn next(&mut self, lua: &Lua, batch: &mut Batch) -> Result<bool, Raise> {
        if !self.is_begun {
            self.begin(lua)?;
        }
        if let Some(comment) = self.dialect.comment {
            self.skip_comments(lua, comment)?;
        }
        self.start = self.parsed;
        self.lines_before = self.reader.line() - 1;
        batch.records.push((batch.used, batch.used_ends));
        loop {
            // The parser takes an empty input for the end.
            while !self.is_ended && self.parsed == self.buffer.len() {
                self.fill(lua)?;
            }
            let input = &self.buffer[self.parsed..];
            self.ended_by_text = input.is_empty();
            let (result, read, written, ended) =
                self.reader.read_record(input, &mut batch.fields[batch.used..], &mut batch.ends[batch.used_ends..]);
            self.parsed += read;
            batch.used += written;
            batch.used_ends += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => batch.fields.resize((2 * batch.fields.len()).max(1024), 0),
                ReadRecordResult::OutputEndsFull => batch.ends.resize((2 * batch.ends.len()).max(64), 0),
                ReadRecordResult::Record => return Ok(true),
                ReadRecordResult::End => {
                    batch.records.pop();
                    return Ok(false);
                }
            }
        }
    }

    /// Skips comments, and empty lines with them. The parser would let only `\n` end a comment, and take one that the text ends for
    /// a record.
    fn skip_comments(&mut self, lua: &Lua, comment: u8) -> Result<(), Raise> {
        let mut is_comment = false;
        loop {
            let rest = &self.buffer[self.parsed..];
            if is_comment {
                self.parsed += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            } else {
                let ends = &rest[..first_byte(rest)];
                self.reader.set_line(self.reader.line() + memchr::memchr_iter(b'\n', ends).count() as u64);
                self.parsed += ends.len();
            }
            match self.buffer.get(self.parsed) {
                Some(_) if is_comment => is_comment = false,
                Some(&byte) if byte == comment => is_comment = true,
                None if !self.is_ended => {
                    self.start = self.parsed;
                    self.fill(lua)?;
                }
                _ => return Ok(()),
            }
        }
    }

    /// Forgets what is before the current record, and reads more.
    fn fill(&mut self, lua: &Lua) -> Result<(), Raise> {
        self.buffer.drain(..self.start);
        self.parsed -= self.start;
        self.start = 0;
        self.is_ended = !self.source.fill(lua, &mut self.buffer)?;
        Ok(())
    }

    /// Skips a byte order mark.
    fn begin(&mut self, lua: &Lua) -> Result<(), Raise> {
        self.is_begun = true;
        while !self.is_ended && self.buffer.len() < 3 {
            self.fill(lua)?;
        }
        self.parsed = byte_order_mark(&self.buffer);
        Ok(())
    }

    /// The line on which the current record begins, from 1.
    pub fn line(&self) -> u64 {
        let text = self.text();
        self.lines_before + 1 + memchr::memchr_iter(b'\n', &text[..first_byte(text)]).count() as u64
    }

    /// Where a quote of the current record begins that is never closed.
    pub fn open_quote(&self) -> Option<Position> {
        if !self.ended_by_text {
            return None;
        }
        Scan::of(self.text(), &self.dialect).open_quote.map(|at| self.position(at))
    }

    /// Where the field at `place` of the current record is; where the record ends, if it has fewer.
    pub fn position_of_field(&self, place: usize) -> Position {
        let scan = Scan::of(self.text(), &self.dialect);
        self.position(scan.fields.get(place).copied().unwrap_or(scan.end))
    }

    fn position(&self, at: usize) -> Position {
        Position::of(self.text(), at).after_lines(self.lines_before)
    }

    fn text(&self) -> &[u8] {
        &self.buffer[self.start..self.parsed]
    }
}
