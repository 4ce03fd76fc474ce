use std::cmp::Ordering;

use proptest::prelude::*;
use serde_json::json;

use super::{Currency, Money, MoneyError};
use crate::kernel::Coded;

fn money(amount: i64, code: &str) -> Money {
    Money::new(amount, Currency::parse(code).unwrap()).unwrap()
}

#[test]
fn it_is_shown_alike_everywhere() {
    for (amount, code, shown) in [
        (120_000, "EUR", "1,200.00 EUR"),
        (0, "EUR", "0.00 EUR"),
        (5, "EUR", "0.05 EUR"),
        (-5, "EUR", "-0.05 EUR"),
        (-123_456_789, "USD", "-1,234,567.89 USD"),
        (1200, "JPY", "1,200 JPY"),
        (0, "JPY", "0 JPY"),
        (1_234_567, "KWD", "1,234.567 KWD"),
        (99_999, "EUR", "999.99 EUR"),
        (12_345, "CLF", "1.2345 CLF"),
        (Money::MAX_AMOUNT, "EUR", "90,071,992,547,409.91 EUR"),
    ] {
        assert_eq!(money(amount, code).to_string(), shown);
    }
}

#[test]
fn currencies_do_not_mix() {
    let mismatch = MoneyError::CurrencyMismatch { expected: Currency::EUR, given: Currency::USD };
    let (euro, dollar) = (money(1, "EUR"), money(1, "USD"));
    assert_eq!(euro.checked_add(dollar), Err(mismatch));
    assert_eq!(euro.checked_sub(dollar), Err(mismatch));
    assert_eq!(euro.compare(dollar), Err(mismatch));
    assert_eq!(Money::sum(Currency::EUR, [euro, dollar]), Err(mismatch));
    assert_eq!(mismatch.to_string(), "USD given where EUR is expected");
}

#[test]
fn amounts_end_where_doubles_stop_being_exact() {
    for amount in [i64::MIN, i64::MIN + 1, -(1 << 53), 1 << 53, i64::MAX] {
        assert_eq!(Money::new(amount, Currency::EUR), Err(MoneyError::OutOfRange));
    }
    let most = money(Money::MAX_AMOUNT, "EUR");
    assert_eq!(most.checked_add(money(1, "EUR")), Err(MoneyError::OutOfRange));
    assert_eq!(money(-Money::MAX_AMOUNT, "EUR").checked_sub(most), Err(MoneyError::OutOfRange));
    assert_eq!(most.checked_sub(most), Ok(Money::zero(Currency::EUR)));
}

#[test]
fn the_wire_form_is_strict() {
    assert_eq!(
        serde_json::to_string(&money(120_000, "EUR")).unwrap(),
        r#"{"amount":120000,"currency":"EUR"}"#
    );
    for bad in [
        json!({ "amount": 1 }),
        json!({ "currency": "EUR" }),
        json!({ "amount": 1, "currency": "EUR", "note": "" }),
        json!({ "amount": "1", "currency": "EUR" }),
        json!({ "amount": 1.5, "currency": "EUR" }),
        json!({ "amount": 1, "currency": "eur" }),
        json!({ "amount": 1_i64 << 53, "currency": "EUR" }),
        json!({ "amount": i64::MIN, "currency": "EUR" }),
        json!({ "amount": u64::MAX, "currency": "EUR" }),
        json!("1.00 EUR"),
        json!(null),
    ] {
        assert!(serde_json::from_value::<Money>(bad.clone()).is_err(), "{bad}");
    }
    assert!(serde_json::from_str::<Money>(r#"{"amount":1,"amount":2,"currency":"EUR"}"#).is_err());
}

fn extreme() -> impl Strategy<Value = i64> {
    prop_oneof![
        any::<i64>(),
        -1_000_i64..1_000,
        Just(i64::MIN),
        Just(i64::MAX),
        (-2_i64..=2).prop_map(|d| Money::MAX_AMOUNT + d),
        (-2_i64..=2).prop_map(|d| -Money::MAX_AMOUNT + d),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn sums_agree_with_wide_integers(a in extreme(), b in extreme()) {
        let exact = |wide: i128| i64::try_from(wide).ok().and_then(|n| Money::new(n, Currency::EUR).ok());
        if let (Ok(x), Ok(y)) = (Money::new(a, Currency::EUR), Money::new(b, Currency::EUR)) {
            prop_assert_eq!(x.checked_add(y).ok(), exact(i128::from(a) + i128::from(b)));
            prop_assert_eq!(x.checked_sub(y).ok(), exact(i128::from(a) - i128::from(b)));
            prop_assert_eq!(x.compare(y), Ok(a.cmp(&b)));
            prop_assert_eq!(x.compare(x), Ok(Ordering::Equal));
        } else {
            prop_assert!(a.unsigned_abs().max(b.unsigned_abs()) >= 1 << 53);
        }
    }

    #[test]
    fn it_comes_back_from_the_wire(amount in extreme(), at in any::<prop::sample::Index>()) {
        let currency = *at.get(&Currency::all());
        let wire = json!({ "amount": amount, "currency": currency.as_str() });
        match Money::new(amount, currency) {
            Ok(money) => {
                prop_assert_eq!(serde_json::to_value(money).unwrap(), wire.clone());
                prop_assert_eq!(serde_json::from_value::<Money>(wire).unwrap(), money);
            }
            Err(error) => {
                let refusal = serde_json::from_value::<Money>(wire).unwrap_err().to_string();
                prop_assert!(refusal.starts_with(error.code()), "{}", refusal);
            }
        }
    }
}
