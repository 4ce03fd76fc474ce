//! What may not be done with generations, and by whom.

use sqlx::{AssertSqlSafe, Executor};

use super::{call, load, reader, rows, states, visit, visits, worker};
use crate::append::{ONE, OTHER, code};

const NOT_ALLOWED: &str = "42501";

/// Each statement, as that role, is refused with that code, in words that hold these.
async fn refused(role: &str, expected: &str, statements: &[(&str, &str)]) {
    let (_db, mut server) = visits().await;
    for (statement, words) in statements {
        let error = rows(&mut server, role, statement).await.expect_err(statement);
        assert_eq!(code(&error), expected, "{statement}: {error}");
        assert!(error.to_string().contains(words), "{statement}: {error}");
    }
    assert_eq!(states(&mut server).await, [(1, "live".to_owned())]);
}

#[tokio::test]
async fn what_readers_see_is_not_dropped_sealed_or_shown_again() {
    let live = "generation 1 of visits v1 is live, not ";
    refused(
        "xentri_worker",
        "55000",
        &[
            ("select app.drop_generation('visits', 1, 1)", &format!("{live}building or sealed or grace")),
            ("select app.seal_generation('visits', 1, 1)", &format!("{live}building")),
            ("select app.swap_generation('visits', 1, 1)", &format!("{live}sealed or grace")),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_generation_that_there_is_not_is_named() {
    let unknown = "visits v1 has no generation 2";
    let nothing = "nothing v1 has no tables here";
    refused(
        "xentri_worker",
        "42704",
        &[
            ("select app.seal_generation('visits', 1, 2)", unknown),
            ("select app.swap_generation('visits', 1, 2)", unknown),
            ("select app.drop_generation('visits', 1, 2)", unknown),
            ("select app.make_generation('visits', 2)", "visits v2 has no tables here"),
            ("select app.make_generation('nothing', 1)", nothing),
            ("select app.swap_generation('nothing', 1, 1)", nothing),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_generation_that_is_not_sealed_or_is_dropped_is_not_shown() {
    let (_db, mut server) = visits().await;
    call(&mut server, "make_generation('visits', 1)").await.unwrap();
    let error = call(&mut server, "swap_generation('visits', 1, 2)").await.unwrap_err();
    assert!(error.to_string().contains("is building, not sealed or grace"), "{error}");
    call(&mut server, "drop_generation('visits', 1, 2)").await.unwrap();
    for step in ["seal", "swap", "drop"] {
        let error = call(&mut server, &format!("{step}_generation('visits', 1, 2)")).await.unwrap_err();
        assert!(error.to_string().contains("generation 2 of visits v1 is dropped, not"), "{error}");
    }
}

#[tokio::test]
async fn no_server_makes_changes_or_drops_a_table_itself() {
    for role in ["xentri_worker", "xentri_app", "xentri_analyst"] {
        let statements = [
            "create table read.visit_v1_g2 (like read.visit_v1_template)",
            "create view read.mine as select 1",
            "create or replace view read.visit_v1 as select 1",
            "alter table read.visit_v1_g1 disable row level security",
            "create policy mine on read.visit_v1_g1 using (true)",
            "create index on read.visit_v1_g1 (at)",
            "drop table read.visit_v1_g1",
            "drop view read.visit_v1",
            "truncate read.visit_v1_g1",
            "insert into projection_table values ('mine', 1, 'mine', 'x')",
            "update projection_generation set state = 'dropped'",
            "select app.install_projection('mine', 1, array['mine'], 'x')",
            "select app.lock_projection('visits', 1)",
        ];
        refused(role, NOT_ALLOWED, &statements.map(|statement| (statement, ""))).await;
    }
}

#[tokio::test]
async fn nobody_but_a_worker_may_call_the_doors() {
    for role in ["xentri_app", "xentri_analyst", "xentri_relay", "xentri_auditor"] {
        let doors = [
            "select app.make_generation('visits', 1)",
            "select app.seal_generation('visits', 1, 1)",
            "select app.swap_generation('visits', 1, 1)",
            "select app.drop_generation('visits', 1, 1)",
        ];
        refused(role, NOT_ALLOWED, &doors.map(|door| (door, "permission denied for function"))).await;
    }
}

#[tokio::test]
async fn nobody_fills_a_template() {
    let (db, mut server) = visits().await;
    let insert =
        "insert into read.visit_v1_template values (gen_random_uuid(), gen_random_uuid(), now(), 'p')";
    let mut admin = db.connect_as_admin().await;
    let of_builder = rows(&mut admin, "xentri_builder", insert).await.unwrap_err();
    assert!(of_builder.to_string().contains("row-level security policy"), "{of_builder}");
    let of_worker = rows(&mut server, "xentri_worker", insert).await.unwrap_err();
    assert!(of_worker.to_string().contains("permission denied"), "{of_worker}");
}

#[tokio::test]
async fn apps_and_analysts_see_their_org_through_the_view_and_write_nothing() {
    let (_db, mut server) = visits().await;
    for org in [ONE, OTHER] {
        rows(&mut server, &worker(&[org]), &visit(1, org)).await.unwrap();
    }
    for role in ["xentri_app", "xentri_analyst"] {
        for table in ["read.visit_v1", "read.visit_v1_g1"] {
            let others = format!("select from {table} where org_id <> '{ONE}'");
            let all = format!("select from {table}");
            assert_eq!(rows(&mut server, role, &all).await.unwrap().len(), 0, "{role}: no org is named");
            assert_eq!(rows(&mut server, &reader(role, ONE), &all).await.unwrap().len(), 1, "{role}");
            assert_eq!(rows(&mut server, &reader(role, ONE), &others).await.unwrap().len(), 0, "{role}");
            for change in [
                &format!("delete from {table}"),
                &format!("update {table} set page = ''"),
                &format!("insert into {table} values ('{ONE}', '{OTHER}', now(), 'p')"),
            ] {
                let error = rows(&mut server, &reader(role, ONE), change).await.unwrap_err();
                assert_eq!(code(&error), NOT_ALLOWED, "{role}, {change}: {error}");
            }
        }
    }
}

#[tokio::test]
async fn a_generation_that_is_loaded_is_seen_by_workers_only() {
    let (_db, mut server) = visits().await;
    call(&mut server, "make_generation('visits', 1)").await.unwrap();
    load(&mut server, 2, &[ONE, OTHER]).await.unwrap();
    for role in ["xentri_app", "xentri_analyst", "xentri_relay", "xentri_auditor"] {
        let error = rows(&mut server, &reader(role, ONE), "select from read.visit_v1_g2").await.unwrap_err();
        assert_eq!(code(&error), NOT_ALLOWED, "{role}: {error}");
    }
    let all = "select from read.visit_v1_g2";
    assert_eq!(rows(&mut server, "xentri_worker", all).await.unwrap().len(), 2);
    call(&mut server, "seal_generation('visits', 1, 2)").await.unwrap();
    assert_eq!(rows(&mut server, "xentri_worker", all).await.unwrap().len(), 0);
    assert_eq!(rows(&mut server, &reader("xentri_app", ONE), all).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_worker_writes_a_sealed_generation_for_the_orgs_of_its_batch_only_and_never_by_copy() {
    let (db, mut server) = visits().await;
    rows(&mut server, &worker(&[ONE, OTHER]), &visit(1, ONE)).await.unwrap();
    for orgs in [&[ONE][..], &[]] {
        let error = rows(&mut server, &worker(orgs), &visit(1, OTHER)).await.unwrap_err();
        assert!(error.to_string().contains("violates row-level security"), "{error}");
    }
    for change in
        ["update read.visit_v1_g1 set page = '' returning 1", "delete from read.visit_v1_g1 returning 1"]
    {
        assert_eq!(rows(&mut server, &worker(&[OTHER]), change).await.unwrap().len(), 0, "{change}");
    }
    let moved = format!("update read.visit_v1_g1 set org_id = '{OTHER}'");
    let error = rows(&mut server, &worker(&[ONE]), &moved).await.unwrap_err();
    assert_eq!(code(&error), NOT_ALLOWED, "{error}");

    let error = load(&mut server, 1, &[ONE]).await.unwrap_err();
    assert!(error.to_string().contains("COPY FROM not supported with row-level security"), "{error}");
    let left = AssertSqlSafe(format!("select from read.visit_v1_g1 where org_id = '{ONE}' and page = 'g1'"));
    assert_eq!(db.connect_as_admin().await.fetch_all(left).await.unwrap().len(), 1);
}
