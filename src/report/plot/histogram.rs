//! The histogram: how many calls ran at a time.

use std::fmt::Write;

use super::Calls;
use super::frame::{Frame, Legend};
use super::svg::number;

/// Spans of time, each with a bar.
const BINS: usize = 120;
/// Pixels of the area, from above to below.
const HEIGHT: f64 = 320.0;

const LEGEND: Legend<'static> = &[("bin", false, "on average"), ("peak", true, "at most")];

/// What ran in each of the spans.
struct Bins {
    mean: Vec<f64>,
    peak: Vec<u64>,
}

impl Bins {
    fn of(calls: &Calls, (first_s, last_s): (f64, f64)) -> Self {
        let width_s = (last_s - first_s) / BINS as f64;
        let bin_of = |time_s: f64| (((time_s - first_s) / width_s).max(0.0) as usize).min(BINS - 1);
        let mut busy_s = vec![0.0; BINS];
        let mut changes: Vec<(f32, i64)> = Vec::with_capacity(2 * calls.times.len());
        for call in &calls.times {
            changes.push((call.start_s, 1));
            changes.push((call.end_s, -1));
        }
        // What ends makes room for what begins at the same time.
        changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut peak = vec![0; BINS];
        let (mut running, mut since_s) = (0i64, first_s);
        for (time_s, change) in changes {
            let time_s = f64::from(time_s);
            // As many ran from the last change until this one.
            for bin in bin_of(since_s)..=bin_of(time_s) {
                let (from_s, to_s) = (first_s + bin as f64 * width_s, first_s + (bin + 1) as f64 * width_s);
                let in_bin_s = time_s.min(to_s) - since_s.max(from_s);
                if in_bin_s > 0.0 {
                    busy_s[bin] += in_bin_s * running as f64;
                    peak[bin] = peak[bin].max(running.max(0) as u64);
                }
            }
            // One call that takes no time ends before it begins, by the order above.
            running += change;
            since_s = time_s;
            peak[bin_of(time_s)] = peak[bin_of(time_s)].max(running.max(0) as u64);
        }
        Self { mean: busy_s.into_iter().map(|busy_s| busy_s / width_s).collect(), peak }
    }
}

/// The document.
pub(super) fn draw(calls: &Calls) -> String {
    let span = calls.span();
    let bins = Bins::of(calls, span);
    let most = bins.peak.iter().copied().max().unwrap_or(0).max(1);
    let mean =
        calls.times.iter().map(|call| f64::from(call.end_s - call.start_s).max(0.0)).sum::<f64>() / (span.1 - span.0);
    let words = calls.in_words();
    let title = format!("Concurrency of {}: {words}, at most {most} at a time, {mean:.1} on average", calls.name);
    let mut frame = Frame::new(HEIGHT, span, &title, LEGEND);
    frame.time_axis();
    // With room above the highest.
    let above = most as f64 * 1.05;
    frame.count_axis((above, 0.0), "calls that run");
    let x = |frame: &Frame, bin: usize| frame.x(span.0 + (span.1 - span.0) * bin as f64 / BINS as f64);
    for (bin, mean) in bins.mean.iter().enumerate() {
        let (left, right) = (x(&frame, bin), x(&frame, bin + 1));
        let top = frame.y(1.0 - mean / above);
        let size = ((right - left - 0.5).max(0.5), frame.y(1.0) - top);
        frame.svg.rectangle("bin", (left, top), size, &format!("{mean:.2} on average, {} at most", bins.peak[bin]));
    }
    let mut line = format!("M{} {}", number(x(&frame, 0)), number(frame.y(1.0)));
    for (bin, peak) in bins.peak.iter().enumerate() {
        // Writing to a string never fails.
        let _ = write!(line, "V{}H{}", number(frame.y(1.0 - *peak as f64 / above)), number(x(&frame, bin + 1)));
    }
    frame.svg.path("peak", &line);
    frame.end()
}

#[cfg(test)]
mod tests {
    use super::super::CallTimes;
    use super::super::tests::calls;
    use super::*;

    #[test]
    fn means_and_peaks_are_those_of_the_calls() {
        let call = |start_s, end_s| CallTimes {
            submitted_s: 0.0,
            worker_start_s: start_s,
            start_s,
            end_s,
            known_s: end_s,
            failed: false,
        };
        let times = vec![call(0.0, 60.0), call(0.0, 30.0), call(60.0, 120.0)];
        let calls = Calls { name: String::new(), times, left_out: 0 };
        let bins = Bins::of(&calls, calls.span());
        for (second, expected) in [(10, 2.0), (29, 2.0), (45, 1.0), (61, 1.0), (119, 1.0)] {
            assert!((bins.mean[second] - expected).abs() < 1e-3, "{second}: {}", bins.mean[second]);
            assert!(bins.peak[second] as f64 == expected, "{second}: {}", bins.peak[second]);
        }
    }

    #[test]
    fn each_span_has_a_bar_however_many_calls() {
        for count in [1, 20, 100_000] {
            let text = draw(&calls(count));
            assert_eq!(text.matches("<rect class=\"bin\"").count(), BINS + 1, "with that of the legend");
            assert!(text.len() < 30_000 && !text.contains("NaN"), "{}", text.len());
        }
        assert!(draw(&calls(20)).contains("at most 2 at a time"));
    }
}
