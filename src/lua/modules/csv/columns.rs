//! Options that are lists of columns.

use mlua::{Table, Value};

/// Whether a table has the keys 1, 2, 3 … and no others, but for its length in `n`, as results of jobs have it: columns under
/// other keys would be passed over without a word.
pub(super) fn is_list(table: &Table) -> bool {
    let length = table.sequence_values::<Value>().count();
    let has_length = matches!(table.raw_get::<usize>("n"), Ok(n) if n == length);
    table.pairs::<Value, Value>().count() == length + usize::from(has_length)
}

/// Whether a table is a list of names, and not empty.
pub(super) fn is_names(table: &Table) -> bool {
    let are_strings = table.sequence_values::<Value>().all(|name| matches!(name, Ok(Value::String(_))));
    are_strings && table.raw_len() > 0 && is_list(table)
}
