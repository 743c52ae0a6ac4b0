//! `lithops-lua storage …`: objects from the command line.

use std::path::PathBuf;

use clap::{Subcommand, ValueHint};

/// What an address is, for the help of all commands that take one.
const ADDRESSES: &str = "\
Addresses:
  s3://BUCKET/KEY       on S3, as section `aws_s3` of the configuration says
  local://BUCKET/KEY    in the storage of this machine
  BUCKET/KEY            in the configured storage
  A key that ends in `/` is a prefix, one with `*`, `?` or `[a-z]` a pattern, in which `**` crosses slashes: put it in quotes.
  Without a bucket, as in `/KEY`, `s3:///KEY`, it is the default one.";

pub(super) const EXAMPLES: &str = "\
Examples:
  lithops-lua storage put data.csv my-bucket/in/           store a file; the key is in/data.csv
  lithops-lua storage list my-bucket/in/ --long            with sizes and dates
  lithops-lua storage get my-bucket/in/data.csv            into this folder
  lithops-lua storage delete 'my-bucket/in/*.csv'          all that match
  lithops-lua storage cp https://example.org/a.csv s3://my-bucket/in/

As in Lithops, BUCKET and KEY may be two words, too: `storage get my-bucket in/data.csv`.";

const PUT_EXAMPLES: &str = "\
Examples:
  lithops-lua storage put data.csv                         to the default bucket, as data.csv
  lithops-lua storage put data.csv s3://my-bucket/in/      as in/data.csv
  lithops-lua storage put a.csv b.csv my-bucket/in/        several files
  lithops-lua storage put data.csv my-bucket -k in/1.csv   as Lithops has it
  lithops-lua storage put -r results/ my-bucket/out/       what is in a folder, below out/
  generate | lithops-lua storage put - my-bucket/big.json  from a pipe, of any length";

const GET_EXAMPLES: &str = "\
Examples:
  lithops-lua storage get my-bucket/in/data.csv            to data.csv in this folder
  lithops-lua storage get my-bucket/in/data.csv today.csv  to a file of another name
  lithops-lua storage get my-bucket in/data.csv            as Lithops has it
  lithops-lua storage get s3://my-bucket/log.gz - | zcat   to standard output
  lithops-lua storage get -r my-bucket/in/ copies/         all below in/, into a folder
  lithops-lua storage get 'my-bucket/in/*.csv' copies/     all that match

A file appears under its name only when it is complete.";

const LIST_EXAMPLES: &str = "\
Examples:
  lithops-lua storage list                                 the default bucket
  lithops-lua storage list my-bucket                       a bucket, all keys
  lithops-lua storage list my-bucket/in/ --long            sizes, dates (UTC), and the sum at the end
  lithops-lua storage list my-bucket -p in/2026            keys that begin so, as Lithops has it
  lithops-lua storage list 's3://my-bucket/**/*.csv'       all that match
  lithops-lua storage list my-bucket --json | jq '.[].size'

What it prints are addresses, which all commands take. `--json` is an array, an object a line, with the fields `address`,
`bucket`, `key`, `size` (bytes), `last_modified` (UTC, as in 2026-01-31T12:00:00Z) and `etag`.";

const DELETE_EXAMPLES: &str = "\
Examples:
  lithops-lua storage delete my-bucket/in/data.csv         one object
  lithops-lua storage delete my-bucket in/data.csv         the same, as Lithops has it
  lithops-lua storage delete 'my-bucket/in/*.csv'          all that match; it says how many, and asks
  lithops-lua storage delete -r my-bucket/in/ --dry-run    only says what would go
  lithops-lua storage delete -r my-bucket/ --yes           all objects of a bucket, unasked
  lithops-lua storage delete my-bucket -p in/ --yes        keys that begin so, as Lithops has it";

const COPY_EXAMPLES: &str = "\
Examples:
  lithops-lua storage cp data.csv s3://my-bucket/in/       from a file
  lithops-lua storage cp s3://my-bucket/in/data.csv .      to one
  lithops-lua storage cp https://example.org/a.csv s3://my-bucket/in/
  lithops-lua storage cp s3://a/data.csv s3://b/           S3 copies by itself; nothing comes through this machine
  lithops-lua storage cp -r local://lithops/in/ s3://my-bucket/in/
  lithops-lua storage cp -n 's3://my-bucket/in/*.csv' copies/

Here a word without `s3://`, `local://`, `file://` or `https://` is a file of this machine.";

fn with_addresses(examples: &str) -> String {
    format!("{examples}\n\n{ADDRESSES}")
}

/// What is done with stored objects.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum StorageCommand {
    /// Store files as objects
    #[command(override_usage = "lithops-lua storage put [OPTIONS] FILE... [ADDRESS]")]
    Put(PutArgs),
    /// Fetch objects into files
    #[command(override_usage = "lithops-lua storage get [OPTIONS] ADDRESS [FILE]")]
    Get(GetArgs),
    /// List objects
    List(ListArgs),
    /// Delete objects
    Delete(DeleteArgs),
    /// Copy objects and files from anywhere to anywhere
    Cp(CopyArgs),
}

/// What is stored, and where.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = with_addresses(PUT_EXAMPLES))]
pub struct PutArgs {
    /// Files, `-` for standard input; then where to: of several words the last, else the default bucket
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::AnyPath)]
    pub words: Vec<PathBuf>,

    /// The key, where ADDRESS is a bucket
    #[arg(long, short, value_name = "KEY")]
    pub key: Option<String>,

    /// Store what is in folders, too
    #[arg(long, short)]
    pub recursive: bool,

    /// Leave objects as they are that are there already
    #[arg(long, short)]
    pub no_clobber: bool,
}

/// What is fetched, and where to.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = with_addresses(GET_EXAMPLES))]
pub struct GetArgs {
    /// Which object
    #[arg(value_name = "ADDRESS")]
    pub address: String,

    /// A file or a folder, `-` for standard output; absent: this folder. After a bucket alone: the key
    #[arg(value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub file: Option<PathBuf>,

    /// The same as FILE
    #[arg(long, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub out: Option<PathBuf>,

    /// Fetch all objects below a prefix
    #[arg(long, short)]
    pub recursive: bool,

    /// Leave files as they are that are there already
    #[arg(long, short)]
    pub no_clobber: bool,
}

/// What is listed, and how.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = with_addresses(LIST_EXAMPLES))]
pub struct ListArgs {
    /// A bucket, the beginning of keys in it, or a pattern; absent: the default bucket
    #[arg(value_name = "ADDRESS")]
    pub address: Option<String>,

    /// Only keys that begin so, where ADDRESS is a bucket
    #[arg(long, short, value_name = "PREFIX")]
    pub prefix: Option<String>,

    /// Sizes and dates (UTC), and the sum at the end
    #[arg(long, short, conflicts_with = "json")]
    pub long: bool,

    /// As JSON: an array, an object a line
    #[arg(long)]
    pub json: bool,
}

/// What is deleted.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = with_addresses(DELETE_EXAMPLES))]
pub struct DeleteArgs {
    /// Objects, prefixes with `--recursive`, patterns; or a bucket and a key of it
    #[arg(value_name = "ADDRESS", required = true)]
    pub addresses: Vec<String>,

    /// Keys that begin so, where ADDRESS is a bucket
    #[arg(long, short, value_name = "PREFIX")]
    pub prefix: Option<String>,

    /// Delete all objects below prefixes
    #[arg(long, short)]
    pub recursive: bool,

    /// Only say what would be deleted
    #[arg(long)]
    pub dry_run: bool,

    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// What is copied, and where to.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = with_addresses(COPY_EXAMPLES))]
pub struct CopyArgs {
    /// A file, `-` for standard input, `s3://…`, `local://…`, `file://…`, `https://…`
    #[arg(value_name = "FROM", value_hint = ValueHint::AnyPath)]
    pub from: String,

    /// A file or a folder, `-` for standard output, `s3://…`, `local://…`, `file://…`
    #[arg(value_name = "TO", value_hint = ValueHint::AnyPath)]
    pub to: String,

    /// Copy all that is in a folder or below a prefix
    #[arg(long, short)]
    pub recursive: bool,

    /// Leave as it is what is there already
    #[arg(long, short)]
    pub no_clobber: bool,
}
