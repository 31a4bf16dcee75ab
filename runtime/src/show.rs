//! How records look in outputs: as Spark prints them.

use crate::tuples::for_tuples;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::{self, Debug, Display, Formatter, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;

/// A record that `print`, `print_table` and `save_as_text_files` can write, as Spark would: text as it is, a pair as
/// `(word,2)`, a missing value as `None`, a list as `[1, 2]`, a type of yours (with `#[derive(Record)]`) as `Click(1,/faq)`.
///
/// ```
/// use microbatch::Shown;
///
/// assert_eq!(Shown(("hello", (2u64, Some(0.5)))).to_string(), "(hello,(2,Some(0.5)))");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be written as text",
    label = "this needs records that can be shown, and `{Self}` cannot",
    note = "put `#[derive(Clone, Record)]` on each type of yours in it, or `.map(|record| format!(…))` the stream first"
)]
pub trait Show {
    /// How many cells a record has in a table: one, or for a tuple those of its members together.
    const COLUMNS: usize = 1;

    /// Writes the record.
    ///
    /// # Errors
    /// When `to` does not take it.
    fn show(&self, to: &mut Formatter<'_>) -> fmt::Result;

    /// Writes the record behind a text, as `show` does. Text, whole numbers and tuples of them take no detour by a formatter.
    ///
    /// # Errors
    /// When `show` has one.
    #[doc(hidden)]
    fn show_behind(&self, text: &mut String) -> fmt::Result {
        write!(text, "{}", Shown(self))
    }

    /// Adds the cells of the record to the row of a table: [`COLUMNS`](Self::COLUMNS) of them.
    fn cells(&self, row: &mut Vec<String>) {
        row.push(Shown(self).to_string());
    }
}

/// Displays a record as [`Show`] writes it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<T>(pub T);

impl<T: Show> Display for Shown<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

/// A field, for `derive(Record)`.
#[doc(hidden)]
pub struct Field<'a, T>(pub &'a T);

impl<T: Show> Field<'_, T> {
    pub fn shown(&self) -> impl Display {
        Shown(self.0)
    }
}

/// A field that cannot be shown. Most cannot be stored either, which is an error already, and one is enough; of any other only
/// the place is shown.
#[doc(hidden)]
pub trait HiddenField {
    fn shown(&self) -> impl Display {
        '_'
    }
}

impl<T> HiddenField for Field<'_, T> {}

/// `Name(field,field)`, for `derive(Record)`.
#[doc(hidden)]
pub fn show_fields(to: &mut Formatter<'_>, name: &str, fields: &[&dyn Display]) -> fmt::Result {
    to.write_str(name)?;
    if fields.is_empty() {
        return Ok(());
    }
    for (number, field) in fields.iter().enumerate() {
        to.write_str(if number == 0 { "(" } else { "," })?;
        Display::fmt(field, to)?;
    }
    to.write_str(")")
}

macro_rules! shown_by {
    ($format:ident: $($type:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl Show for $type {
            fn show(&self, to: &mut Formatter<'_>) -> fmt::Result {
                $format::fmt(self, to)
            }
        }
    )*};
}

/// Shown as displayed, and behind a text by a way of their own.
macro_rules! shown_behind {
    (|$value:ident, $text:ident| $write:expr; $($type:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl Show for $type {
            fn show(&self, to: &mut Formatter<'_>) -> fmt::Result {
                Display::fmt(self, to)
            }
            #[inline]
            fn show_behind(&self, $text: &mut String) -> fmt::Result {
                let $value = self;
                $write;
                Ok(())
            }
        }
    )*};
}

shown_behind!(
    |n, text| text.push_str(itoa::Buffer::new().format(*n));
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);
shown_behind!(|value, text| text.push_str(value); str, String, std::borrow::Cow<'_, str>);
shown_by!(Display: bool, char);
shown_by!(Display: std::net::IpAddr, std::net::Ipv4Addr, std::net::Ipv6Addr, std::net::SocketAddr, crate::Time);
shown_by!(Display: NonZero<u8>, NonZero<u16>, NonZero<u32>, NonZero<u64>, NonZero<u128>);
shown_by!(Display: NonZero<i8>, NonZero<i16>, NonZero<i32>, NonZero<i64>, NonZero<i128>, NonZero<usize>, NonZero<isize>);
// `1.0`, not `1`, as on the JVM.
shown_by!(Debug: f32, f64, (), std::time::Duration, std::time::SystemTime, std::cmp::Ordering, PathBuf);

#[diagnostic::do_not_recommend]
impl<T: Show + ?Sized> Show for &T {
    const COLUMNS: usize = T::COLUMNS;
    fn show(&self, to: &mut Formatter<'_>) -> fmt::Result {
        (**self).show(to)
    }
    #[inline]
    fn show_behind(&self, text: &mut String) -> fmt::Result {
        (**self).show_behind(text)
    }
    fn cells(&self, row: &mut Vec<String>) {
        (**self).cells(row);
    }
}

#[diagnostic::do_not_recommend]
impl<T: Show + ?Sized> Show for Box<T> {
    const COLUMNS: usize = T::COLUMNS;
    fn show(&self, to: &mut Formatter<'_>) -> fmt::Result {
        (**self).show(to)
    }
    #[inline]
    fn show_behind(&self, text: &mut String) -> fmt::Result {
        (**self).show_behind(text)
    }
    fn cells(&self, row: &mut Vec<String>) {
        (**self).cells(row);
    }
}

#[diagnostic::do_not_recommend]
impl<T: Show + ?Sized> Show for Arc<T> {
    const COLUMNS: usize = T::COLUMNS;
    fn show(&self, to: &mut Formatter<'_>) -> fmt::Result {
        (**self).show(to)
    }
    #[inline]
    fn show_behind(&self, text: &mut String) -> fmt::Result {
        (**self).show_behind(text)
    }
    fn cells(&self, row: &mut Vec<String>) {
        (**self).cells(row);
    }
}

#[diagnostic::do_not_recommend]
impl<T: Show> Show for Option<T> {
    fn show(&self, to: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Some(value) => write!(to, "Some({})", Shown(value)),
            None => to.write_str("None"),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: Show, E: Show> Show for Result<T, E> {
    fn show(&self, to: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Ok(value) => write!(to, "Ok({})", Shown(value)),
            Err(error) => write!(to, "Err({})", Shown(error)),
        }
    }
}

fn show_list<T: Show>(items: impl Iterator<Item = T>, to: &mut Formatter<'_>) -> fmt::Result {
    to.write_str("[")?;
    for (number, item) in items.enumerate() {
        if number > 0 {
            to.write_str(", ")?;
        }
        item.show(to)?;
    }
    to.write_str("]")
}

macro_rules! shown_as_lists {
    ($([$($parameter:ident),*] $type:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($parameter: Show),*> Show for $type {
            fn show(&self, to: &mut Formatter<'_>) -> fmt::Result {
                show_list(self.iter(), to)
            }
        }
    )*};
}

shown_as_lists!([T] [T], [T] Vec<T>, [T] VecDeque<T>, [T] BTreeSet<T>, [K, V] BTreeMap<K, V>);

#[diagnostic::do_not_recommend]
impl<T: Show, const N: usize> Show for [T; N] {
    fn show(&self, to: &mut Formatter<'_>) -> fmt::Result {
        show_list(self.iter(), to)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Show, S> Show for HashSet<T, S> {
    fn show(&self, to: &mut Formatter<'_>) -> fmt::Result {
        show_list(self.iter(), to)
    }
}

#[diagnostic::do_not_recommend]
impl<K: Show, V: Show, S> Show for HashMap<K, V, S> {
    fn show(&self, to: &mut Formatter<'_>) -> fmt::Result {
        show_list(self.iter(), to)
    }
}

macro_rules! shown_as_tuples {
    ($(($($name:ident $index:tt),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name: Show),+> Show for ($($name,)+) {
            const COLUMNS: usize = 0 $(+ $name::COLUMNS)+;
            fn show(&self, to: &mut Formatter<'_>) -> fmt::Result {
                show_fields(to, "", &[$(&Shown(&self.$index) as &dyn Display),+])
            }
            fn show_behind(&self, text: &mut String) -> fmt::Result {
                let mut before = '(';
                $(
                    text.push(before);
                    self.$index.show_behind(text)?;
                    before = ',';
                )+
                let _ = before;
                text.push(')');
                Ok(())
            }
            fn cells(&self, row: &mut Vec<String>) {
                $(self.$index.cells(row);)+
            }
        }
    )*};
}

for_tuples!(shown_as_tuples);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_show_the_same() {
        let list = vec![Some(1u8), None];
        let records = (
            (u64::MAX, i64::MIN, 0u8, -1i8, i128::MIN),
            ("text", String::new(), std::borrow::Cow::Borrowed("é")),
            (&&7u16, Box::new("boxed"), Arc::new((1, 'c'))),
            (1.0, true, Some(-0.5), (NonZero::<u32>::MIN,)),
            (list, Result::<(u32, u32), ()>::Err(())),
        );
        let mut text = String::from("before ");
        assert!(records.show_behind(&mut text).is_ok());
        assert_eq!(text, format!("before {}", Shown(&records)));
        assert!(text.starts_with("before ((18446744073709551615,-9223372036854775808,0,-1,-17014"), "{text}");
    }
}
