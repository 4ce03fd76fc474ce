//! Sealing what a chain of commands brings about people.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{OrgId, SubjectId};
use xentri_schemas::Envelope;

use super::find::{Keep, Person};
use super::kept::{KeptOrg, KeptSubject};
use super::{KeyRing, KeyRingError, SealingError, needs_key};
use crate::append::{AppendError, CommandRecord, EventRecord, Forgets, NewOrg, NewSubject, Outcome, Refusal};
use crate::database::{Home, TenantTx};
use crate::keys::{FieldContext, OrgKey, SubjectKey, seal_fields};

/// Makes records of commands that are decided. It lives for one chain, in which a person's first key is made once; told
/// the outcome, it is ready for the next one, which may be the same commands again.
pub struct Sealer {
    ring: KeyRing,
    home: Home,
    new_org: Option<KeptOrg>,
    subjects: HashMap<SubjectId, ChainSubject>,
    forgets: Vec<SubjectId>,
    /// What was guessed or kept was wrong: only the database is believed.
    ask: bool,
}

struct ChainSubject {
    key: Arc<SubjectKey>,
    /// Made for this chain.
    new: Option<NewKey>,
}

struct NewKey {
    wrapped: Vec<u8>,
    /// A record has it.
    recorded: bool,
}

impl KeyRing {
    pub fn sealer(&self, home: Home) -> Sealer {
        Sealer {
            ring: self.clone(),
            home,
            new_org: None,
            subjects: HashMap::new(),
            forgets: Vec::new(),
            ask: false,
        }
    }
}

impl Sealer {
    /// For the chain that makes its org: the org's key, under the master key. It counts once the chain is appended.
    pub async fn make_org(&mut self) -> Result<NewOrg, SealingError> {
        let key = OrgKey::random()?;
        let wrapped = self.ring.keeper.wrap(self.home.org(), &key).await?;
        let new_org = NewOrg { wrapped: wrapped.bytes.clone(), master_key: wrapped.master_key.clone() };
        self.new_org = Some(KeptOrg { wrapped: Arc::new(wrapped), key: Arc::new(key) });
        Ok(new_org)
    }

    /// The org's key, for the MAC of a receipt too.
    pub async fn org_key(&self) -> Result<Arc<OrgKey>, KeyRingError> {
        match &self.new_org {
            Some(new_org) => Ok(new_org.key.clone()),
            None => self.ring.org_key(self.home).await,
        }
    }

    /// Believes the database alone about keys: for commands whose chain was refused for a key that was guessed or kept.
    #[must_use]
    pub fn asking(self) -> Self {
        Self { ask: true, ..self }
    }

    /// The events of one command with their personal fields sealed, and whatever keys and marks go with them. The record
    /// goes into the chain: it may be the one that brings a person's first key.
    pub async fn seal(&mut self, envelopes: &[Envelope]) -> Result<CommandRecord, SealingError> {
        self.seal_in_place(&mut envelopes.to_vec()).await
    }

    /// The same for whoever goes on with the sealed events: states are folded from those. After an error some may be
    /// sealed and others not.
    pub async fn seal_in_place(&mut self, envelopes: &mut [Envelope]) -> Result<CommandRecord, SealingError> {
        let subjects = self.subjects_of(envelopes)?;
        self.find(envelopes, &subjects).await?;
        let mut record = CommandRecord::default();
        for (envelope, subject) in envelopes.iter_mut().zip(subjects) {
            if let Some(subject) = subject {
                self.seal_one(envelope, subject)?;
            }
            let event = EventRecord::of_sealed(envelope)?;
            record.about.extend(subject.map(|subject| (subject, event.stream)));
            record.events.push(event);
        }
        record.about.sort_unstable();
        record.about.dedup();
        self.bring_new_keys(&mut record);
        Ok(record)
    }

    /// The command that forgets a person: `streams` are those that its events name.
    pub async fn forget(
        &mut self,
        subject: SubjectId,
        streams: &[StreamRef],
        envelopes: &[Envelope],
    ) -> Result<CommandRecord, SealingError> {
        let mut record = self.seal(envelopes).await?;
        self.forgets(subject, streams.len(), &mut record);
        Ok(record)
    }

    /// Says of a sealed command that it forgets a person, who is in so many streams.
    pub fn forgets(&mut self, subject: SubjectId, streams: usize, record: &mut CommandRecord) {
        record.forgets.push(Forgets { subject, streams });
        self.forgets.push(subject);
    }

    /// What became of the chain; tells the caches, and leaves the sealer ready to seal again. After an error as after a
    /// refusal the keys that were made for the chain are forgotten, for they may be nowhere.
    pub async fn settle(&mut self, answer: &Result<Outcome, AppendError>) {
        let org = self.home.org();
        let new_org = self.new_org.take();
        let subjects = std::mem::take(&mut self.subjects);
        let forgets = std::mem::take(&mut self.forgets);
        let kept = &self.ring.kept;
        match answer {
            Ok(Outcome::Appended(_)) => {
                if let Some(new_org) = new_org {
                    kept.orgs.insert(org, new_org).await;
                }
                for (subject, ChainSubject { key, new }) in subjects {
                    let Some(new) = new else { continue };
                    let wrapped = new.wrapped.into();
                    kept.subjects.insert((org, subject), KeptSubject { wrapped, key }).await;
                }
                for subject in forgets {
                    kept.drop_subject(org, subject).await;
                }
                self.ask = false;
            }
            Ok(Outcome::Refused(Refusal::OrgUnknown | Refusal::OrgExists)) => kept.drop_org(org).await,
            Ok(Outcome::Refused(Refusal::KeyUsed | Refusal::Stale)) => {}
            // Keys that were made for the chain may be nowhere, or be there: only the database knows.
            Ok(Outcome::Refused(_)) | Err(_) => {
                for subject in subjects.into_keys() {
                    kept.drop_subject(org, subject).await;
                }
                self.ask = true;
            }
        }
    }

    /// Of each event: about whom it has something to seal.
    fn subjects_of(&self, envelopes: &mut [Envelope]) -> Result<Vec<Option<SubjectId>>, SealingError> {
        let of = |envelope: &mut Envelope| {
            let (event, org, home) = (envelope.id, envelope.org_id, self.home.org());
            if org != home {
                return Err(SealingError::OtherOrg { event, org, home });
            }
            if !needs_key(&mut envelope.payload) {
                return Ok(None);
            }
            let subject = envelope.payload.subject(envelope.stream_id);
            subject.map(Some).ok_or(SealingError::NoSubject { event })
        };
        envelopes.iter_mut().map(of).collect()
    }

    /// Finds or makes the keys that this chain does not have yet.
    async fn find(
        &mut self,
        envelopes: &[Envelope],
        subjects: &[Option<SubjectId>],
    ) -> Result<(), SealingError> {
        let org = self.home.org();
        let mut unknown = BTreeSet::new();
        for (envelope, subject) in envelopes.iter().zip(subjects) {
            let Some(subject) = *subject else { continue };
            if self.subjects.contains_key(&subject) || unknown.contains(&(org, subject)) {
                continue;
            }
            if self.new_org.is_some() {
                self.make(subject).await?;
            } else if self.ask {
                unknown.insert((org, subject));
            } else if let Some(kept) = self.ring.kept.subjects.get(&(org, subject)).await {
                self.subjects.insert(subject, ChainSubject { key: kept.key, new: None });
            } else if begins_with(envelope, subject) {
                self.make(subject).await?;
            } else {
                unknown.insert((org, subject));
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        Box::pin(self.read(unknown)).await
    }

    async fn read(&mut self, unknown: BTreeSet<(OrgId, SubjectId)>) -> Result<(), SealingError> {
        let mut tx = TenantTx::read(&self.ring.databases, self.home).await.map_err(KeyRingError::from)?;
        let people = self.ring.find_in_tx(tx.connection(), self.home.shard(), &unknown, Keep::Keys).await?;
        tx.commit().await.map_err(KeyRingError::from)?;
        for (org, subject) in unknown {
            match people.get(&(org, subject)) {
                Some(Person::Known(key)) => {
                    self.subjects.insert(subject, ChainSubject { key: key.clone(), new: None });
                }
                Some(Person::Forgotten) => return Err(SealingError::SubjectForgotten { org, subject }),
                Some(Person::Erased) => return Err(KeyRingError::OrgErased(org).into()),
                None => self.make(subject).await?,
            }
        }
        Ok(())
    }

    async fn make(&mut self, subject: SubjectId) -> Result<(), SealingError> {
        let key = SubjectKey::random()?;
        let wrapped = self.org_key().await?.wrap_subject(self.home.org(), subject, &key)?;
        let new = Some(NewKey { wrapped, recorded: false });
        self.subjects.insert(subject, ChainSubject { key: Arc::new(key), new });
        Ok(())
    }

    fn seal_one(&self, envelope: &mut Envelope, subject: SubjectId) -> Result<(), SealingError> {
        let org = self.home.org();
        let known = self.subjects.get(&subject).ok_or(KeyRingError::NoSubjectKey { org, subject })?;
        let context = FieldContext { org, subject, event: envelope.id };
        Ok(seal_fields(&mut envelope.payload, &context, &known.key)?)
    }

    /// Last of all, so that a command that fails takes no key with it.
    fn bring_new_keys(&mut self, record: &mut CommandRecord) {
        for (subject, _) in &record.about {
            let Some(new) = self.subjects.get_mut(subject).and_then(|known| known.new.as_mut()) else {
                continue;
            };
            if !new.recorded {
                new.recorded = true;
                record.new_subjects.push(NewSubject { subject: *subject, wrapped: new.wrapped.clone() });
            }
        }
    }
}

/// A stream's first event about the person that the stream itself is: hardly ever is anything known of them before, and
/// the append refuses a second first key.
fn begins_with(envelope: &Envelope, subject: SubjectId) -> bool {
    envelope.version == 1 && envelope.stream_id.uuid() == subject.uuid()
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sealer").field("home", &self.home).finish_non_exhaustive()
    }
}
