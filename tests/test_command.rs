//! `lithops-lua test`: which files and tests run, what is said of them, and how the program ends.

#[path = "support/host.rs"]
#[allow(dead_code)]
mod support;

#[path = "test_command/endings.rs"]
mod endings;
#[path = "test_command/forms.rs"]
mod forms;
#[path = "test_command/isolation.rs"]
mod isolation;
#[path = "test_command/jobs.rs"]
mod jobs;
#[path = "test_command/order.rs"]
mod order;
#[path = "test_command/selection.rs"]
mod selection;
