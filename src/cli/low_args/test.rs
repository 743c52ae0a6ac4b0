//! `lithops-lua test`.

use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  lithops-lua test                           all of `tests`, `test` and `spec`, or of this folder
  lithops-lua test tests/words_test.lua      one file
  lithops-lua test --filter 'counts words'   tests whose names match, groups' names in front
  lithops-lua test --exclude-tags slow       not those with `#slow` in their names
  lithops-lua test --list                    what would run, with file and line
  lithops-lua test --shuffle                 in another order each time; --seed N repeats one
  lithops-lua test --backend aws_lambda      jobs of tests run on AWS
  lithops-lua test --json | jq .             an object a line, the summary last

A test:
  describe(\"count\", function()
    it(\"counts words in workers\", function()
      local counts = lithops.get_result(lithops.map(count, { \"a b\", \"c\" }))
      assert.same({ 2, 1, n = 2 }, counts)
    end)
  end)

Exit codes: 0 all tests passed; 1 a failure or an error, or nothing was tested; 2 the command line is wrong.";

/// Which tests run, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct TestArgs {
    /// Files, and folders with files `*_test.lua` or `*_spec.lua`; absent: `tests`, `test`, `spec`, or this folder
    #[arg(value_name = "FILE|FOLDER")]
    pub paths: Vec<PathBuf>,

    /// Only tests whose full names match this Lua pattern; several: any of them
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    pub filter: Vec<String>,

    /// No tests whose full names match this Lua pattern
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    pub filter_out: Vec<String>,

    /// Only tests with one of these tags: `#slow` in a name
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub tags: Vec<String>,

    /// No tests with one of these tags
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub exclude_tags: Vec<String>,

    /// Only say which tests there are
    #[arg(long)]
    pub list: bool,

    /// Stop at the first failure or error
    #[arg(long)]
    pub fail_fast: bool,

    /// Run files and tests in a random order
    #[arg(long)]
    pub shuffle: bool,

    /// The random order that this number gives
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32))]
    pub seed: Option<u32>,

    /// As JSON, an object a line: each test, and at the end the summary
    #[arg(long)]
    pub json: bool,

    /// As TAP, the Test Anything Protocol
    #[arg(long, conflicts_with_all = ["json", "list"])]
    pub tap: bool,

    /// No colours
    #[arg(long)]
    pub no_color: bool,
}
