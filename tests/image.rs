//! Container images: what is in them, and that registries and other tools take them.
//!
//! Tests that need programs of others are ignored by default: Debian's `docker-registry` and `skopeo`, and root for `chroot`.

#[allow(dead_code)]
#[path = "support/emulator/mod.rs"]
mod emulator;
#[allow(dead_code)]
#[path = "support/host.rs"]
mod host;

#[path = "image/contents.rs"]
mod contents;
#[path = "image/push.rs"]
mod push;
#[path = "image/registry.rs"]
mod registry;
