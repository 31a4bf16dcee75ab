//! Stored values as JSON, by their shape alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::bytes::{NO_VARIANT, load_length, load_tag, take_byte};
use super::json::{push, push_decimal, push_float, push_quoted, push_text};
use super::text::{load_bytes, load_text};
use super::{Fields, Malformed, NumberKind, Shape, Stored};
use crate::time::Time;

/// Takes a value of this shape from the front of the bytes and appends it as JSON, without knowing its type.
///
/// Structs and maps whose keys are text are objects, other maps lists of pairs. A struct or a variant with one field without
/// a name is that field. A variant is its name, or an object of its name and its fields. A missing value and `()` are `null`, a
/// span is in seconds, a time in milliseconds since the epoch. What JSON has no number for, such as `NaN`, is text.
///
/// ```
/// use microbatch::stored::dump;
/// use microbatch::{Shape, Stored};
///
/// let mut bytes = Vec::new();
/// ("be".to_string(), Some(2u64)).store(&mut bytes);
/// let mut json = String::new();
/// dump(&Shape::of::<(String, Option<u64>)>(), &mut bytes.as_slice(), &mut json)?;
/// assert_eq!(json, r#"["be",2]"#);
/// # Ok::<(), microbatch::Malformed>(())
/// ```
///
/// # Errors
/// If the bytes are no value of this shape. What was read before is in `out`.
pub fn dump(shape: &Shape, from: &mut &[u8], out: &mut String) -> Result<(), Malformed> {
    let mut dump = Dump { named: Vec::new(), steps: vec![Step::Value(shape)], seen: (0, 0), out };
    dump.find_names(shape);
    dump.run(from)
}

/// So many steps may wait for others: what comes of a shape that contains itself without end.
const MOST_STEPS: usize = 1 << 20;

fn endless() -> Malformed {
    Malformed::new("its shape contains itself without end")
}

/// Values are walked with a stack of their own, so that they may be nested as deep as they like.
struct Dump<'a, 'o> {
    /// What [`Shape::Seen`] refers to.
    named: Vec<&'a Shape>,
    /// What is to be written, the next at the end.
    steps: Vec<Step<'a>>,
    /// How many shapes were looked up since so many bytes were left.
    seen: (usize, usize),
    out: &'o mut String,
}

enum Step<'a> {
    Value(&'a Shape),
    Text(&'static str),
    /// The name of a field.
    Name(&'a str),
    /// The items of a list that are left.
    Items(Items<'a>, u64),
    /// The end of an item that began when so many bytes were left.
    EndOfItem(usize),
}

#[derive(Clone, Copy)]
enum Items<'a> {
    /// Values in a list.
    Values(&'a Shape),
    /// Keys and values in an object.
    Members(&'a Shape, &'a Shape),
    /// Keys and values in a list of pairs.
    Pairs(&'a Shape, &'a Shape),
}

impl<'a> Dump<'a, '_> {
    /// Lists the shapes with names in the order in which they come.
    fn find_names(&mut self, shape: &'a Shape) {
        match shape {
            Shape::Optional(one) | Shape::List(one) | Shape::Array(_, one) => self.find_names(one),
            Shape::Outcome(one, other) | Shape::Entries(one, other) => {
                self.find_names(one);
                self.find_names(other);
            }
            Shape::Tuple(members) => members.iter().for_each(|member| self.find_names(member)),
            Shape::Struct(_, fields) => {
                self.named.push(shape);
                self.find_names_of_fields(fields);
            }
            Shape::Enum(_, variants) => {
                self.named.push(shape);
                variants.iter().for_each(|(_, fields)| self.find_names_of_fields(fields));
            }
            _ => {}
        }
    }

    fn find_names_of_fields(&mut self, fields: &'a Fields) {
        match fields {
            Fields::Unit => {}
            Fields::Unnamed(fields) => fields.iter().for_each(|shape| self.find_names(shape)),
            Fields::Named(fields) => fields.iter().for_each(|(_, shape)| self.find_names(shape)),
        }
    }

    fn run(&mut self, from: &mut &[u8]) -> Result<(), Malformed> {
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Value(shape) => self.value(shape, from)?,
                Step::Text(text) => self.out.push_str(text),
                Step::Name(name) => {
                    push_text(name, self.out);
                    self.out.push(':');
                }
                Step::Items(items, left) => self.item(items, left, from.len()),
                Step::EndOfItem(before) => {
                    if from.len() == before {
                        take_byte(from)?;
                    }
                }
            }
            if self.steps.len() > MOST_STEPS {
                return Err(endless());
            }
        }
        Ok(())
    }

    fn value(&mut self, shape: &'a Shape, from: &mut &[u8]) -> Result<(), Malformed> {
        match shape {
            Shape::Unit => self.out.push_str("null"),
            Shape::Bool => push(bool::load(from)?, self.out),
            Shape::Char => push_text(char::load(from)?.encode_utf8(&mut [0; 4]), self.out),
            Shape::Numeric(number) | Shape::WithoutZero(number) => push_number(*number, from, self.out)?,
            Shape::Text => push_text(load_text(from)?, self.out),
            Shape::FilePath => push_text(&String::from_utf8_lossy(load_bytes(from)?), self.out),
            Shape::Span => {
                let span = Duration::load(from)?;
                push_decimal(span.as_secs().into(), span.subsec_nanos(), 9, self.out);
            }
            Shape::BatchTime => {
                let since = Duration::from_nanos(Time::load(from)?.as_nanos());
                push_decimal(since.as_millis(), since.subsec_nanos() % 1_000_000, 6, self.out);
            }
            Shape::ClockTime => {
                let (is_before, distance) = <(bool, Duration)>::load(from)?;
                self.out.push_str(if is_before { "-" } else { "" });
                push_decimal(distance.as_millis(), distance.subsec_nanos() % 1_000_000, 6, self.out);
            }
            Shape::Ipv4 => push_quoted(Ipv4Addr::load(from)?, self.out),
            Shape::Ipv6 => push_quoted(Ipv6Addr::load(from)?, self.out),
            Shape::Ip => push_quoted(IpAddr::load(from)?, self.out),
            Shape::Socket => push_quoted(SocketAddr::load(from)?, self.out),
            Shape::Optional(value) => match Option::<()>::load(from)? {
                None => self.out.push_str("null"),
                Some(()) => self.steps.push(Step::Value(value)),
            },
            Shape::Outcome(value, error) => match Result::<(), ()>::load(from)? {
                Ok(()) => self.member("Ok", value),
                Err(()) => self.member("Err", error),
            },
            Shape::List(item) => self.items(Items::Values(item), load_length(from)? as u64),
            Shape::Array(length, item) => self.items(Items::Values(item), *length),
            Shape::Entries(key, value) => {
                let items = if is_text(key) { Items::Members(key, value) } else { Items::Pairs(key, value) };
                self.items(items, load_length(from)? as u64);
            }
            Shape::Tuple(members) => self.list(members),
            Shape::Struct(_, fields) => self.fields(fields),
            Shape::Enum(_, variants) => {
                let (name, fields) = variants.get(load_tag(from)? as usize).ok_or(NO_VARIANT)?;
                self.variant(name, fields);
            }
            Shape::Seen(number) => {
                let (left, seen) = &mut self.seen;
                *seen = if *left == from.len() { *seen + 1 } else { 1 };
                *left = from.len();
                if *seen > MOST_STEPS {
                    return Err(endless());
                }
                let shape = self.named.get(*number as usize).copied();
                self.steps.push(Step::Value(shape.ok_or(Malformed::new("its shape refers to one that is missing"))?));
            }
        }
        Ok(())
    }

    fn items(&mut self, items: Items<'a>, count: u64) {
        self.out.push(if matches!(items, Items::Members(..)) { '{' } else { '[' });
        self.steps.push(Step::Text(if matches!(items, Items::Members(..)) { "}" } else { "]" }));
        self.steps.push(Step::Items(items, count));
    }

    fn item(&mut self, items: Items<'a>, left: u64, bytes: usize) {
        let Some(left) = left.checked_sub(1) else { return };
        self.steps.push(Step::Items(items, left));
        if left > 0 {
            self.steps.push(Step::Text(","));
        }
        self.steps.push(Step::EndOfItem(bytes));
        match items {
            Items::Values(item) => self.steps.push(Step::Value(item)),
            Items::Members(key, value) => {
                self.steps.extend([Step::Value(value), Step::Text(":"), Step::Value(key)]);
            }
            Items::Pairs(key, value) => {
                self.steps.extend([Step::Text("]"), Step::Value(value), Step::Text(","), Step::Value(key)]);
                self.out.push('[');
            }
        }
    }

    fn variant(&mut self, name: &'a str, fields: &'a Fields) {
        if let Fields::Unit = fields {
            return push_text(name, self.out);
        }
        self.out.push('{');
        push_text(name, self.out);
        self.out.push(':');
        self.steps.push(Step::Text("}"));
        self.fields(fields);
    }

    fn fields(&mut self, fields: &'a Fields) {
        match fields {
            Fields::Unit => self.out.push_str("null"),
            Fields::Unnamed(fields) => match fields.as_slice() {
                [one] => self.steps.push(Step::Value(one)),
                fields => self.list(fields),
            },
            Fields::Named(fields) => {
                self.out.push('{');
                self.steps.push(Step::Text("}"));
                for (number, (name, shape)) in fields.iter().enumerate().rev() {
                    self.steps.extend([Step::Value(shape), Step::Name(name), Step::Text(comma_before(number))]);
                }
            }
        }
    }

    fn list(&mut self, members: &'a [Shape]) {
        self.out.push('[');
        self.steps.push(Step::Text("]"));
        for (number, member) in members.iter().enumerate().rev() {
            self.steps.extend([Step::Value(member), Step::Text(comma_before(number))]);
        }
    }

    fn member(&mut self, name: &'static str, value: &'a Shape) {
        self.out.push('{');
        self.steps.extend([Step::Text("}"), Step::Value(value), Step::Name(name)]);
    }
}

fn comma_before(number: usize) -> &'static str {
    if number == 0 { "" } else { "," }
}

/// Whether values of this shape are text in JSON, so that they can be the keys of an object.
fn is_text(shape: &Shape) -> bool {
    use Shape::{Char, FilePath, Ip, Ipv4, Ipv6, Socket, Text};
    matches!(shape, Text | FilePath | Char | Ip | Ipv4 | Ipv6 | Socket)
}

fn push_number(number: NumberKind, from: &mut &[u8], out: &mut String) -> Result<(), Malformed> {
    match number {
        NumberKind::U8 => push(u8::load(from)?, out),
        NumberKind::U16 => push(u16::load(from)?, out),
        NumberKind::U32 => push(u32::load(from)?, out),
        NumberKind::U64 => push(u64::load(from)?, out),
        NumberKind::U128 => push(u128::load(from)?, out),
        NumberKind::I8 => push(i8::load(from)?, out),
        NumberKind::I16 => push(i16::load(from)?, out),
        NumberKind::I32 => push(i32::load(from)?, out),
        NumberKind::I64 => push(i64::load(from)?, out),
        NumberKind::I128 => push(i128::load(from)?, out),
        NumberKind::F32 => {
            let value = f32::load(from)?;
            push_float(value, value.is_finite(), out);
        }
        NumberKind::F64 => {
            let value = f64::load(from)?;
            push_float(value, value.is_finite(), out);
        }
    }
    Ok(())
}
