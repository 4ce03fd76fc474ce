//! What a call of `app.append` must keep to, and how it fails when it does not.

use sqlx::Executor;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use xentri_testkit::TestDb;

use super::call::{Call, words};
use super::{ONE, code, count_of, two_orgs};

#[tokio::test]
async fn an_empty_call_returns_nothing() {
    let (_db, mut server) = two_orgs().await;
    assert_eq!(Call::default().send(&mut server).await.unwrap(), []);
    let mut call = Call::default();
    call.org(ONE, 3);
    assert_eq!(call.send(&mut server).await.unwrap(), []);
}

#[tokio::test]
async fn an_oversized_body_fails_with_a_class_that_can_be_bisected() {
    let (_db, mut server) = two_orgs().await;
    let mut call = Call::default();
    let one = call.org(ONE, 3);
    call.simple(one, Uuid::from_u128(10), 0, None);
    call.events[0].2 = "x".repeat(262_145);
    let error = call.send(&mut server).await.unwrap_err();
    let code = error.as_database_error().unwrap().code().unwrap().into_owned();
    assert_eq!(&code[..2], "23", "{error}");
}

/// Two chains of one org, each with a stream, a command and an event.
const SOUND: &str = "select count(*) from app.append(
    o_id => '{01000000-0000-0000-0000-000000000000,02000000-0000-0000-0000-000000000000}', o_shard => '{3,3}',
    h_org => '{1,1}',
    s_chain => '{1,2}', s_type => '{lead,lead}',
    s_id => '{0a000000-0000-0000-0000-000000000000,0b000000-0000-0000-0000-000000000000}', s_version => '{0,0}',
    c_chain => '{1,2}', c_actor => '{user:ada,null}', c_key => '{key-1,null}', c_mac => array[sha256('mac'), null], c_answer => '{ok,null}',
    e_command => '{1,2}', e_stream => '{1,2}', e_id => array[gen_random_uuid(), gen_random_uuid()], e_type => '{t,t}',
    e_body => '{b,b}', e_digest => array[sha256('b'), sha256('b')],
    n_chain => '{}', n_wrapped => '{}', n_master_key => '{}',
    k_chain => '{1}', k_subject => '{0c000000-0000-0000-0000-000000000000}', k_wrapped => '{k}', k_stream => '{1}',
    d_chain => '{1}', d_subject => '{0c000000-0000-0000-0000-000000000000}', d_stream => '{1}',
    f_chain => '{2}', f_subject => '{0d000000-0000-0000-0000-000000000000}', f_streams => '{0}')";

#[tokio::test]
async fn a_call_that_breaks_a_rule_fails_and_leaves_nothing() {
    let broken = [
        ("o_shard => '{3,3}'", "o_shard => '{3}'", "length"),
        ("h_org => '{1,1}'", "h_org => null", "count from 1"),
        ("s_version => '{0,0}'", "s_version => '[0:1]={0,0}'", "length"),
        ("h_org => '{1,1}'", "h_org => '[0:1]={1,1}'", "count from 1"),
        ("e_type => '{t,t}'", "e_type => '{t}'", "length"),
        ("f_streams => '{0}'", "f_streams => '{0,0}'", "length"),
        ("e_command => '{1,2}'", "e_command => '{1,3}'", "another chain"),
        ("e_stream => '{1,2}'", "e_stream => '{1,3}'", "another chain"),
        ("e_stream => '{1,2}'", "e_stream => '{1,1}'", "another chain"),
        ("c_chain => '{1,2}'", "c_chain => '{1,0}'", "another chain"),
        ("sha256('b'), sha256('b')", "sha256('b'), 'short'", "32 bytes"),
        (
            "e_command => '{1,2}', e_stream => '{1,2}'",
            "e_command => '{2,1}', e_stream => '{2,1}'",
            "before its command",
        ),
        ("0d000000-", "0c000000-", "forgotten and written about"),
        (
            "f_chain => '{2}', f_subject => '{0d000000-0000-0000-0000-000000000000}', f_streams => '{0}'",
            "f_chain => '{1,2}', f_subject => array_fill('0d000000-0000-0000-0000-000000000000'::uuid, '{2}'), f_streams => '{0,0}'",
            "forgotten twice",
        ),
        (
            "k_chain => '{1}', k_subject => '{0c000000-0000-0000-0000-000000000000}'",
            "k_chain => '{1}', k_subject => '{0d000000-0000-0000-0000-000000000000}'",
            "forgotten and written about",
        ),
    ];
    let left_to_the_tables = [
        ("e_body => '{b,b}'", "e_body => '{b,null}'"),
        ("c_actor => '{user:ada,null}'", "c_actor => '{null,null}'"),
        ("h_org => '{1,1}'", "h_org => '{1,3}'"),
        ("d_stream => '{1}'", "d_stream => '{2}'"),
        ("k_stream => '{1}'", "k_stream => '{2}'"),
        ("0b000000-", "0a000000-"),
    ];
    let (db, mut server) = two_orgs().await;
    for (from, to, complaint) in broken {
        assert!(SOUND.contains(from), "{from}");
        let error = as_app(&mut server, "begin", SOUND.replace(from, to)).await.unwrap_err();
        assert_eq!(code(&error), "22023", "{to}: {error}");
        assert!(error.to_string().contains(complaint), "{to}: {error}");
    }
    for (from, to) in left_to_the_tables {
        assert!(SOUND.contains(from), "{from}");
        let error = as_app(&mut server, "begin", SOUND.replace(from, to)).await.unwrap_err();
        assert!(["22", "23"].contains(&&code(&error)[..2]), "{to}: {error}");
    }
    for begin in ["begin isolation level repeatable read", "begin isolation level serializable"] {
        let error = as_app(&mut server, begin, SOUND.to_owned()).await.unwrap_err();
        assert_eq!(code(&error), "22023", "{error}");
    }
    assert_eq!(count_of(&db, "select count(*) from event").await, 0);
    assert_eq!(as_app(&mut server, "begin", SOUND.to_owned()).await.unwrap(), 2);
}

async fn as_app(server: &mut PgConnection, begin: &'static str, query: String) -> Result<i64, sqlx::Error> {
    server.execute(begin).await?;
    server.execute("set local role xentri_app").await?;
    let answer = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&mut *server).await;
    server.execute("rollback").await?;
    answer
}

#[tokio::test]
async fn a_call_takes_256_orgs_and_no_more() {
    let db = TestDb::new().await;
    let mut server = db.connect_as_server().await;
    for (orgs, fits) in [(256, true), (257, false)] {
        let mut call = Call::default();
        for org in 0..orgs {
            call.new_org(Uuid::from_u128(1000 * orgs + org), 3);
        }
        match call.send(&mut server).await {
            Ok(verdicts) => assert!(fits && words(&verdicts) == ["appended"; 256]),
            Err(error) => assert!(!fits && code(&error) == "22023", "{error}"),
        }
    }
}
