//! What a job finds to be done.

use futures_util::future::BoxFuture;
use xentri_commands::{CommandRequest, Idempotency, Provenance};
use xentri_domain::kernel::{Actor, Date, FormatError, OrgId, Principal, Role, Slug, StreamId, Timestamp};
use xentri_domain::registry::Command;
use xentri_ledger::{DatabaseError, WorkerTx};

/// An org at the moment at which a job looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OrgNow {
    pub(super) org: OrgId,
    pub(super) now: Timestamp,
    /// In the org's time zone.
    pub(super) today: Date,
}

/// A command that is due.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Due {
    pub(super) org: OrgId,
    pub(super) stream: StreamId,
    pub(super) command: Command,
    /// What makes it another than the next one on the same stream: a due date, a try.
    pub(super) occasion: String,
}

/// What time asks for again and again. A new one is a file here and a line in the scheduler.
pub(super) trait Job: Send + Sync {
    /// Its events say that it was this job.
    fn name(&self) -> &'static str;

    /// What is due in these orgs, a bounded number for each: the rest comes next time. The transaction names the orgs.
    fn due<'a>(
        &'a self,
        tx: &'a mut WorkerTx,
        orgs: &'a [OrgNow],
    ) -> BoxFuture<'a, Result<Vec<Due>, DatabaseError>>;
}

impl Due {
    pub(super) fn principal(&self, job: &'static str) -> Result<Principal, FormatError> {
        Ok(Principal::new(self.org, Actor::Job(Slug::parse(job)?), Role::Owner))
    }

    pub(super) fn request(&self, job: &'static str) -> Result<CommandRequest, FormatError> {
        let key = format!("{job}/{}/{}", self.stream, self.occasion);
        Ok(CommandRequest {
            command: self.command.clone(),
            stream: Some(self.stream),
            idempotency: Some(Idempotency { key: key.parse()?, fingerprint: key.into_bytes() }),
            if_match: None,
            provenance: Provenance::from_source(Slug::parse("job")?),
        })
    }
}
