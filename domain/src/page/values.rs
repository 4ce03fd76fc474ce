//! What a page is made of: blocks, from top to bottom.

use serde::{Deserialize, Deserializer, Serialize};
use thiserror::Error;

use super::Link;
use crate::kernel::{Coded, Note, Text, Url, wire};

/// The same pieces twice: a command refuses a field that it does not know, an event passes over it, so that old code reads
/// what newer code wrote.
macro_rules! pieces {
    ($($(#[$attribute:meta])+ $name:ident;)+) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(tag = "type", rename_all = "snake_case")]
        $(#[$attribute])+
        pub enum $name {
            /// A heading; the page's title stands above them all.
            Heading {
                level: HeadingLevel,
                text: Text<200>,
            },
            /// One or more paragraphs, plain.
            Text {
                text: Note<10_000>,
            },
            Image {
                url: Url,
                /// What it shows, for those who do not see it; left out where it only decorates.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                alt: Option<Text<500>>,
            },
            Button {
                label: Text<100>,
                url: Link,
            },
            List {
                /// Numbered, or else with bullets.
                #[serde(default)]
                ordered: bool,
                items: ListItems,
            },
            Quote {
                text: Note<2000>,
                /// Who or what is quoted.
                #[serde(default, skip_serializing_if = "Option::is_none")]
                source: Option<Text<200>>,
            },
            /// A line between what is above and what is below.
            Divider {},
        }
    )+};
}

pieces! {
    /// One piece of a page.
    Block;
    /// One piece of a page, as it comes in.
    #[serde(deny_unknown_fields)]
    BlockInput;
}

impl From<BlockInput> for Block {
    fn from(input: BlockInput) -> Self {
        match input {
            BlockInput::Heading { level, text } => Self::Heading { level, text },
            BlockInput::Text { text } => Self::Text { text },
            BlockInput::Image { url, alt } => Self::Image { url, alt },
            BlockInput::Button { label, url } => Self::Button { label, url },
            BlockInput::List { ordered, items } => Self::List { ordered, items },
            BlockInput::Quote { text, source } => Self::Quote { text, source },
            BlockInput::Divider {} => Self::Divider {},
        }
    }
}

impl Block {
    /// The bytes of all that somebody wrote in it.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Heading { level: _, text } => text.as_str().len(),
            Self::Text { text } => text.as_str().len(),
            Self::Image { url, alt } => url.as_str().len() + alt.as_ref().map_or(0, |alt| alt.as_str().len()),
            Self::Button { label, url } => label.as_str().len() + url.as_str().len(),
            Self::List { ordered: _, items } => items.0.iter().map(|item| item.as_str().len()).sum(),
            Self::Quote { text, source } => {
                text.as_str().len() + source.as_ref().map_or(0, |source| source.as_str().len())
            }
            Self::Divider {} => 0,
        }
    }
}

/// At most 200 blocks, from top to bottom, with 65536 bytes of text in all.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transparent))]
#[serde(transparent)]
pub struct Blocks(#[cfg_attr(feature = "schema", schemars(length(max = 200)))] Vec<Block>);

impl Blocks {
    pub const MOST: usize = 200;
    /// Written as JSON with every one of them escaped, a page stays below 180 KB: an event of it fits its envelope.
    pub const MOST_BYTES: usize = 65_536;

    pub fn new(blocks: Vec<Block>) -> Result<Self, ValueError> {
        if blocks.len() > Self::MOST {
            return Err(ValueError::TooMany { max: Self::MOST });
        }
        if blocks.iter().map(Block::size).sum::<usize>() > Self::MOST_BYTES {
            return Err(ValueError::TooLong { max: Self::MOST_BYTES });
        }
        Ok(Self(blocks))
    }

    pub fn as_slice(&self) -> &[Block] {
        &self.0
    }
}

/// The blocks of a command: at most 200, from top to bottom, with 65536 bytes of text in all.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct BlocksInput(Blocks);

impl BlocksInput {
    pub fn new(blocks: Vec<BlockInput>) -> Result<Self, ValueError> {
        Blocks::new(blocks.into_iter().map(Block::from).collect()).map(Self)
    }

    pub fn into_blocks(self) -> Blocks {
        self.0
    }
}

/// 1 to 50 lines.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transparent))]
#[serde(transparent)]
pub struct ListItems(#[cfg_attr(feature = "schema", schemars(length(min = 1, max = 50)))] Vec<Text<500>>);

impl ListItems {
    pub const MOST: usize = 50;

    pub fn new(items: Vec<Text<500>>) -> Result<Self, ValueError> {
        match items.len() {
            0 => Err(ValueError::Empty),
            1..=Self::MOST => Ok(Self(items)),
            _ => Err(ValueError::TooMany { max: Self::MOST }),
        }
    }

    pub fn as_slice(&self) -> &[Text<500>] {
        &self.0
    }
}

/// 1, the highest, to 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct HeadingLevel(u8);

impl HeadingLevel {
    pub const MAX: u8 = 6;

    pub fn new(level: i64) -> Result<Self, ValueError> {
        match u8::try_from(level) {
            Ok(level @ 1..=Self::MAX) => Ok(Self(level)),
            _ => Err(ValueError::NoSuchLevel),
        }
    }

    pub fn get(self) -> u8 {
        self.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ValueError {
    #[error("expected one at the least")]
    Empty,
    #[error("expected {max} at the most")]
    TooMany { max: usize },
    #[error("more than {max} bytes of text in all")]
    TooLong { max: usize },
    #[error("expected 1 to {}", HeadingLevel::MAX)]
    NoSuchLevel,
}

impl Coded for ValueError {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooMany { .. } => "too_many",
            Self::TooLong { .. } => "too_long",
            Self::NoSuchLevel => "out_of_range",
        }
    }
}

/// Reads what stands on the wire, then lets the constructor judge it.
macro_rules! read_through {
    ($($type:ident($raw:ty);)+) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(<$raw>::deserialize(deserializer)?).map_err(|error| wire::refuse(&error))
            }
        }
    )+};
}

read_through! {
    Blocks(Vec<Block>);
    BlocksInput(Vec<BlockInput>);
    ListItems(Vec<Text<500>>);
    HeadingLevel(i64);
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for BlocksInput {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BlocksInput".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "At most 200 blocks, from top to bottom, with 65536 bytes of text in all.",
            "type": "array",
            "items": generator.subschema_for::<BlockInput>(),
            "maxItems": Blocks::MOST,
        })
    }
}

wire::json_schema_of!(HeadingLevel, {
    "description": "1, the highest, to 6.",
    "type": "integer",
    "minimum": 1,
    "maximum": HeadingLevel::MAX,
    "examples": [2],
});
