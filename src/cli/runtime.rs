//! `lithops-lua runtime …`: the functions on AWS Lambda, and the container image that they may run.
//!
//! What is asked for goes to standard output, what is being done to standard error.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use serde_json::json;

use super::exit::complain;
use super::low_args::RuntimeCommand;
use super::question;
use super::table;
use crate::aws::{Account, AwsError, AwsErrorKind, LOGS};
use crate::compute::aws_lambda::deploy::{self, DeployError, ImageName, Step, catalog};
use crate::compute::aws_lambda::image::{self, Contents, Image, ImageError, write_layout};
use crate::config::{Config, ConfigError};
use crate::lua::vm::ConfigChoice;

/// Why a command failed. Reads after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Aws(#[from] AwsError),
    #[error(transparent)]
    Deploy(#[from] DeployError),
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The user has to say it more clearly, or said no.
    #[error("{0}")]
    Refused(String),
}

/// Does what the command says. Gives what goes to standard output.
///
/// # Errors
/// Where that is impossible.
pub fn run(choice: &ConfigChoice, command: &RuntimeCommand, quiet: bool) -> Result<String, Failure> {
    let config = choice.load()?;
    crate::io::handle().block_on(async {
        match command {
            RuntimeCommand::Deploy { .. } => roll_out(&config, false, quiet).await,
            RuntimeCommand::Update { .. } => roll_out(&config, true, quiet).await,
            RuntimeCommand::List { json } => list(&config, *json).await,
            RuntimeCommand::Delete { names, all, yes, logs } => delete(&config, names, *all, *yes, *logs).await,
            RuntimeCommand::Build { name, output } => build(&config, name.as_deref(), output.as_deref(), quiet).await,
        }
    })
}

/// Prints the function's name, for scripts.
async fn roll_out(config: &Config, forced: bool, quiet: bool) -> Result<String, Failure> {
    let account = Account::open(config).await?;
    let narrate = |step: &Step| {
        if !quiet {
            complain(&step.to_string());
        }
    };
    let deployment = deploy::deploy(&account, config, config.aws_lambda.runtime_memory_mb, forced, &narrate).await?;
    if !quiet {
        complain(if deployment.changed { "the function is ready" } else { "the function is as it should be" });
    }
    Ok(deployment.name + "\n")
}

async fn list(config: &Config, json: bool) -> Result<String, Failure> {
    let account = Account::open(config).await?;
    let functions = catalog::list(&account, config.aws_lambda.namespace.as_deref()).await?;
    if json {
        return Ok(format!("{:#}\n", json!(functions)));
    }
    if functions.is_empty() {
        return Ok(format!("no functions in {}\n", account.region()));
    }
    let rows = functions.iter().map(|function| {
        [
            function.name.clone(),
            format!("{} MB", function.parts.memory_mb),
            function.parts.architecture.clone(),
            function.parts.version.clone(),
            function.state.clone(),
            function.last_modified.clone(),
        ]
    });
    Ok(table::render(["NAME", "MEMORY", "ARCHITECTURE", "VERSION", "STATE", "LAST MODIFIED"], rows))
}

async fn delete(config: &Config, names: &[String], all: bool, yes: bool, logs: bool) -> Result<String, Failure> {
    let account = Account::open(config).await?;
    let names = match all {
        true => {
            let functions = catalog::list(&account, config.aws_lambda.namespace.as_deref()).await?;
            functions.into_iter().map(|function| function.name).collect()
        }
        false => names.to_vec(),
    };
    if names.is_empty() {
        return Ok(format!("no functions in {}\n", account.region()));
    }
    if !yes {
        confirm(&names, account.region())?;
    }
    let mut said = String::new();
    for name in names {
        let was_there = catalog::delete(&account, &name).await?;
        if logs {
            delete_logs(&account, &name).await?;
        }
        // Writing to a text cannot fail.
        let _ = writeln!(said, "{name}: {}", if was_there { "deleted" } else { "was not there" });
    }
    Ok(said)
}

/// The group is made by the function's first invocation, so that there may be none.
async fn delete_logs(account: &Account, name: &str) -> Result<(), Failure> {
    let group = format!("/aws/lambda/{name}");
    let action = format!("delete the logs {group}");
    match LOGS.call(account, "DeleteLogGroup", &json!({"logGroupName": group}), &action).await {
        Err(error) if error.kind() != AwsErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// Asks the person at the terminal.
fn confirm(names: &[String], region: &str) -> Result<(), Failure> {
    if !question::is_anybody_there() {
        let reason = "delete functions: there is nobody to ask; say `--yes` if you are sure";
        return Err(Failure::Refused(reason.into()));
    }
    for name in names {
        let _ = writeln!(io::stderr(), "  {name}");
    }
    if question::agrees(&format!("Delete {} in {region}?", count(names.len()))) {
        return Ok(());
    }
    Err(Failure::Refused("delete functions: you did not agree, and nothing was deleted".into()))
}

fn count(functions: usize) -> String {
    if functions == 1 { "this function".into() } else { format!("these {functions} functions") }
}

/// Prints the image's name with its digest, for scripts.
async fn build(config: &Config, name: Option<&str>, output: Option<&Path>, quiet: bool) -> Result<String, Failure> {
    let contents = Contents::of(config)?;
    let image = tokio::task::spawn_blocking(move || Image::new(&contents));
    let image = image.await.map_err(|error| ImageError::Make(error.to_string()))??;
    let say = |text: String| {
        if !quiet {
            complain(&text);
        }
    };
    let name = name.or(config.aws_lambda.runtime.as_deref());
    if let Some(folder) = output {
        write_layout(&image, name, folder)?;
        say(format!("wrote the image to {} ({:.1} MB)", folder.display(), image.size_bytes() as f64 / 1e6));
        return Ok(format!("{}\n", image.digest()));
    }
    let Some(name) = name else {
        let reason =
            "make the image: it has no name; say `lithops-lua runtime build NAME`, or set `aws_lambda.runtime`";
        return Err(Failure::Refused(reason.into()));
    };
    let name = whole_name(config, name).await?;
    say(format!("pushing {name} ({:.1} MB)", image.size_bytes() as f64 / 1e6));
    image::push(&image, &name, config).await?;
    say(format!(
        "functions use it with `aws_lambda.runtime: {name}`, those that use it already after `runtime update`"
    ));
    Ok(format!("{}/{}@{}\n", name.registry, name.repository, image.digest()))
}

/// A short name is one of the account's own registry.
async fn whole_name(config: &Config, name: &str) -> Result<ImageName, Failure> {
    let whole = ImageName::parse(name, "");
    if !whole.registry.is_empty() {
        return Ok(whole);
    }
    let account = Account::open(config).await?;
    Ok(ImageName::parse(name, &deploy::ecr_registry(account.id().await?, account.region())))
}
