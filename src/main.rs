//! The binary: everything is in the library.

fn main() {
    if lithops_lua::worker::is_worker() {
        std::process::exit(lithops_lua::worker::run());
    }
    lithops_lua::cli::main()
}
