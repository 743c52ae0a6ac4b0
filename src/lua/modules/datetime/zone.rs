//! Time zones by name.

use jiff::ZonedDateTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;
use mlua::LuaString;

use crate::lua::bind::Raise;

/// The zone that the argument at `position` names; nil is UTC.
pub(super) fn argument(name: Option<LuaString>, position: usize) -> Result<TimeZone, Raise> {
    match name {
        None => Ok(TimeZone::UTC),
        Some(name) => named(&name.to_string_lossy()).map_err(|text| Raise::argument(position, text)),
    }
}

/// `UTC`, `local`, `Europe/Berlin`, `+02:00`.
pub(super) fn named(name: &str) -> Result<TimeZone, String> {
    match name {
        "UTC" | "Z" | "utc" => Ok(TimeZone::UTC),
        "local" => TimeZone::try_system().map_err(|error| format!("this machine's time zone is not known: {error}")),
        _ => DateTimeParser::new().parse_time_zone(name).map_err(|_| {
            format!(
                "there is no time zone `{name}` on this machine; write `UTC`, `local`, an offset like `+02:00`, or a name like \
                 `Europe/Berlin`, for which the system's time zone data must be installed"
            )
        }),
    }
}

/// The name of a moment's zone, by which [`named`] finds it again.
pub(super) fn name(moment: &ZonedDateTime) -> String {
    match moment.time_zone().iana_name() {
        Some(name) => name.to_owned(),
        None => offset(moment),
    }
}

/// `+02:00`.
pub(super) fn offset(moment: &ZonedDateTime) -> String {
    let seconds = moment.offset().seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.unsigned_abs();
    let text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    // Only before clocks were set by zones.
    if seconds.is_multiple_of(60) { text } else { format!("{text}:{:02}", seconds % 60) }
}
