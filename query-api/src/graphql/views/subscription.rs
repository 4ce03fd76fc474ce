//! What can be subscribed to. The framework reads the arguments and puts values into the words of the operation, both by the
//! same execution; when there is something to show, and what, is found out elsewhere (`subscriptions`).

use std::sync::{Arc, Mutex, PoisonError};
use std::vec::IntoIter;

use async_graphql::{Context, Subscription};
use futures_util::stream::{Iter, iter};
use uuid::Uuid;
use xentri_domain::kernel::{Permission, Scope};
use xentri_domain::registry::event_kinds;
use xentri_projections::audit::AuditRow;
use xentri_projections::invoices::InvoiceRow;
use xentri_projections::leads::LeadRow;
use xentri_projections::pulse::PulseItemRow;

use super::event::Event;
use super::invoice::Invoice;
use super::lead::Lead;
use super::pulse::PulseItem;
use super::pulse_scope::PulseScope;
use crate::graphql::error::ReadError;
use crate::graphql::reader::reader;
use crate::graphql::scalars::OrgSeq;

/// What an operation is subscribed to, by somebody who may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::graphql) enum Topic {
    /// None for all types; None for those that are still to come.
    Events {
        types: Option<Vec<&'static str>>,
        after: Option<u64>,
    },
    Pulse(Scope),
    Lead(Uuid),
    Invoice(Uuid),
}

/// A value as the operation is to show it.
#[derive(Debug, Clone)]
pub(in crate::graphql) enum Shown {
    Event(Arc<AuditRow>),
    Item(Arc<PulseItemRow>),
    Lead(Option<Arc<LeadRow>>),
    Invoice(Option<Arc<InvoiceRow>>),
}

/// What an execution is for. Each of its root fields adds what it asks for, and shows those values that are its own.
#[derive(Debug, Default)]
pub(in crate::graphql) struct Turn {
    topics: Mutex<Vec<Topic>>,
    shown: Vec<Shown>,
}

impl Turn {
    pub(in crate::graphql) fn showing(shown: Vec<Shown>) -> Self {
        Self { topics: Mutex::default(), shown }
    }

    pub(in crate::graphql) fn topics(&self) -> Vec<Topic> {
        std::mem::take(&mut self.topics.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Of the events that are shown.
    pub(in crate::graphql) fn numbers(&self) -> Vec<u64> {
        let number = |shown: &Shown| match shown {
            Shown::Event(row) => u64::try_from(row.org_seq).ok(),
            _ => None,
        };
        self.shown.iter().filter_map(number).collect()
    }

    /// The items of Pulse that are shown.
    pub(in crate::graphql) fn items(&self) -> Vec<Arc<PulseItemRow>> {
        let item = |shown: &Shown| match shown {
            Shown::Item(row) => Some(Arc::clone(row)),
            _ => None,
        };
        self.shown.iter().filter_map(item).collect()
    }

    fn take<T>(&self, topic: Topic, own: impl Fn(&Shown) -> Option<T>) -> Iter<IntoIter<T>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner).push(topic);
        iter(self.shown.iter().filter_map(own).collect::<Vec<_>>())
    }
}

fn turn<'a>(ctx: &Context<'a>) -> &'a Arc<Turn> {
    // Every execution of a subscription brings one.
    ctx.data_unchecked::<Arc<Turn>>()
}

/// At most so many types of events.
const TYPES: usize = 50;

pub(in crate::graphql) struct Subscription;

/// What an org's people and programs are told of as it happens, over a WebSocket with the protocol `graphql-transport-ws`. What is told
/// can be read at once: the read models have come to it. A subscription has one field.
#[Subscription]
impl Subscription {
    /// What happens in the org, in order, none left out and none twice: from now on, or all that follows an event. Whoever was cut
    /// off goes on behind the last `orgSeq` that came. Needs `events:subscribe`.
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only events of these types, as in `xentri.lead.created.v1`; at most 50.")]
        types: Option<Vec<String>>,
        #[graphql(desc = "Behind the event with this number in the org; 0 for all there are.")] after: Option<
            OrgSeq,
        >,
    ) -> Result<Iter<IntoIter<Event>>, ReadError> {
        reader(ctx).require(Permission::EVENTS_SUBSCRIBE)?;
        let types = types.map(|types| known(&types)).transpose()?;
        let topic = Topic::Events { types, after: after.map(|OrgSeq(seq)| seq) };
        Ok(turn(ctx).take(topic, |shown| match shown {
            Shown::Event(row) => Some(Event((**row).clone())),
            _ => None,
        }))
    }

    /// What deserves attention at a scope: first what is there, the most important first, then each item that appears or changes.
    /// What the user has dismissed is not shown. Needs `pulse:{scope}`, which implies the scopes below.
    async fn pulse(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At which scope.")] scope: PulseScope,
    ) -> Result<Iter<IntoIter<PulseItem>>, ReadError> {
        let scope = scope.scope()?;
        reader(ctx).require(Permission::pulse(scope))?;
        Ok(turn(ctx).take(Topic::Pulse(scope), |shown| match shown {
            Shown::Item(row) => Some(PulseItem(row.clone())),
            _ => None,
        }))
    }

    /// A lead as it is, and again whenever it has changed; null as long as there is none. Needs `sales:read`.
    async fn lead(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The lead's id.")] id: Uuid,
    ) -> Result<Iter<IntoIter<Option<Lead>>>, ReadError> {
        reader(ctx).require(Permission::SALES_READ)?;
        Ok(turn(ctx).take(Topic::Lead(id), |shown| match shown {
            Shown::Lead(row) => Some(row.clone().map(Lead)),
            _ => None,
        }))
    }

    /// An invoice as it is, and again whenever it has changed; null as long as there is none. Needs `finance:read`.
    async fn invoice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invoice's id.")] id: Uuid,
    ) -> Result<Iter<IntoIter<Option<Invoice>>>, ReadError> {
        reader(ctx).require(Permission::FINANCE_READ)?;
        Ok(turn(ctx).take(Topic::Invoice(id), |shown| match shown {
            Shown::Invoice(row) => Some(row.clone().map(Invoice)),
            _ => None,
        }))
    }
}

/// One that was mistyped would be waited for in vain.
fn known(types: &[String]) -> Result<Vec<&'static str>, ReadError> {
    if types.len() > TYPES {
        return Err(ReadError::Argument(format!("at most {TYPES} types")));
    }
    let known = |name: &String| event_kinds().find(|kind| kind.type_name == *name).map(|kind| kind.type_name);
    let known = types.iter().map(|name| known(name).ok_or(name)).collect::<Result<_, _>>();
    known.map_err(|_| {
        ReadError::Argument("no type of event is called so, like xentri.lead.created.v1".to_owned())
    })
}
