//! Who is in a file, and who is not.

use serde_json::{Value, json};

use super::support::{Files, now};
use crate::http::support::Server;

const PERSONAL: [&str; 4] = ["name", "email", "phone", "search"];

fn of_lead<'r>(rows: &'r [Value], lead: &str) -> &'r Value {
    rows.iter().find(|row| row["id"] == lead).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_personal_is_null_unless_it_is_asked_for_and_always_once_the_person_is_forgotten() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let files = Files::new();
    let (lead, other) = (owner.lead().await, owner.lead().await);
    let before = now(&mut server.database().await).await;
    let words = ["leads", "--org", &owner.org];
    let shown = [&words[..], &["--show-personal"]].concat();
    for row in files.rows(&server, &words) {
        assert!(PERSONAL.iter().all(|column| row[column] == Value::Null), "{row}");
        assert_eq!(row["forgotten"], false);
    }
    let rows = files.rows(&server, &shown);
    assert_eq!((&rows[0]["name"], &rows[1]["search"]), (&json!("Ada Lovelace"), &json!("ada lovelace")));

    owner.give(&format!("/core/subjects/{lead}/forget"), &json!({})).await.done(201);
    let of_then = [&shown[..], &["--until", &before]].concat();
    for words in [&shown, &of_then] {
        let rows = files.rows(&server, words);
        let forgotten = of_lead(&rows, &lead);
        assert!(PERSONAL[..3].iter().all(|column| forgotten[column] == Value::Null), "{forgotten}");
        assert_eq!((&forgotten["search"], &forgotten["forgotten"]), (&json!(""), &json!(true)));
        assert_eq!(of_lead(&rows, &other)["name"], "Ada Lovelace");
    }
    let rows = files.rows(&server, &words);
    assert_eq!(
        (&of_lead(&rows, &lead)["forgotten"], &of_lead(&rows, &other)["forgotten"]),
        (&json!(true), &json!(false))
    );
    for name in files.names() {
        let text = std::fs::read_to_string(files.path(&name)).unwrap();
        assert_eq!(text.contains("ada@example.com"), name.contains("show-personal"), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_has_the_rows_of_the_org_that_is_named_and_of_all_in_their_order() {
    let server = Server::with(&[]).await;
    let files = Files::new();
    let owners = [server.owner().await, server.owner().await, server.owner().await];
    for owner in &owners {
        for _ in 0..3 {
            owner.lead().await;
        }
    }
    for table in ["leads", "pipeline", "audit", "org", "pulse"] {
        let mut of_all = files.rows(&server, &[table, "--all"]);
        for owner in &owners {
            let rows = files.rows(&server, &[table, "--org", &owner.org]);
            assert!(
                !rows.is_empty() && rows.iter().all(|row| row["org_id"] == owner.org),
                "{table}: {rows:?}"
            );
            let in_all: Vec<_> = of_all.iter().filter(|row| row["org_id"] == owner.org).cloned().collect();
            assert_eq!(rows, in_all, "{table}");
        }
        let key = |row: &Value| {
            (row["org_id"].as_str().unwrap().to_owned(), row["id"].as_str().unwrap().to_owned())
        };
        let keys: Vec<_> = of_all.iter().map(key).collect();
        assert!(keys.is_sorted(), "{table}");
        of_all.retain(|row| owners.iter().all(|owner| row["org_id"] != owner.org));
        assert_eq!(of_all, Vec::<Value>::new(), "{table}");
    }
}
