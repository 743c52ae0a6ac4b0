//! What an invocation used: the REPORT line at the end of its log.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::compute::Usage;

/// The end of a function's log, as AWS sends it along: at most 4 KB (reference of `Invoke`, `LogResult`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LogTail {
    text: String,
}

impl LogTail {
    /// Reads what AWS sent, in base64.
    pub fn of(log_result: Option<&str>) -> Self {
        let bytes = log_result.and_then(|log| BASE64.decode(log).ok()).unwrap_or_default();
        Self { text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// What the function itself wrote: the platform's own lines left out.
    pub fn own_lines(&self) -> String {
        const PLATFORM: &[&str] =
            &["START RequestId:", "END RequestId:", "REPORT RequestId:", "INIT_START", "XRAY TraceId:"];
        let lines = self.text.lines().filter(|line| !PLATFORM.iter().any(|start| line.starts_with(start)));
        lines.map(str::trim_end).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// The REPORT line: `REPORT RequestId: … Duration: 1.05 ms Billed Duration: 2 ms Memory Size: 128 MB …`.
    pub fn usage(&self) -> Option<Usage> {
        let line = self.text.lines().rev().find(|line| line.starts_with("REPORT RequestId:"))?;
        let number = |name: &str| -> Option<f64> {
            let fields = line.split('\t');
            let value = fields.map(str::trim).find_map(|field| field.strip_prefix(name)?.strip_prefix(": "))?;
            value.split(' ').next()?.parse().ok()
        };
        Some(Usage {
            billed_ms: number("Billed Duration")?.ceil() as u32,
            max_memory_mb: number("Max Memory Used").unwrap_or_default() as u32,
            init_ms: number("Init Duration").unwrap_or_default().ceil() as u32,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_line_is_read_and_the_platforms_lines_are_left_out() {
        let text = "START RequestId: a Version: $LATEST\nhello\nEND RequestId: a\n\
                    REPORT RequestId: a\tDuration: 12.31 ms\tBilled Duration: 113 ms\tMemory Size: 256 MB\t\
                    Max Memory Used: 64 MB\tInit Duration: 99.61 ms\t\n";
        let tail = LogTail::of(Some(&BASE64.encode(text)));
        assert_eq!(tail.usage(), Some(Usage { billed_ms: 113, max_memory_mb: 64, init_ms: 100 }));
        assert_eq!(tail.own_lines(), "hello");
    }

    #[test]
    fn what_is_no_log_gives_nothing() {
        for log in [None, Some(""), Some("not base64!"), Some("UkVQT1JU")] {
            assert_eq!(LogTail::of(log).usage(), None);
        }
    }
}
