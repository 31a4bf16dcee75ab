//! What `#[derive(Record)]` makes of a type of yours in bytes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fmt::Debug;

use microbatch::prelude::*;
use microbatch::{Shape, Stored};

/// Stores a value, reads it again, and tries every way to lose its end.
fn bytes_of<T: Stored + PartialEq + Debug>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.store(&mut bytes);
    let mut from = bytes.as_slice();
    assert_eq!(&T::load(&mut from).unwrap(), value);
    assert!(from.is_empty());
    for end in 0..bytes.len() {
        assert!(T::load(&mut &bytes[..end]).is_err(), "{value:?} without {} bytes", bytes.len() - end);
    }
    bytes
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Session {
    user: u64,
    pages: Vec<String>,
}

#[test]
fn a_struct_is_its_fields() {
    let session = Session { user: 7, pages: vec!["/".into(), "/faq".into()] };
    assert_eq!(bytes_of(&session), *b"\x07\0\0\0\0\0\0\0\x02\x01/\x04/faq");
    assert_eq!(Shape::of::<Session>().to_string(), "Session { user: u64, pages: [String] }");
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Point(f32, f32);

#[derive(Clone, Debug, PartialEq, Record)]
struct Nothing;

#[derive(Clone, Debug, PartialEq, Record)]
struct Braces {}

#[test]
fn structs_without_names_or_fields() {
    assert_eq!(bytes_of(&Point(1.0, -0.5)), [0, 0, 128, 63, 0, 0, 0, 191]);
    assert_eq!(bytes_of(&Nothing), []);
    assert_eq!(bytes_of(&Braces {}), []);
    assert_eq!(bytes_of(&vec![Nothing, Nothing]), [2, 0, 0]);
    let shape = Shape::of::<(Point, Nothing, Braces, Point)>();
    assert_eq!(shape.to_string(), "(Point(f32, f32), Nothing, Braces {}, Point)");
}

#[derive(Clone, Debug, PartialEq, Record)]
enum Event {
    Open,
    Click(u8, String),
    Close { after: Duration },
}

#[test]
fn an_enum_is_the_number_of_its_variant_and_the_fields() {
    assert_eq!(bytes_of(&Event::Open), [0]);
    assert_eq!(bytes_of(&Event::Click(9, "/".into())), [1, 9, 1, b'/']);
    assert_eq!(bytes_of(&Event::Close { after: Duration::from_nanos(3) }), [2, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0]);
    assert_eq!(Shape::of::<Event>().to_string(), "enum Event { Open, Click(u8, String), Close { after: Duration } }");
    let error = Event::load(&mut [3].as_slice()).unwrap_err();
    assert_eq!(error.to_string(), "the bytes are not a stored value: an enum has no variant of this number");
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Wrapped<T, const N: usize>
where
    T: Debug,
{
    items: [T; N],
}

#[derive(Clone, Debug, PartialEq, Record)]
enum Either<A, B> {
    Left(A),
    Right(B),
}

#[test]
fn generic_types() {
    assert_eq!(bytes_of(&Wrapped { items: [1u8, 2] }), [1, 2]);
    assert_eq!(Shape::of::<Wrapped<u8, 2>>().to_string(), "Wrapped { items: [u8; 2] }");
    type Both = Either<Either<u8, ()>, String>;
    assert_eq!(bytes_of(&vec![Both::Left(Either::Right(())), Both::Right("a".into())]), [2, 0, 1, 1, 1, b'a']);
    // The two are different types of one name.
    assert_eq!(
        Shape::of::<Both>().to_string(),
        "enum Either { Left(enum Either { Left(u8), Right(()) }), Right(String) }"
    );
    assert_ne!(Shape::of::<Either<u8, u16>>(), Shape::of::<Either<u16, u8>>());
}

/// It is no record, and cannot be shown.
#[derive(Clone, Debug, PartialEq)]
struct Cache(u64);

impl Default for Cache {
    fn default() -> Self {
        Cache(99)
    }
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Cached {
    #[record(skip)]
    cache: Cache,
    key: u16,
}

#[derive(Clone, Debug, PartialEq, Record)]
enum Skips {
    Some(#[record(skip)] Cache, u8, #[record(skip)] u32),
    All {
        #[record(skip)]
        cache: Cache,
    },
}

#[test]
fn a_field_that_is_left_out_is_read_as_its_default() {
    assert_eq!(bytes_of(&Cached { cache: Cache(99), key: 1 }), [1, 0]);
    let mut bytes = Vec::new();
    Cached { cache: Cache(5), key: 1 }.store(&mut bytes);
    assert_eq!(Cached::load(&mut bytes.as_slice()), Ok(Cached { cache: Cache(99), key: 1 }));
    assert_eq!(Shape::of::<Cached>().to_string(), "Cached { key: u16 }");
    assert_eq!(microbatch::Shown(Cached { cache: Cache(5), key: 1 }).to_string(), "Cached(1)");

    assert_eq!(bytes_of(&Skips::Some(Cache(99), 3, 0)), [0, 3]);
    assert_eq!(bytes_of(&Skips::All { cache: Cache(99) }), [1]);
    assert_eq!(Shape::of::<Skips>().to_string(), "enum Skips { Some(u8), All {} }");
}
