//! Making an org, which is no command like others: there is no home yet, and no key.
//!
//! Its id is reserved in the directory, then its first event and its key are appended on its shard, then it becomes
//! active. Each step may be repeated, so whoever was interrupted comes again with the same id.

use std::collections::HashMap;

use xentri_domain::aggregate::{Aggregate as _, Facts, Halt, Stream as _, StreamRef};
use xentri_domain::kernel::{OrgId, Principal, StreamId};
use xentri_domain::org::{Org, OrgCommand, OrgError, OrgEvent, Settings};
use xentri_domain::registry::Command;
use xentri_ledger::{
    Authorized, Chain, CommandRecord, Home, Loaded, OrgSettings, Outcome, ReceiptRecord, Refusal,
    ReservationError, Sealer, TenantTx, Until, fold_stream_in_tx,
};

use super::receipt::FirstAnswer;
use super::work::{Progress, Stage, Work};
use super::{Answer, AnsweredEvent, CommandRequest, DispatchError, Dispatcher, Idempotency, Refused};

pub(super) fn creates(command: &Command) -> bool {
    matches!(command, Command::Org(OrgCommand::Create(_)))
}

impl Dispatcher {
    pub(super) async fn create_org(
        &self,
        principal: &Principal,
        authorized: Authorized,
        request: CommandRequest,
        progress: Progress,
    ) -> Result<Answer, DispatchError> {
        let org = principal.org();
        let created = self.decide_org(principal, &request.command)?;
        let mut made = Org::default();
        made.apply(&created);
        let settings = made.settings.ok_or(DispatchError::Internal)?;
        let Some(home) = self.reserve(org, &settings).await? else {
            let home = self.home_of(principal).await.map_err(|error| match error {
                // Erased: the id is used for ever.
                DispatchError::OrgUnknown => exists(org.into()),
                other => other,
            })?;
            return self.made_before(work(home, principal, authorized, request, progress)).await;
        };
        let (work, idempotency) = work(home, principal, authorized, request, progress);
        let Some(done) = self.begin_org(&work, idempotency.as_ref(), created).await? else {
            // Half made by an attempt before this one.
            self.finish_org(home).await?;
            return self.made_before((work, idempotency)).await;
        };
        self.finish_org(home).await.map_err(DispatchError::once_appended)?;
        Ok(done)
    }

    /// None when it is made already, or erased.
    async fn reserve(&self, org: OrgId, settings: &Settings) -> Result<Option<Home>, DispatchError> {
        let directory = self.ledger.directory();
        match directory.reserve(org, settings.external_id.as_ref(), &settings_of(settings)).await {
            Ok(reservation) => Ok(Some(reservation.home)),
            Err(ReservationError::Exists(_)) => Ok(None),
            Err(ReservationError::ExternalIdTaken) => Err(DispatchError::ExternalIdTaken),
            Err(ReservationError::Database(error)) => Err(error.into()),
        }
    }

    /// Another attempt may have reserved it in other words since: what its first event says holds.
    async fn finish_org(&self, home: Home) -> Result<(), DispatchError> {
        if let Some(settings) = &self.org_of(home).await?.state.settings {
            self.reserve(home.org(), settings).await?;
        }
        self.ledger.directory().activate(home.org()).await?;
        Ok(())
    }

    /// What the domain says, on an org that is not there.
    fn decide_org(&self, principal: &Principal, command: &Command) -> Result<OrgEvent, DispatchError> {
        let Command::Org(command) = command.clone() else { return Err(DispatchError::Internal) };
        let stream = Command::from(command.clone()).chosen_id().unwrap_or(principal.org().into());
        let facts = Facts::new(principal.clone(), stream, self.clock().now(), self.fresh());
        match Org::default().decide(command, &facts) {
            Ok(decision) => decision.events.into_iter().next().ok_or(DispatchError::Internal),
            Err(Halt::Refused(error)) => Err(Refused::from(&error).into()),
            Err(Halt::Unread(_)) => Err(DispatchError::Internal),
        }
    }

    /// The org's key and its first event. None when both are there.
    async fn begin_org(
        &self,
        work: &Work,
        idempotency: Option<&Idempotency>,
        created: OrgEvent,
    ) -> Result<Option<Answer>, DispatchError> {
        let mut sealer = self.ledger.keys().sealer(work.home);
        let new_org = sealer.make_org().await.map_err(|error| DispatchError::of_sealing(&error))?;
        let (first, record) = self.first_record(work, idempotency, created, &mut sealer).await?;
        let mut chain = Chain::new(work.home).making(new_org);
        chain.push(&work.authorized, [(work.stream, 0)], record).map_err(|error| {
            tracing::error!(%error, "an org can't be recorded");
            DispatchError::Internal
        })?;
        work.progress.reach(Stage::Sent);
        let answer = self.ledger.appenders().append(chain).await;
        sealer.settle(&answer).await;
        match answer {
            Ok(Outcome::Appended(appended)) => {
                let appended = *appended.first().ok_or(DispatchError::Internal)?;
                let answer = self.answer(work.home, work.stream, first, appended, false).await;
                answer.map(Some).map_err(DispatchError::once_appended)
            }
            Ok(Outcome::Refused(Refusal::OrgExists)) => Ok(None),
            Ok(Outcome::Refused(_)) => Err(DispatchError::Internal),
            Err(error) => Err(DispatchError::of_append(&error)),
        }
    }

    async fn first_record(
        &self,
        work: &Work,
        idempotency: Option<&Idempotency>,
        created: OrgEvent,
        sealer: &mut Sealer,
    ) -> Result<(FirstAnswer, CommandRecord), DispatchError> {
        let dedupe_key = idempotency.map(|idempotency| &idempotency.key);
        let frame = work.frame(dedupe_key, self.clock().now(), self.environment());
        let envelopes = frame.around(vec![(work.stream, created.into())], &mut HashMap::new());
        let events = envelopes.iter().map(AnsweredEvent::of).collect();
        let first = FirstAnswer { id: work.stream.id, version: 1, created: true, events };
        let recorded = async {
            let mut record = sealer.seal(&envelopes).await?;
            if let Some(Idempotency { key, fingerprint }) = idempotency {
                let mac = sealer.org_key().await?.receipt_mac(fingerprint);
                record.receipt = Some(ReceiptRecord::new(key.clone(), mac, first.write())?);
            }
            Ok(record)
        };
        let record = recorded.await.map_err(|error| DispatchError::of_sealing(&error))?;
        Ok((first, record))
    }

    /// The answer that was given then, or that it is there already.
    async fn made_before(
        &self,
        (mut work, idempotency): (Work, Option<Idempotency>),
    ) -> Result<Answer, DispatchError> {
        work.key = self.key_of(work.home, idempotency).await?;
        self.first_answer(&work).await?.ok_or_else(|| exists(work.stream.id))
    }

    /// The directory has a copy of the org's settings. Repeating the command mends one that was left behind.
    pub(super) async fn copy_settings(&self, home: Home) -> Result<(), DispatchError> {
        let mut copied = 0;
        loop {
            let loaded = self.org_of(home).await?;
            // Of several who copy at once, whoever writes last looks again, so that the last state is what stays.
            let Some(settings) = loaded.state.settings.as_ref().filter(|_| copied < loaded.version) else {
                return Ok(());
            };
            self.ledger.directory().change_settings(home.org(), &settings_of(settings)).await?;
            copied = loaded.version;
        }
    }

    /// As the ledger has it now.
    async fn org_of(&self, home: Home) -> Result<Loaded<Org>, DispatchError> {
        let mut tx = TenantTx::read(self.ledger.databases(), home).await?;
        let loaded = fold_stream_in_tx::<Org>(&mut tx, home.org().into(), Until::Head).await;
        let loaded = loaded.map_err(|error| DispatchError::of_load(&error))?;
        tx.commit().await?;
        Ok(loaded)
    }
}

fn settings_of(settings: &Settings) -> OrgSettings {
    OrgSettings {
        time_zone: settings.time_zone.clone(),
        currency: settings.currency,
        language: settings.language,
        invoice_prefix: settings.invoice_prefix.clone(),
    }
}

fn work(
    home: Home,
    principal: &Principal,
    authorized: Authorized,
    request: CommandRequest,
    progress: Progress,
) -> (Work, Option<Idempotency>) {
    let stream = StreamRef::of::<Org>(home.org());
    let idempotency = request.idempotency.clone();
    let work = Work::new(home, authorized, principal.clone(), request, stream, home.org().into());
    (Work { progress, ..work }, idempotency)
}

fn exists(id: StreamId) -> DispatchError {
    Refused::from(&OrgError::AlreadyExists { id }).into()
}
