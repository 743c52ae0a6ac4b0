//! `lithops-lua types`.

use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  lithops-lua types                 for the project in this folder
  lithops-lua types ~/pipelines     for the one in another

Editors with the Lua language server then complete and check `lithops` and all its modules. Annotations go to
`.lithops-lua/types`; `.luarc.json` is made, or gets the entries that it lacks. Run it again after an update.";

/// Where annotations go.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct TypesArgs {
    /// The folder of the project
    #[arg(value_name = "FOLDER", default_value = ".")]
    pub folder: PathBuf,

    /// Write the reference of the documents to this folder instead, a page for each module
    #[arg(long, value_name = "FOLDER", hide = true)]
    pub markdown: Option<PathBuf>,
}
