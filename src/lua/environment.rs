//! The environment variables of this process, as functions of a job see them.

/// Sets a variable, or removes it.
///
/// For a worker's thread of calls: no other thread of a worker reads the environment while calls run.
pub fn set(name: &str, value: Option<&str>) {
    // SAFETY: the worker's other threads (the Runtime API loop and the lifeline) do not touch the environment
    // once the loop has started; C code that a function calls runs on this thread.
    unsafe {
        match value {
            Some(value) => std::env::set_var(name, value),
            None => std::env::remove_var(name),
        }
    }
}
