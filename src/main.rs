//! The binary: everything is in the library.

/// The Lua VM takes all of its memory here.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    if lithops_lua::worker::is_worker() {
        std::process::exit(lithops_lua::worker::run());
    }
    lithops_lua::cli::main()
}
