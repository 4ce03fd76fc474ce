//! The way of a command.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;
use xentri_domain::aggregate::{CommandKind, Door, Stream as _, StreamRef, Unread};
use xentri_domain::kernel::{Clock, Principal, StreamId, Timestamp};
use xentri_domain::org::Org;
use xentri_domain::registry::Command;
use xentri_ledger::{
    Appended, Authorized, CONSISTENCY_LABEL, ConsistencyToken, DerivedKeys, Home, Ledger, Place, TenantTx,
    find_receipt_in_tx, org_head_at_in_tx, subject_streams_in_tx,
};
use xentri_schemas::Environment;

use super::receipt::FirstAnswer;
use super::rejection::Settled;
use super::work::{Done, Key, Progress, Stage, Turn, Why, Work};
use super::{Answer, CommandRequest, DispatchError, Idempotency, Outcomes};
use crate::lanes::Lanes;
use crate::streams::{Streams, empty};

/// How far clients' clocks may be ahead.
const CLOCK_SKEW: Duration = Duration::from_mins(5);

#[derive(Debug, Clone)]
pub struct DispatchSettings {
    /// What every event says of the installation.
    pub environment: Environment,
    /// From the command's arrival on.
    pub deadline: Duration,
}

impl Default for DispatchSettings {
    fn default() -> Self {
        Self { environment: Environment::Prod, deadline: Duration::from_secs(2) }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Dispatcher {
    pub(super) ledger: Ledger,
    clock: Arc<dyn Clock>,
    settings: DispatchSettings,
    lanes: Lanes,
    tokens: Arc<OnceCell<DerivedKeys>>,
    outcomes: Outcomes,
}

impl Dispatcher {
    pub fn new(ledger: Ledger, clock: Arc<dyn Clock>, settings: DispatchSettings) -> Self {
        let lanes = Lanes::new(ledger.clone(), clock.clone(), settings.environment);
        Self { ledger, clock, settings, lanes, tokens: Arc::default(), outcomes: Outcomes::new() }
    }

    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Of all commands so far.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Appends what the command comes to, or says why not. An org is created by its command too, given by somebody in
    /// that org: [`xentri_domain::kernel::Caller::naming`].
    pub async fn dispatch(
        &self,
        principal: &Principal,
        request: CommandRequest,
    ) -> Result<Answer, DispatchError> {
        let deadline = Instant::now() + self.settings.deadline;
        let progress = Progress::default();
        let kind = request.command.kind();
        let outcome =
            match tokio::time::timeout_at(deadline, self.run(principal, request, progress.clone())).await {
                Ok(answer) => answer,
                Err(_) => Err(match progress.give_up() {
                    Stage::Waiting => DispatchError::Unavailable,
                    Stage::Raced => DispatchError::Contended,
                    Stage::Sent | Stage::GivenUp => DispatchError::OutcomeUnknown,
                }),
            };
        self.outcomes.count(kind, &outcome);
        outcome
    }

    async fn run(
        &self,
        principal: &Principal,
        request: CommandRequest,
        progress: Progress,
    ) -> Result<Answer, DispatchError> {
        let authorized = Authorized::to_give(&request.command, principal)?;
        let now = self.clock.now();
        let ahead = request.provenance.occurred_at.and_then(|at| at.since(now));
        if ahead.is_some_and(|ahead| ahead > CLOCK_SKEW) {
            return Err(DispatchError::OccurredAhead);
        }
        if super::orgs::creates(&request.command) {
            // In a box: what every command goes through is the smaller for it.
            return Box::pin(self.create_org(principal, authorized, request, progress)).await;
        }
        let home = self.home_of(principal).await?;
        let key = self.key_of(home, request.idempotency.clone()).await?;
        let fresh = self.fresh();
        let kind = request.command.kind();
        let (id, is_new) = addressed(kind, &request.command, request.stream, principal, fresh)?;
        let stream = StreamRef { stream_type: kind.stream_type, id };
        let mut work = Work::new(home, authorized, principal.clone(), request, stream, fresh);
        (work.key, work.progress) = (key, progress);
        if is_new {
            // Hardly ever is it there already, and then the append says so.
            work.known.insert(stream, empty(stream));
        } else {
            self.read(&mut work, &[stream]).await?;
        }
        let done = self.drive(Box::new(work)).await?;
        if stream.stream_type == Org::TYPE {
            self.copy_settings(home).await.map_err(DispatchError::once_appended)?;
        }
        Ok(done)
    }

    /// In and out of the lane, until it is settled.
    async fn drive(&self, mut work: Box<Work>) -> Result<Answer, DispatchError> {
        loop {
            work = match self.lanes.take(work).await {
                Turn::Appended(done) => {
                    let Done { home, stream, first, appended } = *done;
                    let answer = self.answer(home, stream, first, appended, false).await;
                    return answer.map_err(DispatchError::once_appended);
                }
                Turn::Failed(error) => return Err(error),
                Turn::Back(work, Why::KeyUsed) => match self.first_answer(&work).await? {
                    Some(answer) => return Ok(answer),
                    // It was cleared between the append and the look, or the one with the same key failed.
                    None => work,
                },
                Turn::Back(mut work, Why::Rejected { error, seen }) => {
                    match self.settle_rejection(&mut work, error, &seen).await? {
                        Settled::Refused(error) => return Err(error),
                        Settled::Replayed(answer) => return Ok(answer),
                        Settled::Outdated => work,
                    }
                }
                Turn::Back(mut work, Why::Unread(Unread::Streams(streams))) => {
                    self.read(&mut work, &streams).await?;
                    work
                }
                Turn::Back(mut work, Why::Unread(Unread::SubjectStreams)) => {
                    work.subject_streams = Some(self.streams_about(&work).await?);
                    work
                }
            };
        }
    }

    /// Loads states for a decision.
    async fn read(&self, work: &mut Work, streams: &[StreamRef]) -> Result<(), DispatchError> {
        let of_home = Streams { ledger: &self.ledger, home: work.home };
        for stream in streams {
            let state = of_home.load(*stream).await.map_err(|error| DispatchError::of_load(&error))?;
            work.known.insert(*stream, state);
        }
        Ok(())
    }

    async fn streams_about(&self, work: &Work) -> Result<Vec<StreamRef>, DispatchError> {
        let mut tx = TenantTx::read(self.ledger.databases(), work.home).await?;
        let streams = subject_streams_in_tx(&mut tx, work.stream.id.into()).await?;
        tx.commit().await?;
        Ok(streams)
    }

    /// What was answered when the same command came first; none when it never came.
    pub(super) async fn first_answer(&self, work: &Work) -> Result<Option<Answer>, DispatchError> {
        let Some(key) = &work.key else { return Ok(None) };
        let mut tx = TenantTx::read(self.ledger.databases(), work.home).await?;
        let receipt = find_receipt_in_tx(&mut tx, work.authorized.actor(), &key.key).await?;
        tx.commit().await?;
        let Some(receipt) = receipt else { return Ok(None) };
        if receipt.mac != key.mac {
            return Err(DispatchError::KeyReused);
        }
        let Some(first) = FirstAnswer::read(&receipt.answer) else {
            tracing::error!(org = %work.home.org(), "a receipt can't be read");
            return Err(DispatchError::Internal);
        };
        let appended = Appended {
            shard: work.home.shard(),
            epoch: receipt.epoch,
            events: receipt.events,
            recorded_at: receipt.recorded_at,
        };
        let stream = StreamRef { id: first.id, ..work.stream };
        Ok(Some(self.answer(work.home, stream, first, appended, true).await?))
    }

    pub(super) async fn answer(
        &self,
        home: Home,
        stream: StreamRef,
        first: FirstAnswer,
        appended: Appended,
        replayed: bool,
    ) -> Result<Answer, DispatchError> {
        let count = u64::try_from(first.events.len()).unwrap_or_default();
        let (org_seq, position) = match appended.events {
            Some(Place { first_org_seq, last_position }) => {
                (first_org_seq + count.saturating_sub(1), last_position)
            }
            // It was so already: whoever wants to see that has to be where the org was then.
            None => self.org_head_at(home, appended.recorded_at).await?,
        };
        let token = ConsistencyToken { epoch: appended.epoch, shard: appended.shard, position, stream };
        let keys = self.tokens.get_or_try_init(|| self.ledger.keys().token_keys(CONSISTENCY_LABEL)).await;
        let sealed = keys.map_err(|error| DispatchError::of_key(&error.into()))?;
        Ok(Answer {
            id: first.id,
            version: first.version.into(),
            org_seq,
            consistency_token: token.seal(home.org(), sealed).map_err(|_| DispatchError::Internal)?,
            events: first.events,
            created: first.created,
            replayed,
        })
    }

    async fn org_head_at(&self, home: Home, moment: Timestamp) -> Result<(u64, u64), DispatchError> {
        let mut tx = TenantTx::read(self.ledger.databases(), home).await?;
        let head = org_head_at_in_tx(&mut tx, moment).await?;
        tx.commit().await?;
        Ok(head.map_or((0, 0), |head| (head.org_seq, head.position)))
    }

    pub(super) async fn home_of(&self, principal: &Principal) -> Result<Home, DispatchError> {
        let entry = self.ledger.directory().find(principal.org()).await?;
        Ok(entry.ok_or(DispatchError::OrgUnknown)?.home)
    }

    pub(super) async fn key_of(
        &self,
        home: Home,
        idempotency: Option<Idempotency>,
    ) -> Result<Option<Key>, DispatchError> {
        let Some(Idempotency { key, fingerprint }) = idempotency else { return Ok(None) };
        let org_key =
            self.ledger.keys().org_key(home).await.map_err(|error| DispatchError::of_key(&error))?;
        Ok(Some(Key { key, mac: org_key.receipt_mac(&fingerprint) }))
    }

    pub(super) fn fresh(&self) -> StreamId {
        StreamId::v7(self.clock.now().as_millis(), rand::random())
    }

    pub(super) fn environment(&self) -> Environment {
        self.settings.environment
    }
}

/// The stream that the command is for, and whether it is a new one.
fn addressed(
    kind: &CommandKind,
    command: &Command,
    named: Option<StreamId>,
    principal: &Principal,
    fresh: StreamId,
) -> Result<(StreamId, bool), DispatchError> {
    match kind.door {
        Door::Create => Ok((command.chosen_id().or(named).unwrap_or(fresh), true)),
        Door::Stream => named.map(|id| (id, false)).ok_or(DispatchError::Internal),
        // Its key is its type: there is one.
        Door::OnePerOrg => {
            Ok((StreamId::natural(principal.org(), kind.stream_type, kind.stream_type), false))
        }
        // Who is no user is refused by the decision.
        Door::Inbox => Ok((principal.actor().user().map_or(fresh, StreamId::from), false)),
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Dispatcher")
            .field("settings", &self.settings)
            .field("lanes", &self.lanes)
            .finish_non_exhaustive()
    }
}
