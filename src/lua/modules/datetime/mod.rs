//! `datetime`: moments with a time zone.
//!
//! - `zone` reads names of time zones; `parse` reads texts.
//! - `moment` is a moment in a script's hands: its fields, methods and operators.

mod moment;
mod parse;
mod zone;

use jiff::civil;
use jiff::{Timestamp, ZonedDateTime};
use mlua::{Lua, LuaString, Table, Value};

use crate::lua::bind::{Raise, bind};
use crate::lua::options::{Options, show};

pub use moment::Moment;

pub(super) fn open(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    let now = bind(lua, "datetime.now", |_, zone: Option<LuaString>| {
        Ok(Moment(Timestamp::now().to_zoned_datetime(zone::argument(zone, 1)?)))
    })?;
    module.raw_set("now", now)?;
    let parse = bind(lua, "datetime.parse", |_, args: (LuaString, Option<LuaString>, Option<LuaString>)| {
        let (text, format, zone) = args;
        let zone = zone::argument(zone, 3)?;
        let text = text.to_string_lossy();
        let parsed = match format {
            None => parse::standard(&text, zone),
            Some(format) => parse::with_format(&text, &format.to_string_lossy(), zone),
        };
        Ok(match parsed {
            Ok(moment) => (Some(Moment(moment)), None),
            Err(error) => (None, Some(error)),
        })
    })?;
    module.raw_set("parse", parse)?;
    let from_epoch = bind(lua, "datetime.from_epoch", |_, (seconds, zone): (f64, Option<LuaString>)| {
        let zone = zone::argument(zone, 2)?;
        match timestamp(seconds) {
            Some(timestamp) => Ok(Moment(timestamp.to_zoned_datetime(zone))),
            None => {
                let shown = show(&Value::Number(seconds));
                Err(Raise::argument(1, format!("seconds from year -9999 to 9999 expected, not {shown}")))
            }
        }
    })?;
    module.raw_set("from_epoch", from_epoch)?;
    module.raw_set("new", bind(lua, "datetime.new", |_, fields: Table| new(fields))?)?;
    Ok(module)
}

/// A moment by seconds since 1970; what is beyond microseconds a number does not hold for times like ours.
fn timestamp(seconds: f64) -> Option<Timestamp> {
    let whole = seconds.floor();
    if !(-4e11..4e11).contains(&whole) {
        return None;
    }
    let nanoseconds = ((seconds - whole) * 1e6).round() as i64 * 1000;
    let (whole, nanoseconds) = if nanoseconds >= 1_000_000_000 { (whole + 1.0, 0) } else { (whole, nanoseconds) };
    Timestamp::new(whole as i64, nanoseconds as i32).ok()
}

/// A moment by its fields, as clocks in a time zone show them.
fn new(fields: Table) -> Result<Moment, Raise> {
    let known = ["year", "month", "day", "hour", "min", "minute", "sec", "second", "nanosecond", "tz"];
    let fields = Options::new(Some(fields), &known, "new")?;
    let read = |name: &str, usual: Option<f64>| -> Result<f64, Raise> {
        match fields.number(name)?.or(usual) {
            Some(number) if number.fract() == 0.0 => Ok(number),
            Some(number) => Err(fields.refuse(name, "a whole number", &Value::Number(number))),
            None => Err(Raise::Message(format!("new: `{name}` is missing"))),
        }
    };
    let either = |long: &str, short: &str| read(long, Some(read(short, Some(0.0))?));
    let (year, month, day) = (read("year", None)?, read("month", Some(1.0))?, read("day", Some(1.0))?);
    let (hour, minute, second) = (read("hour", Some(0.0))?, either("minute", "min")?, either("second", "sec")?);
    let nanosecond = read("nanosecond", Some(0.0))?;
    let zone = fields.string("tz")?;
    let zone = zone::named(zone.as_deref().unwrap_or("UTC")).map_err(Raise::Message)?;
    // A number that its type does not hold becomes the type's largest, which is no valid field either.
    let date = civil::Date::new(year as i16, month as i8, day as i8);
    let time = civil::Time::new(hour as i8, minute as i8, second as i8, nanosecond as i32);
    let no_such = |what: String| Raise::Message(format!("new: there is no {what}"));
    let date = date.map_err(|_| no_such(format!("date {year:04}-{month:02}-{day:02}")))?;
    let time = time.map_err(|_| no_such(format!("time {hour:02}:{minute:02}:{second:02} and {nanosecond} ns")))?;
    within(date.to_datetime(time), zone).map(Moment).map_err(Raise::Message)
}

/// The moment when clocks in `zone` show this. What they show twice is the first time; what they skip is as much later.
fn within(shown: civil::DateTime, zone: jiff::tz::TimeZone) -> Result<ZonedDateTime, String> {
    zone.to_zoned_datetime(shown).map_err(|error| error.to_string())
}
