//! A server that is killed: what it has answered stays, and what it has not is told by the next one.

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};

use super::support::{Answer, Caller, Server, ada};
use crate::process::eventually;

/// The server is stopped while Postgres has its append but may not go on, Postgres is let go on and commits, and only
/// then the server is killed: nobody was answered, and the event is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_was_appended_but_not_answered_is_answered_by_the_next_server() {
    let mut killed = Server::with(&[]).await;
    let owner = killed.owner().await;
    let capture = |caller: &Caller| {
        let request = caller.post("/sales/leads", &ada()).header("idempotency-key", "order-17");
        request.header("prefer", "return=representation")
    };
    let mut held = killed.hold_the_ledger().await;
    let unanswered = tokio::spawn(Answer::try_to(capture(&owner)));
    eventually("the append waits", async || held.is_waited_for().await).await;
    killed.signal("STOP");
    held.let_go().await;
    eventually("the event", async || killed.events(&owner.org).await.len() == 2).await;
    killed.signal("KILL");
    killed.end();
    assert!(unanswered.await.unwrap().is_err());

    let next = killed.another().await;
    let again = Answer::to(capture(&owner.at(&next))).await;
    let data = again.done(201);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(
        (&data["version"], &data["org_seq"], &data["state"]["status"]),
        (&json!(1), &json!(2), &json!("new"))
    );
    let there = next.events(&owner.org).await;
    assert_eq!((there.len(), there[1].to_string().as_str()), (2, data["events"][0]["id"].as_str().unwrap()));
}

/// As above, but it is an org that was made: it is half made, for the directory was not told.
#[tokio::test(flavor = "multi_thread")]
async fn an_org_that_was_half_made_is_finished_by_whoever_asks_again() {
    let mut killed = Server::with(&[]).await;
    let bakery =
        json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es" });
    let create = |server: &Server| {
        server.service("importer").post("/core/orgs", &bakery).header("idempotency-key", "bakery")
    };
    let mut held = killed.hold_the_ledger().await;
    let unanswered = tokio::spawn(Answer::try_to(create(&killed)));
    eventually("the append waits", async || held.is_waited_for().await).await;
    killed.signal("STOP");
    held.let_go().await;
    let any = "select exists (select from event)";
    let mut database = killed.database().await;
    eventually("the event", async || sqlx::query_scalar(any).fetch_one(&mut database).await.unwrap()).await;
    killed.signal("KILL");
    killed.end();
    assert!(unanswered.await.unwrap().is_err());

    let next = killed.another().await;
    let again = Answer::to(create(&next)).await;
    let org = again.done(201)["id"].as_str().unwrap().to_owned();
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    next.user(&org, "owner", "ada").give("/sales/leads", &ada()).await.done(201);
}

/// Killed while eight clients write: each id that was answered is in the ledger, and each that was not is told by its key.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_a_kill_and_the_rest_is_told_by_its_key() {
    let mut killed = Server::with(&[]).await;
    let owner = killed.owner().await;
    let writers: Vec<_> =
        (0..8).map(|writer| tokio::spawn(write_until_it_dies(owner.clone(), writer))).collect();
    eventually("some events", async || killed.events(&owner.org).await.len() > 50).await;
    killed.signal("KILL");
    killed.end();
    let next = killed.another().await;
    // Whatever Postgres still had is done, or never will be.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let before = next.events(&owner.org).await;
    let mut fresh = 0;
    for writer in writers {
        let (answered, open) = writer.await.unwrap();
        for id in answered {
            assert!(before.contains(&id), "{id} was answered");
        }
        let again = Answer::to(keyed(&owner.at(&next), &open)).await;
        let event: uuid::Uuid = again.done(201)["events"][0]["id"].as_str().unwrap().parse().unwrap();
        let replayed = again.header("idempotency-replayed").is_some();
        assert_eq!(replayed, before.contains(&event));
        fresh += usize::from(!replayed);
    }
    assert_eq!(next.events(&owner.org).await.len(), before.len() + fresh);
}

/// Reactors' checkpoints are held up once the follow-up is in the ledger, and there the process is killed: nothing but the
/// command's key says that it was given.
#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_whose_process_is_killed_before_its_checkpoint_is_not_repeated() {
    let mut killed = Server::with(&[]).await;
    let owner = killed.owner().await;
    let lead = owner.lead().await;
    let (mut gate, mut database) = (killed.database().await, killed.database().await);
    let hold = "create function wait_at_gate() returns trigger language plpgsql security definer as $$ begin
                  if exists (select from event where type = 'xentri.followup.scheduled.v1') then
                    perform pg_advisory_xact_lock_shared(4711);
                  end if;
                  return new;
                end $$;
                create trigger gate before insert or update on projection_checkpoint for each row
                  when (new.projection = 'invoice-follow-up') execute function wait_at_gate();
                select pg_advisory_lock(4711)";
    gate.execute(hold).await.unwrap();
    owner.bill(&lead).await;
    let waiting = "select pid from pg_locks where objid = 4711 and not granted
                   and database = (select oid from pg_database where datname = current_database())";
    eventually("it waits", async || database.fetch_optional(waiting).await.unwrap().is_some()).await;
    let there = killed.events(&owner.org).await.len();
    killed.signal("KILL");
    killed.end();
    let end = format!("select pg_terminate_backend(pid) from ({waiting}) waiting");
    database.execute(AssertSqlSafe(end)).await.unwrap();
    eventually("it is gone", async || database.fetch_optional(waiting).await.unwrap().is_none()).await;
    gate.close().await.unwrap();

    let next = killed.another().await;
    let behind = "select from projection_checkpoint kept where projection = 'invoice-follow-up'
                  and position < (select max(position) from event where event.shard = kept.shard)";
    eventually("caught up", async || database.fetch_optional(behind).await.unwrap().is_none()).await;
    assert_eq!(next.events(&owner.org).await.len(), there);
    let scheduled = "select from event where type = 'xentri.followup.scheduled.v1'";
    assert_eq!(database.fetch_all(scheduled).await.unwrap().len(), 1);
}

fn keyed(caller: &Caller, key: &str) -> reqwest::RequestBuilder {
    caller.post("/sales/leads", &ada()).header("idempotency-key", key)
}

/// The events that were answered, and the key of the one that was not.
async fn write_until_it_dies(caller: Caller, writer: u32) -> (Vec<uuid::Uuid>, String) {
    let mut answered = Vec::new();
    for n in 0.. {
        let key = format!("{writer}-{n}");
        match Answer::try_to(keyed(&caller, &key)).await {
            Ok(answer) => answered.push(event(answer.done(201))),
            Err(_) => return (answered, key),
        }
    }
    unreachable!("it dies before")
}

fn event(data: &Value) -> uuid::Uuid {
    data["events"][0]["id"].as_str().unwrap().parse().unwrap()
}
