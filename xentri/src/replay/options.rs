//! The command line of `xentri replay`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use xentri_domain::kernel::{Date, OrgId, Timestamp};

use crate::cli::BesideOptions;

/// Folds the ledger anew and writes the rows into a file, sorted by org and id. No table is read or written, and nobody notices.
/// The same ledger makes the same bytes.
#[derive(Debug, Args)]
pub(crate) struct ReplayOptions {
    #[command(flatten)]
    pub(crate) beside: BesideOptions,

    #[command(flatten)]
    pub(crate) wanted: FileOptions,
}

/// What goes into which file.
#[derive(Debug, Args)]
pub(crate) struct FileOptions {
    /// A read model, or one of its tables: leads, pipeline, invoices, `invoice_sums` …; a wrong one is answered with all of them.
    pub(crate) table: String,

    /// Of this org.
    #[arg(long, required_unless_present = "all", conflicts_with = "all")]
    pub(crate) org: Option<OrgId>,

    /// Of all orgs.
    #[arg(long)]
    pub(crate) all: bool,

    /// As it was then: what was recorded at this moment or before, as in 2026-03-31T22:00:00Z or 2026-03-31T23:59:59+02:00. A day
    /// is its end in UTC. Now when left out.
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "org_seq")]
    pub(crate) until: Option<Timestamp>,

    /// As it was after so many events of the org.
    #[arg(long, value_name = "N", requires = "org")]
    pub(crate) org_seq: Option<u64>,

    /// The file. It is there when it is whole; one that was there is replaced then.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,

    /// Another file for the sums of the read model: of leads the pipeline, of invoices their sums.
    #[arg(long, value_name = "FILE")]
    pub(crate) sums: Option<PathBuf>,

    /// How it is written; what the file's name ends in when left out.
    #[arg(long)]
    pub(crate) format: Option<Format>,

    /// With what is personal: names, addresses. Else such columns are null.
    #[arg(long)]
    pub(crate) show_personal: bool,

    /// Print one line of JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A line of JSON for each row.
    Jsonl,
    /// Typed columns.
    Parquet,
}

impl Format {
    /// By what the name of the file ends in.
    pub(super) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "jsonl" => Some(Self::Jsonl),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

fn moment(raw: &str) -> Result<Timestamp, String> {
    let moment = Date::parse(raw).map_or_else(|_| Timestamp::parse(raw), |day| end_of(day).parse());
    moment.map_err(|_| "expected a time like 2026-03-31T22:00:00Z, or a day like 2026-03-31".to_owned())
}

fn end_of(day: Date) -> String {
    format!("{day}T23:59:59.999999Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_with_its_last_microsecond_and_a_time_may_have_an_offset() {
        let is = |raw: &str| moment(raw).map(|moment| moment.to_string());
        assert_eq!(is("2026-03-31"), Ok("2026-03-31T23:59:59.999999Z".to_owned()));
        assert_eq!(is("2026-03-31T23:59:59+02:00"), Ok("2026-03-31T21:59:59.000000Z".to_owned()));
        for wrong in ["", "yesterday", "2026-02-30", "2026-03-31 10:00", "31.3.2026"] {
            assert!(is(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_file_is_written_as_its_name_ends() {
        let of = |name: &str| Format::of(Path::new(name));
        assert_eq!(of("leads.jsonl"), Some(Format::Jsonl));
        assert_eq!(of("a.b/leads.2026.parquet"), Some(Format::Parquet));
        assert_eq!((of("leads"), of("leads.csv"), of(".parquet")), (None, None, None));
    }
}
