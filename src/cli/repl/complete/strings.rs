//! What the texts of a program stand for: modules, files, stored objects.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use mlua::Table;

use super::{Candidate, Deadline};
use crate::cli::repl::Session;
use crate::config::Config;
use crate::lua::{modules, stdlib};
use crate::storage::{ObjectSource, Scheme, Storage};

/// How long a store is waited for.
const PATIENCE: Duration = Duration::from_millis(700);
/// So many names of a store are looked at.
const MOST_OBJECTS: usize = 5000;

/// Modules whose names begin so. Parts of the standard library's are named by who knows them.
pub fn modules(session: &Session, prefix: &str, deadline: Deadline) -> Vec<String> {
    let is_meant = |name: &str| name.starts_with(prefix) && (prefix.contains('.') || !name.contains('.'));
    let mut found: BTreeSet<String> = BTreeSet::new();
    found.extend(modules::ALL.iter().map(|module| module.name.to_owned()).filter(|name| is_meant(name)));
    found.extend(stdlib::names().map(str::to_owned).filter(|name| is_meant(name)));
    let Ok(package) = session.vm.lua.globals().raw_get::<Table>("package") else { return Vec::new() };
    for table in ["loaded", "preload"] {
        let Ok(table) = package.raw_get::<Table>(table) else { continue };
        found.extend(
            table.pairs::<String, mlua::Value>().filter_map(|pair| Some(pair.ok()?.0)).filter(|name| is_meant(name)),
        );
    }
    for path in ["path", "cpath"] {
        let Ok(templates) = package.raw_get::<String>(path) else { continue };
        for template in templates.split(';') {
            if deadline.is_over() {
                break;
            }
            of_template(template, prefix, deadline, &mut found);
        }
    }
    // The table of globals is no module.
    found.remove("_G");
    found.into_iter().collect()
}

/// Modules that a template of the search path finds: those in the folder that the prefix has reached.
fn of_template(template: &str, prefix: &str, deadline: Deadline, found: &mut BTreeSet<String>) {
    let Some((before, after)) = template.split_once('?') else { return };
    let (parents, begun) = prefix.rsplit_once('.').map_or(("", prefix), |(parents, begun)| (parents, begun));
    let folder = PathBuf::from(format!("{before}{}", parents.replace('.', "/")));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
    let front = if parents.is_empty() { String::new() } else { format!("{parents}.") };
    for name in entries(folder, deadline) {
        let module = match after.strip_prefix('/') {
            // `?/init.lua`.
            Some(file) if folder.join(&name).join(file).is_file() => &*name,
            Some(_) => continue,
            None => match name.strip_suffix(after) {
                Some(module) => module,
                None => continue,
            },
        };
        if !module.is_empty() && module.starts_with(begun) && !module.contains('.') && module != "init" {
            found.insert(format!("{front}{module}"));
        }
    }
}

/// The names in a folder.
fn entries(folder: &Path, deadline: Deadline) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.take_while(|_| !deadline.is_over()).filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// What an address or a path may go on with.
pub fn places(session: &Session, text: &str, deadline: Deadline) -> Vec<Candidate> {
    if let Some(path) = text.strip_prefix("file://") {
        return with_front("file://", files(path, deadline));
    }
    for (front, scheme) in [("s3://", Scheme::S3), ("local://", Scheme::Local)] {
        if let Some(rest) = text.strip_prefix(front) {
            return with_front(front, objects(session, scheme, rest));
        }
    }
    files(text, deadline)
}

fn with_front(front: &str, candidates: Vec<Candidate>) -> Vec<Candidate> {
    let written = |candidate: Candidate| Candidate { written: format!("{front}{}", candidate.written), ..candidate };
    candidates.into_iter().map(written).collect()
}

/// Files whose paths begin so. Folders end with a slash.
pub fn files(text: &str, deadline: Deadline) -> Vec<Candidate> {
    let (front, begun) = text.rfind('/').map_or(("", text), |slash| text.split_at(slash + 1));
    let folder = match front.strip_prefix("~/").zip(std::env::home_dir()) {
        Some((rest, home)) => home.join(rest),
        None if front.is_empty() => PathBuf::from("."),
        None => PathBuf::from(front),
    };
    let mut found = Vec::new();
    for name in entries(&folder, deadline) {
        if !name.starts_with(begun) || (name.starts_with('.') && !begun.starts_with('.')) {
            continue;
        }
        // What would end the text, or the line, is better typed by hand.
        if name.contains(|c: char| c.is_control() || "\"'\\".contains(c)) {
            continue;
        }
        let slash = if folder.join(&name).is_dir() { "/" } else { "" };
        found.push(Candidate { shown: format!("{name}{slash}"), written: format!("{front}{name}{slash}") });
    }
    found
}

/// Buckets of a store; behind one, its objects up to the next slash of their keys. A store that is slow offers nothing.
fn objects(session: &Session, scheme: Scheme, text: &str) -> Vec<Candidate> {
    let Ok(config) = session.vm.session.config() else { return Vec::new() };
    let default = match scheme {
        Scheme::S3 => config.aws_s3.storage_bucket.clone(),
        _ => Some(config.localhost.storage_bucket.clone()),
    };
    let config = config.clone();
    let Some((bucket, prefix)) = text.split_once('/') else {
        let mut found: BTreeSet<String> = default.into_iter().collect();
        found.extend(in_time(buckets(scheme, config)));
        let found = found.into_iter().filter(|bucket| bucket.starts_with(text) && !bucket.is_empty());
        return found.map(|bucket| Candidate::new(format!("{bucket}/"))).collect();
    };
    let keys = in_time(keys(scheme, config, bucket.to_owned(), prefix.to_owned()));
    let folder = prefix.rfind('/').map_or(0, |slash| slash + 1);
    let mut found = BTreeSet::new();
    for key in keys {
        let Some(rest) = key.get(folder..) else { continue };
        let end = rest.find('/').map_or(rest.len(), |slash| slash + 1);
        if !rest.is_empty() && !rest.contains(|c: char| c.is_control() || "\"'\\".contains(c)) {
            found.insert((rest[..end].to_owned(), format!("{bucket}/{}{}", &prefix[..folder], &rest[..end])));
        }
    }
    found.into_iter().map(|(shown, written)| Candidate { shown, written }).collect()
}

/// What a store gives, if it does so in time.
fn in_time<F>(names: F) -> Vec<String>
where
    F: Future<Output = Option<Vec<String>>> + Send + 'static,
{
    let (sender, receiver) = channel();
    crate::io::handle().spawn(async move {
        let names = tokio::time::timeout(PATIENCE, names).await;
        let _ = sender.send(names.ok().flatten().unwrap_or_default());
    });
    receiver.recv_timeout(PATIENCE).unwrap_or_default()
}

async fn storage(scheme: Scheme, config: &Config) -> Option<Arc<dyn Storage>> {
    match ObjectSource::open(scheme, config).await.ok()? {
        ObjectSource::Stored(storage) => Some(storage),
        _ => None,
    }
}

async fn buckets(scheme: Scheme, config: Config) -> Option<Vec<String>> {
    storage(scheme, &config).await?.list_buckets().await.ok()
}

async fn keys(scheme: Scheme, config: Config, bucket: String, prefix: String) -> Option<Vec<String>> {
    let mut pages = storage(scheme, &config).await?.list_objects(&bucket, &prefix).await.ok()?;
    let mut keys = Vec::new();
    // What has come by then is better than nothing.
    let until = Instant::now() + PATIENCE / 2;
    while keys.len() < MOST_OBJECTS
        && Instant::now() < until
        && let Ok(Some(page)) = pages.next_page().await
    {
        keys.extend(page.into_iter().map(|object| object.key));
    }
    Some(keys)
}
