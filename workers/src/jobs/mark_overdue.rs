//! Invoices whose due date has passed in their org's time zone get the mark, once for each due date.

use futures_util::future::BoxFuture;
use xentri_domain::invoice::{InvoiceCommand, MarkOverdue};
use xentri_ledger::{DatabaseError, WorkerTx};
use xentri_projections::invoices::past_due_in_tx;

use super::due::{Due, Job, OrgNow};

const MOST_OF_AN_ORG: u16 = 200;

pub(super) struct MarkOverdueJob;

impl Job for MarkOverdueJob {
    fn name(&self) -> &'static str {
        "mark-overdue"
    }

    fn due<'a>(
        &'a self,
        tx: &'a mut WorkerTx,
        orgs: &'a [OrgNow],
    ) -> BoxFuture<'a, Result<Vec<Due>, DatabaseError>> {
        Box::pin(async move {
            let today: Vec<_> = orgs.iter().map(|org| (org.org, org.today)).collect();
            let past = past_due_in_tx(tx, &today, MOST_OF_AN_ORG).await?;
            let due = past.into_iter().map(|invoice| Due {
                org: invoice.org,
                stream: invoice.invoice,
                command: InvoiceCommand::MarkOverdue(MarkOverdue {}).into(),
                occasion: invoice.due_on.to_string(),
            });
            Ok(due.collect())
        })
    }
}
