//! `lithops-lua config …`.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use serde_json::json;

use super::exit::{Exit, complain};
use super::low_args::ConfigCommand;
use super::run::{print, refuse};
use crate::config::{self, Environment, Request, Source, render_show, template, template_backends, usual_places};
use crate::lua::modules::replace_file;
use crate::lua::vm::ConfigChoice;

/// Shows the configuration, or writes a new one.
pub fn run(choice: &ConfigChoice, command: &ConfigCommand) -> Exit {
    match command {
        ConfigCommand::Show { json } => match choice.load() {
            Ok(config) => print(&render_show(&config, *json)),
            Err(error) => refuse(&error),
        },
        ConfigCommand::Init { file, backend, force } => {
            let backend = backend.as_deref().unwrap_or("localhost");
            // `--backend` may be anything.
            if !template_backends().any(|known| known == backend) {
                let known: Vec<&str> = template_backends().collect();
                complain(&format!("there is no backend `{backend}`: say one of {}", known.join(", ")));
                return Exit::Usage;
            }
            if file == Path::new("-") { print(&template(backend)) } else { init(file, backend, *force) }
        }
        ConfigCommand::Path { json } => path(choice, *json),
    }
}

fn init(file: &Path, backend: &str, force: bool) -> Exit {
    match write(file, &template(backend), force) {
        Ok(()) => {
            let next = match backend {
                "localhost" => "`lithops-lua config show` says what is in effect",
                _ => "replace what its uncommented lines say; `lithops-lua doctor` then says what is missing",
            };
            print(&format!("{}: written; {next}\n", file.display()))
        }
        Err(error) => {
            let remedy = if error.kind() == ErrorKind::AlreadyExists {
                "it is there already; `--force` replaces it".into()
            } else {
                error.to_string()
            };
            complain(&format!("failed to write {}: {remedy}", file.display()));
            Exit::Script
        }
    }
}

fn write(file: &Path, text: &str, force: bool) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    if force {
        // The one that is there goes only when the new one is complete.
        return replace_file(file, text.as_bytes());
    }
    File::create_new(file)?.write_all(text.as_bytes())
}

fn path(choice: &ConfigChoice, json: bool) -> Exit {
    let source = match config::source(&Request { file: choice.file.as_deref(), ..Request::default() }) {
        Ok(source) => source,
        Err(error) => return refuse(&error),
    };
    let places: Vec<String> =
        usual_places(&Environment::of_process()).iter().map(|path| path.display().to_string()).collect();
    if json {
        let path = match &source {
            Some(Source::File { path, .. }) => Some(path.display().to_string()),
            _ => None,
        };
        let entry = json!({"path": path, "source": source.map(|source| source.to_string()), "looked_for": places});
        return match print(&format!("{entry:#}\n")) {
            Exit::Success if path.is_none() => Exit::Script,
            exit => exit,
        };
    }
    match source {
        Some(Source::File { path, .. }) => print(&format!("{}\n", path.display())),
        Some(source) => {
            complain(&format!("the configuration is no file, but the text of {source}"));
            Exit::Script
        }
        None => {
            let places = places.join(", ");
            complain(&format!(
                "there is no configuration file, and none is needed to run on this machine; looked for: {places}"
            ));
            Exit::Script
        }
    }
}
