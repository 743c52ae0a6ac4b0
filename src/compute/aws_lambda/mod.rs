//! AWS Lambda as a backend.

pub mod deploy;
pub mod image;
