//! A moment in a script's hands.

use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{RoundMode, SignedDuration, Span, Timestamp, Unit, ZonedDateTime, ZonedDateTimeRound};
use mlua::{IntoLua, Lua, LuaString, MetaMethod, Table, UserData, UserDataFields, UserDataMethods, UserDataRef, Value};

use super::zone;
use crate::lua::bind::{Raise, bind};
use crate::lua::options::{Options, nearest};
use crate::lua::userdata::{borrow, type_name};

const METHODS: &str = "lithops.datetime.methods";
const UNITS: [&str; 7] = ["year", "month", "week", "day", "hour", "minute", "second"];

/// A point in time, and the zone whose clocks it is shown by. It never changes.
#[derive(Debug, Clone)]
pub struct Moment(pub(super) ZonedDateTime);

impl Moment {
    /// What rebuilds it elsewhere: nanoseconds since 1970, and the name of its zone.
    ///
    /// # Errors
    /// What it is and what to do, where the zone has no name that others know.
    pub fn saved(&self) -> Result<(i128, String), String> {
        match zone::portable_name(self.0.time_zone()) {
            Some(zone) => Ok((self.0.timestamp().as_nanosecond(), zone)),
            None => Err("a datetime in this machine's time zone, which has no name here; set TZ to one, such as \
                         `Europe/Berlin`, or send `:to_tz(…)` of the datetime"
                .into()),
        }
    }

    /// # Errors
    /// One sentence, where this machine does not know the zone.
    pub fn restore(nanoseconds: i128, zone: &str) -> Result<Moment, String> {
        let timestamp = Timestamp::from_nanosecond(nanoseconds).map_err(|error| error.to_string())?;
        Ok(Moment(timestamp.to_zoned_datetime(zone::named(zone)?)))
    }

    /// ISO 8601 with the offset, and without the zone's name, which not everybody reads.
    fn iso(&self) -> String {
        let timestamp = self.0.timestamp();
        if *self.0.time_zone() == TimeZone::UTC {
            return timestamp.to_string();
        }
        timestamp.display_with_offset(self.0.offset()).to_string()
    }

    fn epoch(&self) -> f64 {
        let timestamp = self.0.timestamp();
        timestamp.as_second() as f64 + f64::from(timestamp.subsec_nanosecond()) / 1e9
    }

    fn field(&self, lua: &Lua, name: &[u8]) -> mlua::Result<Option<Value>> {
        let number = |number: f64| Ok(Some(Value::Number(number)));
        match name {
            b"year" => number(f64::from(self.0.year())),
            b"month" => number(f64::from(self.0.month())),
            b"day" => number(f64::from(self.0.day())),
            b"hour" => number(f64::from(self.0.hour())),
            b"minute" => number(f64::from(self.0.minute())),
            b"second" => number(f64::from(self.0.second())),
            b"nanosecond" => number(f64::from(self.0.subsec_nanosecond())),
            b"weekday" => number(f64::from(self.0.weekday().to_monday_one_offset())),
            b"yearday" => number(f64::from(self.0.day_of_year())),
            b"epoch" => number(self.epoch()),
            b"offset" => number(f64::from(self.0.offset().seconds())),
            b"tz" => zone::name(self.0.time_zone()).into_lua(lua).map(Some),
            _ => Ok(None),
        }
    }

    fn floor(&self, unit: &str) -> Result<ZonedDateTime, jiff::Error> {
        let moment = &self.0;
        let round = |unit| moment.round(ZonedDateTimeRound::new().smallest(unit).mode(RoundMode::Floor));
        match unit {
            "year" => moment.first_of_year()?.start_of_day(),
            "month" => moment.first_of_month()?.start_of_day(),
            "week" => {
                let days = i64::from(moment.weekday().to_monday_zero_offset());
                moment.checked_sub(Span::new().try_days(days)?)?.start_of_day()
            }
            "day" => moment.start_of_day(),
            "hour" => round(Unit::Hour),
            "minute" => round(Unit::Minute),
            _ => round(Unit::Second),
        }
    }
}

impl UserData for Moment {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "datetime");
        // One may come here before the module is opened: with a function.
        fields.add_meta_field_with(MetaMethod::Index, |lua| {
            lua.set_named_registry_value(METHODS, methods(lua)?)?;
            bind(lua, "datetime.__index", index)
        });
        fields.add_meta_field_with(MetaMethod::Sub, |lua| bind(lua, "datetime.__sub", difference));
        fields.add_meta_field_with(MetaMethod::Add, |lua| {
            bind(lua, "datetime.__add", |_, (a, b): (Value, Value)| {
                let (moment, seconds) = if a.is_userdata() { (&a, &b) } else { (&b, &a) };
                seconds_later(&*this(moment)?, seconds, 1.0)
            })
        });
        fields.add_meta_field_with(MetaMethod::Lt, |lua| {
            bind(lua, "datetime.__lt", |_, (a, b): (Value, Value)| {
                let (a, b) = both(&a, &b)?;
                Ok(a.0.timestamp() < b.0.timestamp())
            })
        });
        fields.add_meta_field_with(MetaMethod::Le, |lua| {
            bind(lua, "datetime.__le", |_, (a, b): (Value, Value)| {
                let (a, b) = both(&a, &b)?;
                Ok(a.0.timestamp() <= b.0.timestamp())
            })
        });
    }

    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::ToString, |_, this, ()| Ok(this.iso()));
        methods.add_meta_method(MetaMethod::Eq, |_, this, other: Value| {
            let other = other.as_userdata().and_then(|other| other.borrow::<Moment>().ok());
            Ok(other.is_some_and(|other| other.0.timestamp() == this.0.timestamp()))
        });
    }
}

fn this(value: &Value) -> Result<UserDataRef<Moment>, Raise> {
    borrow::<Moment>(value, "datetime")
}

/// The operands of a comparison.
fn both(a: &Value, b: &Value) -> Result<(UserDataRef<Moment>, UserDataRef<Moment>), Raise> {
    match (this(a), this(b)) {
        (Ok(a), Ok(b)) => Ok((a, b)),
        _ => Err(Raise::Message(format!("attempt to compare {} with {}", type_name(a), type_name(b)))),
    }
}

fn index(lua: &Lua, (value, key): (Value, Value)) -> Result<Value, Raise> {
    let Value::String(name) = &key else {
        return Ok(Value::Nil);
    };
    match this(&value)?.field(lua, &name.as_bytes())? {
        Some(field) => Ok(field),
        None => Ok(lua.named_registry_value::<Table>(METHODS)?.raw_get(key)?),
    }
}

/// Seconds between two moments, or the moment so many seconds earlier.
fn difference(lua: &Lua, (a, b): (Value, Value)) -> Result<Value, Raise> {
    let moment = this(&a)?;
    if let Some(other) = b.as_userdata().and_then(|other| other.borrow::<Moment>().ok()) {
        let duration = moment.0.timestamp().duration_since(other.0.timestamp());
        return Ok(Value::Number(duration.as_secs_f64()));
    }
    Ok(seconds_later(&moment, &b, -1.0)?.into_lua(lua)?)
}

fn seconds_later(moment: &Moment, seconds: &Value, sign: f64) -> Result<Moment, Raise> {
    let number = seconds.as_number().or_else(|| seconds.as_integer().map(|number| number as f64));
    let Some(number) = number else {
        let text = format!("a datetime and a number of seconds expected, got {}", type_name(seconds));
        return Err(Raise::Message(text));
    };
    shifted(moment, 0, 0, number * sign)
}

/// Months first, then days, then seconds.
fn shifted(moment: &Moment, months: i64, days: i64, seconds: f64) -> Result<Moment, Raise> {
    let out_of_range = |_| Raise::message("the result is not between the years -9999 and 9999");
    let duration = SignedDuration::try_from_secs_f64(seconds).map_err(out_of_range)?;
    let moment = on_calendar(&moment.0, months, days).map_err(out_of_range)?;
    Ok(Moment(moment.checked_add(duration).map_err(out_of_range)?))
}

/// The same time of day so many months and days later. A span has one sign for all of its units, so there are two.
fn on_calendar(moment: &ZonedDateTime, months: i64, days: i64) -> Result<ZonedDateTime, jiff::Error> {
    if months == 0 && days == 0 {
        return Ok(moment.clone());
    }
    // The zone comes last: a time that its clocks skip on the day between is of no interest.
    let later = moment.datetime().checked_add(Span::new().try_months(months)?)?;
    let later = later.checked_add(Span::new().try_days(days)?)?;
    later.to_zoned_datetime(moment.time_zone().clone())
}

/// `:add{…}` and `:sub{…}`.
fn add(moment: &Moment, amounts: Value, sign: f64, function: &'static str) -> Result<Moment, Raise> {
    let amounts = match amounts {
        Value::Table(amounts) => amounts,
        other if other.is_number() || other.is_integer() => return seconds_later(moment, &other, sign),
        other => {
            let text = format!("table or number of seconds expected, got {}", type_name(&other));
            return Err(Raise::argument(2, text));
        }
    };
    let known = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"];
    let amounts = Options::new(Some(amounts), &known, function)?;
    let whole = |name: &str| -> Result<i64, Raise> {
        match amounts.number(name)?.unwrap_or(0.0) {
            number if number.fract() == 0.0 => Ok((number * sign) as i64),
            number => Err(amounts.refuse(name, "a whole number", &Value::Number(number))),
        }
    };
    let months = whole("years")?.saturating_mul(12).saturating_add(whole("months")?);
    let days = whole("weeks")?.saturating_mul(7).saturating_add(whole("days")?);
    let amount = |name: &str| Ok::<_, Raise>(amounts.number(name)?.unwrap_or(0.0));
    let seconds = amount("hours")? * 3600.0 + amount("minutes")? * 60.0 + amount("seconds")?;
    shifted(moment, months, days, seconds * sign)
}

fn methods(lua: &Lua) -> mlua::Result<Table> {
    let methods = lua.create_table()?;
    let format = bind(lua, "datetime.format", |_, (value, format): (Value, LuaString)| {
        let format = format.to_string_lossy();
        strtime::format(&*format, &this(&value)?.0)
            .map_err(|error| Raise::argument(2, format!("bad format {format:?}: {error}")))
    })?;
    methods.raw_set("format", format)?;
    methods.raw_set("iso", bind(lua, "datetime.iso", |_, value: Value| Ok(this(&value)?.iso()))?)?;
    let add_to =
        bind(lua, "datetime.add", |_, (value, amounts): (Value, Value)| add(&*this(&value)?, amounts, 1.0, "add"))?;
    methods.raw_set("add", add_to)?;
    let sub =
        bind(lua, "datetime.sub", |_, (value, amounts): (Value, Value)| add(&*this(&value)?, amounts, -1.0, "sub"))?;
    methods.raw_set("sub", sub)?;
    let to_tz = bind(lua, "datetime.to_tz", |_, (value, name): (Value, LuaString)| {
        Ok(Moment(this(&value)?.0.with_time_zone(zone::argument(Some(name), 2)?)))
    })?;
    methods.raw_set("to_tz", to_tz)?;
    let floor = bind(lua, "datetime.floor", |_, (value, unit): (Value, LuaString)| {
        let moment = this(&value)?;
        let unit = unit.to_string_lossy();
        if !UNITS.contains(&&*unit) {
            let near = nearest(&unit, &UNITS).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            return Err(Raise::argument(2, format!("there is no unit `{unit}`{near}")));
        }
        moment.floor(&unit).map(Moment).map_err(|error| Raise::Message(error.to_string()))
    })?;
    methods.raw_set("floor", floor)?;
    Ok(methods)
}
