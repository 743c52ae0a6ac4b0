//! `lithops-lua aws …`: what has to be allowed, and made, on AWS for a configuration.

mod place;
mod policy;
mod statements;
mod template;

pub use policy::policy;
pub use template::template;
