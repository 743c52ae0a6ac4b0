//! Deploying: the real program against an emulated AWS, over real HTTP with the real SDK.

#[allow(dead_code)]
#[path = "support/emulator/mod.rs"]
mod emulator;
#[allow(dead_code)]
#[path = "support/host.rs"]
mod host;

#[path = "deploy/catalog.rs"]
mod catalog;
#[path = "deploy/code.rs"]
mod code;
#[path = "deploy/differences.rs"]
mod differences;
#[path = "deploy/refusals.rs"]
mod refusals;
#[path = "deploy/rollout.rs"]
mod rollout;
#[path = "deploy/support.rs"]
mod support;
