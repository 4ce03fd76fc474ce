//! Texts as rows have them to be searched.

use compact_str::CompactString;

/// As the standard library has it. A `CompactString` goes by rules of its own, and a fold must not change with them.
pub(crate) fn lower_case(text: &str) -> CompactString {
    text.to_lowercase().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_word_is_one_also_after_latin_letters() {
        assert_eq!(lower_case("ΟΔΟΣ and AΣ"), "οδος and aς");
    }
}
