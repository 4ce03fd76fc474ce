//! A publishing that nobody has completed in time fails, so that its pages can be published again.

use futures_util::future::BoxFuture;
use xentri_domain::kernel::Note;
use xentri_domain::site::{FailPublish, SiteCommand};
use xentri_ledger::{DatabaseError, WorkerTx};
use xentri_projections::sites::publishes_over_in_tx;

use super::due::{Due, Job, OrgNow};

const MOST_OF_AN_ORG: u16 = 200;

pub(super) struct PublishTimeout;

impl Job for PublishTimeout {
    fn name(&self) -> &'static str {
        "publish-timeout"
    }

    fn due<'a>(
        &'a self,
        tx: &'a mut WorkerTx,
        orgs: &'a [OrgNow],
    ) -> BoxFuture<'a, Result<Vec<Due>, DatabaseError>> {
        Box::pin(async move {
            let now: Vec<_> = orgs.iter().map(|org| (org.org, org.now)).collect();
            let over = publishes_over_in_tx(tx, &now, MOST_OF_AN_ORG).await?;
            let error = Note::parse("it was not completed in time").map_err(|error| {
                DatabaseError::Failed { code: "none".to_owned(), message: error.to_string() }
            })?;
            let due = over.into_iter().map(|publish| Due {
                org: publish.org,
                stream: publish.site,
                command: SiteCommand::FailPublish(FailPublish {
                    error: error.clone(),
                    publish_id: Some(publish.publish_id),
                })
                .into(),
                occasion: publish.publish_id.to_string(),
            });
            Ok(due.collect())
        })
    }
}
