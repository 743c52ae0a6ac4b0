//! Time zones by name.

use jiff::fmt::temporal::{DateTimeParser, DateTimePrinter};
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

/// `UTC`, `local`, `Europe/Berlin`, `+02:00`, `CET-1CEST,M3.5.0,M10.5.0/3`.
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

/// The name of a zone, by which [`named`] finds it again on this machine.
pub(super) fn name(zone: &TimeZone) -> String {
    // Only this machine's own may be without one: where `TZ` or `/etc/localtime` is a file of unknown origin.
    portable_name(zone).unwrap_or_else(|| "local".into())
}

/// The name by which [`named`] finds a zone on any machine: IANA's, an offset, or a rule of POSIX. `None`: it has none.
pub(super) fn portable_name(zone: &TimeZone) -> Option<String> {
    DateTimePrinter::new().time_zone_to_string(zone).ok()
}
