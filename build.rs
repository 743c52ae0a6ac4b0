//! Link options of the binary.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // C modules of Lua find the VM's functions in the program that loads them.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        for names in ["lua_*", "luaL_*", "luaJIT_*"] {
            println!("cargo:rustc-link-arg-bins=-Wl,--export-dynamic-symbol={names}");
        }
    }
}
