//! The table that the benchmarks print, and what becomes of a target that is missed.

use std::fs;
use std::thread;

/// A figure may be so many times its target before the run fails: other processes want the cores, too.
const NOISE: f64 = 1.5;
/// What a figure is compared with.
pub enum Target {
    /// It must stay below this.
    Below(f64),
    /// It must stay below this on a machine at its usual pace; now it is so many times as slow.
    Paced { limit: f64, slowness: f64 },
    /// It must stay below this, and other processes do not change it: more fails the run.
    Strictly(f64),
    /// The figure of a peer, divided by this, is the limit.
    Peer { name: &'static str, figure: f64, times: f64 },
}

/// The lines printed so far, and the targets that were missed.
#[derive(Default)]
pub struct Table {
    missed: Vec<String>,
}

impl Table {
    /// Prints the machine and the heads of the columns.
    pub fn begin() -> Table {
        println!("{}", machine());
        println!("{:<48} {:>10}  {:<34} {:>8}  target", "what", "ours", "compared with", "ratio");
        Table::default()
    }

    /// Says what was missed by more than the noise, and ends the process with status 1 if anything was.
    pub fn end(self) -> ! {
        for line in &self.missed {
            println!("missed: {line}");
        }
        std::process::exit(i32::from(!self.missed.is_empty()))
    }

    /// Prints a line of the table.
    pub fn row(&mut self, what: &str, unit: &str, ours: f64, target: Target) {
        let noise = match target {
            Target::Strictly(_) => 1.0,
            Target::Paced { slowness, .. } => NOISE * slowness.max(1.0),
            Target::Below(_) | Target::Peer { .. } => NOISE,
        };
        let (compared, ratio, limit, wanted) = match target {
            Target::Below(limit) | Target::Strictly(limit) | Target::Paced { limit, .. } => {
                (format!("limit {limit} {unit}"), limit / ours, limit, format!("under {limit} {unit}"))
            }
            Target::Peer { name, figure, times } if times > 0.0 => (
                format!("{name}: {} {unit}", short(figure)),
                figure / ours,
                figure / times,
                match times {
                    1.0 => "as fast".into(),
                    faster if faster > 1.0 => format!("{faster} times as fast"),
                    slower => format!("{:.0} % as fast", slower * 100.0),
                },
            ),
            Target::Peer { name, figure, .. } => {
                (format!("{name}: {} {unit}", short(figure)), figure / ours, f64::INFINITY, "-".into())
            }
        };
        let verdict = if limit.is_infinite() {
            wanted.clone()
        } else if ours <= limit {
            format!("{wanted}: met")
        } else {
            format!("{wanted}: MISSED")
        };
        let figure = format!("{} {unit}", short(ours));
        println!("{what:<48} {figure:>10}  {compared:<34} {:>8}  {verdict}", format!("{}×", short(ratio)));
        if ours > limit * noise {
            self.missed.push(format!("{what}: {figure}, {wanted}"));
        }
    }
}

/// The median of several runs.
pub fn median(runs: usize, mut run: impl FnMut() -> f64) -> f64 {
    let mut figures: Vec<f64> = (0..runs).map(|_| run()).collect();
    figures.sort_by(f64::total_cmp);
    figures[runs / 2]
}

/// Three digits that matter.
fn short(figure: f64) -> String {
    match figure {
        f if f >= 100.0 => format!("{f:.0}"),
        f if f >= 10.0 => format!("{f:.1}"),
        f => format!("{f:.2}"),
    }
}

/// The machine in a line.
fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let system = system.unwrap_or("").trim_matches('"');
    format!("{cores} cores, {}, {system}; medians", model.unwrap_or("unknown processor"))
}
