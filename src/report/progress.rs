//! The progress bar: on a terminal, while somebody waits.

use std::io::IsTerminal;
use std::sync::{LazyLock, Mutex};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The bar on the screen, so that other output can step around it.
static SHOWN: LazyLock<Mutex<Option<ProgressBar>>> = LazyLock::new(Mutex::default);

fn shown() -> std::sync::MutexGuard<'static, Option<ProgressBar>> {
    SHOWN.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A bar that is on the screen as long as this lives. Without a terminal on standard error it shows nothing.
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    /// A new bar.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
            *shown() = Some(bar.clone());
            bar
        });
        Self { bar }
    }

    /// Shows how far the calls are.
    pub fn set(&self, ended: u64, failed: u64, total: Option<u64>) {
        let Some(bar) = &self.bar else { return };
        let failures = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        let template = match total {
            Some(total) => {
                bar.set_length(total);
                // Nobody knows how long a call takes before the first one has ended.
                match ended {
                    0 => "{wide_bar} {pos}/{len} calls{msg} [{elapsed}]",
                    _ => "{wide_bar} {pos}/{len} calls{msg} [{elapsed}, {eta} left]",
                }
            }
            None => "{spinner} {pos} calls{msg} [{elapsed}]",
        };
        draw(bar, template);
        bar.set_message(failures);
        bar.set_position(ended);
    }

    /// Shows a line of text.
    pub fn set_line(&self, text: &str) {
        let Some(bar) = &self.bar else { return };
        draw(bar, "{wide_msg}");
        bar.set_message(text.to_owned());
    }

    /// Shows how many bytes were moved, of how many.
    pub fn set_bytes(&self, moved: u64, total: Option<u64>) {
        let Some(bar) = &self.bar else { return };
        let template = match total {
            Some(total) => {
                bar.set_length(total);
                match moved {
                    0 => "{wide_bar} {bytes}/{total_bytes} [{elapsed}]",
                    _ => "{wide_bar} {bytes}/{total_bytes}, {bytes_per_sec} [{elapsed}, {eta} left]",
                }
            }
            None => "{spinner} {bytes}, {bytes_per_sec} [{elapsed}]",
        };
        draw(bar, template);
        // Parts that were sent twice are no more than all.
        bar.set_position(total.map_or(moved, |total| moved.min(total)));
    }
}

fn draw(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
            *shown() = None;
        }
    }
}

/// Writes to the terminal around the bar.
pub fn around_bar(write: impl FnOnce()) {
    let bar = shown().clone();
    match bar {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

/// Takes the bar off the screen, for the end of the process.
pub fn clear() {
    if let Some(bar) = shown().take() {
        bar.finish_and_clear();
    }
}
