//! Where a button leads.

use std::{fmt, str::FromStr};

use crate::kernel::wire::text_on_the_wire;
use crate::kernel::{FormatError, PagePath, Url};

/// A path of the same site, or an address on the web.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(untagged))]
pub enum Link {
    Page(PagePath),
    Web(Url),
}

impl Link {
    pub fn parse(raw: &str) -> Result<Self, FormatError> {
        if raw.starts_with('/') {
            PagePath::parse(raw).map(Self::Page)
        } else {
            Url::parse(raw).map(Self::Web)
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Page(path) => path.as_str(),
            Self::Web(url) => url.as_str(),
        }
    }
}

impl FromStr for Link {
    type Err = FormatError;

    fn from_str(raw: &str) -> Result<Self, FormatError> {
        Self::parse(raw)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

text_on_the_wire!(Link);
