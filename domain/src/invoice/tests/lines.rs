//! Lines and what they come to.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{a_draft, draft, drafted, line};
use crate::aggregate::scenario::{given, read_event, write_event};
use crate::aggregate::{Refusal, RefusalKind};
use crate::invoice::{Invoice, InvoiceError, InvoiceEvent, Line, MOST_LINES, Totals};
use crate::kernel::{Coded, Currency, Money, MoneyError};

fn priced(quantity: &str, unit_price: i64, tax_rate_bp: i64) -> Value {
    json!({ "description": "x", "quantity": quantity, "unit_price": unit_price, "tax_rate_bp": tax_rate_bp })
}

fn read(lines: &[Value]) -> Vec<Line> {
    serde_json::from_value(json!(lines)).unwrap()
}

#[test]
fn each_line_is_rounded_and_nothing_after_it() {
    for (lines, subtotal, tax) in [
        (vec![], 0, 0),
        (vec![priced("10", 10_000, 2100)], 100_000, 21_000),
        // Halves go to the even neighbour, 1.5 up and 0.5 down, line by line: two of 0.5 come to nothing.
        (vec![priced("0.5", 3, 0), priced("0.5", 1, 0)], 2, 0),
        (vec![priced("0.5", 1, 0), priced("0.5", 1, 0)], 0, 0),
        // The tax is on the rounded net amount: 50 % of 3, which is 1.5 and rounds up, not of 2.97.
        (vec![priced("0.99", 3, 5000)], 3, 2),
        (vec![priced("1", 15, 1000), priced("1", 25, 1000)], 40, 4),
        (vec![priced("1.5", 3333, 2100)], 5000, 1050),
        // Free of charge, and a discount with its tax.
        (vec![priced("1", 0, 2100), priced("3", 1_000, 2100), priced("1", -500, 2100)], 2_500, 525),
        (vec![priced("1", -500, 2100)], -500, -105),
    ] {
        let euro = |amount| Money::new(amount, Currency::EUR).unwrap();
        let totals = Totals { subtotal: euro(subtotal), tax: euro(tax), total: euro(subtotal + tax) };
        assert_eq!(Totals::of(&read(&lines), Currency::EUR), Ok(totals), "{lines:?}");
    }
}

#[test]
fn what_is_no_line_never_becomes_a_command() {
    let with = |field: &str, value: Value| {
        let mut line = line();
        line[field] = value;
        json!({ "lines": [line] })
    };
    let max = Money::MAX_AMOUNT;
    for (field, value) in [
        ("description", json!("")),
        ("description", json!("x".repeat(251))),
        ("description", json!("a\u{0}b")),
        ("description", json!("a\u{7}b")),
        ("quantity", json!("1e3")),
        ("quantity", json!("NaN")),
        ("quantity", json!("1.00001")),
        ("quantity", json!("0")),
        ("quantity", json!("-1")),
        ("quantity", json!("")),
        ("quantity", json!("1000000000")),
        ("quantity", json!(1)),
        ("unit_price", json!(max + 1)),
        ("unit_price", json!(-max - 1)),
        ("unit_price", json!(i64::MAX)),
        ("unit_price", json!(i64::MIN)),
        ("unit_price", json!(u64::MAX)),
        ("unit_price", json!(1.5)),
        ("unit_price", json!("100")),
        ("unit_price", json!({ "amount": 1, "currency": "EUR" })),
        ("tax_rate_bp", json!(-1)),
        ("tax_rate_bp", json!(10_001)),
        ("discount", json!(1)),
    ] {
        given::<Invoice>(a_draft()).when("change-lines", with(field, value)).malformed();
    }
    given::<Invoice>(a_draft()).when("change-lines", json!({})).malformed();
    assert!(given::<Invoice>(a_draft()).when("change-lines", with("unit_price", json!(-1))).answer().is_ok());
}

#[test]
fn lines_that_come_to_too_much_are_refused_where_they_do() {
    let max = Money::MAX_AMOUNT;
    let refusal = |lines: &[Value]| {
        let drafting = given::<Invoice>([]).when("draft", draft(lines)).refusal();
        let changing = given::<Invoice>(a_draft()).when("change-lines", json!({ "lines": lines })).refusal();
        assert_eq!(drafting, changing);
        assert_eq!(changing.kind(), RefusalKind::Invalid);
        (changing.code(), changing.pointer().unwrap().into_owned())
    };
    assert_eq!(refusal(&vec![line(); MOST_LINES + 1]), ("too_many_lines", "/lines".to_owned()));
    assert_eq!(refusal(&[line(), priced("2", max, 0)]), ("out_of_range", "/lines/1".to_owned()));
    assert_eq!(refusal(&[priced("999999999.9999", -max, 10_000)]), ("out_of_range", "/lines/0".to_owned()));
    assert_eq!(refusal(&[priced("1", max, 1)]), ("out_of_range", "/lines".to_owned()));
    assert_eq!(refusal(&[priced("1", max, 0), priced("1", 1, 0)]), ("out_of_range", "/lines".to_owned()));

    let most = [priced("1", max, 0)];
    given::<Invoice>([]).when("draft", draft(&most)).then([drafted(&most)]);
}

#[test]
fn lines_are_replaced_and_the_same_lines_are_no_change() {
    let change =
        |lines: &[Value]| given::<Invoice>(a_draft()).when("change-lines", json!({ "lines": lines }));
    let lines = [priced("2.5000", 100, 0), line()];
    let kept = json!([priced("2.5", 100, 0), line()]);
    let changed = json!({ "type": "xentri.invoice.lines_changed.v1", "lines": kept });
    let state = change(&lines).then([changed]).into_state();
    assert_eq!(json!(state.lines), kept);
    change(&[]).then([json!({ "type": "xentri.invoice.lines_changed.v1", "lines": [] })]);
    change(&[line()]).then([]);
}

/// An envelope holds 256 KB; sealing makes a text a third longer, and 10 KB are left for the rest.
#[test]
fn the_longest_invoice_fits_into_one_event() {
    let line = json!({
        "description": "😀".repeat(250), "quantity": "999999999.9999", "unit_price": -Money::MAX_AMOUNT, "tax_rate_bp": 10_000,
    });
    let mut event = drafted(&vec![line; MOST_LINES]);
    event["customer"]["name"] = "😀".repeat(200).into();
    event["customer"]["address"] = "😀".repeat(500).into();
    let event = read_event::<InvoiceEvent>(&event);
    let length = write_event(&event).to_string().len();
    assert!(length < 240_000, "{length}");
}

fn any_line() -> impl Strategy<Value = Value> {
    let max = Money::MAX_AMOUNT;
    let quantity = prop_oneof![
        (1_i64..100_000).prop_map(|n| format!("{}.{:04}", n / 10_000, n % 10_000)),
        (1_i64..100).prop_map(|n| n.to_string()),
        Just("999999999.9999".to_owned()),
    ];
    let price = prop_oneof![8 => -10_000_i64..100_000, 1 => -max..=max, 1 => Just(max), 1 => Just(-max)];
    (quantity, price, 0_i64..=10_000).prop_map(|(quantity, price, rate)| priced(&quantity, price, rate))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn subtotal_and_tax_are_the_sums_of_the_lines_and_make_the_total(
        lines in prop::collection::vec(any_line(), 0..12),
    ) {
        let lines = read(&lines);
        let wide = |money: Money| i128::from(money.amount());
        match Totals::of(&lines, Currency::EUR) {
            Ok(totals) => {
                let sum = |part: fn(&Line, Currency) -> Result<Money, MoneyError>| {
                    lines.iter().map(|line| wide(part(line, Currency::EUR).unwrap())).sum::<i128>()
                };
                prop_assert_eq!(wide(totals.subtotal), sum(Line::net));
                prop_assert_eq!(wide(totals.tax), sum(Line::tax));
                prop_assert_eq!(wide(totals.subtotal) + wide(totals.tax), wide(totals.total));
            }
            Err(InvoiceError::LineTooLarge { line }) => {
                prop_assert!(lines[line].net(Currency::EUR).is_err());
                prop_assert!(lines[..line].iter().all(|line| line.net(Currency::EUR).is_ok()));
            }
            Err(error) => {
                prop_assert_eq!(error, InvoiceError::TotalTooLarge);
                let size: u128 = lines
                    .iter()
                    .filter_map(|line| line.net(Currency::EUR).ok())
                    .map(|net| 2 * u128::from(net.amount().unsigned_abs()))
                    .sum();
                prop_assert!(size > u128::from(Money::MAX_AMOUNT.unsigned_abs()), "{}", size);
            }
        }
    }
}
