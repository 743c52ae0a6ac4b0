//! How objects are cut, as options say it.

use mlua::{Table, Value};

use crate::job::Cut;
use crate::lua::bind::Raise;
use crate::lua::options::Options;

/// The options that only stored objects as input have.
const NAMES: &[&str] = &["obj_chunk_size", "obj_chunk_number", "obj_newline"];

/// How objects are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectOptions {
    cut: Option<Cut>,
    /// `Some(None)`: exact ranges.
    newline: Option<Option<u8>>,
}

impl ObjectOptions {
    /// The options of `lithops.objects`.
    pub fn of_table(table: Option<Table>) -> Result<ObjectOptions, Raise> {
        ObjectOptions::of(&Options::new(table, NAMES, "objects")?)
    }

    /// Those among the options of a job.
    pub fn of(options: &Options) -> Result<ObjectOptions, Raise> {
        let size = match options.value("obj_chunk_size")? {
            None => None,
            Some(value) => Some(read_bytes(&value).ok_or_else(|| {
                let expected = "a number of bytes, 1 or more, or a text such as \"64MiB\" or \"1GB\"";
                options.refuse("obj_chunk_size", expected, &value)
            })?),
        };
        let number = options.positive("obj_chunk_number")?;
        let cut = match (size, number) {
            (Some(_), Some(_)) => {
                let text =
                    "option `obj_chunk_size` says how objects are cut, and so does `obj_chunk_number`: leave one out";
                return Err(Raise::message(text));
            }
            (Some(chunk_bytes), None) => Some(Cut::Size { chunk_bytes }),
            (None, Some(chunks)) => Some(Cut::Number { chunks }),
            (None, None) => None,
        };
        let newline = match options.value("obj_newline")? {
            None => None,
            Some(Value::Boolean(false)) => Some(None),
            Some(value) => match value.as_string().map(|text| text.as_bytes().to_vec()).as_deref() {
                Some([byte]) => Some(Some(*byte)),
                _ => return Err(options.refuse("obj_newline", "a string of one byte, or false", &value)),
            },
        };
        Ok(ObjectOptions { cut, newline })
    }

    /// These, and `others` where these say nothing.
    pub fn or(self, others: ObjectOptions) -> ObjectOptions {
        ObjectOptions { cut: self.cut.or(others.cut), newline: self.newline.or(others.newline) }
    }

    /// Whether any was given.
    pub fn are_set(self) -> bool {
        self != ObjectOptions::default()
    }

    /// Into which pieces objects are cut.
    pub fn cut(self) -> Cut {
        self.cut.unwrap_or_default()
    }

    /// The byte that ends a line; `None`: exact ranges.
    pub fn newline(self) -> Option<u8> {
        self.newline.unwrap_or(Some(b'\n'))
    }
}

/// Units of bytes. Those of 1,024 have an `i`.
const UNITS: &[(&str, u32, u32)] = &[
    ("B", 1, 0),
    ("KB", 1000, 1),
    ("MB", 1000, 2),
    ("GB", 1000, 3),
    ("TB", 1000, 4),
    ("KIB", 1024, 1),
    ("MIB", 1024, 2),
    ("GIB", 1024, 3),
    ("TIB", 1024, 4),
];

/// A number of bytes, or a text like `64MiB`, `1.5 GB`.
fn read_bytes(value: &Value) -> Option<u64> {
    let bytes = match value {
        Value::Integer(bytes) => *bytes as f64,
        Value::Number(bytes) => *bytes,
        Value::String(text) => {
            let text = text.to_str().ok()?.trim().to_ascii_uppercase();
            let split = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
            let number: f64 = text[..split].trim().parse().ok()?;
            let unit = if split == text.len() { "B" } else { &text[split..] };
            let (_, base, power) = UNITS.iter().find(|(name, ..)| *name == unit)?;
            (number * f64::from(*base).powi(*power as i32)).floor()
        }
        _ => return None,
    };
    // Above 2^53 a double does not tell whole numbers apart.
    (bytes.fract() == 0.0 && (1.0..=9_007_199_254_740_992.0).contains(&bytes)).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlua::Lua;

    #[test]
    fn sizes() {
        let lua = Lua::new();
        let read = |code: &str| read_bytes(&lua.load(code).eval().unwrap());
        for (code, bytes) in [
            ("1", 1),
            ("2^20", 1 << 20),
            ("'64MiB'", 64 << 20),
            ("'64 mib'", 64 << 20),
            ("'1GB'", 1_000_000_000),
            ("'1.5KiB'", 1536),
            ("'100'", 100),
            ("'7 B'", 7),
        ] {
            assert_eq!(read(code), Some(bytes), "{code}");
        }
        for code in ["0", "-1", "1.5", "0/0", "1/0", "'64M'", "'MiB'", "'x'", "''", "{}", "true", "'1e30TB'"] {
            assert_eq!(read(code), None, "{code}");
        }
    }
}
