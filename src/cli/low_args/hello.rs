//! `lithops-lua hello`.

const EXAMPLES: &str = "\
Examples:
  lithops-lua hello                       one call, where the configuration says
  lithops-lua hello --map 1000            and how many calls there are in a second
  lithops-lua --backend aws_lambda --region eu-west-1 hello

It runs a function, stores an object and fetches it, and says what that took. Nothing of it stays. It ends with 1 if something
fails; `lithops-lua doctor` then looks for the reason.";

/// How much is tried.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct HelloArgs {
    /// Then call a function so many times
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub map: Option<u32>,
}
