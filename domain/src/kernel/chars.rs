//! Sets of characters, each written once: the parser asks `contains`, the JSON Schema takes `class`.

pub(super) struct CharSet(&'static [(char, char)]);

impl CharSet {
    pub(super) fn contains(&self, c: char) -> bool {
        self.0.iter().any(|&(first, last)| (first..=last).contains(&c))
    }

    /// What stands between the brackets of a regular expression's class. Every set here lies in the
    /// basic plane, where four digits are enough and every dialect agrees.
    #[cfg(feature = "schema")]
    pub(super) fn class(&self) -> String {
        let code = |c: char| format!("\\u{:04x}", u32::from(c));
        let ranges = self.0.iter().map(|&(first, last)| [code(first), code(last)].join("-"));
        ranges.collect()
    }
}

/// ASCII and Latin-1 control characters, NUL among them.
pub(super) const CONTROL: CharSet = CharSet(&[('\0', '\u{1f}'), ('\u{7f}', '\u{9f}')]);

/// The same without tab and line feed.
pub(super) const CONTROL_BUT_LINES: CharSet =
    CharSet(&[('\0', '\u{8}'), ('\u{b}', '\u{1f}'), ('\u{7f}', '\u{9f}')]);

/// Unicode's own line breaks.
pub(super) const LINE_BREAK: CharSet = CharSet(&[('\u{2028}', '\u{2029}')]);

/// Direction embeddings, overrides and isolates. The marks (U+200E, U+200F, U+061C) are not among them.
pub(super) const BIDI: CharSet = CharSet(&[('\u{202a}', '\u{202e}'), ('\u{2066}', '\u{2069}')]);

/// What leaves no ink: white space, joiners, fillers, variation selectors.
pub(super) const BLANK: CharSet = CharSet(&[
    ('\t', '\r'),
    (' ', ' '),
    ('\u{85}', '\u{85}'),
    ('\u{a0}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
]);

#[cfg(test)]
mod tests {
    use super::{BLANK, CONTROL, CONTROL_BUT_LINES};

    #[test]
    fn the_sets_agree_with_unicode() {
        for c in '\0'..=char::MAX {
            assert_eq!(CONTROL.contains(c), c.is_control(), "{c:?}");
            let kept = c == '\t' || c == '\n';
            assert_eq!(CONTROL_BUT_LINES.contains(c), c.is_control() && !kept, "{c:?}");
            assert!(BLANK.contains(c) || !c.is_whitespace(), "{c:?}");
        }
    }
}
