//! The binary: everything is in the library.
<<<<<<< HEAD
fn main() {
    if lithops_lua::worker::is_worker() {
        std::process::exit(lithops_lua::worker::run());
    }
    let script = std::env::args().nth(1).unwrap();
    let text = std::fs::read(&script).unwrap();
    let t = std::thread::Builder::new().stack_size(16<<20).spawn(move || {
        let vm = lithops_lua::lua::Vm::new(&lithops_lua::lua::VmSettings::driver(vec![".".into()])).unwrap();
        let f = vm.lua.load(text).set_name(format!("@{script}")).into_function().unwrap();
        match lithops_lua::lua::call_with_traceback(&vm.lua, &f, ()) {
            Ok(_) => {}
            Err(e) => eprintln!("{e}"),
        }
        lithops_lua::compute::local::shutdown_all();
        std::process::exit(0);
    }).unwrap();
    t.join().unwrap();
=======

fn main() {
    lithops_lua::cli::main()
>>>>>>> host
}
