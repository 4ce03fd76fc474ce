//! `audit show` and `audit trace`.

use serde_json::{Value, json};

use super::{Audited, EMAIL, NAME, shows_nobody};
use crate::process::eventually;

#[tokio::test(flavor = "multi_thread")]
async fn a_history_says_when_who_why_and_what_changed_and_shows_nobody() {
    let audited = Audited::new().await;
    let lead = audited.lead().await;
    let (org, stream) = (audited.org(), format!("lead/{lead}"));
    let text = audited.print(&["show", "--org", org, &stream]);
    shows_nobody(&text);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(lines[0], format!("{stream} of org {org}, 2 events"));
    assert!(lines[2].starts_with("1  2") && lines[2].ends_with("Z  xentri.lead.created.v1"), "{text}");
    assert!(lines[3].starts_with("lead.capture by user:") && lines[3].ends_with(", through api"), "{text}");
    for line in ["+ name     (sealed)", "+ email    (sealed)", "+ company  Engines", "+ status   new"] {
        assert!(lines.contains(&line), "{line}\n{text}");
    }
    let second = lines.iter().position(|line| line.ends_with("xentri.lead.contacted.v1")).unwrap();
    assert_eq!(lines[second + 2], "why: She asked to be called.");
    assert_eq!(lines.last(), Some(&"~ status  new → contacted"));
    assert!(!text.contains('\u{1b}'), "no colour where nobody looks");

    let told = audited.json(&["show", "--org", org, &stream]);
    shows_nobody(&told.to_string());
    assert_eq!((&told["org_id"], &told["stream"]), (&json!(org), &json!({ "type": "lead", "id": lead })));
    let [created, contacted] = told["events"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert!(created["payload"]["name"]["$p"].is_string(), "{created}");
    assert_eq!(
        (&contacted["reason"], &contacted["command"]),
        (&json!("She asked to be called."), &json!("lead.log-contact"))
    );
    assert_eq!(
        contacted["changes"],
        json!([{ "pointer": "/status", "before": "new", "after": "contacted" }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_it_sees_persons_until_they_are_forgotten() {
    let audited = Audited::new().await;
    let lead = audited.lead().await;
    let stream = format!("lead/{lead}");
    let show = ["show", "--org", audited.org(), &stream, "--show-personal"];
    let text = audited.print(&show);
    assert!(text.contains(&format!("+ name     {NAME}")) && text.contains(EMAIL), "{text}");
    assert_eq!(audited.json(&show)["events"][0]["payload"]["name"], json!(NAME));
    audited.owner.give(&format!("/core/subjects/{lead}/forget"), &json!({})).await.done(201);
    let text = audited.print(&show);
    assert!(text.contains("+ name     (forgotten)"), "{text}");
    shows_nobody(&text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_ends_at_the_moment_that_is_asked_for() {
    let audited = Audited::new().await;
    let lead = audited.lead().await;
    let stream = format!("lead/{lead}");
    let all = audited.json(&["show", "--org", audited.org(), &stream]);
    let until =
        |moment: &str| audited.say(&["show", "--org", audited.org(), &stream, "--json", "--until", moment]);
    let first: Value =
        serde_json::from_str(&until(all["events"][0]["recorded_at"].as_str().unwrap()).out).unwrap();
    assert_eq!(first["events"], json!([all["events"][0]]));
    let before = until("2000-01-01T00:00:00Z");
    assert!(before.code == Some(1) && before.error.ends_with(" by then\n"), "{before:?}");
}

/// What it says of a note, of which the state keeps nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_changes_no_state_is_told_by_what_it_says() {
    let audited = Audited::new().await;
    let lead = audited.lead().await;
    let note = json!({ "note": "canary" });
    audited.owner.give(&format!("/sales/leads/{lead}/add-note"), &note).await.done(200);
    let stream = format!("lead/{lead}");
    let show = ["show", "--org", audited.org(), &stream];
    let text = audited.print(&show);
    assert!(text.contains("its state stays as it was; it says\n        note: (sealed)\n"), "{text}");
    let open = audited.print(&[show.as_slice(), &["--show-personal"]].concat());
    assert!(open.contains("note: canary"), "{open}");
    assert!(!open.contains("channel: phone"), "the contact changed the state: {open}");
    let all = audited.print(&[show.as_slice(), &["--payload"]].concat());
    assert!(all.contains("~ status  new → contacted\n      it says\n"), "{all}");
    assert!(all.contains("        channel: phone\n"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_command_set_off_is_a_tree_of_causes() {
    let audited = Audited::new().await;
    let lead = audited.lead().await;
    let issued = audited.bill(&lead).await;
    let trace = ["trace", "--org", audited.org(), &issued];
    // The reactor comes a moment later.
    eventually("the follow-up is scheduled", async || audited.json(&trace)["trace"]["events"] == json!(3))
        .await;
    let told = audited.json(&trace);
    let acts = told["trace"]["acts"].as_array().unwrap();
    assert_eq!((acts.len(), &told["trace"]["commands"]), (1, &json!(2)), "{told}");
    let [invoice, number] = acts[0]["events"].as_array().unwrap().as_slice() else { panic!("{told}") };
    assert_eq!((&invoice["id"], &invoice["type"]), (&json!(issued), &json!("xentri.invoice.issued.v1")));
    assert_eq!((&number["type"], &number["led_to"]), (&json!("xentri.invoice_number.taken.v1"), &json!([])));
    let follow_up = &invoice["led_to"][0]["events"][0];
    assert_eq!(follow_up["type"], json!("xentri.followup.scheduled.v1"));
    assert_eq!((&follow_up["causation_id"], &follow_up["stream"]["id"]), (&json!(issued), &json!(lead)));
    shows_nobody(&told.to_string());

    let text = audited.print(&trace);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], format!("{issued} in org {}: 3 events of 2 commands, on 3 streams", audited.org()));
    assert!(lines[2].starts_with("invoice.issue by user:"), "{text}");
    assert!(lines[3].starts_with("├─ 5  xentri.invoice.issued.v1  invoice/"), "{text}");
    assert!(lines[4].starts_with("│  lead.schedule-follow-up by job:"), "{text}");
    assert!(lines[5].starts_with("│  └─ 7  xentri.followup.scheduled.v1  lead/"), "{text}");
    assert!(lines[6].starts_with("└─ 6  xentri.invoice_number.taken.v1  invoice_number/"), "{text}");
    assert_eq!(lines.len(), 7, "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_an_event_leads_to_what_it_belongs_to() {
    let audited = Audited::new().await;
    let lead = audited.lead().await;
    let issued = audited.bill(&lead).await;
    let number = audited.json(&["trace", "--org", audited.org(), &issued]);
    let number = number["trace"]["acts"][0]["events"][1]["id"].as_str().unwrap().to_owned();
    let said = audited.say(&["trace", "--org", audited.org(), &number]);
    assert!(said.error.ends_with(&format!("which belongs to {issued}: trace that\n")), "{said:?}");
}
