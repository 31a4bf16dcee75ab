//! Every type, with values drawn by a generator with a fixed seed.
#![allow(clippy::unwrap_used)]

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::Debug;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::*;
use crate::Record;
use crate::time::Time;

struct Random(u64);

impl Random {
    /// SplitMix64. One number in four is an extreme.
    fn next(&mut self) -> u64 {
        let number = self.uniform();
        match number % 8 {
            0 => number & 0xff00 >> 8,
            1 => u64::MAX,
            _ => self.uniform(),
        }
    }

    fn uniform(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.uniform() % end
    }

    fn bytes(&mut self) -> Vec<u8> {
        (0..self.below(40))
            .map(|_| if self.below(2) == 0 { self.below(4) as u8 } else { self.uniform() as u8 })
            .collect()
    }

    fn list<T: Sample, C: FromIterator<T>>(&mut self) -> C {
        (0..self.below(5)).map(|_| T::sample(self)).collect()
    }
}

trait Sample {
    fn sample(random: &mut Random) -> Self;
}

macro_rules! samples {
    ($([$($parameter:ident $(: $bound:path)*),*] $type:ty: |$random:pat_param| $sample:expr;)*) => {$(
        impl<$($parameter: Sample $(+ $bound)*),*> Sample for $type {
            fn sample($random: &mut Random) -> Self {
                $sample
            }
        }
    )*};
}

type Fixed = BuildHasherDefault<DefaultHasher>;

samples! {
    [] u8: |random| random.next() as u8;
    [] u16: |random| random.next() as u16;
    [] u32: |random| random.next() as u32;
    [] u64: |random| random.next();
    [] u128: |random| u128::from(random.next()) << 64 | u128::from(random.next());
    [] usize: |random| random.next() as usize;
    [] i8: |random| random.next() as i8;
    [] i16: |random| random.next() as i16;
    [] i32: |random| random.next() as i32;
    [] i64: |random| random.next() as i64;
    [] i128: |random| u128::sample(random) as i128;
    [] isize: |random| random.next() as isize;
    [] f32: |random| random.next() as f32 / 3.0;
    [] f64: |random| -(random.next() as f64) / 3.0;
    [] NonZero<u32>: |random| NonZero::new(random.next() as u32).unwrap_or(NonZero::<u32>::MIN);
    [] NonZero<i64>: |random| NonZero::new(random.next() as i64).unwrap_or(NonZero::<i64>::MIN);
    [] NonZero<usize>: |random| NonZero::new(random.next() as usize).unwrap_or(NonZero::<usize>::MIN);
    [] bool: |random| random.below(2) == 0;
    [] char: |random| char::from_u32(random.next() as u32 % 0x11_0000).unwrap_or('a');
    [] (): |_| ();
    [] Ordering: |random| random.below(2).cmp(&random.below(2));
    [] Duration: |random| Duration::new(random.next(), random.below(1_000_000_000) as u32);
    [] Time: |random| Time::from_nanos(random.next());
    [] SystemTime: |random| {
        let distance = Duration::new(random.below(1 << 40), random.below(1_000_000_000) as u32);
        if bool::sample(random) { UNIX_EPOCH + distance } else { UNIX_EPOCH - distance }
    };
    [] Ipv4Addr: |random| Ipv4Addr::from(random.next() as u32);
    [] Ipv6Addr: |random| Ipv6Addr::from(u128::sample(random));
    [] IpAddr: |random| if bool::sample(random) { Ipv4Addr::sample(random).into() } else { Ipv6Addr::sample(random).into() };
    [] SocketAddr: |random| match IpAddr::sample(random) {
        IpAddr::V4(ip) => (ip, random.next() as u16).into(),
        IpAddr::V6(ip) => SocketAddrV6::new(ip, random.next() as u16, random.next() as u32, random.next() as u32).into(),
    };
    [] String: |random| random.list::<char, String>();
    [] Box<str>: |random| String::sample(random).into();
    [] Arc<str>: |random| String::sample(random).into();
    [] Cow<'static, str>: |random| String::sample(random).into();
    [] &'static str: |random| ["", "a", "to be", "ä€𝄞"][random.below(4) as usize];
    [] PathBuf: |random| String::sample(random).into();
    [T] Option<T>: |random| bool::sample(random).then(|| T::sample(random));
    [T, E] Result<T, E>: |random| if bool::sample(random) { Ok(T::sample(random)) } else { Err(E::sample(random)) };
    [T] Box<T>: |random| Box::new(T::sample(random));
    [T] Arc<T>: |random| Arc::new(T::sample(random));
    [T] Vec<T>: |random| random.list();
    [T] Box<[T]>: |random| random.list();
    [T] Arc<[T]>: |random| random.list();
    [T] VecDeque<T>: |random| {
        let mut list: VecDeque<T> = random.list();
        list.push_front(T::sample(random)); // so that it begins at the end of its memory
        list
    };
    [T: Ord] BTreeSet<T>: |random| random.list();
    [T: Hash: Eq] HashSet<T, Fixed>: |random| random.list();
    [T: Hash: Eq] HashSet<T>: |random| random.list();
    [K: Ord, V] BTreeMap<K, V>: |random| random.list();
    [K: Hash: Eq, V] HashMap<K, V, Fixed>: |random| random.list();
    [K: Hash: Eq, V] HashMap<K, V>: |random| random.list();
    [T] [T; 3]: |random| std::array::from_fn(|_| T::sample(random));
    [T] [T; 0]: |_| [];
    [A] (A,): |random| (A::sample(random),);
    [A, B] (A, B): |random| (A::sample(random), B::sample(random));
    [A, B, C] (A, B, C): |random| (A::sample(random), B::sample(random), C::sample(random));
    [] Tree: |random| Tree { name: Sample::sample(random), children: (0..random.below(2)).map(|_| Tree::sample(random)).collect() };
    [] Chain: |random| if random.below(4) == 0 { Chain::End } else { Chain::Link(random.next() as u8, Sample::sample(random)) };
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Tree {
    name: String,
    children: Vec<Tree>,
}

#[derive(Clone, Debug, PartialEq, Record)]
enum Chain {
    End,
    Link(u8, Box<Chain>),
}

fn stored<T: Stored>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.store(&mut bytes);
    bytes
}

fn dumped<T: Stored>(value: &T) -> String {
    let mut json = String::new();
    let bytes = stored(value);
    let mut from = bytes.as_slice();
    dump(&Shape::of::<T>(), &mut from, &mut json).unwrap();
    assert!(from.is_empty(), "{} bytes are left", from.len());
    json
}

/// Values are read as they were written, and nothing else is read at all.
fn check<T: Stored + Sample + PartialEq + Debug>() {
    let shape = Shape::of::<T>();
    let mut random = Random(size_of::<T>() as u64);
    for _ in 0..200 {
        let value = T::sample(&mut random);
        let mut bytes = stored(&value);
        bytes.extend([7; 3]);
        let mut from = bytes.as_slice();
        assert_eq!(T::load(&mut from).as_ref(), Ok(&value), "{shape}");
        assert_eq!(from, [7; 3], "{shape}: {value:?}");
        bytes.truncate(bytes.len() - 3);
        for end in 0..bytes.len() {
            assert!(T::load(&mut &bytes[..end]).is_err(), "{shape}: {value:?} cut at {end}");
            assert!(dump(&shape, &mut &bytes[..end], &mut String::new()).is_err(), "{shape}: {value:?} cut at {end}");
        }
        dumped(&value);
        if !bytes.is_empty() {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] = random.uniform() as u8;
            let _ = T::load(&mut bytes.as_slice());
            let _ = dump(&shape, &mut bytes.as_slice(), &mut String::new());
        }
        let noise = random.bytes();
        let read = T::load(&mut noise.as_slice());
        let described = dump(&shape, &mut noise.as_slice(), &mut String::new());
        // A dump does not know all that a type asks for, but what the type can read it can write.
        assert!(read.is_err() || described.is_ok(), "{shape}: {noise:?}");
    }
    assert_eq!(Shape::load(&mut stored(&shape).as_slice()), Ok(shape));
}

macro_rules! check {
    ($($type:ty),* $(,)?) => { $(check::<$type>();)* };
}

#[test]
fn numbers() {
    check!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);
    check!(NonZero<u32>, NonZero<i64>, NonZero<usize>);
    check!(Vec<u8>, Vec<u16>, Vec<i128>, Vec<f64>, Vec<usize>, VecDeque<u32>, BTreeSet<u16>, HashSet<i8>, [u64; 3]);
}

#[test]
fn single_values() {
    check!(bool, char, (), Ordering, Duration, Time, SystemTime, Ipv4Addr, Ipv6Addr, IpAddr, SocketAddr);
    check!(String, Box<str>, Arc<str>, Cow<'static, str>, &'static str, PathBuf);
}

#[test]
fn values_that_hold_others() {
    check!(Option<u8>, Option<Option<()>>, Result<String, ()>, Result<(), (u8, bool)>, Box<String>, Arc<Option<u64>>);
    check!((u8,), (String, u64), (bool, (), Vec<u8>), [String; 3], [u8; 0], [(); 3]);
    check!(Vec<String>, Vec<()>, Vec<[(); 3]>, Vec<[u8; 0]>, Vec<Vec<u8>>, Box<[String]>, Arc<[u64]>, VecDeque<String>);
    check!(BTreeSet<String>, HashSet<u64>, HashSet<(), Fixed>, BTreeSet<()>);
    check!(BTreeMap<String, u8>, BTreeMap<(), ()>, HashMap<u8, Vec<u64>>, HashMap<String, (), Fixed>, HashMap<(), ()>);
    check!(Tree, Chain, Vec<(Tree, Option<Chain>)>);
}

#[test]
fn items_without_bytes_count() {
    assert_eq!(stored(&vec![(); 3]), [3, 0, 0, 0]);
    assert_eq!(stored(&[(); 2]), [0, 0]);
    assert_eq!(dumped(&vec![(); 3]), "[null,null,null]");
    // No list has more items than bytes.
    let many = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
    assert!(Vec::<()>::load(&mut many.as_slice()).is_err());
    assert!(Vec::<u64>::load(&mut many.as_slice()).is_err());
    assert!(BTreeMap::<(), ()>::load(&mut many.as_slice()).is_err());
}

#[test]
fn a_length_that_is_damaged_reserves_no_more_than_there_is() {
    let mut bytes = vec![0xff; 1000];
    bytes[..2].copy_from_slice(&[0xe0, 0x07]); // 992
    assert_eq!(lists::room::<[u64; 16]>(992, &bytes[2..]), 998 / 128);
    assert_eq!(lists::room::<u8>(992, &bytes[2..]), 992);
    assert!(Vec::<[u64; 16]>::load(&mut bytes.as_slice()).is_err());
}

#[test]
fn what_no_value_is_stored_as_is_malformed() {
    fn rejects<T: Stored + Debug>(bytes: &[u8], words: &str) {
        let error = T::load(&mut &*bytes).unwrap_err().to_string();
        assert_eq!(error, format!("the bytes are not a stored value: {words}"));
    }
    rejects::<bool>(&[2], "a bool is neither true nor false");
    rejects::<char>(&0xd800_u32.to_le_bytes(), "a char is not a Unicode scalar value");
    rejects::<String>(&[1, 0xff], "text is not UTF-8");
    rejects::<Option<u8>>(&[2, 0], "an option is neither there nor missing");
    rejects::<Result<u8, u8>>(&[2, 0], "a result is neither right nor wrong");
    rejects::<NonZero<u8>>(&[0], "a number that is never zero is zero");
    rejects::<Ordering>(&[3], "`Ordering` has no variant of this number");
    rejects::<Duration>(&[0xff; 12], "a duration has a second too much");
    rejects::<SystemTime>(&stored(&(false, Duration::MAX)), "a time is too far away for this machine");
    rejects::<IpAddr>(&[5; 20], "an address is neither of IPv4 nor of IPv6");
    rejects::<Chain>(&[2], "an enum has no variant of this number");
    rejects::<u64>(&[1; 7], "they end in the middle of a value");
}

#[test]
fn literals_share_their_memory() {
    let bytes = stored(&"some literal");
    let [one, other] = [0; 2].map(|_| <&'static str>::load(&mut bytes.as_slice()).unwrap());
    assert_eq!(one, "some literal");
    assert!(std::ptr::eq(one, other));
}

#[cfg(unix)]
#[test]
fn paths_need_not_be_text() {
    use std::os::unix::ffi::OsStringExt;
    let path = PathBuf::from(std::ffi::OsString::from_vec(vec![b'a', 0xff]));
    assert_eq!(PathBuf::load(&mut stored(&path).as_slice()), Ok(path.clone()));
    assert_eq!(dumped(&path), "\"a\u{fffd}\"");
}

fn chain(links: u32) -> Chain {
    (0..links).fold(Chain::End, |rest, _| Chain::Link(1, Box::new(rest)))
}

#[test]
fn nesting_has_an_end() {
    let deepest = chain(depth::DEEPEST);
    let mut bytes = stored(&deepest);
    assert_eq!(Chain::load(&mut bytes.as_slice()).as_ref(), Ok(&deepest));
    assert_eq!(dumped(&deepest).matches("Link").count(), depth::DEEPEST as usize);
    bytes.splice(..0, [1, 1]);
    assert_eq!(
        Chain::load(&mut bytes.as_slice()).unwrap_err().to_string(),
        "the bytes are not a stored value: a value is nested more than 1000 levels deep"
    );
    assert_eq!(Chain::load(&mut &bytes[2..]).as_ref(), Ok(&deepest)); // the levels are counted down again
    assert!(Chain::load(&mut [1; 1 << 20].as_slice()).is_err());

    let too_deep = chain(depth::DEEPEST + 1);
    let panic = std::panic::catch_unwind(|| stored(&too_deep)).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert_eq!(message, "a value is nested more than 1000 levels deep, so a checkpoint cannot hold it");
    assert_eq!(stored(&deepest), bytes[2..]);
}

#[test]
fn a_dump_is_json() {
    assert_eq!(dumped(&("a\"b".to_owned(), 'ä', true, ())), r#"["a\"b","ä",true,null]"#);
    assert_eq!(
        dumped(&(u64::MAX, i128::MIN, -1i8)),
        "[18446744073709551615,-170141183460469231731687303715884105728,-1]"
    );
    assert_eq!(dumped(&[f64::NAN, -0.5, 1e300]), r#"["NaN",-0.5,1e300]"#);
    assert_eq!(dumped(&vec![Some(Some(1u8)), Some(None), None]), "[1,null,null]");
    assert_eq!(dumped(&vec![Ok(1u8), Err("no".to_owned())]), r#"[{"Ok":1},{"Err":"no"}]"#);
    assert_eq!(dumped(&BTreeMap::from([("a".to_owned(), 1u8), ("b".to_owned(), 2)])), r#"{"a":1,"b":2}"#);
    assert_eq!(dumped(&BTreeMap::from([(1u8, true), (2, false)])), "[[1,true],[2,false]]");
    assert_eq!(dumped(&(BTreeMap::<u8, u8>::new(), BTreeMap::<char, u8>::new(), [0u8; 0])), "[[],{},[]]");
    assert_eq!(dumped(&(Duration::from_millis(1_500), Time::from_nanos(3_000_000_500))), "[1.5,3000.0005]");
    assert_eq!(dumped(&(UNIX_EPOCH - Duration::from_micros(1_500), Ordering::Less)), r#"[-1.5,"Less"]"#);
    assert_eq!(dumped(&IpAddr::from([127, 0, 0, 1])), r#""127.0.0.1""#);
    assert_eq!(dumped(&SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 80))), r#""[::1]:80""#);
    let tree = Tree { name: "a".into(), children: vec![Tree { name: "b".into(), children: vec![] }] };
    assert_eq!(dumped(&tree), r#"{"name":"a","children":[{"name":"b","children":[]}]}"#);
    assert_eq!(dumped(&chain(2)), r#"{"Link":[1,{"Link":[1,"End"]}]}"#);
}

#[test]
fn a_dump_of_a_shape_that_cannot_be_fails() {
    fn fails(shape: &Shape, words: &str) {
        let error = dump(shape, &mut [0; 100].as_slice(), &mut String::new()).unwrap_err();
        assert!(error.to_string().ends_with(words), "{error}");
    }
    fails(&Shape::Seen(0), "its shape refers to one that is missing");
    let endless = Shape::Struct("Endless".into(), Fields::Unnamed(vec![Shape::Seen(0), Shape::Seen(0)]));
    fails(&endless, "its shape contains itself without end");
    let alone = Shape::Struct("Alone".into(), Fields::Unnamed(vec![Shape::Seen(0)]));
    fails(&alone, "its shape contains itself without end");
    fails(&Shape::Array(u64::MAX, Box::new(Shape::Unit)), "they end in the middle of a value");
    fails(&Shape::Enum("Never".into(), vec![]), "an enum has no variant of this number");
}

#[test]
fn random_shapes_never_panic() {
    let mut random = Random(1);
    for _ in 0..20_000 {
        let bytes = random.bytes();
        if let Ok(shape) = Shape::load(&mut bytes.as_slice()) {
            let _ = shape.to_string();
            let _ = dump(&shape, &mut random.bytes().as_slice(), &mut String::new());
        }
    }
}

#[test]
fn shapes_in_words() {
    fn words<T: Stored>() -> String {
        Shape::of::<T>().to_string()
    }
    assert_eq!(words::<(u8, usize, isize, NonZero<i64>)>(), "(u8, u64, i64, NonZero<i64>)");
    assert_eq!(words::<(String,)>(), "(String,)");
    assert_eq!(words::<Result<[bool; 3], ()>>(), "Result<[bool; 3], ()>");
    assert_eq!(words::<HashMap<char, Arc<VecDeque<f32>>>>(), "Map<char, [f32]>");
    assert_eq!(words::<Tree>(), "Tree { name: String, children: [Tree] }");
    assert_eq!(words::<(Chain, Box<Chain>)>(), "(enum Chain { End, Link(u8, Chain) }, Chain)");
    assert_eq!(words::<Vec<Ordering>>(), "[enum Ordering { Less, Equal, Greater }]");
    assert!(Shape::of::<Shape>().to_string().starts_with("enum Shape { Unit, Bool,"));
}

#[test]
fn another_type_has_another_shape() {
    mod old {
        #[derive(Clone, crate::Record)]
        pub struct Visit {
            pub user: u64,
            pub pages: u64,
        }
    }
    mod renamed {
        #[derive(Clone, crate::Record)]
        pub struct Visit {
            pub user: u64,
            pub count: u64,
        }
    }
    mod retyped {
        #[derive(Clone, crate::Record)]
        pub struct Visit {
            pub user: u64,
            pub pages: i64,
        }
    }
    mod reordered {
        #[derive(Clone, crate::Record)]
        pub struct Visit {
            pub pages: u64,
            pub user: u64,
        }
    }
    mod moved {
        #[derive(Clone, crate::Record)]
        pub struct Visit {
            pub user: u64,
            pub pages: u64,
        }
    }
    let shapes = [
        Shape::of::<old::Visit>(),
        Shape::of::<renamed::Visit>(),
        Shape::of::<retyped::Visit>(),
        Shape::of::<reordered::Visit>(),
    ];
    for (number, shape) in shapes.iter().enumerate() {
        assert_eq!(shapes.iter().position(|other| other == shape), Some(number));
    }
    // The same type in another module.
    assert_eq!(shapes[0], Shape::of::<moved::Visit>());
    // Types of one name are told apart.
    let both = Shape::of::<(old::Visit, renamed::Visit, old::Visit, renamed::Visit)>();
    let Shape::Tuple(members) = both else { panic!("not a tuple") };
    assert_eq!(members[2..], [Shape::Seen(0), Shape::Seen(1)]);
}

#[test]
fn blocks() {
    use crate::block::{Block, StoredBlock, TextBlock};
    use crate::source::Numbers;

    let mut bytes = Vec::new();
    StoredBlock::store_block(&TextBlock::new("a\nb".into()), &mut bytes);
    StoredBlock::store_block(&vec!["literal"], &mut bytes);
    let mut from = bytes.as_slice();
    let text = <TextBlock as StoredBlock>::load_block(&mut from).unwrap();
    assert_eq!((text.records(), text.views(0..3).collect::<Vec<_>>()), (2, vec!["a", "b"]));
    assert_eq!(<Vec<&'static str> as StoredBlock>::load_block(&mut from), Ok(vec!["literal"]));
    assert!(from.is_empty());

    let numbers = <Numbers as StoredBlock>::load_block(&mut stored(&(3u64, 5u64)).as_slice()).unwrap();
    assert_eq!(numbers.views(0..2).collect::<Vec<_>>(), [3, 4]);
    assert!(<Numbers as StoredBlock>::load_block(&mut stored(&(5u64, 3u64)).as_slice()).is_err());

    use crate::source::BinaryBlock;
    let pairs = <BinaryBlock as StoredBlock>::load_block(&mut stored(&(2usize, b"abcd".to_vec())).as_slice()).unwrap();
    assert_eq!(pairs.views(0..2).collect::<Vec<_>>(), [b"ab", b"cd"]);
    for (length, bytes) in [(0, b"".to_vec()), (3, b"abcd".to_vec())] {
        assert!(<BinaryBlock as StoredBlock>::load_block(&mut stored(&(length as usize, bytes)).as_slice()).is_err());
    }
    let mut again = Vec::new();
    pairs.store_block(&mut again);
    assert_eq!(again, stored(&(2usize, b"abcd".to_vec())));
}
