use super::{Note, Text, TextError};

#[test]
fn names_from_anywhere_pass_as_typed() {
    let family = "👩\u{200d}👩\u{200d}👧\u{200d}👦";
    for name in [
        "Zoë",
        "Zoe\u{308}",
        "אבגד ושות׳",
        "شركة\u{200f} النور",
        "नमस्ते",
        family,
        "❤\u{fe0f}",
        "O'Brien & Söhne",
    ] {
        assert_eq!(Text::<100>::parse(name).unwrap().as_str(), name);
        assert_eq!(Note::<100>::parse(name).unwrap().as_str(), name);
    }
}

#[test]
fn white_space_at_the_ends_goes() {
    assert_eq!(Text::<9>::parse("\u{a0} Acme\u{3000} ").unwrap().as_str(), "Acme");
    assert_eq!(Note::<9>::parse("\n\ta\n b \n").unwrap().as_str(), "a\n b");
}

#[test]
fn what_shows_nothing_is_empty() {
    for blank in ["", " ", "\u{3000}", "\u{200b}", "\u{200d}\u{fe0f}", "\u{ad}", "\u{3164}"] {
        assert_eq!(Text::<9>::parse(blank), Err(TextError::Empty), "{blank:?}");
    }
    assert_eq!(Note::<9>::parse("\n \t"), Err(TextError::Empty));
}

#[test]
fn characters_are_counted_not_bytes() {
    assert!(Text::<3>::parse("日本語").is_ok());
    assert_eq!(Text::<3>::parse("日本語!"), Err(TextError::TooLong { max: 3 }));
    assert_eq!(Text::<3>::parse("a   "), Err(TextError::TooLong { max: 3 }), "counted before trimming");
}

#[test]
fn lines_end_as_forms_and_mail_end_them_and_are_kept_in_one_way() {
    assert_eq!(Note::<9>::parse("a\r\nb\nc").unwrap().as_str(), "a\nb\nc");
    assert_eq!(Text::<9>::parse("a\r\nb"), Err(TextError::ControlCharacter));
}

#[test]
fn control_characters_are_refused() {
    for raw in ["a\0b", "a\nb", "a\tb", "a\rb", "a\u{7f}", "a\u{85}b", "a\u{2028}b", "a\n"] {
        assert_eq!(Text::<9>::parse(raw), Err(TextError::ControlCharacter), "{raw:?}");
    }
    for raw in ["a\0b", "a\rb", "a\n\rb", "a\u{1b}[0m"] {
        assert_eq!(Note::<9>::parse(raw), Err(TextError::ControlCharacter), "{raw:?}");
    }
    for raw in ["a\u{202e}b", "a\u{2066}b"] {
        assert_eq!(Text::<9>::parse(raw), Err(TextError::BidiControl), "{raw:?}");
        assert_eq!(Note::<9>::parse(raw), Err(TextError::BidiControl), "{raw:?}");
    }
}
