---@meta datetime

---Moments, to the nanosecond, with a time zone. Zones are named `UTC`, `local` (this machine's), like `Europe/Berlin` (where the
---system has time zone data), by an offset, `+02:00`, or by a rule of POSIX, `CET-1CEST,M3.5.0,M10.5.0/3`. Where none is named,
---it is UTC: the same here and in every worker.
---@class datetime
local datetime = {}

---What clocks and calendars show.
---@class datetime.Fields
---@field year integer From -9999 to 9999.
---@field month? integer Default: 1.
---@field day? integer Default: 1.
---@field hour? integer Default: 0.
---@field minute? integer Default: 0.
---@field min? integer The same, as `os.time` calls it.
---@field second? integer Default: 0.
---@field sec? integer The same, as `os.time` calls it.
---@field nanosecond? integer Default: 0.
---@field tz? string Default: UTC.

---How much later or earlier.
---@class datetime.Amounts
---@field years? integer By the calendar.
---@field months? integer By the calendar.
---@field weeks? integer By the calendar.
---@field days? integer By the calendar.
---@field hours? number Of 3600 seconds.
---@field minutes? number Of 60 seconds.
---@field seconds? number With a fraction, down to nanoseconds.

---A part of the calendar or of the day.
---@alias datetime.Unit "year"|"month"|"week"|"day"|"hour"|"minute"|"second"

---The current moment.
---@param tz? string The zone of the moment. Default: UTC.
---@return datetime.Moment
function datetime.now(tz) end

---Reads a text. Without a format: ISO 8601 and RFC 3339 (`2024-05-17`, `2024-05-17T12:30:15.5+02:00`, also with a zone's name behind it,
---`[Europe/Berlin]`) and RFC 2822 (`Fri, 17 May 2024 12:30:15 +0200`).
---
---```lua
---local datetime = require "datetime"
---local moment = datetime.parse("2024-05-17T12:30:15+02:00")
---print(moment:to_tz("UTC"):format("%Y-%m-%d %H:%M"), moment:add({ days = 1 }).day)
---print(datetime.parse("17.05.2024", "%d.%m.%Y"))
---```
---
---prints
---
---```text
---2024-05-17 10:30	18
---2024-05-17T00:00:00Z	nil
---```
---@param text string
---@param format? string As for C's `strptime`: `%Y-%m-%d %H:%M:%S`; `%s` is seconds since 1970, `%f` a fraction of a second, `%z` an offset. Without an hour, nothing smaller may be there.
---@param tz? string The zone of a text that names none.
---@return datetime.Moment? moment Nil if the text is no such date.
---@return string? err
function datetime.parse(text, format, tz) end

---The moment so many seconds after the start of 1970 in UTC, rounded to microseconds.
---@param seconds number
---@param tz? string The zone of the moment. Default: UTC.
---@return datetime.Moment
function datetime.from_epoch(seconds, tz) end

---The moment when clocks show this. What clocks show twice when they are set back is the first time; what they skip is as much later.
---
---```lua
---print(require("datetime").new({ year = 2024, month = 2, day = 29 }):iso())
---```
---
---prints
---
---```text
---2024-02-29T00:00:00Z
---```
---@param fields datetime.Fields
---@return datetime.Moment
function datetime.new(fields) end

---A moment. It never changes. Two of them compare with `==`, `<` and `<=`, whatever their zones; `a - b` are the seconds between
---them; `a + seconds` and `a - seconds` are other moments. `tostring` gives ISO 8601. It may be captured by functions that run elsewhere,
---unless its zone is this machine's and has no name: where `TZ` or `/etc/localtime` is a copy of a zone's file.
---@class datetime.Moment
---@field year integer From -9999 to 9999.
---@field month integer 1 to 12.
---@field day integer 1 to 31.
---@field hour integer 0 to 23.
---@field minute integer 0 to 59.
---@field second integer 0 to 59.
---@field nanosecond integer Of the second.
---@field weekday integer 1 is Monday, 7 Sunday.
---@field yearday integer 1 is the first of January.
---@field epoch number Seconds since 1970, with a fraction.
---@field tz string The name of its zone.
---@field offset integer Seconds east of UTC.
---@operator sub(datetime.Moment): number
---@operator sub(number): datetime.Moment
---@operator add(number): datetime.Moment
local moment = {}

---As C's `strftime`: `%Y-%m-%d %H:%M:%S %z`.
---@param format string
---@return string
function moment:format(format) end

---ISO 8601 with the offset: `2024-05-17T12:30:15+02:00`, or with `Z` for UTC.
---@return string
function moment:iso() end

---The moment that much later: years and months by the calendar of its zone (a month after January 31 is the last day of February),
---then weeks and days, then hours, minutes and seconds by the clock. Each may be negative. A number is seconds.
---@param amounts datetime.Amounts|number
---@return datetime.Moment
function moment:add(amounts) end

---The moment that much earlier.
---@param amounts datetime.Amounts|number
---@return datetime.Moment
function moment:sub(amounts) end

---The same moment as clocks elsewhere show it.
---@param tz string
---@return datetime.Moment
function moment:to_tz(tz) end

---The start of the year, month, week (its Monday), day and so on that it is in.
---@param unit datetime.Unit
---@return datetime.Moment
function moment:floor(unit) end

return datetime
