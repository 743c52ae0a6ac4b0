//! The timeline: a line for each call, from left to right when it waited, ran, and was known to have ended.

use std::fmt::Write;

use super::frame::{Frame, Legend};
use super::svg::number;
use super::{CallTimes, Calls};

/// As many calls have a line of their own.
const MOST_LINES: usize = 400;
/// So many lines there are at most if calls share them.
const SHARED_LINES: usize = 200;
/// Pixels of the area, from above to below: as many as its lines need, within these.
const HEIGHT: (f64, f64) = (60.0, 480.0);
/// Pixels of a line, if there is room.
const LINE: f64 = 18.0;
/// Pauses of fewer pixels are not drawn where calls share a line.
const PAUSE: f64 = 4.0;

const LEGEND: Legend<'static> = &[
    ("wait", true, "submitted, waits"),
    ("worker", true, "reached the worker"),
    ("call", false, "runs"),
    ("call failed", false, "failed"),
    ("back", true, "ended, not yet known"),
];

/// The document.
pub(super) fn draw(calls: &Calls) -> String {
    let count = calls.times.len();
    let shared = if count <= MOST_LINES { 1 } else { count.div_ceil(SHARED_LINES) };
    let lines = count.div_ceil(shared);
    let height = (lines as f64 * LINE).clamp(HEIGHT.0, HEIGHT.1);
    let mut title = format!("Timeline of {}: {}", calls.name, calls.in_words());
    if shared > 1 {
        title += &format!(", {shared} in a line");
    }
    let mut frame = Frame::new(height, calls.span(), &title, LEGEND);
    frame.time_axis();
    frame.count_axis((0.0, (lines * shared) as f64), "call");
    let line_height = height / lines as f64;
    // One element for all that is thin.
    let (mut waits, mut reached, mut backs) = (String::new(), String::new(), String::new());
    for (line, group) in calls.times.chunks(shared).enumerate() {
        let top = frame.y(line as f64 / lines as f64);
        let middle = number(top + line_height / 2.0);
        // Writing to a string never fails.
        let across = |path: &mut String, from_s: f32, to_s: f32| {
            if to_s > from_s {
                let _ = write!(path, "M{} {middle}H{}", number(frame.x(from_s.into())), number(frame.x(to_s.into())));
            }
        };
        let earliest = |of: fn(&CallTimes) -> f32| group.iter().map(of).fold(f32::INFINITY, f32::min);
        let latest = |of: fn(&CallTimes) -> f32| group.iter().map(of).fold(f32::NEG_INFINITY, f32::max);
        across(&mut waits, earliest(|call| call.submitted_s), earliest(|call| call.start_s));
        across(&mut backs, latest(|call| call.end_s), latest(|call| call.known_s));
        let at = number(frame.x(earliest(|call| call.worker_start_s).into()));
        let _ = write!(reached, "M{at} {}v{}", number(top + line_height * 0.1), number(line_height * 0.8));
        bars(&mut frame, (line * shared, group), (top + line_height * 0.1, line_height * 0.8));
    }
    frame.svg.path("wait", &waits);
    frame.svg.path("back", &backs);
    frame.svg.path("worker", &reached);
    frame.end()
}

/// The bars of a line, of which the first call has the number `first`.
fn bars(frame: &mut Frame, (first, group): (usize, &[CallTimes]), (top, height): (f64, f64)) {
    let pause_s = if group.len() > 1 { PAUSE / Frame::width() * frame.span_s() } else { 0.0 };
    for failed in [false, true] {
        let of_kind = group.iter().filter(|call| call.failed == failed);
        let mut spans: Vec<(f64, f64)> = of_kind.map(|call| (call.start_s.into(), call.end_s.into())).collect();
        spans.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut joined: Vec<(f64, f64)> = Vec::new();
        for (from_s, to_s) in spans {
            match joined.last_mut() {
                Some(last) if from_s - last.1 <= pause_s => last.1 = last.1.max(to_s),
                _ => joined.push((from_s, to_s)),
            }
        }
        for (from_s, to_s) in joined {
            let what = match group.len() {
                1 => format!("call {first}"),
                more => format!("calls {first} to {}", first + more - 1),
            };
            let ended = if failed { "failed after" } else { "ran for" };
            let title = format!("{what}: {ended} {}, from {from_s:.3} s on", seconds(to_s - from_s));
            let (x, end) = (frame.x(from_s), frame.x(to_s));
            // Short ones are to be seen, too.
            let width = (end - x).max(1.0);
            frame.svg.rectangle(if failed { "call failed" } else { "call" }, (x, top), (width, height), &title);
        }
    }
}

fn seconds(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.2} ms", seconds * 1e3) } else { format!("{seconds:.3} s") }
}

#[cfg(test)]
mod tests {
    use super::super::tests::calls;
    use super::*;

    fn bars_of(text: &str, class: &str) -> usize {
        // The legend has one of each, without a title.
        text.lines()
            .filter(|line| line.starts_with(&format!("<rect class=\"{class}\"")) && line.contains("<title>"))
            .count()
    }

    #[test]
    fn each_call_has_a_bar() {
        let text = draw(&calls(20));
        assert_eq!((bars_of(&text, "call"), bars_of(&text, "call failed")), (18, 2));
        assert!(text.contains("job &lt;x&gt; &amp; co: 20 calls, 2 failed"), "{text}");
        assert!(text.contains("call 3: failed after 1.000 s, from 1.500 s on"), "{text}");
    }

    #[test]
    fn many_calls_share_lines_and_the_file_stays_small() {
        let text = draw(&calls(100_000));
        assert!(text.contains("500 in a line") && text.len() < 200_000, "{}", text.len());
        assert!(bars_of(&text, "call") >= SHARED_LINES);
    }

    #[test]
    fn a_call_that_took_no_time_is_drawn() {
        let mut calls = calls(1);
        calls.times[0] =
            CallTimes { submitted_s: 0.0, worker_start_s: 0.0, start_s: 0.0, end_s: 0.0, known_s: 0.0, failed: false };
        let text = draw(&calls);
        assert!(bars_of(&text, "call") == 1 && !text.contains("NaN") && !text.contains("inf"), "{text}");
    }
}
