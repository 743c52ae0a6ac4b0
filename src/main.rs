//! The binary: everything is in the library.

fn main() {
    lithops_lua::cli::main()
}
