//! What one answer says in several places is of one moment.
//!
//! A writer captures leads and moves them on while a reader asks for the rows and for the sums that are kept beside them. A row and
//! what it adds to the sums change in one transaction of the worker; two statements of a reader see the same of it only when they
//! share a snapshot. So with a snapshot for each statement this fails soon, and with one for the request never.

use serde_json::{Value, json};

use crate::support::World;

const QUERY: &str = "{
  first: pipeline { state leads value { amount } }
  leads(first: 100) { totalCount edges { node { state value { amount } } } }
  again: pipeline { state leads value { amount } }
  new: leads(filter: { state: NEW }, first: 100) { totalCount edges { node { state } } }
}";

#[tokio::test(flavor = "multi_thread")]
async fn totals_agree_with_rows_while_others_write() {
    let world = World::new().await;
    let owner = world.owner().await;
    let write = async {
        for n in 0..90_i64 {
            let body =
                json!({ "name": "Ada", "source": "form", "value": { "amount": n + 1, "currency": "EUR" } });
            let lead = world.give(&owner, None, "lead.capture", &body).await.id;
            world.give(&owner, Some(lead), "lead.log-contact", &json!({ "channel": "phone" })).await;
        }
    };
    let read = async {
        let mut seen = 0;
        loop {
            let answered = world.ask(&owner, QUERY, json!({})).await;
            let rows = agree(answered.data());
            seen += 1;
            if rows == 90 {
                return seen;
            }
        }
    };
    let ((), seen) = tokio::join!(write, read);
    assert!(seen > 10, "{seen} answers while others wrote are too few to tell");
}

fn agree(data: &Value) -> usize {
    let rows = data["leads"]["edges"].as_array().unwrap();
    assert_eq!(data["leads"]["totalCount"], rows.len());
    assert_eq!(data["new"]["totalCount"], data["new"]["edges"].as_array().unwrap().len());
    assert_eq!(data["first"], data["again"]);
    let in_state = |state: &Value| {
        let state = state.clone();
        rows.iter().filter(move |row| row["node"]["state"] == state)
    };
    for stage in data["first"].as_array().unwrap() {
        assert_eq!(stage["leads"], in_state(&stage["state"]).count());
        let worth: i64 =
            in_state(&stage["state"]).map(|row| row["node"]["value"]["amount"].as_i64().unwrap()).sum();
        assert_eq!(stage["value"]["amount"], worth);
    }
    let staged: u64 =
        data["first"].as_array().unwrap().iter().map(|stage| stage["leads"].as_u64().unwrap()).sum();
    assert_eq!(usize::try_from(staged).unwrap(), rows.len());
    rows.len()
}
