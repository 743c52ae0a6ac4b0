//! The configuration: where it is found, what it may say, and what it means.
//!
//! It is the YAML of Lithops. [`load`] takes the first that exists of: the executor's table, a named
//! file, `LITHOPS_CONFIG` (the text itself), `LITHOPS_CONFIG_FILE`, `./.lithops_config`,
//! `~/.lithops/config`, `/etc/lithops/config`; then applies [`Override`]s of single keys; then
//! checks everything against the table of keys in [`schema`], and reports all that is wrong at once.
//!
//! - `tree`: YAML to a tree that knows where each entry stands, and the line of an entry.
//! - `find`: the places, and reading a file.
//! - `origin`: who gave a value, for messages and for `config show`.
//! - [`schema`]: every known section and key, as data; `rule`: what a value must be; `nested`: the same for mappings.
//! - `check`: the given values against the schema; `typed`: the result as plain fields.
//! - `aws`: the sections for AWS as plain fields; `aws_forms`: what AWS accepts as a name.
//! - `show`: the effective configuration for people and programs, secrets redacted; `template`: a file to start from; `travel`: what of it another machine gets.

mod aws;
mod aws_forms;
mod check;
mod error;
mod find;
mod names;
mod nearest;
mod nested;
mod origin;
mod overrides;
mod rule;
pub mod schema;
mod show;
mod template;
mod travel;
mod tree;
mod typed;

pub use aws::{Architecture, Aws, AwsLambda, AwsS3, EfsMount, Vpc};
pub use aws_forms::{registry_place, split_image};
pub use error::{ConfigError, Problem, ReadFailure};
pub use find::{Environment, OWN_FILE, Request, load, load_incomplete, source, state_folder, usual_places};
pub use names::check_bucket_name;
pub use nearest::nearest;
pub use origin::Source;
pub use overrides::Override;
pub use show::{Setting, render_show, secret_in};
pub use template::{template, template_backends};
pub use typed::{Config, IncludeModules, Lithops, Localhost, LogFormat, Monitoring};
