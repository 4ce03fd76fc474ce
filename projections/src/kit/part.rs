//! A part of all rows, by a hash of their keys: what does not fit into memory at once is made part by part.

use uuid::Uuid;
use xentri_domain::kernel::OrgId;

/// The keys whose hash begins with these bits. A rebuild writes down which parts are done, so what belongs to a part
/// never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyPart {
    bits: u8,
    /// So many bits, the rest being zero.
    prefix: u32,
}

impl KeyPart {
    pub const WHOLE: Self = Self { bits: 0, prefix: 0 };
    /// A part is never halved more often.
    const MOST: u8 = 32;

    /// As it was written down.
    pub fn new(bits: u8, prefix: u32) -> Option<Self> {
        let part = Self { bits, prefix };
        (bits <= Self::MOST && prefix & part.mask() == prefix).then_some(part)
    }

    pub fn bits(self) -> u8 {
        self.bits
    }

    pub fn prefix(self) -> u32 {
        self.prefix
    }

    /// None of what can't be halved any more.
    pub fn halves(self) -> Option<(Self, Self)> {
        let bits = self.bits + 1;
        let one = 1_u32.checked_shl(u32::from(Self::MOST.checked_sub(bits)?))?;
        Some((Self { bits, ..self }, Self { bits, prefix: self.prefix | one }))
    }

    pub fn has(self, org: OrgId, id: Uuid) -> bool {
        self.bits == 0 || hash(org, id) & self.mask() == self.prefix
    }

    fn mask(self) -> u32 {
        u32::MAX.checked_shl(u32::from(Self::MOST.saturating_sub(self.bits))).unwrap_or_default()
    }
}

/// The ends of ids are random or hashes; the multiplication spreads what little there may be.
fn hash(org: OrgId, id: Uuid) -> u32 {
    let (_, org) = org.uuid().as_u64_pair();
    let (_, id) = id.as_u64_pair();
    let spread = (org.rotate_left(32) ^ id).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    u32::try_from(spread >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn org() -> OrgId {
        OrgId::try_from(Uuid::from_u128(7)).unwrap()
    }

    #[test]
    fn a_key_is_in_one_half_of_each_part_that_it_is_in() {
        for id in (0..1000).map(Uuid::from_u128) {
            let mut part = KeyPart::WHOLE;
            while let Some((one, other)) = part.halves() {
                assert_ne!(one.has(org(), id), other.has(org(), id), "{id} in {one:?} and {other:?}");
                part = if one.has(org(), id) { one } else { other };
                assert_eq!(KeyPart::new(part.bits(), part.prefix()), Some(part));
            }
            assert_eq!(part.bits(), KeyPart::MOST);
        }
    }

    /// Ids that follow each other, of version 7 and made for a test, and those of one moment.
    #[test]
    fn halves_are_about_equally_large() {
        let (one, _) = KeyPart::WHOLE.halves().unwrap();
        let of_tests = (0..10_000).map(Uuid::from_u128).filter(|id| one.has(org(), *id)).count();
        let of_now = (0..10_000).filter(|_| one.has(org(), Uuid::now_v7())).count();
        for half in [of_tests, of_now] {
            assert!((4000..6000).contains(&half), "{half} of 10000 are in one half");
        }
    }

    /// Parts that are done are known by these numbers when a rebuild goes on.
    #[test]
    fn what_belongs_to_a_part_is_fixed_for_ever() {
        let id = Uuid::from_u128(0x0190_a5e1_0000_7000_8000_0000_0000_0001);
        assert_eq!(hash(org(), id), 0x9940_de4c);
    }

    #[test]
    fn numbers_that_no_part_has_are_refused() {
        assert_eq!(KeyPart::new(0, 1), None);
        assert_eq!(KeyPart::new(33, 0), None);
        assert_eq!(KeyPart::new(1, 1), None);
        assert_eq!(KeyPart::new(1, 1 << 31).map(KeyPart::bits), Some(1));
    }
}
