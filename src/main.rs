//! The binary: everything is in the library.

#[global_allocator]
static ALLOCATOR: lithops_lua::allocator::Allocator = lithops_lua::allocator::Allocator;

fn main() {
    if lithops_lua::worker::is_worker() {
        std::process::exit(lithops_lua::worker::run());
    }
    lithops_lua::cli::main()
}
