//! Parked events, as an operator meets them: parked by a running server, and taken up beside it.

use std::process::Command;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _, PgConnection};
use uuid::Uuid;
use xentri_testkit::TestDb;

use super::support::{Caller, Server};
use crate::process::{MASTER_KEY, Running, data_dir, eventually, output, refusal, xentri};

fn dlq(words: &[&str], database_url: &str) -> Command {
    let mut command = xentri(["dlq"].into_iter().chain(words.iter().copied()));
    command.env("DATABASE_URL", database_url).env("XENTRI_MASTER_KEY", MASTER_KEY);
    command
}

/// What it prints, which it does with success.
fn printed(command: &mut Command) -> String {
    let output = output(command);
    let (printed, said) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{printed}");
    printed
}

/// A server whose tables take no lead that is contacted, of two leads. One is contacted and qualified; so is the other,
/// which is let through.
struct Stuck {
    server: Server,
    owner: Caller,
    lead: String,
    database: PgConnection,
}

impl Stuck {
    async fn new() -> Self {
        let server = Server::with(&[]).await.may_fail();
        let owner = server.owner().await;
        let (lead, other) = (owner.lead().await, owner.lead().await);
        let mut database = server.database().await;
        eventually("both are read", async || is_in_state(&mut database, &[&lead, &other], "new").await).await;
        let refuse = format!(
            "alter table read.leads_v1_g1 add constraint no_contact check (id <> '{lead}' or state = 'new')"
        );
        database.execute(AssertSqlSafe(refuse)).await.unwrap();
        for lead in [&lead, &other] {
            let qualify = json!({ "score": 80, "reason": "wants bread" });
            owner
                .give(&format!("/sales/leads/{lead}/log-contact"), &json!({ "channel": "email" }))
                .await
                .done(200);
            owner.give(&format!("/sales/leads/{lead}/qualify"), &qualify).await.done(200);
        }
        eventually("the other flows", async || is_in_state(&mut database, &[&other], "qualified").await)
            .await;
        assert!(is_in_state(&mut database, &[&lead], "new").await);
        Self { server, owner, lead, database }
    }

    fn dlq(&self, words: &[&str]) -> Command {
        dlq(words, self.server.database_url())
    }

    /// Its two parked events, in the order in which they wait.
    fn list(&self) -> Vec<Value> {
        let listed: Value = serde_json::from_str(&printed(&mut self.dlq(&["list", "--json"]))).unwrap();
        assert_eq!(listed["next"], Value::Null);
        listed["parked"].as_array().unwrap().clone()
    }

    async fn mend(&mut self) {
        self.database.execute("alter table read.leads_v1_g1 drop constraint no_contact").await.unwrap();
    }
}

async fn is_in_state(database: &mut PgConnection, leads: &[&String], state: &str) -> bool {
    let ids: Vec<Uuid> = leads.iter().map(|lead| lead.parse().unwrap()).collect();
    let query = sqlx::query_scalar("select count(*) from read.leads_v1_g1 where id = any($1) and state = $2");
    let there: i64 = query.bind(&ids).bind(state).fetch_one(database).await.unwrap();
    usize::try_from(there).unwrap() == leads.len()
}

fn id(parked: &Value) -> &str {
    parked["id"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_is_listed_by_pages_and_shown_without_what_is_personal() {
    let stuck = Stuck::new().await;
    let list = stuck.list();
    let [failed, waiting] = list.as_slice() else { panic!("{list:#?}") };
    assert_eq!(
        (&failed["type"], &waiting["type"]),
        (&json!("xentri.lead.contacted.v1"), &json!("xentri.lead.qualified.v1"))
    );
    assert_eq!((&failed["waits"], &waiting["waits"]), (&json!(false), &json!(true)));
    assert!(failed["error"].as_str().unwrap().contains("no_contact"), "{failed}");
    for parked in [failed, waiting] {
        assert_eq!((&parked["org_id"], &parked["keys"]), (&json!(stuck.owner.org), &json!([stuck.lead])));
    }

    let table = printed(&mut stuck.dlq(&["list"]));
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("ID ") && lines[0].ends_with("WHY"), "{table}");
    assert!(lines[1].starts_with(id(failed)) && lines[1].contains("no_contact"), "{table}");
    assert!(lines[2].starts_with(id(waiting)) && lines[2].ends_with("waits behind another"), "{table}");
    let page = printed(&mut stuck.dlq(&["list", "--limit", "1"]));
    assert_eq!(page.lines().last().unwrap(), format!("more with --after {}", id(failed)));
    let next = printed(&mut stuck.dlq(&["list", "--limit", "1", "--after", id(failed)]));
    assert!(next.lines().count() == 2 && next.contains(id(waiting)), "{next}");

    let of = |words: &[&str]| printed(&mut stuck.dlq(&[&["list"], words].concat())).lines().count();
    assert_eq!(of(&["--failed"]), 2);
    assert_eq!(of(&["--org", &stuck.owner.org, "--projection", "leads", "--since", "1h"]), 3);
    for nothing in
        [["--since", "2999-01-01T00:00:00Z"], ["--projection", "invoices"], ["--correlation", "none"]]
    {
        let said = printed(&mut stuck.dlq(&[&["list"], nothing.as_slice()].concat()));
        assert_eq!(said, "nothing like that is parked\n", "{nothing:?}");
    }

    let shown = printed(&mut stuck.dlq(&["show", id(failed)]));
    assert!(
        shown.contains("no_contact") && shown.contains(r#""type": "xentri.lead.contacted.v1""#),
        "{shown}"
    );
    let shown: Value =
        serde_json::from_str(&printed(&mut stuck.dlq(&["show", id(failed), "--json"]))).unwrap();
    assert_eq!((&shown["id"], &shown["event"]["id"]), (&failed["id"], &failed["event_id"]));
    assert!(!shown.to_string().contains("Lovelace"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_fails_until_it_is_mended_and_then_takes_the_waiters_in_order() {
    let mut stuck = Stuck::new().await;
    let list = stuck.list();
    let too_early = output(&mut stuck.dlq(&["retry", id(&list[1])]));
    let (said, why) =
        (String::from_utf8(too_early.stdout).unwrap(), String::from_utf8(too_early.stderr).unwrap());
    assert_eq!(too_early.status.code(), Some(1));
    assert!(said.ends_with("0 taken, 1 still parked, 1 waiting behind those\n"), "{said}");
    let first = format!("{} is still parked: ", id(&list[0]));
    assert!(said.starts_with(&first) && said.contains("no_contact"), "{said}");
    assert!(why.contains("not all could be taken"), "{why}");
    assert_eq!(stuck.list().len(), 2);

    stuck.mend().await;
    let retried = printed(&mut stuck.dlq(&["retry", "--all", "--projection", "leads", "--json"]));
    let retried: Value = serde_json::from_str(&retried).unwrap();
    assert_eq!(
        retried,
        json!({ "taken": [id(&list[0]), id(&list[1])], "failed": [], "waiting": 0, "skipped": [] })
    );
    assert!(is_in_state(&mut stuck.database, &[&stuck.lead], "qualified").await);
    assert_eq!(printed(&mut stuck.dlq(&["list"])), "nothing is parked\n");
    assert_eq!(printed(&mut stuck.dlq(&["retry", "--all"])), "nothing is parked\n");
    let said = refusal(&mut stuck.dlq(&["retry", id(&list[0])]));
    assert_eq!(
        said,
        format!("xentri: no event is parked as {}; it may have been taken meanwhile", id(&list[0]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discard_says_who_when_and_why_and_lets_the_waiters_go() {
    let mut stuck = Stuck::new().await;
    let list = stuck.list();
    let discard = ["discard", id(&list[0]), "--reason", "imported twice"];
    let said = refusal(&mut stuck.dlq(&discard));
    assert!(said.ends_with("say --yes where nobody can be asked"), "{said}");
    let reasonless = output(&mut stuck.dlq(&["discard", id(&list[0]), "--reason", " ", "--yes"]));
    assert_eq!(reasonless.status.code(), Some(2));
    assert_eq!(stuck.list().len(), 2);

    // It is what can't be contacted; that it was qualified is no trouble once the first is gone.
    let refuse = format!(
        "alter table read.leads_v1_g1 drop constraint no_contact, \
         add constraint no_contact check (id <> '{}' or state <> 'contacted')",
        stuck.lead
    );
    stuck.database.execute(AssertSqlSafe(refuse)).await.unwrap();
    let said = printed(&mut stuck.dlq(&[discard.as_slice(), &["--by", "ada", "--yes"]].concat()));
    let event = list[0]["event_id"].as_str().unwrap();
    assert_eq!(
        said,
        format!(
            "{event} (xentri.lead.contacted.v1) is left out of leads for good\n1 event that waited for it is taken\n"
        )
    );
    assert!(is_in_state(&mut stuck.database, &[&stuck.lead], "qualified").await);
    let query = "select projection, reason, discarded_by, now() - discarded_at < interval '10 minutes' \
                 from parked_discard where event_id = $1";
    let kept: (String, String, String, bool) = sqlx::query_as(query)
        .bind(event.parse::<Uuid>().unwrap())
        .fetch_one(&mut stuck.database)
        .await
        .unwrap();
    assert_eq!(kept, ("leads".to_owned(), "imported twice".to_owned(), "ada".to_owned(), true));
    assert_eq!(printed(&mut stuck.dlq(&["list"])), "nothing is parked\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_discards_is_the_user_of_the_process_where_nobody_says_otherwise() {
    let stuck = Stuck::new().await;
    let list = stuck.list();
    let discard = ["discard", id(&list[0]), "--reason", "imported twice", "--yes", "--json"];
    let said: Value = serde_json::from_str(&printed(&mut stuck.dlq(&discard))).unwrap();
    let me = nix::unistd::User::from_uid(nix::unistd::Uid::current()).unwrap().unwrap().name;
    assert_eq!(said["discarded"]["by"], json!(me));
    assert_eq!(
        (&said["discarded"]["reason"], &said["discarded"]["id"]),
        (&json!("imported twice"), &list[0]["id"])
    );
    assert_eq!(said["failed"][0]["id"], list[1]["id"], "what waited is tried, and is parked itself");
    assert_eq!(stuck.list().len(), 1);
}

/// An invoice for a lead that takes no follow-up.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_reactor_can_not_do_is_parked_and_retried_like_the_rest() {
    let server = Server::with(&[]).await.may_fail();
    let owner = server.owner().await;
    let lead = owner.lead().await;
    let mut database = server.database().await;
    let refuse = "create function refuse() returns trigger language plpgsql security definer as $$ begin
                    raise exception 'no room';
                  end $$;
                  create trigger refuse before insert on event for each row
                    when (new.type = 'xentri.followup.scheduled.v1') execute function refuse()";
    database.execute(refuse).await.unwrap();
    owner.bill(&lead).await;
    let url = server.database_url();
    let of_reactor = ["list", "--projection", "invoice-follow-up"];
    eventually("it is parked", async || {
        printed(&mut dlq(&of_reactor, url)).contains("xentri.invoice.issued.v1")
    })
    .await;
    assert_eq!(output(&mut dlq(&["retry", "--all"], url)).status.code(), Some(1));

    database.execute("drop trigger refuse on event").await.unwrap();
    let said = printed(&mut dlq(&["retry", "--all"], url));
    assert_eq!(said, "1 taken, 0 still parked, 0 waiting behind those\n");
    let scheduled =
        "select count(*) from event where type = 'xentri.followup.scheduled.v1' and stream_id = $1";
    let query = sqlx::query_scalar::<_, i64>(scheduled).bind(lead.parse::<Uuid>().unwrap());
    assert_eq!(query.fetch_one(&mut database).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_parked_it_says_so_and_what_is_not_there_is_named() {
    let db = TestDb::new().await;
    let url = db.server_url();
    assert_eq!(printed(&mut dlq(&["list"], &url)), "nothing is parked\n");
    assert_eq!(printed(&mut dlq(&["list", "--json"], &url)), "{\"next\":null,\"parked\":[]}\n");
    assert_eq!(printed(&mut dlq(&["retry", "--all"], &url)), "nothing is parked\n");
    let unknown = "xentri: no event is parked as leads/1/1/0/42; it may have been taken meanwhile";
    assert_eq!(refusal(&mut dlq(&["show", "leads/1/1/0/42"], &url)), unknown);
    assert_eq!(refusal(&mut dlq(&["retry", "leads/1/1/0/42"], &url)), unknown);
    let discard = ["discard", "leads/1/1/0/42", "--reason", "a test", "--yes"];
    assert_eq!(refusal(&mut dlq(&discard, &url)), unknown);
    let nameless = output(&mut dlq(&["show", "leads"], &url));
    let said = String::from_utf8(nameless.stderr).unwrap();
    assert!(said.contains("leads is not the name of a parked event, which is like leads/1/1/0/42"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_of_a_running_up_is_found_by_its_data_directory() {
    let (data, empty) = (data_dir(), data_dir());
    let _running = Running::up(data.path());
    let list = |data: &tempfile::TempDir| xentri(["dlq", "list", "--data", data.path().to_str().unwrap()]);
    assert_eq!(printed(&mut list(&data)), "nothing is parked\n");
    let said = refusal(&mut list(&empty));
    assert!(said.contains("settings.toml is not there; start `xentri up` on that directory first"), "{said}");
}
