use proptest::prelude::*;

use super::{Quantity, QuantityError};

#[test]
fn the_shortest_text_is_kept() {
    for (raw, kept) in [
        ("1", "1"),
        ("1.5", "1.5"),
        ("1.5000", "1.5"),
        ("10.0", "10"),
        ("0.0001", "0.0001"),
        ("100", "100"),
        ("999999999.9999", "999999999.9999"),
    ] {
        assert_eq!(Quantity::parse(raw).unwrap().to_string(), kept);
    }
    assert_eq!(Quantity::parse("1.0").unwrap(), Quantity::ONE);
}

#[test]
fn what_is_no_quantity_is_refused_by_name() {
    use QuantityError::{BadFormat, NotPositive, TooLarge, TooManyDecimals};
    for (raw, error) in [
        ("", BadFormat),
        ("1e3", BadFormat),
        ("NaN", BadFormat),
        ("inf", BadFormat),
        ("+1", BadFormat),
        (".5", BadFormat),
        ("1.", BadFormat),
        (".", BadFormat),
        (" 1", BadFormat),
        ("1 ", BadFormat),
        ("1,5", BadFormat),
        ("1.2.3", BadFormat),
        ("01", BadFormat),
        ("00.5", BadFormat),
        ("0x1", BadFormat),
        ("1_000", BadFormat),
        ("١", BadFormat),
        ("1\0", BadFormat),
        ("-", BadFormat),
        ("--1", BadFormat),
        ("1.-5", BadFormat),
        ("0", NotPositive),
        ("0.0000", NotPositive),
        ("-1", NotPositive),
        ("-0.5", NotPositive),
        ("1.00001", TooManyDecimals),
        ("1.00000", TooManyDecimals),
        ("1000000000", TooLarge),
        ("99999999999999999999999999", TooLarge),
    ] {
        assert_eq!(Quantity::parse(raw), Err(error), "{raw:?}");
    }
}

#[test]
fn a_json_number_is_refused() {
    assert!(serde_json::from_str::<Quantity>("1").is_err());
    assert_eq!(serde_json::from_str::<Quantity>(r#""1.50""#).unwrap().to_string(), "1.5");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_is_written_reads_back(scaled in 1_i64..10_000_000_000_000) {
        let quantity = Quantity(scaled);
        prop_assert_eq!(Quantity::parse(&quantity.to_string()), Ok(quantity));
    }

    #[test]
    fn no_text_makes_it_panic(raw in "[-+0-9.eE ]{0,20}|\\PC{0,12}") {
        if let Ok(quantity) = Quantity::parse(&raw) {
            prop_assert!(quantity > Quantity(0));
            prop_assert_eq!(Quantity::parse(&quantity.to_string()), Ok(quantity));
        }
    }
}
