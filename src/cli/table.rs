//! Tables for people: columns as wide as their longest cell.

/// Rows below headings.
pub fn render<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut lines = vec![headings.map(String::from)];
    lines.extend(rows);
    let width_of = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..N).map(width_of).collect();
    let mut text = String::new();
    for line in &lines {
        // What controls a terminal would move the columns, or worse.
        let cells =
            line.iter().zip(&widths).map(|(cell, width)| format!("{:width$}", cell.replace(char::is_control, "?")));
        let cells: Vec<String> = cells.collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::render;

    #[test]
    fn columns_are_as_wide_as_their_longest_cell() {
        let rows = [["a".into(), "läng".into()], ["bcd".into(), String::new()]];
        assert_eq!(render(["N", "S"], rows), "N    S\na    läng\nbcd\n");
    }
}
