//! What may be asked of a subject.

use serde::{Deserialize, Serialize};

use crate::aggregate::commands;
use crate::kernel::{Permission, Text};

commands! {
    /// What may be asked of a subject.
    SubjectCommand of "subject" at "/core/subjects";
    Forget Stream "forget" Permission(Permission::PERSON_FORGET);
}

/// Forgets a person in everything that was ever recorded. It can't be undone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Forget {
    /// Why, as an auditor will read it. It stays for ever, so it names nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<1000>>,
}
