//! Commands: how an aggregate lists what may be asked of it, by whom, and at which door.

use std::fmt::Debug;

use serde::Deserializer;

use crate::kernel::{Actor, Permission, Principal, Scope, StreamId};

/// Who may give a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// Whoever has this permission.
    Permission(Permission),
    /// Whoever may see the Pulse scope that the command names, and may write at all.
    PulseScope,
    /// The system's own services and jobs, never a person.
    System,
}

impl Authority {
    /// Whether somebody may give the command; `scope` is the one that it names. What depends on the state is for `decide`.
    pub fn allows(self, principal: &Principal, scope: Option<Scope>) -> bool {
        match self {
            Self::Permission(permission) => principal.allows(permission),
            Self::PulseScope => {
                let sees = scope.is_some_and(|scope| principal.allows(Permission::pulse(scope)));
                sees && Permission::WRITES.iter().any(|write| principal.allows(*write))
            }
            Self::System => matches!(principal.actor(), Actor::System(_) | Actor::Job(_)),
        }
    }
}

/// Where a command comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// `POST {collection}`: makes a new stream, with the `id` that the body brings or a new one.
    Create,
    /// `POST {collection}/{id}/{name}`: on the stream with that id. Whether it has to be there already is for the
    /// decision to say: a person is forgotten on a stream that begins with it.
    Stream,
    /// `POST {collection}/{name}`: on the one stream of its type that an org has.
    OnePerOrg,
    /// `POST {collection}/{scope}/{name}/{item_id}`: on the one stream of its type that the acting user has, with the
    /// user's id. The path alone is the body: its two words are the fields `scope` and `item_id`.
    Inbox,
}

/// One kind of command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandKind {
    /// As in `send-proposal`.
    pub name: &'static str,
    pub stream_type: &'static str,
    /// As in `/sales/leads`.
    pub collection: &'static str,
    pub door: Door,
    pub authority: Authority,
}

/// All that may be asked of one type of aggregate. Made by `commands!`.
pub trait CommandSet: Clone + Debug + Send + Sync + 'static {
    const KINDS: &'static [CommandKind];

    fn kind(&self) -> &'static CommandKind;

    /// Reads the body of a command; none when the name is not one of [`Self::KINDS`].
    fn read<'de, D: Deserializer<'de>>(name: &str, deserializer: D) -> Option<Result<Self, D::Error>>;

    /// The id that the client chose for a new stream.
    fn chosen_id(&self) -> Option<StreamId>;

    /// The Pulse scope that it names, where [`Authority::PulseScope`] decides who may give it.
    fn scope(&self) -> Option<Scope>;

    #[cfg(feature = "schema")]
    fn body_schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(CommandKind, schemars::Schema)>;
}

/// Lists the commands of an aggregate: the variant, which is also the name of its body's struct, then its door, its
/// name and who may give it. The body of a `Create` has a field `id: Option<…>`, that of a `PulseScope` a field `scope`.
///
/// ```text
/// commands! {
///     /// What may be asked of a lead.
///     LeadCommand of "lead" at "/sales/leads";
///     Capture Create "capture" Permission(Permission::SALES_WRITE);
/// }
/// ```
macro_rules! commands {
    (
        $(#[$doc:meta])*
        $set:ident of $stream_type:literal at $collection:literal;
        $($kind:ident $door:ident $name:literal $authority:ident $(($permission:expr))?;)+
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $set {
            $($kind($kind),)+
        }

        impl $crate::aggregate::CommandSet for $set {
            const KINDS: &'static [$crate::aggregate::CommandKind] = &[$($crate::aggregate::CommandKind {
                name: $name,
                stream_type: $stream_type,
                collection: $collection,
                door: $crate::aggregate::Door::$door,
                authority: $crate::aggregate::Authority::$authority $(($permission))?,
            },)+];

            fn kind(&self) -> &'static $crate::aggregate::CommandKind {
                #[derive(Clone, Copy)]
                enum Place { $($kind,)+ }
                let place = match self { $(Self::$kind(_) => Place::$kind,)+ };
                &Self::KINDS[place as usize]
            }

            fn read<'de, D: serde::Deserializer<'de>>(name: &str, deserializer: D) -> Option<Result<Self, D::Error>> {
                match name {
                    $($name => Some(<$kind as serde::Deserialize>::deserialize(deserializer).map(Self::$kind)),)+
                    _ => None,
                }
            }

            fn chosen_id(&self) -> Option<$crate::kernel::StreamId> {
                match self {
                    $(Self::$kind(_body) => $crate::aggregate::commands!(@chosen $door _body),)+
                }
            }

            fn scope(&self) -> Option<$crate::kernel::Scope> {
                match self {
                    $(Self::$kind(_body) => $crate::aggregate::commands!(@scope $authority _body),)+
                }
            }

            #[cfg(feature = "schema")]
            fn body_schemas(
                generator: &mut schemars::SchemaGenerator,
            ) -> Vec<($crate::aggregate::CommandKind, schemars::Schema)> {
                let schemas = [$(<$kind as schemars::JsonSchema>::json_schema(generator),)+];
                Self::KINDS.iter().copied().zip(schemas).collect()
            }
        }

        $(impl From<$kind> for $set {
            fn from(body: $kind) -> Self {
                Self::$kind(body)
            }
        })+
    };
    (@chosen Create $body:ident) => { $body.id.map(Into::into) };
    (@chosen $door:ident $body:ident) => { None };
    (@scope PulseScope $body:ident) => { Some($body.scope) };
    (@scope $authority:ident $body:ident) => { None };
}
pub(crate) use commands;

#[cfg(test)]
mod tests {
    use super::Authority;
    use crate::kernel::{Actor, OrgId, Permission, Principal, Role, Scope, Slug, UserId};

    fn principal(actor: Actor, role: Role) -> Principal {
        Principal::new(OrgId::v7(1, [1; 10]), actor, role)
    }

    fn user(role: Role) -> Principal {
        principal(Actor::User(UserId::of("test", "ada")), role)
    }

    #[test]
    fn who_only_reads_changes_nothing_in_pulse_either() {
        let may = |role, scope| Authority::PulseScope.allows(&user(role), Some(scope));
        for (role, leads, strategy) in [
            (Role::Owner, true, true),
            (Role::Admin, true, true),
            (Role::Member, true, false),
            (Role::Auditor, false, false),
            (Role::Analyst, false, false),
            (Role::Integrator, false, false),
        ] {
            assert_eq!((may(role, Scope::LEADS), may(role, Scope::STRATEGY)), (leads, strategy), "{role}");
            assert!(!Authority::PulseScope.allows(&user(role), None), "{role}: no scope named");
        }
    }

    #[test]
    fn no_person_is_the_system_whatever_their_role() {
        let name = || Slug::parse("billing").unwrap();
        assert!(!Authority::System.allows(&user(Role::Owner), None));
        assert!(!Authority::System.allows(&principal(Actor::Agent(name()), Role::Owner), None));
        for actor in [Actor::System(name()), Actor::Job(name())] {
            assert!(Authority::System.allows(&principal(actor, Role::Integrator), None));
        }
        let issue = Authority::Permission(Permission::FINANCE_ISSUE);
        assert!(issue.allows(&user(Role::Admin), None) && !issue.allows(&user(Role::Member), None));
    }
}
