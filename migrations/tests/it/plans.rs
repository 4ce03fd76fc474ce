//! The policies must not cost the queries their indexes.

use sqlx::Executor;
use xentri_testkit::TestDb;

/// 20 000 events of 200 orgs, analysed: enough for the planner to have a choice.
const MANY_EVENTS: &str = "
    insert into event (position, org_seq, recorded_at, shard, epoch, version, org_id, id, stream_id, stream_type, type, hash, body)
    select n, n / 200 + 1, now(), 0, 1, 1, lpad((n % 200)::text, 32, '0')::uuid, gen_random_uuid(), gen_random_uuid(), 'lead',
           'xentri.lead.created.v1', sha256('event'), '{}'
    from generate_series(1, 20000) n;
    analyze event;";

async fn plan_as_app(query: &'static str) -> String {
    let db = TestDb::new().await;
    db.connect_as_admin().await.execute(MANY_EVENTS).await.unwrap();
    let mut server = db.connect_as_server().await;
    server
        .execute("begin; set local role xentri_app; set local app.current_org_id = '00000000-0000-0000-0000-000000000007'")
        .await
        .unwrap();
    let lines: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut server).await.unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn a_page_of_an_orgs_events_comes_from_the_index_in_order() {
    let plan = plan_as_app("explain (costs off) select body from event where shard = 0 and org_seq > 10 order by org_seq limit 50").await;
    assert!(plan.contains("Index Scan using event_org_seq"), "{plan}");
    assert!(!plan.contains("Sort") && !plan.contains("Filter"), "{plan}");
}

#[tokio::test]
async fn the_scope_of_a_batch_is_evaluated_once() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    superuser
        .execute("begin; set local role xentri_appender; set local app.current_org_ids = '00000000-0000-0000-0000-000000000007'")
        .await
        .unwrap();
    let plan: Vec<String> = sqlx::query_scalar("explain (costs off) update subject_key set wrapped = null")
        .fetch_all(&mut superuser)
        .await
        .unwrap();
    let plan = plan.join("\n");
    assert!(plan.contains("InitPlan"), "{plan}");
}

/// 200 000 receipts over 14 days, one in a hundred of them older than the test asks for.
const MANY_RECEIPTS: &str = "
    insert into receipt (shard, org_id, actor, key, mac, answer, epoch, recorded_at)
    select 0, lpad((n % 200)::text, 32, '0')::uuid, 'user:ada', n, sha256('mac'), '{}', 1,
           timestamptz '2026-01-01' + n * interval '6 seconds'
    from generate_series(1, 200000) n";

async fn plan_of_clearing(query: &'static str) -> String {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    superuser.execute(MANY_RECEIPTS).await.unwrap();
    superuser.execute("vacuum analyze receipt").await.unwrap();
    let mut server = db.connect_as_server().await;
    server.execute("begin; set local role xentri_worker").await.unwrap();
    let lines: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut server).await.unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn old_receipts_are_cleared_some_blocks_at_a_time() {
    let plan = plan_of_clearing(
        "explain (costs off) delete from receipt
         where ctid >= format('(%s,0)', 128)::tid and ctid < format('(%s,0)', 128 + 64)::tid
           and recorded_at < timestamptz '2026-01-01 03:20'",
    )
    .await;
    assert!(plan.contains("Tid Range Scan on receipt") && !plan.contains("Seq Scan"), "{plan}");
}
