//! lithops-lua runs Lua functions in parallel: a script calls `lithops.map(fn, data)`, and worker processes run it.
//!
//! The same binary is the *driver*, which runs the script, and the *worker*, which runs its functions. What happens
//! when a script calls `map`, room by room:
//!
//! 1. [`cli`] reads the command line and starts the script in a VM of [`lua`], the Lua host: `require`, tracebacks, and
//!    the `lithops` table with all that scripts call.
//! 2. [`codec`] turns the function, with all that it captures, and the elements into bytes.
//! 3. [`job`] keeps the state of the calls: it cuts the input into chunks, sends them out as invocations, takes in what
//!    comes back, and repeats what has to be repeated. It knows neither Lua nor where workers are.
//! 4. [`compute`] runs invocations: [`compute::local`] in child processes on this machine, [`compute::aws_lambda`] as
//!    functions on AWS, whose account and failures [`aws`] knows. [`storage`] keeps objects, in a folder or on S3.
//! 5. [`worker`] is the other end: it decodes the function, runs the calls, and streams frames back. The words of both
//!    sides are in [`protocol`].
//! 6. Beside them: [`config`] finds and checks the configuration; [`report`] draws the progress bar and plots, and writes down
//!    jobs for `lithops-lua job`; [`http`] is the client for URLs; [`luacats`] is what the annotations of the API say; [`io`]
//!    is the one thread that waits for sockets and timers; [`allocator`] gives the program its memory.
//!
//! Dependencies go one way: `cli → lua → job → {compute, storage} → protocol`, and `worker → {lua, codec, storage,
//! protocol}`.

pub mod allocator;
pub mod aws;
pub mod cli;
pub mod codec;
pub mod compute;
pub mod config;
pub mod http;
pub mod io;
pub mod job;
pub mod lua;
pub mod luacats;
pub mod protocol;
pub mod report;
pub mod storage;
pub mod worker;
