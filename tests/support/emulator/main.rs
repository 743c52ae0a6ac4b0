//! The emulator as a program, for scripts and people: `cargo run --release --example emulator`.
//!
//! It prints what to export, then runs until its standard input closes, or until it is told to end. An argument is a JSON
//! object of knobs: `emulator '{"latency_ms": 50}'`; later, `POST /emulator/knobs` takes the same.

#[allow(dead_code)]
#[path = "mod.rs"]
mod emulator;

use std::io::Read;

use emulator::{Emulator, Knobs, ROLE};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let knobs = match std::env::args().nth(1) {
        Some(json) => {
            serde_json::from_str(&json).map_err(|error| format!("the argument is no set of knobs: {error}"))?
        }
        None => Knobs::default(),
    };
    let emulator = Emulator::start(knobs);
    for (name, value) in emulator.environment() {
        println!("export {name}={value}");
    }
    println!("export LITHOPS_EMULATOR_ROLE={ROLE}");
    let (sender, input_closed) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut ignored = [0; 1 << 10];
        while std::io::stdin().read(&mut ignored).is_ok_and(|count| count > 0) {}
        let _ = sender.send(());
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            _ = input_closed => {}
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        Ok(())
    })
}
