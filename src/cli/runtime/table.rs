//! The list of functions for people.

use crate::compute::aws_lambda::deploy::catalog::FunctionSummary;

const HEADINGS: [&str; 6] = ["NAME", "MEMORY", "ARCHITECTURE", "VERSION", "STATE", "LAST MODIFIED"];

/// Columns as wide as their longest cell.
pub(super) fn render(functions: &[FunctionSummary]) -> String {
    let mut rows = vec![HEADINGS.map(String::from)];
    rows.extend(functions.iter().map(|function| {
        [
            function.name.clone(),
            format!("{} MB", function.parts.memory_mb),
            function.parts.architecture.clone(),
            function.parts.version.clone(),
            function.state.clone(),
            function.last_modified.clone(),
        ]
    }));
    let widths: Vec<usize> =
        (0..HEADINGS.len()).map(|column| rows.iter().map(|row| row[column].len()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
