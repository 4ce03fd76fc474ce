//! `audit person`: before, and after they are forgotten.

use serde_json::{Value, json};

use super::{Audited, EMAIL, NAME, shows_nobody};
use crate::process::eventually;

/// A lead with an invoice, of whom the read models know.
async fn known(audited: &Audited) -> String {
    let lead = audited.lead().await;
    audited.bill(&lead).await;
    eventually("read models show them", async || {
        let person = audited.json(&["person", "--org", audited.org(), &lead]);
        person["person"]["shown_in"].as_array().unwrap().len() == 2
    })
    .await;
    // The reactor of the invoice writes to the lead: afterwards nothing more comes.
    eventually("the follow-up is scheduled", async || {
        let stream = format!("lead/{lead}");
        let told = audited.json(&["show", "--org", audited.org(), &stream]);
        told["events"].as_array().unwrap().iter().any(|event| event["type"] == "xentri.followup.scheduled.v1")
    })
    .await;
    lead
}

fn pointers(event: &Value) -> Vec<&str> {
    event["fields"].as_array().unwrap().iter().map(|field| field["pointer"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_persons_data_is_and_what_forgetting_will_do() {
    let audited = Audited::new().await;
    let lead = known(&audited).await;
    let told = audited.json(&["person", "--org", audited.org(), &lead]);
    shows_nobody(&told.to_string());
    let person = &told["person"];
    assert_eq!((&person["subject_id"], &person["forgotten"]), (&json!(lead), &json!(null)));
    let [of_lead, of_invoice] = person["streams"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!((&of_lead["type"], &of_lead["id"]), (&json!("lead"), &json!(lead)));
    assert_eq!(pointers(&of_lead["events"][0]), ["/name", "/email", "/note"]);
    assert_eq!(of_invoice["type"], json!("invoice"));
    assert_eq!(pointers(&of_invoice["events"][0]), ["/customer/name", "/customer/email"]);
    let shown = [("invoices", &of_invoice["id"]), ("leads", &of_lead["id"])];
    let shown = shown.map(|(name, row)| json!({ "read_model": name, "rows": [row] }));
    assert_eq!(person["shown_in"], json!(shown));
    let forgetting = &person["forgetting"];
    assert_eq!((&forgetting["to_do"], &forgetting["overlooked"]), (&json!(true), &json!([])));
    assert_eq!((&forgetting["events"], &forgetting["fields"]), (&json!(2), &json!(5)));

    let text = audited.print(&["person", "--org", audited.org(), &lead]);
    shows_nobody(&text);
    for line in [
        "xentri.lead.created.v1  name, email, note",
        "xentri.invoice.drafted.v1  customer/name, customer/email",
        "forgetting them will",
        "  append xentri.subject.forgotten.v1, which names 2 streams, and destroy their key with it",
        "  leave 5 fields of 2 events sealed for ever, and empty them in invoices and leads",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let open = audited.print(&["person", "--org", audited.org(), &lead, "--show-personal"]);
    assert!(open.contains(&format!("name: {NAME}, email: {EMAIL}, note: canary")), "{open}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_forgotten_is_shown_by_nothing_and_the_chain_still_verifies() {
    let audited = Audited::new().await;
    let lead = known(&audited).await;
    audited.print(&["checkpoint"]);
    let before = audited.json(&["verify", "--org", audited.org()]);
    let forget = json!({ "reason": "asked for it by letter" });
    audited.owner.give(&format!("/core/subjects/{lead}/forget"), &forget).await.done(201);
    let person = ["person", "--org", audited.org(), &lead, "--show-personal"];
    let told = audited.json(&person);
    shows_nobody(&told.to_string());
    let person_told = &told["person"];
    assert_eq!(person_told["forgotten"]["type"], json!("xentri.subject.forgotten.v1"));
    assert_eq!(person_told["forgetting"]["to_do"], json!(false));
    let fields = person_told["streams"][0]["events"][0]["fields"].as_array().unwrap();
    assert!(fields.iter().all(|field| field["value"] == json!({ "$p": null })), "{told}");
    let text = audited.print(&person);
    shows_nobody(&text);
    assert!(text.contains(", forgotten at ") && text.contains("why: asked for it by letter"), "{text}");
    assert!(text.contains("5 fields of 2 events are sealed for ever"), "{text}");

    let after = audited.json(&["verify", "--org", audited.org()]);
    assert_eq!(after["fits"], json!(true));
    assert_eq!(after["events"].as_u64(), before["events"].as_u64().map(|events| events + 1));
}

/// The register beside the keys is what forgetting goes by; the events are what it has to reach.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_forgetting_would_overlook_is_named() {
    let audited = Audited::new().await;
    let lead = known(&audited).await;
    let mut database = audited.server.database().await;
    sqlx::query("delete from subject_stream").execute(&mut database).await.unwrap();
    let told = audited.json(&["person", "--org", audited.org(), &lead]);
    let overlooked = told["person"]["forgetting"]["overlooked"].as_array().unwrap();
    assert!(overlooked.len() == 1 && overlooked[0].as_str().unwrap().starts_with("invoice/"), "{told}");
    let text = audited.print(&["person", "--org", audited.org(), &lead]);
    assert!(text.contains("overlooked: invoice/"), "{text}");
}
