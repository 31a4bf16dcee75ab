//! Where separators are, as bits: the lowest one is for the first byte.

/// What is looked for.
pub(super) trait Separator: Copy {
    /// The bits of sixteen bytes.
    fn bits(self, bytes: [u8; 16]) -> u64;
    /// Where the first separator is, for long texts with few of them.
    fn find(self, bytes: &[u8]) -> Option<usize>;
}

/// One ASCII character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Byte(pub u8);

impl Separator for Byte {
    #[inline(always)]
    fn bits(self, bytes: [u8; 16]) -> u64 {
        sixteen::equal(bytes, self.0)
    }

    #[inline]
    fn find(self, bytes: &[u8]) -> Option<usize> {
        memchr::memchr(self.0, bytes)
    }
}

/// White space of ASCII, as `u8::is_ascii_whitespace` has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct White;

impl Separator for White {
    #[inline(always)]
    fn bits(self, bytes: [u8; 16]) -> u64 {
        sixteen::white(bytes)
    }

    #[inline]
    fn find(self, bytes: &[u8]) -> Option<usize> {
        bytes.iter().position(u8::is_ascii_whitespace)
    }
}

/// How many bytes a mask has bits for.
pub(super) const BLOCK: usize = 64;

/// The bits of the first 64 bytes, or of all if there are fewer. Bits beyond the end are 0.
#[inline(always)]
pub(super) fn mask(bytes: &[u8], separator: impl Separator) -> u64 {
    if let Some(block) = bytes.first_chunk::<BLOCK>() {
        let (parts, _) = block.as_chunks::<16>();
        let bits = |n: usize| separator.bits(parts[n]) << (16 * n);
        return bits(0) | bits(1) | bits(2) | bits(3);
    }
    let Some(last) = bytes.last_chunk::<16>() else { return short(bytes, separator) };
    let (parts, tail) = bytes.as_chunks::<16>();
    let (mut mask, mut at) = (0, 0);
    for part in parts {
        mask |= separator.bits(*part) << at;
        at += 16;
    }
    if !tail.is_empty() {
        // The last sixteen bytes overlap those that came before.
        mask |= (separator.bits(*last) >> (16 - tail.len())) << at;
    }
    mask
}

/// The bits of fewer than sixteen bytes.
#[inline(always)]
fn short(bytes: &[u8], separator: impl Separator) -> u64 {
    let length = bytes.len();
    let padded: u128 = if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        u128::from(u64::from_le_bytes(*first)) | u128::from(u64::from_le_bytes(*last)) << (8 * (length - 8))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        u128::from(u32::from_le_bytes(*first)) | u128::from(u32::from_le_bytes(*last)) << (8 * (length - 4))
    } else {
        bytes.iter().rev().fold(0, |padded, byte| padded << 8 | u128::from(*byte))
    };
    separator.bits(padded.to_le_bytes()) & ((1 << length) - 1)
}

/// The processor compares sixteen bytes at once.
#[cfg(target_arch = "x86_64")]
mod sixteen {
    use safe_arch::{
        bitandnot_m128i, bitor_m128i, cmp_eq_mask_i8_m128i as equal_bytes, m128i, min_u8_m128i, move_mask_i8_m128i,
        set_splat_i8_m128i as splat, sub_i8_m128i,
    };

    #[inline(always)]
    pub fn equal(bytes: [u8; 16], byte: u8) -> u64 {
        move_mask_i8_m128i(equal_bytes(m128i::from(bytes), splat(byte as i8))) as u64
    }

    #[inline(always)]
    pub fn white(bytes: [u8; 16]) -> u64 {
        let bytes = m128i::from(bytes);
        // 9 to 13 but 11, and 32.
        let from_tab = sub_i8_m128i(bytes, splat(9));
        let controls = equal_bytes(min_u8_m128i(from_tab, splat(4)), from_tab);
        let controls = bitandnot_m128i(equal_bytes(bytes, splat(11)), controls);
        move_mask_i8_m128i(bitor_m128i(controls, equal_bytes(bytes, splat(32)))) as u64
    }
}

#[cfg(not(target_arch = "x86_64"))]
use eight as sixteen;

/// Arithmetic on eight bytes in one number, for other processors.
#[cfg(any(test, not(target_arch = "x86_64")))]
pub(super) mod eight {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const LOW: u64 = 0x7f * ONES;

    #[inline(always)]
    pub fn equal(bytes: [u8; 16], byte: u8) -> u64 {
        let bytes = u128::from_le_bytes(bytes);
        let bits = |bytes: u64| gather(zeros(bytes ^ (ONES * u64::from(byte))));
        bits(bytes as u64) | bits((bytes >> 64) as u64) << 8
    }

    #[inline(always)]
    pub fn white(bytes: [u8; 16]) -> u64 {
        b" \t\n\x0c\r".iter().fold(0, |mask, byte| mask | equal(bytes, *byte))
    }

    /// The highest bit of each byte that is 0.
    #[inline(always)]
    fn zeros(bytes: u64) -> u64 {
        !(((bytes & LOW) + LOW) | bytes | LOW)
    }

    /// The highest bits of eight bytes side by side.
    #[inline(always)]
    fn gather(highest: u64) -> u64 {
        (highest >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    }
}
