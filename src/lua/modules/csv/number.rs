//! Which fields are numbers.

use crate::lua::modules::number::MAX_EXACT;

/// The number that `field` is, if a number says all that the field does: written as in JSON, without zeros in front, and not a
/// whole number that a double cannot hold.
pub(super) fn exact(field: &[u8]) -> Option<f64> {
    let digits = field.strip_prefix(b"-").unwrap_or(field);
    // Most fields are told by their first byte.
    if !digits.first()?.is_ascii_digit() {
        return None;
    }
    let whole = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(digits.len());
    if whole > 1 && digits[0] == b'0' {
        return None;
    }
    if whole == digits.len() && whole <= 15 {
        let number = digits.iter().fold(0u64, |number, digit| number * 10 + u64::from(digit - b'0')) as f64;
        return Some(if field.len() > digits.len() { -number } else { number });
    }
    if !is_fraction_and_exponent(&digits[whole..]) {
        return None;
    }
    let number: f64 = str::from_utf8(field).ok()?.parse().ok()?;
    (number.is_finite() && (whole < digits.len() || number.abs() < MAX_EXACT)).then_some(number)
}

/// `.5`, `e-7`, `.5E+7`, or nothing.
fn is_fraction_and_exponent(mut text: &[u8]) -> bool {
    let skip_digits = |text: &mut &[u8]| {
        let count = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
        *text = &text[count..];
        count > 0
    };
    if let [b'.', rest @ ..] = text {
        text = rest;
        if !skip_digits(&mut text) {
            return false;
        }
    }
    if let [b'e' | b'E', rest @ ..] = text {
        text = match rest {
            [b'+' | b'-', rest @ ..] => rest,
            rest => rest,
        };
        if !skip_digits(&mut text) {
            return false;
        }
    }
    text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::exact;

    #[test]
    fn numbers_are_what_can_be_written_again() {
        for (text, number) in [
            ("0", 0.0),
            ("7", 7.0),
            ("-12", -12.0),
            ("0.5", 0.5),
            ("1.50", 1.5),
            ("-1e3", -1000.0),
            ("2.5E-1", 0.25),
            ("1e+2", 100.0),
            ("9007199254740991", 9_007_199_254_740_991.0),
        ] {
            assert_eq!(exact(text.as_bytes()), Some(number), "{text}");
        }
        for text in [
            "",
            "-",
            "007",
            "-01",
            "+1",
            ".5",
            "5.",
            "1e",
            "1e+",
            "1 ",
            " 1",
            "0x10",
            "nan",
            "inf",
            "1e999",
            "1.2.3",
            "1_000",
            "9007199254740993",
            "12345678901234567890",
            "1a",
            "٣",
        ] {
            assert_eq!(exact(text.as_bytes()), None, "{text}");
        }
    }
}
