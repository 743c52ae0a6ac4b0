//! lithops-lua.
pub mod cli;
pub mod codec;
pub mod compute;
pub mod config;
pub mod io;
pub mod job;
pub mod lua;
pub mod protocol;
pub mod report;
pub mod storage;
pub mod worker;
