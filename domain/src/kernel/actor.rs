//! Who did it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Slug, UserId};

/// `{"type": "user", "id": "…"}`, as every event carries it. Which of the four somebody is follows from
/// who vouches for them, never from what they say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "id", rename_all = "snake_case", deny_unknown_fields)]
pub enum Actor {
    /// A person who signed in.
    User(UserId),
    /// A service of the platform, by its name.
    System(Slug),
    /// A scheduled job or a reactor, by its name.
    Job(Slug),
    /// A program that acts with judgement of its own, such as a co-pilot, by its name.
    Agent(Slug),
}

impl Actor {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::System(_) => "system",
            Self::Job(_) => "job",
            Self::Agent(_) => "agent",
        }
    }

    /// Unique within the kind.
    pub fn id(&self) -> String {
        match self {
            Self::User(user) => user.to_string(),
            Self::System(name) | Self::Job(name) | Self::Agent(name) => name.to_string(),
        }
    }

    pub fn user(&self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(*user),
            Self::System(_) | Self::Job(_) | Self::Agent(_) => None,
        }
    }
}

/// `user:0190a5e1-…`, `job:mark-overdue`.
impl fmt::Display for Actor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.kind(), self.id())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Actor;
    use crate::kernel::Slug;

    #[test]
    fn actors_on_the_wire() {
        let user = "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a";
        for (kind, id) in
            [("user", user), ("system", "xentri"), ("job", "mark-overdue"), ("agent", "co-pilot")]
        {
            let wire = json!({ "type": kind, "id": id });
            let actor: Actor = serde_json::from_value(wire.clone()).unwrap();
            assert_eq!((actor.kind(), actor.id().as_str()), (kind, id));
            assert_eq!(actor.to_string(), format!("{kind}:{id}"));
            assert_eq!(actor.user().is_some(), kind == "user");
            assert_eq!(serde_json::to_value(actor).unwrap(), wire);
        }
        assert_eq!(Actor::Job(Slug::parse("a").unwrap()).id(), "a");
    }

    #[test]
    fn other_actors_are_refused() {
        for bad in [
            json!({ "type": "user", "id": "ada" }),
            json!({ "type": "user", "id": "00000000-0000-0000-0000-000000000000" }),
            json!({ "type": "job", "id": "" }),
            json!({ "type": "job", "id": "Mark Overdue" }),
            json!({ "type": "god", "id": "x" }),
            json!({ "type": "job" }),
            json!({ "id": "x" }),
            json!({ "type": "job", "id": "x", "name": "y" }),
            json!("job:x"),
        ] {
            assert!(serde_json::from_value::<Actor>(bad.clone()).is_err(), "{bad}");
        }
    }
}
