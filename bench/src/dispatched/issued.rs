//! Whether the numbers of the issued invoices have no gap and no invoice has two.

use std::collections::HashSet;

use anyhow::{bail, ensure};
use xentri_domain::aggregate::StreamRef;
use xentri_domain::claims::{InvoiceNumberEvent, InvoiceNumbers, NumberTaken};
use xentri_domain::kernel::StreamId;
use xentri_domain::registry::Event;
use xentri_ledger::{PageLimit, StoredEvent, TenantTx, Until, read_stream_in_tx};
use xentri_schemas::Reading;

/// Reads every number that was taken: 1 … `issued`, in order, each for another of `drafts`.
pub(super) async fn check(
    tx: &mut TenantTx,
    year: i16,
    drafts: &[StreamId],
    issued: u64,
) -> anyhow::Result<()> {
    let numbers = StreamRef::of::<InvoiceNumbers>(InvoiceNumbers::of(tx.org(), year));
    let mut left: HashSet<StreamId> = drafts.iter().copied().collect();
    let mut last = 0;
    loop {
        let page = read_stream_in_tx(tx, numbers, last, Until::Head, PageLimit::default()).await?;
        for event in &page.events {
            let taken = taken(event)?;
            last += 1;
            ensure!(taken.number == last, "after number {} comes {}", last - 1, taken.number);
            ensure!(
                left.remove(&taken.invoice_id.into()),
                "number {last} is of an invoice that has one already"
            );
        }
        if !page.more {
            break;
        }
    }
    ensure!(u64::from(last) == issued, "{issued} invoices were issued, and {last} numbers are taken");
    Ok(())
}

fn taken(event: &StoredEvent) -> anyhow::Result<NumberTaken> {
    let Reading::Event(envelope) = event.decode()? else { bail!("no event: {event:?}") };
    match envelope.payload {
        Event::InvoiceNumbers(InvoiceNumberEvent::NumberTaken(taken)) => Ok(taken),
        other => bail!("no number: {}", other.kind().type_name),
    }
}
