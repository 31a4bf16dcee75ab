//! Text in aligned columns.

/// How a column stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

/// Rows under their titles, two spaces between columns, no spaces at the ends of lines.
pub(super) fn columns<const N: usize>(titles: [(&str, Align); N], rows: &[[String; N]]) -> String {
    let heading = titles.map(|(title, _)| title.to_owned());
    let lines = || [&heading].into_iter().chain(rows);
    let widths: [usize; N] =
        std::array::from_fn(|column| lines().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in lines() {
        let cells = row.iter().zip(&widths).zip(&titles).map(|((cell, &width), (_, align))| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["words", "1"], ["é", "1,234"]].map(|row| row.map(str::to_owned));
        let text = columns([("STATE", Align::Left), ("KEYS", Align::Right)], &rows);
        assert_eq!(text, "STATE   KEYS\nwords      1\né      1,234\n");
        assert_eq!(columns([("A", Align::Left), ("B", Align::Left)], &[["x".into(), String::new()]]), "A  B\nx\n");
    }
}
