//! `lithops-lua doctor`: what of all that a configuration needs is in order, and how to mend what is not.

mod aws;
mod findings;
mod local;

pub use findings::Findings;

use crate::config::Config;
use crate::lua::vm::ConfigChoice;

/// Looks at everything, and changes nothing. What fails does not keep the rest from being looked at.
pub fn examine(choice: &ConfigChoice) -> Findings {
    let mut findings = Findings::default();
    let config = match choice.load_incomplete() {
        Ok(config) => config,
        Err(error) => {
            findings.failed("configuration", format!("cannot {error}"));
            return findings;
        }
    };
    let lithops = &config.lithops;
    findings.ok("configuration", format!("backend `{}`, storage `{}`", lithops.backend, lithops.storage));
    if lithops.backend == "localhost" {
        local::look_at_workers(choice, &mut findings);
    }
    if lithops.storage == "localhost" {
        local::look_at_storage(&config, &mut findings);
    }
    if needs_aws(&config) {
        crate::io::handle().block_on(aws::look(&config, &mut findings));
    }
    findings
}

fn needs_aws(config: &Config) -> bool {
    config.lithops.backend == "aws_lambda" || config.lithops.storage == "aws_s3"
}
