//! What is around a plot: its title, its axes with their marks, its legend.

use super::svg::{Svg, number, step};

/// Pixels of the whole picture from left to right.
const WIDTH: f64 = 960.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 62.0;
const BOTTOM: f64 = 48.0;
/// The most marks on an axis.
const MOST_MARKS: f64 = 8.0;

/// An area with time from left to right.
pub(super) struct Frame {
    pub svg: Svg,
    height: f64,
    first_s: f64,
    last_s: f64,
}

/// A line of the legend: the class of what it looks like, whether that is a line, and what it means.
pub(super) type Legend<'a> = &'a [(&'static str, bool, &'static str)];

impl Frame {
    /// An area of so many pixels in height.
    pub fn new(height: f64, (first_s, last_s): (f64, f64), title: &str, legend: Legend<'_>) -> Self {
        let mut svg = Svg::new(WIDTH, TOP + height + BOTTOM);
        svg.words("title", (LEFT, 24.0), "start", title);
        let mut x = LEFT;
        for (class, is_line, words) in legend {
            if *is_line {
                svg.path(class, &format!("M{} 44h18", number(x)));
            } else {
                svg.rectangle(class, (x + 3.0, 38.5), (12.0, 11.0), "");
            }
            svg.words("legend", (x + 24.0, 48.0), "start", words);
            // Some seven pixels for a letter, whatever the font.
            x += 48.0 + 6.6 * words.len() as f64;
        }
        Self { svg, height, first_s, last_s }
    }

    /// Where a time is.
    pub fn x(&self, time_s: f64) -> f64 {
        LEFT + (time_s - self.first_s) / (self.last_s - self.first_s) * Self::width()
    }

    /// Where a part of the height is: 0 is above.
    pub fn y(&self, part: f64) -> f64 {
        TOP + part * self.height
    }

    /// Seconds from left to right.
    pub fn span_s(&self) -> f64 {
        self.last_s - self.first_s
    }

    /// Pixels from left to right.
    pub fn width() -> f64 {
        WIDTH - LEFT - RIGHT
    }

    /// Marks of the time, with lines through the area. To be drawn before what is in it.
    pub fn time_axis(&mut self) {
        let span_s = self.last_s - self.first_s;
        let (unit, factor) = match span_s {
            _ if span_s < 1e-3 => ("microseconds", 1e6),
            _ if span_s < 1.0 => ("milliseconds", 1e3),
            _ if span_s < 600.0 => ("seconds", 1.0),
            _ => ("minutes", 1.0 / 60.0),
        };
        let step = step(span_s * factor, MOST_MARKS);
        let (above, below) = (self.y(0.0), self.y(1.0));
        let mut mark = (self.first_s * factor / step).ceil();
        while mark * step <= self.last_s * factor * (1.0 + 1e-9) {
            let x = self.x(mark * step / factor);
            self.svg.path("grid", &format!("M{} {}V{}", number(x), number(above), number(below)));
            self.svg.words("mark", (x, below + 18.0), "middle", &mark_words(mark * step, step));
            mark += 1.0;
        }
        let middle = LEFT + Self::width() / 2.0;
        self.svg.words("unit", (middle, below + 38.0), "middle", &format!("{unit} since the job was made"));
    }

    /// Marks of the height for whole numbers from `first`, above, to `last`, below, with lines through the area; and their meaning.
    pub fn count_axis(&mut self, (first, last): (f64, f64), meaning: &str) {
        let (low, high) = (first.min(last), first.max(last));
        let step = step((high - low).max(1.0), MOST_MARKS).max(1.0);
        let mut mark = (low / step).ceil();
        while mark * step <= high {
            let y = number(self.y((mark * step - first) / (last - first)));
            self.svg.path("grid", &format!("M{} {y}h{}", number(LEFT), number(Self::width())));
            let beside = self.y((mark * step - first) / (last - first)) + 4.0;
            self.svg.words("mark", (LEFT - 8.0, beside), "end", &mark_words(mark * step, step));
            mark += 1.0;
        }
        self.svg.words_upwards((18.0, self.y(0.5)), meaning);
    }

    /// The lines of the axes, and the whole document.
    pub fn end(mut self) -> String {
        let (above, below) = (number(self.y(0.0)), number(self.y(1.0)));
        self.svg.path("axis", &format!("M{} {above}V{below}h{}", number(LEFT), number(Self::width())));
        self.svg.end()
    }
}

/// A mark with as many digits as its neighbours differ in.
fn mark_words(value: f64, step: f64) -> String {
    let digits = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    // No `-0`.
    format!("{:.digits$}", value + 0.0)
}
