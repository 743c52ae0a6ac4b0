//! Where in a record something is: looked for only once a message needs it, as the parser does not say.

use super::dialect::Dialect;

/// The places in the text of one record.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Where each field begins.
    pub fields: Vec<usize>,
    /// Where a quote begins that is never closed.
    pub open_quote: Option<usize>,
    /// Where the last field ends.
    pub end: usize,
}

impl Scan {
    /// Goes through `text` as the parser does: quotes mean something at the begin of a field only.
    pub fn of(text: &[u8], dialect: &Dialect) -> Scan {
        let mut scan = Scan::default();
        let mut at = first_byte(text);
        loop {
            scan.fields.push(at);
            if dialect.quote.is_some() && text.get(at).copied() == dialect.quote {
                match closing_quote(&text[at + 1..], text[at]) {
                    Some(length) => at += 1 + length,
                    None => {
                        scan.open_quote = Some(at);
                        at = text.len();
                    }
                }
            }
            let rest = &text[at..];
            let is_end = |&byte: &u8| byte == dialect.separator || matches!(byte, b'\n' | b'\r');
            at += rest.iter().position(is_end).unwrap_or(rest.len());
            if text.get(at) != Some(&dialect.separator) {
                scan.end = at;
                return scan;
            }
            at += 1;
        }
    }
}

/// How long the quoted text is, with its closing quote. Two quotes in a row are one of the text.
fn closing_quote(text: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr::memchr(quote, &text[at..])? + 1;
        if text.get(at) != Some(&quote) {
            return Some(at);
        }
        at += 1;
    }
}

/// Where the record begins: behind empty lines.
pub(super) fn first_byte(text: &[u8]) -> usize {
    text.iter().position(|byte| !matches!(byte, b'\n' | b'\r')).unwrap_or(text.len())
}
