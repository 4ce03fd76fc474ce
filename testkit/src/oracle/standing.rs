//! Whether the read models have come to the end of the ledger, with nothing left aside.

use sqlx::PgConnection;

use super::agreement::Disagreement;
use super::compare::Generation;
use super::ledger::Heads;

impl Generation {
    /// Its checkpoint is the head of every shard.
    pub(super) async fn compare_checkpoints(
        &self,
        connection: &mut PgConnection,
        heads: &Heads,
        report: &mut Disagreement,
    ) -> Result<(), sqlx::Error> {
        for (shard, (epoch, position)) in heads {
            let checkpoint: Option<(i32, i64)> = sqlx::query_as(
                "select epoch, position from projection_checkpoint \
                 where projection = $1 and version = $2 and generation = $3 and shard = $4",
            )
            .bind(&self.projection)
            .bind(self.version)
            .bind(self.number)
            .bind(shard)
            .fetch_optional(&mut *connection)
            .await?;
            if checkpoint != Some((*epoch, *position)) {
                let (at, projection) = (checkpoint.unwrap_or_default(), &self.projection);
                report.differences.push(format!(
                    "checkpoint of {projection} in shard {shard}: should be at epoch {epoch}, position {position}, \
                     and is at epoch {}, position {}",
                    at.0, at.1
                ));
            }
        }
        Ok(())
    }

    /// Nothing waits for somebody to look at it.
    pub(super) async fn compare_parked(
        &self,
        connection: &mut PgConnection,
        report: &mut Disagreement,
    ) -> Result<(), sqlx::Error> {
        let parked: Vec<(String, i32, i64, Option<String>)> = sqlx::query_as(
            "select type, shard, position, error from parked_event \
             where projection = $1 and version = $2 and generation = $3 order by shard, position",
        )
        .bind(&self.projection)
        .bind(self.version)
        .bind(self.number)
        .fetch_all(connection)
        .await?;
        for (kind, shard, position, error) in parked {
            let why = error.unwrap_or_else(|| "it waits behind another".to_owned());
            let projection = &self.projection;
            report.differences.push(format!("parked by {projection}: {kind} at {shard}/{position}: {why}"));
        }
        Ok(())
    }
}
