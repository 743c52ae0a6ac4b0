//! Annotations for editors: they describe what there is and nothing else; `lithops-lua types` writes them into projects.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;
#[path = "support/web.rs"]
#[allow(dead_code)]
mod web;

#[path = "types/command.rs"]
mod command;
#[path = "types/live.rs"]
mod live;
#[path = "types/names.rs"]
mod names;
#[path = "types/words.rs"]
mod words;
