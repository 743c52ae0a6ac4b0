//! Elements of an SVG document, and its numbers.

use std::fmt::Write;

/// What a document looks like, whatever is in it.
const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}.axis{stroke:#333;fill:none}\
.grid{stroke:#e5e5e5;fill:none}.call{fill:#4c78a8}.failed{fill:#e45756}.wait{stroke:#b5b5b5;fill:none}\
.back{stroke:#54a24b;fill:none}.worker{stroke:#f58518;stroke-width:2;fill:none}.bin{fill:#9ecae9}.peak{stroke:#4c78a8;stroke-width:1.5;fill:none}";

/// A document that grows.
pub(super) struct Svg {
    text: String,
}

impl Svg {
    /// Of so many pixels, on white.
    pub fn new(width: f64, height: f64) -> Self {
        let (w, h) = (number(width), number(height));
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\">\n\
             <style>{STYLE}</style>\n<rect width=\"{w}\" height=\"{h}\" fill=\"#fff\"/>\n"
        );
        Self { text }
    }

    /// The whole document.
    pub fn end(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }

    /// A rectangle, which says `title` to the mouse.
    pub fn rectangle(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), title: &str) {
        let [x, y, width, height] = [x, y, width, height].map(number);
        // Writing to a string never fails.
        let _ = write!(self.text, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
        let _ = match title {
            "" => writeln!(self.text, "/>"),
            title => writeln!(self.text, "><title>{}</title></rect>", escaped(title)),
        };
    }

    /// A line of the points that `path` names, if there are any.
    pub fn path(&mut self, class: &str, path: &str) {
        if !path.is_empty() {
            let _ = writeln!(self.text, "<path class=\"{class}\" d=\"{path}\"/>");
        }
    }

    /// A text that begins, ends or has its middle at a point: `start`, `end`, `middle`.
    pub fn words(&mut self, class: &str, (x, y): (f64, f64), anchor: &str, words: &str) {
        let (x, y, words) = (number(x), number(y), escaped(words));
        let _ =
            writeln!(self.text, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{words}</text>");
    }

    /// A text that runs upwards, its middle at a point.
    pub fn words_upwards(&mut self, (x, y): (f64, f64), words: &str) {
        let (x, y, words) = (number(x), number(y), escaped(words));
        let _ = writeln!(
            self.text,
            "<text text-anchor=\"middle\" transform=\"translate({x} {y}) rotate(-90)\">{words}</text>"
        );
    }
}

/// A number of pixels: hundredths are not seen.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // XML has no such characters.
    text.replace(|character: char| character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}'), "?")
}

/// A step between marks that people can count in: 1, 2 or 5 times a power of ten. At most `most` steps make `span`.
pub(super) fn step(span: f64, most: f64) -> f64 {
    let least = span / most;
    let power = 10f64.powf(least.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= least * (1.0 - 1e-9));
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        for (span, expected) in [(10.0, 2.0), (8.0, 1.0), (0.9, 0.2), (4000.0, 500.0), (1e-6, 2e-7), (9.9, 2.0)] {
            assert!((step(span, 8.0) / expected - 1.0).abs() < 1e-9, "{span}: {}", step(span, 8.0));
        }
    }

    #[test]
    fn what_xml_does_not_allow_is_replaced() {
        assert_eq!(escaped("<a>&\0\u{fffd}\u{fffe}\u{ffff}ä"), "&lt;a&gt;&amp;?\u{fffd}??ä");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.0, 10.0, 1.5, 0.333, -2.0].map(number), ["0", "10", "1.5", "0.33", "-2"]);
    }
}
