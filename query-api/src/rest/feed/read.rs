//! From the ledger to what is told of it: a bounded page in a short transaction.

use xentri_ledger::{
    Home, Ledger, PageLimit, TenantTx, org_head_in_tx, read_org_in_tx, read_org_types_in_tx,
};
use xentri_schemas::{ErrorKind, Problem};

use super::open::open_in_tx;
use crate::rest::problem;

/// How many events a statement looks at where only some types are wanted: no index has them.
const SCAN: u32 = 10_000;

/// Whose events somebody reads, and how much of them.
#[derive(Clone)]
pub(super) struct Reader {
    pub(super) ledger: Ledger,
    pub(super) home: Home,
    /// None for all.
    pub(super) types: Option<Vec<&'static str>>,
    /// Personal data too.
    pub(super) opens: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) org_seq: u64,
    /// On one line.
    pub(super) wire: String,
}

/// Part of the feed. Empty does not mean that nothing more matches: `more` says that.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) events: Vec<Told>,
    pub(super) next_after: u64,
    pub(super) more: bool,
}

impl Reader {
    /// What follows event `after`, as of now. `CURSOR_AHEAD` when there is no such event.
    pub(super) async fn read(&self, after: u64, limit: PageLimit) -> Result<Batch, Problem> {
        let mut tx = TenantTx::read(self.ledger.databases(), self.home).await.map_err(problem::of)?;
        let (events, next_after, more) = match &self.types {
            None => {
                let page = read_org_in_tx(&mut tx, after, limit).await.map_err(problem::of)?;
                let next_after = page.events.last().map_or(after, |event| event.org_seq);
                (page.events, next_after, page.more)
            }
            Some(types) => {
                let page =
                    read_org_types_in_tx(&mut tx, after, types, limit, SCAN).await.map_err(problem::of)?;
                (page.events, page.next_after, page.more)
            }
        };
        if next_after == after {
            let head = org_head_in_tx(&mut tx).await.map_err(problem::of)?.map_or(0, |head| head.org_seq);
            if after > head {
                return Err(ahead(head));
            }
        }
        let tell = |(org_seq, wire)| Told { org_seq, wire };
        let events = if self.opens {
            let opened = open_in_tx(self.ledger.keys(), &mut tx, events).await;
            opened.map_err(problem::of)?.into_iter().map(tell).collect()
        } else {
            events.iter().map(|event| tell((event.org_seq, event.wire()))).collect()
        };
        tx.commit().await.map_err(problem::of)?;
        Ok(Batch { events, next_after, more })
    }

    /// The number of the org's last event, and that `after` is not ahead of it.
    pub(super) async fn check(&self, after: u64) -> Result<(), Problem> {
        let mut tx = TenantTx::read(self.ledger.databases(), self.home).await.map_err(problem::of)?;
        let head = org_head_in_tx(&mut tx).await.map_err(problem::of)?.map_or(0, |head| head.org_seq);
        tx.commit().await.map_err(problem::of)?;
        if after > head { Err(ahead(head)) } else { Ok(()) }
    }
}

fn ahead(head: u64) -> Problem {
    Problem::new(ErrorKind::CURSOR_AHEAD).detail(format!("the org's last event is number {head}"))
}
