//! Numbers as text, for all formats.

/// Up to here doubles tell whole numbers apart.
pub(super) const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Whether a list of `count` elements that are not nil may be so long. Many nils among them are meant, as in the results of a job;
/// millions are a slip, which would become as many bytes of text.
pub(super) fn is_length_of_list(length: f64, count: usize) -> bool {
    length.fract() == 0.0 && length <= 1024.0 + 8.0 * count as f64
}

/// Writes a number with as few digits as give the same number again. One that is not finite is `nan`, `inf` or `-inf`.
#[inline]
pub(super) fn put_number(out: &mut Vec<u8>, number: f64) {
    let is_negative_zero = number == 0.0 && number.is_sign_negative();
    if number.abs() <= MAX_EXACT && number.fract() == 0.0 && !is_negative_zero {
        out.extend_from_slice(itoa::Buffer::new().format(number as i64).as_bytes());
    } else if number.is_finite() {
        // A whole number beyond is written with an exponent: all its digits would claim that it is exact.
        out.extend_from_slice(ryu::Buffer::new().format_finite(number).as_bytes());
    } else if number.is_nan() {
        out.extend_from_slice(b"nan");
    } else {
        out.extend_from_slice(if number > 0.0 { b"inf" } else { b"-inf" });
    }
}
