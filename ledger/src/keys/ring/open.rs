//! Opening what is read, for whoever may read it.

use std::collections::BTreeSet;

use sqlx::postgres::PgConnection;
use xentri_domain::kernel::{OrgId, SubjectId};
use xentri_schemas::Envelope;

use super::find::{Keep, People, Person};
use super::{KeyRing, KeyRingError, OpeningError, needs_key};
use crate::database::{TenantTx, WorkerTx};
use crate::keys::{FieldContext, open_fields};
use crate::shard::Shard;

impl KeyRing {
    /// Opens the personal fields of one org's events; those of somebody who is forgotten as of this transaction are
    /// forgotten. One statement for all of them. After an error some may be open and others not.
    pub async fn open_in_tx<'e>(
        &self,
        tx: &mut TenantTx,
        envelopes: impl IntoIterator<Item = &'e mut Envelope>,
    ) -> Result<(), OpeningError> {
        let shard = tx.shard();
        self.open(tx.connection(), shard, envelopes.into_iter().collect()).await
    }

    /// The same for events of any orgs of one shard: workers build what shows people, and what has forgotten them.
    pub async fn open_shard_in_tx<'e>(
        &self,
        tx: &mut WorkerTx,
        shard: Shard,
        envelopes: impl IntoIterator<Item = &'e mut Envelope>,
    ) -> Result<(), OpeningError> {
        self.open(tx.connection(), shard, envelopes.into_iter().collect()).await
    }

    async fn open(
        &self,
        connection: &mut PgConnection,
        shard: Shard,
        mut envelopes: Vec<&mut Envelope>,
    ) -> Result<(), OpeningError> {
        let mut wanted = BTreeSet::new();
        only_sealed(&mut envelopes, |person| {
            wanted.insert(person);
        });
        if wanted.is_empty() {
            return Ok(());
        }
        let people = self.find_in_tx(connection, shard, &wanted, Keep::Keys).await?;
        open_with(&people, envelopes)
    }
}

/// Leaves those for which a key is needed, and says whose.
pub(super) fn only_sealed(envelopes: &mut Vec<&mut Envelope>, mut whose: impl FnMut((OrgId, SubjectId))) {
    envelopes.retain_mut(|envelope| {
        let about = about(envelope).filter(|_| needs_key(&mut envelope.payload));
        about.map(&mut whose).is_some()
    });
}

pub(super) fn open_with(people: &People, envelopes: Vec<&mut Envelope>) -> Result<(), OpeningError> {
    for envelope in envelopes {
        let Some((org, subject)) = about(envelope) else { continue };
        let key = match people.get(&(org, subject)) {
            Some(Person::Known(key)) => Some(&**key),
            Some(Person::Forgotten | Person::Erased) => None,
            None => return Err(KeyRingError::NoSubjectKey { org, subject }.into()),
        };
        let context = FieldContext { org, subject, event: envelope.id };
        open_fields(&mut envelope.payload, &context, key)?;
    }
    Ok(())
}

fn about(envelope: &Envelope) -> Option<(OrgId, SubjectId)> {
    Some((envelope.org_id, envelope.payload.subject(envelope.stream_id)?))
}
