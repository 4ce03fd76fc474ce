//! Values that only a brief has.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use crate::kernel::{Coded, Note, wire};

/// What a section says. The bound lets all seven go into one envelope, in whatever script they are written.
pub type Content = Note<8000>;

/// A part of the strategy: who the company is, for whom, with what, and why they should choose it; then where it
/// wants to go, what speaks for it, and how it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Section {
    Identity,
    Audience,
    Offerings,
    Positioning,
    Goals,
    Proof,
    Operations,
}

impl Section {
    /// Those without which nobody can act on a brief: it is not approved before they are filled.
    pub const NEEDED: [Self; 5] =
        [Self::Identity, Self::Audience, Self::Offerings, Self::Positioning, Self::Goals];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Audience => "audience",
            Self::Offerings => "offerings",
            Self::Positioning => "positioning",
            Self::Goals => "goals",
            Self::Proof => "proof",
            Self::Operations => "operations",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// The sections that are filled, each with what it says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Sections(BTreeMap<Section, Content>);

impl Sections {
    pub fn get(&self, section: Section) -> Option<&Content> {
        self.0.get(&section)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// In the order in which a brief is read.
    pub fn iter(&self) -> impl Iterator<Item = (Section, &Content)> {
        self.0.iter().map(|(section, content)| (*section, content))
    }

    /// Those that are still needed before an approval.
    pub fn missing(&self) -> Vec<Section> {
        Section::NEEDED.into_iter().filter(|section| self.get(*section).is_none()).collect()
    }

    /// Those that read otherwise than in `earlier`.
    #[must_use]
    pub fn changed_since(&self, earlier: &Self) -> Self {
        self.iter()
            .filter(|(section, content)| earlier.get(*section) != Some(content))
            .map(|(section, content)| (section, content.clone()))
            .collect()
    }

    pub(super) fn fill(&mut self, section: Section, content: Content) {
        self.0.insert(section, content);
    }

    /// Sections that `others` does not name stay as they are.
    pub(super) fn fill_all(&mut self, others: &Self) {
        self.0.extend(others.clone().0);
    }
}

impl FromIterator<(Section, Content)> for Sections {
    fn from_iter<I: IntoIterator<Item = (Section, Content)>>(sections: I) -> Self {
        Self(sections.into_iter().collect())
    }
}

impl<'de> Deserialize<'de> for Sections {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SectionsVisitor)
    }
}

/// Unlike serde's own for maps, it refuses a section that stands there twice: nobody could tell which was meant.
struct SectionsVisitor;

impl<'de> Visitor<'de> for SectionsVisitor {
    type Value = Sections;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("sections by their names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Sections, A::Error> {
        let mut sections = BTreeMap::new();
        while let Some((section, content)) = entries.next_entry::<Section, Content>()? {
            if sections.insert(section, content).is_some() {
                return Err(A::Error::duplicate_field(section.as_str()));
            }
        }
        Ok(Sections(sections))
    }
}

/// For how long a proposal may be accepted: whole seconds, at most 90 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ExpiresIn(u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected 1 to {} seconds", ExpiresIn::MAX)]
pub struct ExpiresInError;

impl Coded for ExpiresInError {
    fn code(&self) -> &'static str {
        "out_of_range"
    }
}

impl ExpiresIn {
    pub const MAX: u32 = 90 * 24 * 60 * 60;

    pub fn from_seconds(seconds: i64) -> Result<Self, ExpiresInError> {
        match u32::try_from(seconds) {
            Ok(seconds) if (1..=Self::MAX).contains(&seconds) => Ok(Self(seconds)),
            _ => Err(ExpiresInError),
        }
    }

    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

impl<'de> Deserialize<'de> for ExpiresIn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_seconds(i64::deserialize(deserializer)?).map_err(|error| wire::refuse(&error))
    }
}

wire::json_schema_of!(ExpiresIn, {
    "description": "For how long a proposal may be accepted, in seconds.",
    "type": "integer",
    "minimum": 1,
    "maximum": ExpiresIn::MAX,
    "examples": [86_400],
});

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Section, Sections};

    const ALL: [Section; 7] = [
        Section::Identity,
        Section::Audience,
        Section::Offerings,
        Section::Positioning,
        Section::Goals,
        Section::Proof,
        Section::Operations,
    ];

    #[test]
    fn a_section_has_one_name() {
        for section in ALL {
            assert_eq!(serde_json::to_value(section).unwrap(), section.as_str());
        }
    }

    #[test]
    fn a_section_that_stands_there_twice_is_refused() {
        let error = serde_json::from_str::<Sections>(r#"{ "goals": "Two", "proof": "x", "goals": "Three" }"#)
            .unwrap_err();
        assert!(error.to_string().starts_with("duplicate field `goals`"), "{error}");
    }

    #[test]
    fn the_longest_brief_in_any_script_fits_an_envelope() {
        let longest: Sections = Section::NEEDED
            .into_iter()
            .chain([Section::Proof, Section::Operations])
            .map(|section| (section, "👩".repeat(8000).parse().unwrap()))
            .collect();
        let written = serde_json::to_string(&longest).unwrap();
        assert!(written.len() < 250_000, "{} bytes", written.len());
    }

    #[test]
    fn the_schema_of_sections_says_what_the_parser_says() {
        let validator = jsonschema::validator_for(schemars::schema_for!(Sections).as_value()).unwrap();
        for value in [
            json!({}),
            json!({ "identity": "A bakery", "operations": "Ovens" }),
            json!({ "proof": "x".repeat(8000) }),
            json!({ "proof": "x".repeat(8001) }),
            json!({ "proof": "" }),
            json!({ "proof": null }),
            json!({ "proof": 1 }),
            json!({ "Proof": "x" }),
            json!({ "mission": "x" }),
            json!([]),
            json!(null),
            json!("proof"),
        ] {
            let parsed = serde_json::from_value::<Sections>(value.clone());
            assert_eq!(parsed.is_ok(), validator.is_valid(&value), "{value}: {parsed:?}");
        }
    }
}
