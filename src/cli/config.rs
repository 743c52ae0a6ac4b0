//! `lithops-lua config show`.

use crate::config::{ConfigError, render_show};
use crate::lua::vm::ConfigChoice;

/// The configuration in effect, as text for the user.
///
/// # Errors
/// Where it cannot be read, or says what it must not.
pub fn show(choice: &ConfigChoice, json: bool) -> Result<String, ConfigError> {
    Ok(render_show(&choice.load()?, json))
}
