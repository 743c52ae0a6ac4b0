//! `lithops-lua aws policy`.

use serde::Serialize;

use super::place::Place;
use super::statements::Policy;
use crate::aws::AwsError;
use crate::cli::low_args::PolicyOf;
use crate::config::Config;

#[derive(Serialize)]
struct All {
    user: Policy,
    execution_role: Policy,
    trust: Policy,
}

/// The least policies that the configuration needs, as JSON: one document, or all by name.
///
/// # Errors
/// Where region or account are not known.
pub fn policy(config: &Config, of: Option<PolicyOf>) -> Result<String, AwsError> {
    let place = match of {
        Some(PolicyOf::Trust) => Place::of_stack(),
        _ => crate::io::handle().block_on(Place::of(config))?,
    };
    let all = All {
        user: Policy::of_user(config, &place),
        execution_role: Policy::of_role(config, &place),
        trust: Policy::trust(),
    };
    Ok(match of {
        None => json(&all),
        Some(PolicyOf::User) => json(&all.user),
        Some(PolicyOf::Role) => json(&all.execution_role),
        Some(PolicyOf::Trust) => json(&all.trust),
    })
}

/// Serializing texts and lists cannot fail.
fn json(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}
