//! `lithops-lua clean`.

const EXAMPLES: &str = "\
Examples:
  lithops-lua clean --dry-run             only say what would be removed
  lithops-lua clean --older-than 24       what jobs of yesterday left, and nothing that runs now
  lithops-lua --backend aws_lambda --region eu-west-1 clean";

/// What `clean` removes.
#[derive(Clone, Debug, PartialEq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct CleanOptions {
    /// Only what is older; without it, what running jobs use is removed as well
    #[arg(long, value_name = "HOURS", value_parser = hours)]
    pub older_than: Option<f64>,

    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
}

fn hours(text: &str) -> Result<f64, String> {
    let hours = text.parse::<f64>().ok().filter(|hours| (0.0..=1e6).contains(hours));
    hours.ok_or_else(|| "expected a number of hours, as in `--older-than 24`".into())
}
