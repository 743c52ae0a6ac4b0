//! Texts to moments.

use jiff::civil::Time;
use jiff::fmt::rfc2822;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::fmt::temporal::{DateTimeParser, Pieces, PiecesOffset};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use super::within;

/// Reads ISO 8601, RFC 3339 (with RFC 9557's name of a zone), and RFC 2822. `zone` is for texts that name none.
pub(super) fn standard(text: &str, zone: TimeZone) -> Result<ZonedDateTime, String> {
    let text = text.trim();
    let iso = match iso(text, zone) {
        Ok(moment) => return Ok(moment),
        Err(error) => error,
    };
    // A day of the week or of the month comes first, never four digits.
    if text.as_bytes().iter().take(4).all(u8::is_ascii_digit) {
        return Err(format!("not a date: {text:?}: {iso}"));
    }
    rfc2822::parse(text).map_err(|_| format!("not a date: {text:?}: {iso}"))
}

fn iso(text: &str, zone: TimeZone) -> Result<ZonedDateTime, String> {
    let pieces = Pieces::parse(text).map_err(|error| error.to_string())?;
    if pieces.time_zone_annotation().is_some() {
        return DateTimeParser::new().parse_zoned_datetime(text).map_err(|error| error.to_string());
    }
    let shown = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
    match pieces.offset() {
        None => within(shown, zone),
        Some(PiecesOffset::Zulu) => within(shown, TimeZone::UTC),
        Some(_) => within(shown, TimeZone::fixed(pieces.to_numeric_offset().unwrap_or(jiff::tz::Offset::UTC))),
    }
}

/// Reads by a format of `strptime`.
pub(super) fn with_format(text: &str, format: &str, zone: TimeZone) -> Result<ZonedDateTime, String> {
    let failed = |error: jiff::Error| format!("{text:?} is not of the form {format:?}: {error}");
    let mut parts = BrokenDownTime::parse(format, text).map_err(failed)?;
    if parts.meridiem().is_some() && parts.hour().is_none() {
        return Err(format!("{text:?} is not of the form {format:?}: AM or PM needs an hour"));
    }
    // The crate leaves out the fraction behind the seconds of `%s`.
    if let (Some(whole), Some(fraction)) = (parts.timestamp(), parts.subsec_nanosecond()) {
        let fraction = if whole < Timestamp::UNIX_EPOCH { -fraction } else { fraction };
        parts.set_timestamp(Some(Timestamp::new(whole.as_second(), fraction).map_err(failed)?));
    }
    if parts.offset().is_some() || parts.iana_time_zone().is_some() {
        return parts.to_zoned_datetime().map_err(failed);
    }
    if let Some(timestamp) = parts.timestamp() {
        return Ok(timestamp.to_zoned_datetime(zone));
    }
    // Without any time: the start of the day.
    within(parts.to_datetime().map_err(failed)?, zone)
}
