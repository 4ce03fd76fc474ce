//! `xentri audit`: the ledger verified, signed and exported, and its histories as people read them.
//!
//! Works on the database itself, beside the processes that run, and mostly as the auditor, who reads events and nothing else.
//! Not here: whether events fit (`xentri-ledger`), what histories say (`xentri-query-api`).

mod checkpoint;
mod export;
mod findings;
mod key;
mod open;
mod options;
mod paint;
mod person;
mod progress;
mod show;
mod signing;
mod trace;
mod verify;

use open::Audited;
pub(crate) use options::AuditCommand;
pub(crate) use signing::Signing;

pub(crate) async fn run(command: AuditCommand) -> anyhow::Result<()> {
    match command {
        AuditCommand::Verify(options) => verify::run(options).await,
        AuditCommand::Checkpoint(options) => checkpoint::run(options).await,
        AuditCommand::Key(options) => key::run(options),
        AuditCommand::Export(options) => export::run(options).await,
        AuditCommand::Show(options) => show::run(options).await,
        AuditCommand::Trace(options) => trace::run(options).await,
        AuditCommand::Person(options) => person::run(options).await,
    }
}
