//! The life of a generation, as a worker brings it about: made, loaded, sealed, swapped, dropped.

mod rights;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Executor, Row};
use uuid::Uuid;
use xentri_testkit::TestDb;

use crate::append::{ONE, OTHER, code};
use crate::as_role::{rows, scalar};

/// A database with a read model of two tables beside those that Xentri has, and the server's connection to it.
pub(crate) async fn visits() -> (TestDb, PgConnection) {
    let db = TestDb::new().await;
    install(&db, 1, "").await;
    let server = db.connect_as_server().await;
    (db, server)
}

/// As `xentri migrate` does it.
pub(crate) async fn install(db: &TestDb, version: i32, more_columns: &str) {
    let made = format!(
        "begin; set local role xentri_builder; set local search_path = read;
         create table visit_v{version}_template (
           org_id uuid not null, id uuid not null, at timestamptz not null, page text not null collate \"C\" {more_columns},
           primary key (org_id, id));
         create index on visit_v{version}_template (org_id, at, id);
         comment on table visit_v{version}_template is 'Visits.';
         comment on column visit_v{version}_template.page is 'Which page.';
         create table visits_of_day_v{version}_template (org_id uuid not null, id uuid not null, primary key (org_id, id));
         select app.install_projection('visits', {version}, array['visit', 'visits_of_day'], 'a checksum');
         commit"
    );
    db.connect_as_admin().await.execute(AssertSqlSafe(made)).await.unwrap();
}

/// The worker's role, with the orgs of its batch.
pub(crate) fn worker(orgs: &[Uuid]) -> String {
    let orgs: Vec<String> = orgs.iter().map(Uuid::to_string).collect();
    format!("xentri_worker; set local app.current_org_ids = '{}'", orgs.join(","))
}

pub(crate) fn reader(role: &str, org: Uuid) -> String {
    format!("{role}; set local app.current_org_id = '{org}'")
}

pub(crate) fn visit(generation: i32, org: Uuid) -> String {
    format!(
        "insert into read.visit_v1_g{generation} values ('{org}', '{org}', now(), 'g{generation}') returning id"
    )
}

/// Calls one of the functions as a worker.
pub(crate) async fn call(server: &mut PgConnection, call: &str) -> Result<Vec<PgRow>, sqlx::Error> {
    rows(server, "xentri_worker", &format!("select app.{call}")).await
}

pub(crate) async fn states(server: &mut PgConnection) -> Vec<(i32, String)> {
    let query = "select generation, state from projection_generation where projection = 'visits' and version = 1 order by 1";
    let states = rows(server, "xentri_worker", query).await.unwrap();
    states.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn pages(server: &mut PgConnection, view: &str, org: Uuid) -> Vec<String> {
    let seen =
        rows(server, &reader("xentri_app", org), &format!("select page from read.{view}")).await.unwrap();
    seen.iter().map(|row| row.get(0)).collect()
}

/// A worker's COPY of one visit of each org.
pub(crate) async fn load(
    server: &mut PgConnection,
    generation: i32,
    orgs: &[Uuid],
) -> Result<u64, sqlx::Error> {
    let lines: Vec<String> =
        orgs.iter().map(|org| format!("{org}\t{org}\t2026-11-21\tg{generation}\n")).collect();
    server.execute("begin; set local role xentri_worker").await?;
    let copy = match server.copy_in_raw(&format!("copy read.visit_v1_g{generation} from stdin")).await {
        Ok(mut copy) => match copy.send(lines.concat().as_bytes()).await {
            Ok(_) => copy.finish().await,
            Err(error) => Err(error),
        },
        Err(error) => Err(error),
    };
    server.execute(if copy.is_ok() { "commit" } else { "rollback" }).await?;
    copy
}

#[tokio::test]
async fn a_generation_is_made_loaded_sealed_shown_to_readers_and_the_one_before_it_dropped() {
    let (_db, mut server) = visits().await;
    rows(&mut server, &worker(&[ONE]), &visit(1, ONE)).await.unwrap();
    assert_eq!(pages(&mut server, "visit_v1", ONE).await, ["g1"]);

    let made: i32 =
        scalar(&mut server, "xentri_worker", "select app.make_generation('visits', 1)").await.unwrap();
    assert_eq!(made, 2);
    assert_eq!(load(&mut server, 2, &[ONE, OTHER]).await.unwrap(), 2);
    assert_eq!(states(&mut server).await, [(1, "live".to_owned()), (2, "building".to_owned())]);

    call(&mut server, "seal_generation('visits', 1, 2)").await.unwrap();
    assert_eq!(pages(&mut server, "visit_v1", ONE).await, ["g1"], "readers don't see what is only sealed");
    let counted = "select reltuples::int from pg_class where oid = 'read.visit_v1_g2'::regclass";
    assert_eq!(
        scalar::<i32>(&mut server, "xentri_worker", counted).await.unwrap(),
        2,
        "planned for what is there"
    );

    call(&mut server, "swap_generation('visits', 1, 2)").await.unwrap();
    assert_eq!(pages(&mut server, "visit_v1", ONE).await, ["g2"]);
    assert_eq!(states(&mut server).await, [(1, "grace".to_owned()), (2, "live".to_owned())]);

    call(&mut server, "drop_generation('visits', 1, 1)").await.unwrap();
    assert_eq!(states(&mut server).await, [(1, "dropped".to_owned()), (2, "live".to_owned())]);
    let left: Vec<PgRow> = rows(
        &mut server,
        "xentri_worker",
        "select relname::text from pg_class where relnamespace = 'read'::regnamespace and relname ~ '^visit.*_g[0-9]+$' order by 1",
    )
    .await
    .unwrap();
    let left: Vec<String> = left.iter().map(|row| row.get(0)).collect();
    assert_eq!(left, ["visit_v1_g2", "visits_of_day_v1_g2"]);
    // A number is never given twice.
    let next: i32 =
        scalar(&mut server, "xentri_worker", "select app.make_generation('visits', 1)").await.unwrap();
    assert_eq!(next, 3);
}

#[tokio::test]
async fn readers_are_taken_back_to_the_generation_that_is_in_grace() {
    let (_db, mut server) = visits().await;
    rows(&mut server, &worker(&[ONE]), &visit(1, ONE)).await.unwrap();
    for step in ["make_generation('visits', 1)", "seal_generation('visits', 1, 2)"] {
        call(&mut server, step).await.unwrap();
    }
    for (shown, other) in [(2, 1), (1, 2)] {
        call(&mut server, &format!("swap_generation('visits', 1, {shown})")).await.unwrap();
        let states = states(&mut server).await;
        assert!(
            states.contains(&(shown, "live".to_owned())) && states.contains(&(other, "grace".to_owned()))
        );
    }
    assert_eq!(pages(&mut server, "visit_v1", ONE).await, ["g1"]);
}

#[tokio::test]
async fn a_dropped_generation_takes_its_checkpoints_and_what_is_parked_in_it_along_and_nothing_of_others() {
    let (db, mut server) = visits().await;
    call(&mut server, "make_generation('visits', 1)").await.unwrap();
    let noted = "
        with generations as (select p, v, g from (values ('visits', 1, 1), ('visits', 1, 2), ('leads', 1, 2)) x(p, v, g)),
        checkpoints as (insert into projection_checkpoint (projection, version, generation, shard, epoch, position)
                        select p, v, g, 0, 1, 7 from generations returning 1)
        insert into parked_event (org_id, projection, version, generation, shard, position, epoch, event_id, type, keys)
        select gen_random_uuid(), p, v, g, 0, 7, 1, gen_random_uuid(), 'a type', '{}' from generations returning 1";
    let noted = sqlx::query(noted).fetch_all(&mut db.connect_as_admin().await).await.unwrap();
    assert_eq!(noted.len(), 3);
    call(&mut server, "drop_generation('visits', 1, 2)").await.unwrap();
    for table in ["projection_checkpoint", "parked_event"] {
        let left = format!("select projection, generation from {table} order by 1");
        let left = rows(&mut server, "xentri_worker", &left).await.unwrap();
        let left: Vec<(String, i32)> = left.iter().map(|row| (row.get(0), row.get(1))).collect();
        assert_eq!(left, [("leads".to_owned(), 2), ("visits".to_owned(), 1)], "{table}");
    }
}

#[tokio::test]
async fn two_versions_are_read_side_by_side() {
    let (db, mut server) = visits().await;
    rows(&mut server, &worker(&[ONE]), &visit(1, ONE)).await.unwrap();
    install(&db, 2, ", seconds bigint").await;
    let newer =
        format!("insert into read.visit_v2_g1 values ('{ONE}', '{ONE}', now(), 'newer', 9) returning id");
    rows(&mut server, &worker(&[ONE]), &newer).await.unwrap();
    assert_eq!(pages(&mut server, "visit_v1", ONE).await, ["g1"]);
    assert_eq!(pages(&mut server, "visit_v2", ONE).await, ["newer"]);
    // Each has its own numbers, and one that is live.
    call(&mut server, "make_generation('visits', 2)").await.unwrap();
    assert_eq!(states(&mut server).await, [(1, "live".to_owned())]);
}

#[tokio::test]
async fn a_generation_has_the_keys_the_indexes_and_the_comments_of_its_template_and_so_has_the_view() {
    let (_db, mut server) = visits().await;
    let said = "select concat_ws('; ', obj_description(c.oid, 'pg_class'), col_description(c.oid, 4),
                  (select string_agg(regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING', case when indisprimary then 'key' else '' end), ', ' order by indisprimary)
                     from pg_index i where i.indrelid = c.oid))
                from pg_class c where c.oid = $$read.visit_v1$$::regclass";
    let mut of = async |name: &str| -> String {
        scalar(&mut server, "xentri_worker", &said.replace("visit_v1", name)).await.unwrap()
    };
    let template = of("visit_v1_template").await;
    assert_eq!(template, "Visits.; Which page.;  btree (org_id, at, id), key btree (org_id, id)");
    assert_eq!(of("visit_v1_g1").await, template);
    assert_eq!(of("visit_v1").await, "Visits.; Which page.");
}

/// Both make one at the same time: the second waits for the first, and counts on from it.
#[tokio::test]
async fn generations_that_are_made_side_by_side_have_different_numbers() {
    let (db, mut one) = visits().await;
    let mut other = db.connect_as_server().await;
    let make = "select app.make_generation('visits', 1)";
    let (first, second) = tokio::join!(
        scalar::<i32>(&mut one, "xentri_worker", make),
        scalar::<i32>(&mut other, "xentri_worker", make)
    );
    let mut numbers = [first.unwrap(), second.unwrap()];
    numbers.sort_unstable();
    assert_eq!(numbers, [2, 3]);
}

#[tokio::test]
async fn a_swap_gives_up_when_a_reader_does_not_let_go_and_changes_nothing() {
    let (db, mut server) = visits().await;
    for step in ["make_generation('visits', 1)", "seal_generation('visits', 1, 2)"] {
        call(&mut server, step).await.unwrap();
    }
    let mut reading = db.connect_as_server().await;
    reading.execute("begin; set local role xentri_app; select from read.visit_v1").await.unwrap();
    let refused = call(&mut server, "swap_generation('visits', 1, 2)").await.unwrap_err();
    assert_eq!(code(&refused), "55P03", "{refused}");
    assert_eq!(states(&mut server).await, [(1, "live".to_owned()), (2, "sealed".to_owned())]);
    reading.execute("rollback").await.unwrap();
    call(&mut server, "swap_generation('visits', 1, 2)").await.unwrap();
}
