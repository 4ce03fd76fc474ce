//! The only places where money is rounded, and the only rule: half to even, so that many roundings
//! favour nobody. Everything inside is exact in 128 bits.

use std::num::NonZeroU32;

use super::{Money, MoneyError, Quantity, TaxRate};

/// Ten-thousandths of a quantity, and basis points of a rate.
const PARTS: NonZeroU32 = NonZeroU32::new(10_000).unwrap();

/// `numerator / denominator`, rounded to the nearest whole number, a tie to the even one.
pub fn half_even(numerator: i128, denominator: NonZeroU32) -> i128 {
    let denominator = i128::from(denominator.get());
    let whole = numerator.div_euclid(denominator);
    let twice = numerator.rem_euclid(denominator) * 2;
    let up = twice > denominator || (twice == denominator && whole % 2 != 0);
    whole + i128::from(up)
}

/// What a line of an invoice costs before tax.
pub fn line_amount(quantity: Quantity, unit_price: Money) -> Result<Money, MoneyError> {
    share(unit_price, i128::from(quantity.ten_thousandths()))
}

/// The tax on an amount.
pub fn tax_amount(net: Money, rate: TaxRate) -> Result<Money, MoneyError> {
    share(net, i128::from(rate.basis_points()))
}

// An amount is below 2^53 and the parts are below 2^44, so the product is far inside an i128.
fn share(money: Money, parts: i128) -> Result<Money, MoneyError> {
    let rounded = half_even(i128::from(money.amount()) * parts, PARTS);
    let amount = i64::try_from(rounded).map_err(|_| MoneyError::OutOfRange)?;
    Money::new(amount, money.currency())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use proptest::prelude::*;

    use super::{half_even, line_amount, tax_amount};
    use crate::kernel::{Currency, Money, MoneyError, Quantity, TaxRate};

    fn euro(cents: i64) -> Money {
        Money::new(cents, Currency::EUR).unwrap()
    }

    #[test]
    fn ties_go_to_the_even_neighbour() {
        let two = NonZeroU32::new(2).unwrap();
        for (numerator, rounded) in
            [(0, 0), (1, 0), (2, 1), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2), (-7, -4)]
        {
            assert_eq!(half_even(numerator, two), rounded, "{numerator} / 2");
        }
        let three = NonZeroU32::new(3).unwrap();
        for (numerator, rounded) in [(1, 0), (2, 1), (4, 1), (5, 2), (-1, 0), (-2, -1), (-4, -1), (-5, -2)] {
            assert_eq!(half_even(numerator, three), rounded, "{numerator} / 3");
        }
    }

    #[test]
    fn lines_and_taxes() {
        for (quantity, price, net) in [
            ("1", 999, 999),
            ("1.5", 3333, 5000),
            ("0.5", 5, 2),
            ("0.5", 7, 4),
            ("0.0001", 5_000, 0),
            ("0.0001", 5_001, 1),
            ("3", -100, -300),
        ] {
            assert_eq!(
                line_amount(Quantity::parse(quantity).unwrap(), euro(price)),
                Ok(euro(net)),
                "{quantity} × {price}"
            );
        }
        for (net, rate, tax) in [
            (10_000, 2100, 2100),
            (50, 2100, 10),
            (50, 2300, 12),
            (150, 2300, 34),
            (-50, 2300, -12),
            (1, 0, 0),
            (7, 10_000, 7),
        ] {
            assert_eq!(
                tax_amount(euro(net), TaxRate::from_basis_points(rate).unwrap()),
                Ok(euro(tax)),
                "{net} at {rate}"
            );
        }
    }

    #[test]
    fn a_line_too_large_is_an_error() {
        let most = euro(Money::MAX_AMOUNT);
        assert_eq!(line_amount(Quantity::ONE, most), Ok(most));
        assert_eq!(line_amount(Quantity::parse("1.0001").unwrap(), most), Err(MoneyError::OutOfRange));
        assert_eq!(
            line_amount(Quantity::parse("999999999.9999").unwrap(), most),
            Err(MoneyError::OutOfRange)
        );
        assert_eq!(tax_amount(most, TaxRate::from_basis_points(10_000).unwrap()), Ok(most));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn the_nearest_is_taken_and_the_sign_does_not_matter(
            numerator in prop_oneof![any::<i128>(), any::<i64>().prop_map(i128::from), -50_i128..50],
            denominator in prop_oneof![1_u32..20, any::<u32>()],
        ) {
            // i128::MIN has no opposite and the extremes no double, which the proof below would need.
            let numerator = numerator / 8;
            let Some(denominator) = NonZeroU32::new(denominator) else { return Ok(()) };
            let rounded = half_even(numerator, denominator);
            let wide = i128::from(denominator.get());
            let off = (rounded * wide - numerator).abs() * 2;
            prop_assert!(off <= wide);
            prop_assert!(off < wide || rounded % 2 == 0);
            prop_assert_eq!(half_even(-numerator, denominator), -rounded);
        }

        #[test]
        fn no_line_panics(scaled in 1_i64..10_000_000_000_000, amount in any::<i64>(), rate in 0_i64..=10_000) {
            let quantity = Quantity::parse(&format!("{}.{:04}", scaled / 10_000, scaled % 10_000)).unwrap();
            let rate = TaxRate::from_basis_points(rate).unwrap();
            if let Ok(net) = Money::new(amount, Currency::EUR).and_then(|price| line_amount(quantity, price)) {
                let tax = tax_amount(net, rate).unwrap();
                prop_assert!(tax.amount().abs() <= net.amount().abs());
            }
        }
    }
}
