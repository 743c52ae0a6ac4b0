//! A job in words.

use std::fmt::Write;
use std::time::Duration;

use indicatif::HumanDuration;

use super::Known;
use crate::cli::printable::printable;
use crate::report::records::{DriverRecord, JobRecord, JobState};

/// `37/100`, and what failed.
pub(super) fn calls(job: &JobRecord) -> String {
    let total = job.total.map_or_else(|| "?".into(), |total| total.to_string());
    let failed = if job.failed > 0 { format!(", {} failed", job.failed) } else { String::new() };
    format!("{}/{total}{failed}", job.done)
}

/// What the function is called, or where it begins if nothing held it.
pub(super) fn function(job: &JobRecord) -> String {
    match (job.function.as_str(), job.source.as_str()) {
        ("", "") => "-".into(),
        ("", source) => source.into(),
        (name, _) => name.into(),
    }
}

/// The script, as it was named; `-` where there was none, as at the prompt.
pub(super) fn script(driver: &DriverRecord) -> &str {
    if driver.script.is_empty() { "-" } else { &driver.script }
}

/// A time in UTC, to the second.
pub(super) fn time(us: u64) -> String {
    let time = jiff::Timestamp::from_microsecond(us as i64);
    time.map_or_else(|_| "?".into(), |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// A time as ISO 8601 has it.
pub(super) fn timestamp(us: u64) -> String {
    jiff::Timestamp::from_microsecond(us as i64).map_or_else(|_| String::new(), |time| time.to_string())
}

/// A length of time.
pub(super) fn duration(us: u64) -> String {
    match us {
        0..1000 => format!("{us} µs"),
        1000..1_000_000 => format!("{} ms", us.div_ceil(1000)),
        1_000_000..120_000_000 => format!("{:.1} s", us as f64 / 1e6),
        _ => HumanDuration(Duration::from_micros(us)).to_string(),
    }
}

/// All that is known of a job, but for what it printed.
pub(super) fn job(known: &Known) -> String {
    let (job, driver) = (&known.job, &known.driver.record);
    let mut text = format!("job {}: {}\n", job.id, known.state().name());
    let mut line = |name: &str, value: String| {
        // Writing to a string never fails.
        let _ = writeln!(text, "  {name:10} {}", printable(&value));
    };
    line(
        "function",
        match (job.function.as_str(), job.source.as_str()) {
            ("", _) | (_, "") => function(job),
            (name, source) => format!("{name} ({source})"),
        },
    );
    let elsewhere = if driver.is_here() { String::new() } else { format!(" on {}", driver.host) };
    line("script", format!("{} (process {}{elsewhere})", script(driver), driver.pid));
    let part =
        |word: &str, value: &Option<String>| value.as_ref().map_or_else(String::new, |value| format!("{word}{value}"));
    let place = [part(" in ", &job.region), part(", runtime ", &job.runtime)].concat();
    line("backend", format!("{}{place}, storage {}", job.backend, job.storage));
    line("started", format!("{} UTC, took {}", time(job.created_us), duration(known.took_us())));
    if let Some(first_us) = job.first_start_us {
        line("first call", format!("after {}", duration(first_us.saturating_sub(job.created_us))));
    }
    let of = job.total.map_or_else(String::new, |total| format!(" of {total}"));
    let mut counts = format!("{}{of} returned", job.done);
    for (count, what) in [(job.failed, "failed"), (job.cancelled, "cancelled"), (job.running, "running")] {
        if count > 0 {
            let _ = write!(counts, ", {count} {what}");
        }
    }
    line("calls", counts);
    if job.exec_s > 0.0 {
        let us = |seconds: f64| duration((seconds * 1e6) as u64);
        let (all, mean, longest) = (us(job.exec_s), us(job.exec_mean_s), us(job.exec_max_s));
        line("functions", format!("{all} in all, {mean} on average, {longest} the longest"));
    }
    if job.billed_ms > 0 {
        line("billed", format!("{:.1} s, {:.3} GB-s", job.billed_ms as f64 / 1e3, job.billed_gb_s()));
    }
    for failure in &job.failures {
        let message = printable_lines(&failure.message);
        let _ = writeln!(text, "  call {:05} failed ({}): {message}", failure.call, printable(&failure.kind));
    }
    if job.failed > job.failures.len() as u64 {
        let _ = writeln!(text, "  … and {} more", job.failed - job.failures.len() as u64);
    }
    let printed = job.logs.len() as u64 + job.logs_left_out;
    if printed > 0 {
        let calls = if printed == 1 { "1 call" } else { &format!("{printed} calls") };
        let _ = writeln!(text, "  {calls} printed: `lithops-lua job logs {}`", job.id);
    }
    text
}

/// A text without what a terminal would obey, but for ends of lines and tabs.
fn printable_lines(text: &str) -> String {
    text.split_inclusive(['\n', '\t'])
        .map(|part| {
            let rest = part.trim_end_matches(['\n', '\t']);
            printable(rest) + &part[rest.len()..]
        })
        .collect()
}

/// What calls printed.
pub(super) struct Printed {
    pub text: String,
    /// Why there is nothing, or not all.
    pub remark: Option<String>,
}

/// What the calls printed, each line with its call in front as it was shown when it came.
pub(super) fn logs(known: &Known, call: Option<u64>, failed: bool) -> Result<Printed, String> {
    let job = &known.job;
    if let Some(call) = call
        && job.total.is_some_and(|total| call >= total)
    {
        return Err(format!("job {} has no call {call}: its calls are numbered from 0", job.id));
    }
    let job_id = job.id.rsplit('-').next().unwrap_or_default();
    let mut text = String::new();
    let is_failure = |of: u64| job.failures.iter().any(|failure| failure.call == of);
    let is_wanted = |of: u64| call.is_none_or(|call| call == of) && (!failed || is_failure(of));
    for log in job.logs.iter().filter(|log| is_wanted(log.call)) {
        for line in log.text.lines() {
            // Writing to a string never fails.
            let _ = writeln!(text, "[{job_id}/{:05}] {}", log.call, printable_lines(line));
        }
    }
    if failed {
        for failure in &job.failures {
            let message = printable_lines(&failure.message);
            let _ = writeln!(text, "[{job_id}/{:05}] failed ({}): {message}", failure.call, printable(&failure.kind));
        }
    }
    let not_told = job.failed - (job.failures.len() as u64).min(job.failed);
    let remark = match (call, text.is_empty()) {
        (Some(call), true) => Some(format!("nothing is recorded that call {call} of job {} printed", job.id)),
        (None, true) if failed => Some(format!("no call of job {} failed", job.id)),
        (None, true) if job.logs_left_out == 0 => Some(match known.state() {
            JobState::Running => format!("no call of job {} that has ended printed anything", job.id),
            _ => format!("no call of job {} printed anything", job.id),
        }),
        (None, false) if failed && not_told > 0 => {
            Some(format!("{not_told} more calls failed, and are not recorded one by one"))
        }
        (None, _) if !failed && job.logs_left_out > 0 => {
            Some(format!("{} more calls printed, which is not recorded", job.logs_left_out))
        }
        _ => None,
    };
    Ok(Printed { text, remark })
}
