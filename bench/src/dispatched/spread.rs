//! Which org a lead is of.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    /// All orgs have as many.
    Even,
    /// The first has [`MOST`] percent of them, and the others share what is left.
    OneHasMost,
}

const MOST: u128 = 80;

impl Spread {
    /// One of so many, by what ends at random.
    pub(super) fn org_of(self, random: u128, orgs: u128) -> u128 {
        match (self, orgs) {
            (Self::Even, _) | (Self::OneHasMost, 1) => random % orgs,
            (Self::OneHasMost, _) if random % 100 < MOST => 0,
            (Self::OneHasMost, _) => 1 + random / 100 % (orgs - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many leads each of five orgs has of so many.
    fn spread(spread: Spread, leads: u128) -> [u32; 5] {
        let mut counts = [0; 5];
        for lead in 0..leads {
            counts[usize::try_from(spread.org_of(lead, 5)).unwrap()] += 1;
        }
        counts
    }

    #[test]
    fn one_org_has_most_and_the_others_share_the_rest() {
        assert_eq!(spread(Spread::Even, 2000), [400; 5]);
        assert_eq!(spread(Spread::OneHasMost, 2000), [1600, 100, 100, 100, 100]);
    }

    #[test]
    fn an_org_that_is_alone_has_all() {
        assert_eq!(Spread::OneHasMost.org_of(99, 1), 0);
    }
}
