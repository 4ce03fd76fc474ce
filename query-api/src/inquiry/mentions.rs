//! Every event of an org in which an id stands, wherever it stands. Read from the ledger itself: whatever read models have
//! come to, none is missing.

use uuid::Uuid;
use xentri_ledger::{
    DatabaseError, Databases, Home, PageLimit, SievedPage, StoredEvent, TenantTx, read_org_mentions_in_tx,
};

/// Looked at in one statement. Each has a transaction of its own, so that none keeps a snapshot for as long as a large org
/// takes.
const SCAN: u32 = 20_000;

/// As the auditor. `take` gets them page by page, in their order.
pub(super) async fn mentions<E: From<DatabaseError>>(
    databases: &Databases,
    home: Home,
    id: Uuid,
    mut take: impl FnMut(Vec<StoredEvent>) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = 0;
    loop {
        let mut tx = TenantTx::audit(databases, home).await?;
        let page = read_org_mentions_in_tx(&mut tx, after, id, PageLimit::default(), SCAN).await;
        let SievedPage { events, next_after, more } = page?;
        tx.commit().await?;
        take(events)?;
        if !more {
            return Ok(());
        }
        after = next_after;
    }
}
