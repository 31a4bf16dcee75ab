//! JSON, as far as it is written.

use std::fmt::{Debug, Display, Write};

/// Appends text in quotes.
pub(super) fn push_text(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..' ' => push(format_args!("\\u{:04x}", u32::from(letter)), out),
            _ => out.push(letter),
        }
    }
    out.push('"');
}

/// Appends what looks in JSON as it is displayed.
pub(super) fn push(value: impl Display, out: &mut String) {
    // Writing to a `String` cannot fail.
    let _ = write!(out, "{value}");
}

/// Appends what is displayed without anything that would have to be escaped, in quotes.
pub(super) fn push_quoted(value: impl Display, out: &mut String) {
    push(format_args!("\"{value}\""), out);
}

/// Appends a floating-point number. JSON has none that is not finite: those are text.
pub(super) fn push_float(value: impl Debug, is_finite: bool, out: &mut String) {
    // With an exponent where it is far from one, which its `Display` would write out.
    if is_finite { push(format_args!("{value:?}"), out) } else { push_text(&format!("{value:?}"), out) }
}

/// Appends a number of so many `digits` behind the point, without the zeros at the end.
pub(super) fn push_decimal(whole: u128, fraction: u32, digits: usize, out: &mut String) {
    push(whole, out);
    if fraction > 0 {
        push(format_args!(".{fraction:0digits$}"), out);
        out.truncate(out.trim_end_matches('0').len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut String)) -> String {
        let mut out = String::new();
        write(&mut out);
        out
    }

    #[test]
    fn text_is_escaped() {
        let text = |text: &str| written(|out| push_text(text, out));
        assert_eq!(text(""), r#""""#);
        assert_eq!(text("ä\u{2028}𝄞 /"), "\"ä\u{2028}𝄞 /\"");
        assert_eq!(text("\"\\\n\r\t\0\u{1b}\u{7f}"), "\"\\\"\\\\\\n\\r\\t\\u0000\\u001b\u{7f}\"");
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(written(|out| push_decimal(3, 0, 9, out)), "3");
        assert_eq!(written(|out| push_decimal(10, 500_000_000, 9, out)), "10.5");
        assert_eq!(written(|out| push_decimal(0, 1, 6, out)), "0.000001");
        let float = |value: f64| written(|out| push_float(value, value.is_finite(), out));
        assert_eq!([1.0, -0.0, 1e300, 1e-7, 0.1].map(float), ["1.0", "-0.0", "1e300", "1e-7", "0.1"]);
        assert_eq!([f64::NAN, f64::INFINITY, -f64::INFINITY].map(float), [r#""NaN""#, r#""inf""#, r#""-inf""#]);
    }
}
