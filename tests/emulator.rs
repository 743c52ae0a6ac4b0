//! The emulated AWS itself: whatever other tests rely on, by the SDK's clients and the real worker.

#[path = "support/emulator/mod.rs"]
#[allow(dead_code)]
mod emulator;

#[path = "emulator/bed.rs"]
mod bed;

/// Who may ask, for what, from where, and when.
#[path = "emulator/access.rs"]
mod access;
/// Making, changing, listing and deleting functions.
#[path = "emulator/control.rs"]
mod control;
/// Functions that end badly.
#[path = "emulator/endings.rs"]
mod endings;
/// Faults on demand.
#[path = "emulator/faults.rs"]
mod faults;
/// Invocations of all kinds, and what a function finds around it.
#[path = "emulator/invocations.rs"]
mod invocations;
/// How many, how large.
#[path = "emulator/limits.rs"]
mod limits;
