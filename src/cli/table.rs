//! Tables for people: columns as wide as their longest cell.

/// Rows below headings.
pub fn render<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    render_with_numbers(headings, rows, N)
}

/// The same, where the columns from `numbers` on are numbers, which end at the same place.
pub fn render_with_numbers<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    numbers: usize,
) -> String {
    let mut lines = vec![headings.map(String::from)];
    lines.extend(rows);
    let width_of = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width_of).collect();
    let mut text = String::new();
    for line in &lines {
        // What controls a terminal would move the columns, or worse.
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            let cell = cell.replace(char::is_control, "?");
            if column < numbers { format!("{cell:width$}") } else { format!("{cell:>width$}") }
        });
        let cells: Vec<String> = cells.collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{render, render_with_numbers};

    #[test]
    fn columns_are_as_wide_as_their_longest_cell() {
        let rows = [["a".into(), "läng".into()], ["bcd".into(), String::new()]];
        assert_eq!(render(["N", "S"], rows), "N    S\na    läng\nbcd\n");
        let rows = [["a\x1b".into(), "1".into()], ["b".into(), "100".into()]];
        assert_eq!(render_with_numbers(["N", "S"], rows, 1), "N     S\na?    1\nb   100\n");
    }
}
