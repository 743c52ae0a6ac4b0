//! `datetime`.

use crate::jobs::{self, passes};
use crate::support::Run;

#[test]
fn texts_become_moments() {
    passes(
        r#"
        local datetime = require "datetime"
        local function iso(...) return tostring(assert(datetime.parse(...))) end
        same(iso("2024-05-17T12:30:15Z"), "2024-05-17T12:30:15Z")
        same(iso("2024-05-17t12:30:15.25+02:00"), "2024-05-17T12:30:15.25+02:00")
        same(iso("2024-05-17 12:30"), "2024-05-17T12:30:00Z")
        same(iso("2024-05-17"), "2024-05-17T00:00:00Z")
        same(iso("2024-05-17T12:30", nil, "Europe/Berlin"), "2024-05-17T12:30:00+02:00")
        same(iso("2024-05-17T12:30Z", nil, "Europe/Berlin"), "2024-05-17T12:30:00Z")
        same(iso("2024-12-17T12:30+01:00[Europe/Berlin]"), "2024-12-17T12:30:00+01:00")
        same(datetime.parse("2024-12-17T12:30+01:00[Europe/Berlin]").tz, "Europe/Berlin")
        same(iso("Fri, 17 May 2024 12:30:15 -0500"), "2024-05-17T12:30:15-05:00")
        same(iso("17 May 2024 12:30:15 GMT"), "2024-05-17T12:30:15Z")
        same(iso("17/05/2024 09:08", "%d/%m/%Y %H:%M"), "2024-05-17T09:08:00Z")
        same(iso("17.5.2024", "%d.%m.%Y", "Asia/Tokyo"), "2024-05-17T00:00:00+09:00")
        same(iso("May 17 2024 1:02:03 PM +0530", "%b %d %Y %I:%M:%S %p %z"), "2024-05-17T13:02:03+05:30")
        same(iso("1715949015", "%s"), "2024-05-17T12:30:15Z")
        same(iso("1715949015.5", "%s.%f"), "2024-05-17T12:30:15.5Z")
        same(iso("1715949015.25 +0200", "%s%.f %z"), "2024-05-17T14:30:15.25+02:00")
        same(iso("-1.5", "%s.%f"), "1969-12-31T23:59:58.5Z")
        for _, bad in ipairs { "", "yesterday", "2024-02-30", "2024-05-17T25:00", "2024-05-17 and more", "12", "Fri, 18 May 2024 12:30:15 GMT" } do
          local nothing, err = datetime.parse(bad)
          same(nothing, nil, bad)
          assert(err:find("not a date: ", 1, true), err)
        end
        local nothing, err = datetime.parse("17-05", "%d/%m")
        same(nothing, nil)
        assert(err:find('"17-05" is not of the form "%d/%m": ', 1, true), err)
        -- What is smaller than an hour needs one.
        for text, format in pairs { ["2024-05-17 30"] = "%F %M", ["2024-05-17 31"] = "%F %S", ["2024-05-17 PM"] = "%F %p" } do
          nothing, err = datetime.parse(text, format)
          same(nothing, nil, text)
          assert(err:find("is not of the form", 1, true), err)
        end
        "#,
    );
}

#[test]
fn moments_have_fields() {
    passes(
        r#"
        local datetime = require "datetime"
        local t = datetime.new { year = 2024, month = 5, day = 17, hour = 12, min = 30, sec = 15, nanosecond = 500000000, tz = "Europe/Berlin" }
        for field, expected in pairs {
          year = 2024, month = 5, day = 17, hour = 12, minute = 30, second = 15, nanosecond = 5e8, weekday = 5, yearday = 138,
          epoch = 1715941815.5, tz = "Europe/Berlin", offset = 7200,
        } do same(t[field], expected, field) end
        same(t.nothing, nil)
        same(t:iso(), "2024-05-17T12:30:15.5+02:00")
        same(tostring(t), t:iso())
        same(t:format("%d.%m.%y %H:%M:%S %Z %A"), "17.05.24 12:30:15 CEST Friday")
        same(tostring(datetime.from_epoch(0)), "1970-01-01T00:00:00Z")
        same(tostring(datetime.from_epoch(-0.5)), "1969-12-31T23:59:59.5Z")
        same(datetime.from_epoch(1.999999999).epoch, 2)
        same(datetime.from_epoch(1715941815.5, "+02:00").tz, "+02:00")
        same(datetime.from_epoch(t.epoch), t)
        same(datetime.new { year = 2024 }:iso(), "2024-01-01T00:00:00Z")
        same(datetime.new { year = 2024, minute = 7, second = 8 }:iso(), "2024-01-01T00:07:08Z")
        local now = datetime.now()
        assert(math.abs(now.epoch - lithops.time()) < 5)
        same(now.tz, "UTC")
        same(datetime.now("local"):to_tz("UTC").tz, "UTC")
        "#,
    );
}

#[test]
fn arithmetic_knows_calendars_and_clocks() {
    passes(
        r#"
        local datetime = require "datetime"
        local function at(text) return assert(datetime.parse(text)) end
        local t = at "2024-01-31T12:00:00Z"
        same(t:add { months = 1 }:iso(), "2024-02-29T12:00:00Z")
        same(t:sub { years = 1, days = 1, hours = 1.5 }:iso(), "2023-01-30T10:30:00Z")
        same(t:add { weeks = 1, minutes = -1, seconds = 0.25 }:iso(), "2024-02-07T11:59:00.25Z")
        -- Amounts of both signs: months first, then days, then the clock.
        same(t:add { months = 1, days = -1 }:iso(), "2024-02-28T12:00:00Z")
        same(t:add { years = 1, months = -1 }:iso(), "2024-12-31T12:00:00Z")
        same(t:add { weeks = 1, days = -1 }:iso(), "2024-02-06T12:00:00Z")
        same(t:add { days = 1, hours = 1, minutes = -30 }:iso(), "2024-02-01T12:30:00Z")
        same(t:sub { months = -1, days = 1 }:iso(), "2024-02-28T12:00:00Z")
        same(t:add(60):iso(), "2024-01-31T12:01:00Z")
        same((t + 60):iso(), "2024-01-31T12:01:00Z")
        same((60 + t):iso(), "2024-01-31T12:01:00Z")
        same((t - 3600):iso(), "2024-01-31T11:00:00Z")
        same(at "2024-02-01T12:00:00.5Z" - t, 86400.5)
        same(t - at "2024-01-31T13:00+01:00", 0)
        -- A day later is not always 24 hours later.
        local night = datetime.parse("2024-03-30T12:00", nil, "Europe/Berlin")
        same(night:add { days = 1 }:iso(), "2024-03-31T12:00:00+02:00")
        same(night:add { hours = 24 }:iso(), "2024-03-31T13:00:00+02:00")
        same(night:add { days = 1 } - night, 23 * 3600)
        assert(t < t + 1 and t <= t and t == at "2024-01-31T13:00+01:00" and t ~= t + 1 and not (t > t))
        assert(t ~= "2024-01-31T12:00:00Z")
        same(t:to_tz("America/New_York"):iso(), "2024-01-31T07:00:00-05:00")
        local fine = datetime.parse("2024-05-17T12:34:56.789", nil, "Europe/Berlin")
        for unit, expected in pairs {
          year = "2024-01-01T00:00:00+01:00", month = "2024-05-01T00:00:00+02:00", week = "2024-05-13T00:00:00+02:00",
          day = "2024-05-17T00:00:00+02:00", hour = "2024-05-17T12:00:00+02:00", minute = "2024-05-17T12:34:00+02:00",
          second = "2024-05-17T12:34:56+02:00",
        } do same(fine:floor(unit):iso(), expected) end
        local list = { t + 2, t, t + 1 }
        table.sort(list, function(a, b) return a < b end)
        same(list[1], t)
        "#,
    );
}

#[test]
fn misuse_is_told() {
    passes(
        r#"
        local datetime = require "datetime"
        local t = datetime.from_epoch(0)
        raises("bad argument #1 to 'now' (there is no time zone `Mars/Base` on this machine", datetime.now, "Mars/Base")
        raises("bad argument #1 to 'to_tz' (there is no time zone `x`", function() t:to_tz("x") end)
        raises("bad argument #1 to 'from_epoch' (seconds from year -9999 to 9999 expected, not nan)", datetime.from_epoch, 0 / 0)
        raises("seconds from year -9999 to 9999 expected, not 1000000000000", datetime.from_epoch, 1e12)
        raises("new: there is no date 2023-02-30", datetime.new, { year = 2023, month = 2, day = 30 })
        raises("new: there is no date 2023-300-01", datetime.new, { year = 2023, month = 300 })
        raises("new: there is no time 24:00:00", datetime.new, { year = 2023, hour = 24 })
        raises("new: `year` is missing", datetime.new, {})
        raises("unknown option `hours`; did you mean `hour`?", datetime.new, { year = 2023, hours = 1 })
        raises("unknown option `day`; did you mean `days`?", function() t:add { day = 1 } end)
        raises("option `days` must be a whole number, not 1.5", function() t:add { days = 1.5 } end)
        raises("the result is not between the years -9999 and 9999", function() t:add { years = 9000 } end)
        raises("the result is not between the years -9999 and 9999", function() return t + 1e30 end)
        raises("a datetime and a number of seconds expected, got string", function() return t + "x" end)
        raises("attempt to compare datetime with number", function() return t < 1 end)
        raises("there is no unit `days`; did you mean `day`?", function() t:floor("days") end)
        raises("bad format", function() t:format("%!") end)
        raises("datetime expected, got table", t.iso, {})
        "#,
    );
}

#[test]
fn moments_travel_to_workers() {
    passes(
        r#"
        local datetime = require "datetime"
        local t = datetime.parse("2024-05-17T12:30:15.123456789+02:00[Europe/Berlin]")
        local later = lithops.map(function(hours) return t:add { hours = hours } end, { 1, 2 }):get_result()
        same(later[2]:iso(), "2024-05-17T14:30:15.123456789+02:00")
        same(later[2].tz, "Europe/Berlin")
        same(lithops.call_async(function(m) return m:iso() end, datetime.from_epoch(0, "-03:30")):result(), "1969-12-31T20:30:00-03:30")
        same(lithops.map(function(s) return require("datetime").parse(s) end, { "2024-05-17" }):get_result()[1].day, 17)
        "#,
    );
}

/// Runs a script where the machine's time zone is this one.
#[track_caller]
fn passes_in_zone(zone: &str, folder: &crate::support::Folder) {
    let run: Run = jobs::command(folder, &[]).env("TZ", zone).output().unwrap().into();
    run.prints("ok\n");
}

#[test]
fn zones_without_a_name_keep_their_rules() {
    let script = r#"
        local datetime = require "datetime"
        local winter = datetime.new { year = 2024, month = 1, day = 15, tz = "local" }
        same(winter:iso(), "2024-01-15T00:00:00+01:00")
        same(winter:to_tz(winter.tz):add { months = 6 }:iso(), "2024-07-15T00:00:00+02:00")
        local function later(moment) return moment:add { months = 6 }:iso() end
    "#;
    let rule = jobs::folder(&format!(
        "{script} same(lithops.call_async(later, winter):result(), '2024-07-15T00:00:00+02:00') print 'ok'"
    ));
    passes_in_zone("CET-1CEST,M3.5.0,M10.5.0/3", &rule);
    let file = jobs::folder(&format!(
        "{script} raises('which has no name here; set TZ to one', lithops.call_async, later, winter) print 'ok'"
    ));
    let zone = file.write("zone", std::fs::read("/usr/share/zoneinfo/Europe/Berlin").unwrap());
    passes_in_zone(zone.to_str().unwrap(), &file);
}
