//! The time, as AWS would say it, which a knob can move.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::Cloud;

impl Cloud {
    /// Seconds since the Unix epoch on AWS's clock.
    pub(super) fn now_s(&self) -> f64 {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        real + self.knobs().clock_offset_s as f64
    }

    /// For the `Date` header: SDKs correct their clocks by it.
    pub(super) fn http_date(&self) -> String {
        DateTime::from_secs(self.now_s() as i64).fmt(Format::HttpDate).unwrap_or_default()
    }

    /// `2026-01-31T12:00:00.000+0000`.
    pub(super) fn last_modified(&self) -> String {
        format!("{}.000+0000", self.timestamp(0.0).trim_end_matches('Z'))
    }

    /// The time so many seconds from now, as `2026-01-31T12:00:00Z`.
    pub(super) fn timestamp(&self, later_s: f64) -> String {
        DateTime::from_secs((self.now_s() + later_s) as i64).fmt(Format::DateTime).unwrap_or_default()
    }
}

/// `20260131T120000Z`, as signatures carry it, in seconds since the Unix epoch.
pub(super) fn parse_signature_date(text: &str) -> Option<i64> {
    let part = |range: std::ops::Range<usize>| text.get(range);
    let [year, month, day] = [part(0..4)?, part(4..6)?, part(6..8)?];
    let [hour, minute, second] = [part(9..11)?, part(11..13)?, part(13..15)?];
    let spelled = format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z");
    DateTime::from_str(&spelled, Format::DateTime).ok().map(|date| date.secs())
}

/// The same the other way round.
pub(super) fn signature_date(epoch_s: i64) -> String {
    let date = DateTime::from_secs(epoch_s).fmt(Format::DateTime).unwrap_or_default();
    date.replace(['-', ':'], "")
}
