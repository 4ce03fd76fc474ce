//! The published contract and the parser say the same: for each type, whatever text is thrown at both,
//! one accepts it when and only when the other does. The text is drawn near the border: from the type's
//! own alphabet, and from good values with one thing changed.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    Actor, Currency, Date, Email, Language, Money, Note, OrgId, PagePath, Personal, PersonalInput, Phone,
    Quantity, Scope, Sealed, Slug, TaxRate, Text, TimeZone, Timestamp, Url,
};

fn schema<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value()
}

fn agree<T: DeserializeOwned + JsonSchema>(
    validator: &Validator,
    value: &Value,
) -> Result<(), TestCaseError> {
    let parsed = serde_json::from_value::<T>(value.clone());
    prop_assert_eq!(
        parsed.is_ok(),
        validator.is_valid(value),
        "{}: {:?}",
        value,
        parsed.err().map(|error| error.to_string())
    );
    Ok(())
}

/// A good value with one character inserted, replaced or taken away, or left as it is.
fn near(good: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        3 => prop::sample::select(" -._/:@+%()\0\n\t\u{85}\u{a0}\u{200b}\u{202e}\u{2028}\u{feff}aZ09éß日\u{308}\u{5d0}👩😀\\\"#?*".chars().collect::<Vec<_>>()),
        1 => any::<char>(),
    ];
    (good, any::<prop::sample::Index>(), odd, 0..4).prop_map(|(good, at, odd, change)| {
        let mut chars: Vec<char> = good.chars().collect();
        let at = at.index(chars.len() + 1);
        match change {
            0 => chars.insert(at, odd),
            1 if at < chars.len() => chars[at] = odd,
            2 if at < chars.len() => drop(chars.remove(at)),
            _ => {}
        }
        chars.into_iter().collect()
    })
}

macro_rules! text_agrees {
    ($($test:ident: $type:ty, $good:expr;)+) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(10_000))]
            $(
                #[test]
                fn $test(raw in prop_oneof![4 => near($good), 1 => any::<String>()]) {
                    static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| jsonschema::validator_for(&schema::<$type>()).unwrap());
                    agree::<$type>(&VALIDATOR, &Value::String(raw))?;
                }
            )+
        }
    };
}

text_agrees! {
    text: Text<12>, "\\PC{0,13}|[ \u{200b}\u{3000}]{0,3}[a-z]?";
    note: Note<12>, "(\\PC|[\n\t]){0,13}|[ \n\u{200b}]{0,3}[a-z]?";
    slug: Slug, "[a-z0-9]{1,4}(-[a-z0-9]{1,4}){0,3}|[a-z0-9]{62,64}";
    page_path: PagePath, "/|(/[a-z0-9]{1,4}(-[a-z0-9]{1,4}){0,2}){1,3}|(/[a-z]{9}){19,21}";
    email: Email, " {0,2}[a-z+'.é]{1,5}(\\.[A-Z]{1,3})?@[A-Za-zß-]{1,6}(\\.[a-z0-9-]{1,4}){0,2} ?|[a-z]{63,65}@[a-z]{62,64}(\\.[a-z]{55,63}){1,3}";
    phone: Phone, "\\(?\\+[1-9 ]([ ./()-]?[0-9]){4,16}|\\+49 ?\\(?0\\)? ?[0-9]{5,9}";
    url: Url, "(http|https|HTTPS|ftp)://[a-zA-Z0-9-]{1,5}(\\.[a-z0-9]{0,3}){0,2}(:[0-9]{1,5})?([/?#][!-~]{0,6}|/%[0-9a-g]{1,2})?";
    quantity: Quantity, "-?[0-9]{1,10}(\\.[0-9]{0,6})?|0(\\.0{1,4})?";
    currency: Currency, prop::sample::select(Currency::all()).prop_map(|currency| currency.to_string());
    scope: Scope, prop::sample::select(Scope::all().collect::<Vec<_>>()).prop_map(|scope| scope.to_string());
    sealed: Sealed, "[A-Za-z0-9_-]{0,9}";
    id: OrgId, "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|0{8}(-0{4}){3}-0{11}[01]";
    date: Date, "(18|19|20|99)[0-9]{2}-[01][0-9]-[0-3][0-9]|[0-9]{2}(00|04|98)-02-(28|29|30)";
    // The first and the last day are the parser's alone; no written year outside 1971 to 9998 comes here by one change.
    timestamp: Timestamp, "(20[0-9]{2})-(0[1-9]|1[0-2])-([0-2][1-9]|3[01])T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,10})?(Z|[+-][0-2][0-9]:[0-6][0-9])";
    language: Language, "en|es|de";
    personal: Personal<Text<12>>, "\\PC{0,13}";
    personal_input: PersonalInput<Email>, "[a-z]{1,3}@[a-z]{1,3}\\.[a-z]{1,3}";
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn money(amount in prop_oneof![any::<i64>(), (-3_i64..=3).prop_map(|d| (1 << 53) + d), (-3_i64..=3).prop_map(|d| d - (1 << 53))], code in near("EUR|USD|JPY"), extra: bool) {
        static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| jsonschema::validator_for(&schema::<Money>()).unwrap());
        let mut value = json!({ "amount": amount, "currency": code });
        if extra {
            value["more"] = json!(1);
        }
        agree::<Money>(&VALIDATOR, &value)?;
    }

    #[test]
    fn tax_rate(basis_points in prop_oneof![any::<i64>(), -3_i64..3, 9_997_i64..10_003]) {
        static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| jsonschema::validator_for(&schema::<TaxRate>()).unwrap());
        agree::<TaxRate>(&VALIDATOR, &json!(basis_points))?;
    }

    #[test]
    fn actor(kind in near("user|system|job|agent"), id in near("[a-z-]{1,8}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), extra: bool) {
        static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| jsonschema::validator_for(&schema::<Actor>()).unwrap());
        let mut value = json!({ "type": kind, "id": id });
        if extra {
            value["name"] = json!("x");
        }
        agree::<Actor>(&VALIDATOR, &value)?;
    }

    #[test]
    fn sealed_forms(key in near(Just("$p".to_owned())), value in prop_oneof![near("[A-Za-z0-9_-]{0,9}").prop_map(Value::from), Just(Value::Null), Just(json!(1))], extra: bool) {
        static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| jsonschema::validator_for(&schema::<Personal<Text<12>>>()).unwrap());
        let mut object = json!({ key: value });
        if extra {
            object["x"] = json!(1);
        }
        agree::<Personal<Text<12>>>(&VALIDATOR, &object)?;
    }
}

#[test]
fn values_of_another_kind_are_refused_by_both() {
    fn check<T: DeserializeOwned + JsonSchema>() {
        let validator = jsonschema::validator_for(&schema::<T>()).unwrap();
        for value in
            [json!(null), json!(true), json!(1.5), json!([]), json!({}), json!([["x"]]), json!({ "x": 1 })]
        {
            agree::<T>(&validator, &value).unwrap();
        }
    }
    check::<Text<12>>();
    check::<Note<12>>();
    check::<Slug>();
    check::<Money>();
    check::<Quantity>();
    check::<TaxRate>();
    check::<Timestamp>();
    check::<Date>();
    check::<TimeZone>();
    check::<OrgId>();
    check::<Actor>();
    check::<Personal<Email>>();
    check::<PersonalInput<Email>>();
}

#[test]
fn every_known_zone_fits_its_schema() {
    let validator = jsonschema::validator_for(&schema::<TimeZone>()).unwrap();
    for name in jiff::tz::TimeZoneDatabase::bundled().available() {
        assert!(validator.is_valid(&json!(name.to_string())), "{name}");
    }
}

#[test]
fn personal_fields_are_marked() {
    for schema in
        [schema::<Personal<Email>>(), schema::<Personal<Text<9>>>(), schema::<PersonalInput<Phone>>()]
    {
        assert_eq!(schema["x-personal"], json!(true), "{schema:#}");
    }
}
