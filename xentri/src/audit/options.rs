//! The command line of `xentri audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{CorrelationId, OrgId, StreamId, SubjectId, Timestamp};
use xentri_ledger::PublicKey;
use xentri_query_api::time_travel::stream_type;

use crate::cli::BesideOptions;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Compute every hash again and hold it against what was signed; ends with 1 where anything does not fit.
    Verify(VerifyOptions),
    /// Sign where every org stands, after verifying what came since it was signed last.
    Checkpoint(CheckpointOptions),
    /// Print the public key, with which others verify what is signed here.
    Key(KeyOptions),
    /// Write everything that an org has into a file that proves itself.
    Export(ExportOptions),
    /// Tell the history of one thing: when, who, why, and what changed.
    Show(ShowOptions),
    /// Tell what one command has set off, as a tree of what led to what.
    Trace(TraceOptions),
    /// Tell where a person's data is, and what forgetting them will do.
    Person(PersonOptions),
}

/// The ledger of a server's configuration, or of the `xentri up` that runs on a data directory.
#[derive(Debug, Args)]
pub(crate) struct AuditedOptions {
    #[command(flatten)]
    pub(crate) beside: BesideOptions,

    /// Print one line of JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What was signed, and with which keys.
#[derive(Debug, Args)]
pub(crate) struct SignedOptions {
    /// A public key that checkpoints may be signed with, of 64 hexadecimal digits; may be repeated. That of the ledger's own
    /// signing key when left out.
    #[arg(long = "public-key", env = "XENTRI_AUDIT_PUBLIC_KEY", value_name = "HEX", value_delimiter = ',')]
    pub(crate) public_keys: Vec<PublicKey>,

    /// The file of checkpoints; that of the settings, if it is there, when left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoints: Option<PathBuf>,
}

/// It goes on while others append, and takes no more than what is there when it begins. It needs a login that may become
/// `xentri_auditor`, and no master key. For a bundle it needs nothing but the file and the public key.
#[derive(Debug, Args)]
pub(crate) struct VerifyOptions {
    #[command(flatten)]
    pub(crate) audited: AuditedOptions,

    #[command(flatten)]
    pub(crate) signed: SignedOptions,

    /// This org only.
    #[arg(long, conflicts_with = "bundle")]
    pub(crate) org: Option<OrgId>,

    /// The whole ledger, which is what is verified when nothing else is named.
    #[arg(long, conflicts_with_all = ["org", "bundle"])]
    pub(crate) all: bool,

    /// A file that `xentri audit export` has written.
    #[arg(long, value_name = "FILE", requires = "public_keys")]
    pub(crate) bundle: Option<PathBuf>,
}

/// All orgs or none: where one does not fit, nothing is signed. The key is made at first use. To be run now and then, by a
/// timer; what is signed is worth most where whoever can change the database has neither the key nor the file.
#[derive(Debug, Args)]
pub(crate) struct CheckpointOptions {
    #[command(flatten)]
    pub(crate) audited: AuditedOptions,

    #[command(flatten)]
    pub(crate) signed: SignedOptions,

    /// Add what is signed to this file too, as on a disk of somebody else's.
    #[arg(long, value_name = "FILE")]
    pub(crate) copy: Option<PathBuf>,

    /// The ledger was restored to an earlier point and `xentri ledger new-epoch` has run since: take back what was signed about
    /// events that are lost. Whatever is missing is forgiven.
    #[arg(long)]
    pub(crate) after_restore: bool,
}

#[derive(Debug, Args)]
pub(crate) struct KeyOptions {
    #[command(flatten)]
    pub(crate) audited: AuditedOptions,
}

/// What is personal stays sealed. The file is verified with `xentri audit verify --bundle`, or with docs/verify.py and no program
/// of ours.
#[derive(Debug, Args)]
pub(crate) struct ExportOptions {
    #[command(flatten)]
    pub(crate) audited: AuditedOptions,

    #[command(flatten)]
    pub(crate) signed: SignedOptions,

    /// Whose events.
    #[arg(long)]
    pub(crate) org: OrgId,

    /// The file to make, as in org.jsonl.zst; one that is there is left alone.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct ShowOptions {
    #[command(flatten)]
    pub(crate) audited: AuditedOptions,

    /// Whose it is.
    #[arg(long)]
    pub(crate) org: OrgId,

    /// Its type and its id, as in lead/0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a.
    #[arg(value_parser = stream)]
    pub(crate) stream: StreamRef,

    /// With what was recorded by then, as in 2026-03-31T23:59:59Z.
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    pub(crate) until: Option<Timestamp>,

    /// Tell all that each event says, too, whatever it changed.
    #[arg(long)]
    pub(crate) payload: bool,

    /// Open what is personal, as far as it is not forgotten. Needs the master key, and a login that may become `xentri_app`.
    #[arg(long)]
    pub(crate) show_personal: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TraceOptions {
    #[command(flatten)]
    pub(crate) audited: AuditedOptions,

    /// In which org.
    #[arg(long)]
    pub(crate) org: OrgId,

    /// What its events have in common. Where nobody has named another, it is the id of the first of them.
    pub(crate) correlation: CorrelationId,
}

/// It needs a login that may become `xentri_app`, too, for keys and read models are asked.
#[derive(Debug, Args)]
pub(crate) struct PersonOptions {
    #[command(flatten)]
    pub(crate) audited: AuditedOptions,

    /// Whose data about them.
    #[arg(long)]
    pub(crate) org: OrgId,

    /// The person: the id of their lead, or the `subject_id` of a customer.
    pub(crate) subject: SubjectId,

    /// Open what is personal. Needs the master key.
    #[arg(long)]
    pub(crate) show_personal: bool,
}

fn stream(raw: &str) -> Result<StreamRef, String> {
    let like = "expected a type and an id, as in lead/0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a";
    let (name, id) = raw.split_once('/').ok_or(like)?;
    let stream_type = stream_type(name).ok_or_else(|| format!("{name} is no type of stream; {like}"))?;
    let id = StreamId::parse(id).map_err(|error| error.to_string())?;
    Ok(StreamRef { stream_type, id })
}
