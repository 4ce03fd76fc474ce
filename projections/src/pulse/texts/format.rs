//! Amounts and days as a language writes them.

use xentri_domain::kernel::{Date, Language, Money};

const MONTHS: [(&str, &str); 12] = [
    ("January", "enero"),
    ("February", "febrero"),
    ("March", "marzo"),
    ("April", "abril"),
    ("May", "mayo"),
    ("June", "junio"),
    ("July", "julio"),
    ("August", "agosto"),
    ("September", "septiembre"),
    ("October", "octubre"),
    ("November", "noviembre"),
    ("December", "diciembre"),
];

/// With the currency's code behind it: a sign such as $ stands for many currencies.
pub(super) fn money(language: Language, money: Money) -> String {
    let english = money.to_string();
    match language {
        Language::En => english,
        Language::Es => english
            .chars()
            .map(|c| match c {
                ',' => '.',
                '.' => ',',
                other => other,
            })
            .collect(),
    }
}

pub(super) fn date(language: Language, date: Date) -> String {
    let written = date.to_string();
    let mut parts = written.splitn(3, '-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month.and_then(|month| month.parse::<usize>().ok()).and_then(|month| MONTHS.get(month - 1));
    let (Some(year), Some((english, spanish)), Some(day)) = (year, month, day) else { return written };
    let day = day.trim_start_matches('0');
    match language {
        Language::En => format!("{day} {english} {year}"),
        Language::Es => format!("{day} de {spanish} de {year}"),
    }
}
