//! `lithops-lua config show`.

use super::high_args::ConfigChoice;

/// The configuration in effect, as text for the user. `Err`: what is wrong with it.
pub fn show(_choice: &ConfigChoice, _json: bool) -> Result<String, String> {
    Ok(String::new())
}
