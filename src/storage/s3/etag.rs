//! What the etag of an object tells of the parts that it was made of.

use aws_sdk_s3::types::CompletedPart;
use md5::{Digest, Md5};

/// All parts of an object, as the server has them.
pub(super) struct Sent {
    pub parts: Vec<CompletedPart>,
    pub size_bytes: u64,
}

impl Sent {
    /// Whether they make this object. Its etag ends with their number; before it is the MD5 sum of their etags, where
    /// those are MD5 sums themselves.
    pub fn makes(&self, size_bytes: u64, etag: &str) -> bool {
        let Some((sum, number)) = etag.rsplit_once('-') else { return false };
        size_bytes == self.size_bytes
            && number == self.parts.len().to_string()
            && self.sum().is_none_or(|expected| sum == expected)
    }

    fn sum(&self) -> Option<String> {
        let mut md5 = Md5::new();
        for part in &self.parts {
            md5.update(read_md5(part.e_tag()?)?.to_be_bytes());
        }
        Some(md5.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The number that an etag's 32 hexadecimal digits are, if it is such a one.
fn read_md5(etag: &str) -> Option<u128> {
    let digits = etag.trim_matches('"');
    if digits.len() == 32 { u128::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_of_these_parts_is_told_from_another() {
        let sent = |etags: [&str; 2]| Sent {
            parts: etags.map(|etag| CompletedPart::builder().e_tag(etag).build()).into(),
            size_bytes: 7,
        };
        // The sums of `a` and `b`.
        let sums = sent(["\"0cc175b9c0f1b6a831c399e269772661\"", "\"92eb5ffee6ae2fec3ad71c777531578f\""]);
        let etag = "96e024ba2074fe77e8e965ba43a704be";
        assert!(sums.makes(7, &format!("{etag}-2")));
        assert!(!sums.makes(8, &format!("{etag}-2")) && !sums.makes(7, &format!("{etag}-3")));
        for other in [etag, "", "0cc175b9c0f1b6a831c399e269772661-2"] {
            assert!(!sums.makes(7, other), "{other}");
        }
        let others = sent(["\"part-1\"", "\"part-2\""]);
        assert!(others.makes(7, "anything-2") && !others.makes(7, "anything-1") && !others.makes(6, "anything-2"));
    }
}
