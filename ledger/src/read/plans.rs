//! Every read is a range of an index, whether Postgres plans for the values at hand or for any. It may sort
//! what it has read, which is a page at most: a bitmap fetches rows that lie apart in the order of their blocks.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};
use xentri_testkit::TestDb;

use super::heads::{ORG_HEAD, ORG_HEAD_AT, ORG_HEADS, SHARD_HEADS};
use super::org::{ORG, ORG_MENTIONS, ORG_NUMBERS, ORG_TYPES};
use super::shard::{SHARD, SHARDS};
use super::stream::{STREAM, VERSIONS};

/// 12 000 events of 20 orgs, 60 streams of 200 events, over 2 shards, and the statistics of it.
const EVENTS: &str = "
    insert into event (position, org_seq, recorded_at, shard, epoch, version, org_id, id, stream_id, stream_type, type, hash, body)
    select (n - 1) / 2 + 1, (n - 1) / 20 + 1, now(), n % 2, 1, (n - 1) / 60 + 1, lpad((n % 20)::text, 32, '0')::uuid,
           gen_random_uuid(), lpad((n % 60)::text, 32, '0')::uuid, 'lead', 'xentri.lead.created.v1', sha256('event'),
           repeat('x', 500)
    from generate_series(1, 12000) n;
    analyze event";

const ORG_7: &str = "'00000000-0000-0000-0000-000000000007'";
const STREAM_7: &str = ORG_7;

struct Read {
    role: &'static str,
    query: &'static str,
    types: &'static str,
    values: String,
    index: &'static str,
}

const PAGE: &str = "(bigint, bigint, bigint)";

fn reads() -> Vec<Read> {
    let of = |role, query, types, values: &str, index| Read {
        role,
        query,
        types,
        values: values.replace(":org", ORG_7).replace(":stream", STREAM_7),
        index,
    };
    vec![
        of("app", STREAM, PAGE, "10, 110, 4000000, 1, :org, 'lead', :stream", "event_stream_version"),
        of("app", ORG, PAGE, "10, 110, 4000000, 1, :org", "event_org_seq"),
        of(
            "app",
            ORG_TYPES,
            PAGE,
            "10, 110, 4000000, 1, :org, '{xentri.lead.created.v1}', 50",
            "event_org_seq",
        ),
        of("app", ORG_MENTIONS, PAGE, "10, 110, 4000000, 1, :org, '0190a5e1', 50", "event_org_seq"),
        of("auditor", ORG_MENTIONS, PAGE, "10, 110, 4000000, 1, :org, '0190a5e1', 50", "event_org_seq"),
        of("auditor", STREAM, PAGE, "10, 110, 4000000, 1, :org, 'lead', :stream", "event_stream_version"),
        of("app", ORG_NUMBERS, "", "1, :org, '{3,5,80}'", "event_org_seq"),
        of("app", ORG_HEAD, "", "1, :org", "event_org_seq"),
        of("app", ORG_HEAD_AT, "", "1, :org, now()", "event_org_seq"),
        of(
            "app",
            VERSIONS,
            "",
            "1, :org, '{lead,lead}', array[:stream, :org]::uuid[]",
            "event_stream_version",
        ),
        of("relay", SHARD, PAGE, "10, 510, 4000000, 1", "event_pkey"),
        of("relay", SHARDS, "(bigint, bigint)", "500, 4000000, '{0,1}', '{10,20}'", "event_pkey"),
        of("worker", SHARD, PAGE, "10, 1010, 4000000, 1", "event_pkey"),
        of("auditor", SHARD_HEADS, "", "'{0,1,2}'", "event_pkey"),
        of("relay", ORG_HEADS, "", "'{1,1}', array[:org, :org]::uuid[]", "event_org_seq"),
    ]
}

async fn plan(server: &mut PgConnection, read: &Read, mode: &str) -> String {
    let Read { role, query, types, values, .. } = read;
    let begin = format!(
        "begin; set local role xentri_{role}; set local plan_cache_mode = {mode}; \
         set local app.current_org_id = {ORG_7}; prepare read {types} as {query}"
    );
    server.execute(AssertSqlSafe(begin)).await.unwrap();
    let explain = format!("explain (costs off) execute read({values})");
    let lines: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&mut *server).await.unwrap();
    server.execute("rollback; deallocate read").await.unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn every_read_is_a_range_of_an_index() {
    let db = TestDb::new().await;
    db.connect_as_admin().await.execute(EVENTS).await.unwrap();
    let mut server = db.connect_as_server().await;
    for read in reads() {
        for mode in ["force_custom_plan", "force_generic_plan"] {
            let plan = plan(&mut server, &read, mode).await;
            let context = || format!("{mode}: {}\n{plan}", read.query);
            let condition = plan
                .lines()
                .find(|line| line.contains("Index Cond"))
                .unwrap_or_else(|| panic!("{}", context()));
            assert!(plan.contains(read.index) && !plan.contains("Seq Scan"), "{}", context());
            let (after, last) = (condition.contains(" > "), condition.contains(" <= "));
            assert!((after && last) || read.types.is_empty(), "{}", context());
            assert!(!read.types.is_empty() || !plan.contains("Sort"), "{}", context());
        }
    }
}
