//! A second read model: how many events each stream has. An event that counts twice, or never, shows at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Arguments, Row as _};
use uuid::Uuid;
use xentri_domain::kernel::OrgId;
use xentri_ledger::StoredEvent;
use xentri_projections::kit::{
    CellType, CellValue, Column, FoldError, LedgerEvent, Model, NoSum, Projection, ReadModel, Row,
};

use super::support::World;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TallyRow {
    pub(crate) org_id: OrgId,
    pub(crate) id: Uuid,
    pub(crate) events: i64,
}

const fn column(name: &'static str, of: CellType, array: &'static str) -> Column {
    Column { name, of, array, into: "", out: "", nullable: false, personal: false }
}

impl Row for TallyRow {
    const TABLE: &'static str = "tallies";
    const COLUMNS: &'static [Column] = &[
        column("org_id", CellType::Uuid, "uuid[]"),
        column("id", CellType::Uuid, "uuid[]"),
        column("events", CellType::Bigint, "bigint[]"),
    ];

    fn org_id(&self) -> OrgId {
        self.org_id
    }

    fn id(&self) -> Uuid {
        self.id
    }

    fn bind(rows: &[&Self], arguments: &mut PgArguments) -> Result<(), BoxDynError> {
        arguments.add(rows.iter().map(|row| row.org_id.uuid()).collect::<Vec<_>>())?;
        arguments.add(rows.iter().map(|row| row.id).collect::<Vec<_>>())?;
        arguments.add(rows.iter().map(|row| row.events).collect::<Vec<_>>())
    }

    fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        let org_id = OrgId::try_from(row.try_get::<Uuid, _>("org_id")?).unwrap();
        Ok(Self { org_id, id: row.try_get("id")?, events: row.try_get("events")? })
    }

    fn cells(&self, show: &mut dyn FnMut(CellValue<'_>)) {
        [CellValue::Uuid(self.org_id.uuid()), CellValue::Uuid(self.id), CellValue::Bigint(self.events)]
            .into_iter()
            .for_each(show);
    }
}

pub(crate) struct Tallies;

impl Projection for Tallies {
    const NAME: &'static str = "tallies";
    const VERSION: i32 = 1;
    type Row = TallyRow;
    type Sum = NoSum;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        vec![event.stream_id()]
    }

    fn fold(id: Uuid, row: Option<TallyRow>, event: &LedgerEvent) -> Result<Option<TallyRow>, FoldError> {
        let events = row.map_or(0, |row| row.events) + 1;
        Ok(Some(TallyRow { org_id: event.org(), id, events }))
    }
}

pub(crate) fn tallies() -> Arc<dyn ReadModel> {
    Arc::new(Model::<Tallies>::new())
}

/// As a migration makes the tables of a read model.
pub(crate) async fn install(world: &World) {
    let install = "begin; set local role xentri_builder; set local search_path = read; \
         create table tallies_v1_template (org_id uuid not null, id uuid not null, events bigint not null, \
                                           primary key (org_id, id)); \
         select app.install_projection('tallies', 1, '{tallies}', 'test'); commit";
    world.execute(install).await;
}

/// What it has to be.
pub(crate) fn counted(events: &[StoredEvent]) -> BTreeMap<(OrgId, Uuid), TallyRow> {
    let mut rows: BTreeMap<_, TallyRow> = BTreeMap::new();
    for event in events {
        let (org_id, id) = (event.org, event.stream_id.uuid());
        rows.entry((org_id, id)).or_insert(TallyRow { org_id, id, events: 0 }).events += 1;
    }
    rows
}
