//! Other types of the standard library, and times.

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::bytes::{take_array, take_byte};
use super::{Fields, Malformed, Shape, Shapes, Stored};
use crate::time::Time;

#[diagnostic::do_not_recommend]
impl Stored for bool {
    #[inline(always)]
    fn store(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    #[inline(always)]
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        match take_byte(from)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed::new("a bool is neither true nor false")),
        }
    }
    fn shape(_: &mut Shapes) -> Shape {
        Shape::Bool
    }
}

#[diagnostic::do_not_recommend]
impl Stored for char {
    #[inline(always)]
    fn store(&self, out: &mut Vec<u8>) {
        u32::from(*self).store(out);
    }
    #[inline(always)]
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        char::from_u32(u32::load(from)?).ok_or(Malformed::new("a char is not a Unicode scalar value"))
    }
    fn shape(_: &mut Shapes) -> Shape {
        Shape::Char
    }
}

/// The name of a variant is its number in the list.
const ORDERINGS: [(Ordering, &str); 3] =
    [(Ordering::Less, "Less"), (Ordering::Equal, "Equal"), (Ordering::Greater, "Greater")];

#[diagnostic::do_not_recommend]
impl Stored for Ordering {
    fn store(&self, out: &mut Vec<u8>) {
        out.push((*self as i8 + 1) as u8);
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        let tag = take_byte(from)?;
        let known = ORDERINGS.get(usize::from(tag));
        known.map(|(ordering, _)| *ordering).ok_or(Malformed::new("`Ordering` has no variant of this number"))
    }
    fn shape(shapes: &mut Shapes) -> Shape {
        shapes.variants::<Self>("Ordering", |_| ORDERINGS.map(|(_, name)| (name.to_owned(), Fields::Unit)).to_vec())
    }
}

#[diagnostic::do_not_recommend]
impl Stored for Duration {
    fn store(&self, out: &mut Vec<u8>) {
        self.as_secs().store(out);
        self.subsec_nanos().store(out);
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        let seconds = u64::load(from)?;
        match u32::load(from)? {
            nanos @ 0..1_000_000_000 => Ok(Duration::new(seconds, nanos)),
            _ => Err(Malformed::new("a duration has a second too much")),
        }
    }
    fn shape(_: &mut Shapes) -> Shape {
        Shape::Span
    }
}

#[diagnostic::do_not_recommend]
impl Stored for Time {
    #[inline(always)]
    fn store(&self, out: &mut Vec<u8>) {
        self.as_nanos().store(out);
    }
    #[inline(always)]
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        u64::load(from).map(Time::from_nanos)
    }
    fn shape(_: &mut Shapes) -> Shape {
        Shape::BatchTime
    }
}

/// Whether it is before the epoch, and how far from it.
#[diagnostic::do_not_recommend]
impl Stored for SystemTime {
    fn store(&self, out: &mut Vec<u8>) {
        let (is_before, distance) = match self.duration_since(UNIX_EPOCH) {
            Ok(after) => (false, after),
            Err(before) => (true, before.duration()),
        };
        is_before.store(out);
        distance.store(out);
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        let (is_before, distance) = <(bool, Duration)>::load(from)?;
        let time = if is_before { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
        time.ok_or(Malformed::new("a time is too far away for this machine"))
    }
    fn shape(_: &mut Shapes) -> Shape {
        Shape::ClockTime
    }
}

#[diagnostic::do_not_recommend]
impl Stored for Ipv4Addr {
    fn store(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.octets());
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        take_array::<4>(from).map(Ipv4Addr::from)
    }
    fn shape(_: &mut Shapes) -> Shape {
        Shape::Ipv4
    }
}

#[diagnostic::do_not_recommend]
impl Stored for Ipv6Addr {
    fn store(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.octets());
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        take_array::<16>(from).map(Ipv6Addr::from)
    }
    fn shape(_: &mut Shapes) -> Shape {
        Shape::Ipv6
    }
}

const NO_ADDRESS: Malformed = Malformed::new("an address is neither of IPv4 nor of IPv6");

#[diagnostic::do_not_recommend]
impl Stored for IpAddr {
    fn store(&self, out: &mut Vec<u8>) {
        match self {
            IpAddr::V4(address) => (4u8, *address).store(out),
            IpAddr::V6(address) => (6u8, *address).store(out),
        }
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        match take_byte(from)? {
            4 => Ipv4Addr::load(from).map(IpAddr::V4),
            6 => Ipv6Addr::load(from).map(IpAddr::V6),
            _ => Err(NO_ADDRESS),
        }
    }
    fn shape(_: &mut Shapes) -> Shape {
        Shape::Ip
    }
}

#[diagnostic::do_not_recommend]
impl Stored for SocketAddr {
    fn store(&self, out: &mut Vec<u8>) {
        match self {
            SocketAddr::V4(address) => (4u8, *address.ip(), address.port()).store(out),
            SocketAddr::V6(address) => {
                (6u8, *address.ip(), address.port(), address.flowinfo(), address.scope_id()).store(out);
            }
        }
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        match take_byte(from)? {
            4 => <(Ipv4Addr, u16)>::load(from).map(|(ip, port)| SocketAddrV4::new(ip, port).into()),
            6 => {
                let (ip, port, flow, scope) = <(Ipv6Addr, u16, u32, u32)>::load(from)?;
                Ok(SocketAddrV6::new(ip, port, flow, scope).into())
            }
            _ => Err(NO_ADDRESS),
        }
    }
    fn shape(_: &mut Shapes) -> Shape {
        Shape::Socket
    }
}
