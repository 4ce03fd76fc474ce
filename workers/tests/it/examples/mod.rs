//! The examples that integrators are given do what the contract of the topics asks of them.

mod document;
pub(crate) mod install;
mod topic;

use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;
use xentri_testkit::{GuardedKafka, kafka_brokers};
use xentri_workers::feed::Place;
use xentri_workers::relay::Message;

use install::Example;
use topic::{LEAD, OTHER_LEAD, Topic, event, heartbeat};

const PATIENCE: Duration = Duration::from_mins(1);

const LIFE: [&str; 5] = [
    "1 2026-02-01T08:00:00.000000Z xentri.lead.created.v1 name=(sealed) email=(sealed) phone=(sealed) \
     company=\"Analytical Engines\" source=\"form\" value={\"amount\":120000,\"currency\":\"EUR\"} note=(sealed)",
    "2 2026-02-01T08:00:00.000000Z xentri.lead.contacted.v1 channel=\"phone\" note=(sealed) at=\"2026-01-31T09:30:00.000000Z\"",
    "3 2026-02-01T08:00:00.000000Z xentri.lead.qualified.v1 score=80 reason=\"Has a budget and a date.\"",
    "4 2026-02-01T08:00:00.000000Z xentri.lead.proposal_sent.v1 amount={\"amount\":120000,\"currency\":\"EUR\"} \
     valid_until=\"2026-03-31\"",
    "5 2026-02-01T08:00:00.000000Z xentri.deal.won.v1 amount={\"amount\":110000,\"currency\":\"EUR\"}",
];

fn place(position: u64) -> Place {
    Place { epoch: 1, position }
}

/// From the capture to the deal, with another lead's event in between; the other positions belong to other topics.
fn life() -> Vec<Message> {
    [
        event("lead.created@1.0", LEAD, 1, place(3)),
        event("lead.created@1.0", OTHER_LEAD, 1, place(4)),
        event("lead.contacted@1.0", LEAD, 2, place(7)),
        event("lead.qualified@1.0", LEAD, 3, place(8)),
        event("lead.proposal_sent@1.0", LEAD, 4, place(12)),
        event("deal.won@1.0", LEAD, 5, place(13)),
    ]
    .iter()
    .map(Message::of)
    .collect()
}

/// Lines, what was complained of, and whether it ended well.
pub(crate) async fn run(example: &Example, topic: &str, lead: &str) -> (Vec<String>, String, bool) {
    run_with(example, &[], [kafka_brokers(), lead, "--topic", topic]).await
}

/// The same of a Kafka that asks for a name and a password.
pub(crate) async fn run_as(
    example: &Example,
    kafka: &GuardedKafka,
    (user, password): (&str, &str),
    topic: &str,
    lead: &str,
) -> (Vec<String>, String, bool) {
    let authority = kafka.authority().to_str().unwrap();
    let settings = [("KAFKA_USERNAME", user), ("KAFKA_PASSWORD", password), ("KAFKA_CA", authority)];
    run_with(example, &settings, [kafka.brokers(), lead, "--topic", topic]).await
}

async fn run_with(
    example: &Example,
    settings: &[(&str, &str)],
    arguments: [&str; 4],
) -> (Vec<String>, String, bool) {
    let mut command = Command::new(&example.program);
    command.arg(&example.script).args(arguments).arg("--until-end").envs(settings.iter().copied());
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let Output { status, stdout, stderr } =
        tokio::time::timeout(PATIENCE, output).await.expect("it ends by itself").unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let lines = text(stdout).lines().map(str::to_owned).collect();
    (lines, text(stderr), status.success())
}

/// Of lines as the examples print them, without when something happened.
pub(crate) fn without_times(lines: &[String]) -> Vec<String> {
    let without = |line: &String| {
        let [version, _recorded_at, rest] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        format!("{version} {}", rest.split(" at=").next().unwrap())
    };
    lines.iter().map(without).collect()
}

#[tokio::test]
async fn each_prints_a_life_once_whatever_comes_twice() {
    let topic = Topic::new().await;
    let life = life();
    // The last three are sent again, as after a restart, and all once more by a relay that has been replaced.
    topic.send_in_order(1, &life[..5]).await;
    topic.send_after(1, place(4), &life[2..]).await;
    topic.send_in_order(1, &life).await;
    topic.send(1, &heartbeat(place(13)), place(13)).await;
    topic.send_in_order(0, &[Message::of(&event("lead.created@1.0", OTHER_LEAD, 1, place(40)))]).await;
    topic.send(2, &heartbeat(Place::default()), Place::default()).await;
    for example in install::examples() {
        let (lines, complaint, ended_well) = run(example, &topic.name, LEAD).await;
        assert!(ended_well, "{}: {complaint}", example.language);
        assert_eq!(lines, LIFE, "{}", example.language);
    }
}

#[tokio::test]
async fn each_ends_with_an_error_at_a_hole() {
    let life = life();
    let in_the_middle = Topic::new().await;
    in_the_middle.send_in_order(1, &life[..3]).await;
    in_the_middle.send_after(1, place(8), &life[4..]).await;
    let at_the_start = Topic::new().await;
    at_the_start.send_after(1, place(3), &life[1..]).await;
    let at_the_end = Topic::new().await;
    at_the_end.send_in_order(1, &life[..3]).await;
    at_the_end.send(1, &heartbeat(place(13)), place(13)).await;
    for (topic, printed, missing) in [
        (&in_the_middle, 2, "1:7, up to 1:8"),
        (&at_the_start, 0, "0:0, up to 1:3"),
        (&at_the_end, 2, "1:7, up to 1:13"),
    ] {
        for example in install::examples() {
            let (lines, complaint, ended_well) = run(example, &topic.name, LEAD).await;
            assert!(!ended_well, "{} passes over {missing}", example.language);
            assert_eq!(lines, LIFE[..printed], "{}", example.language);
            let expected = format!("hole in {}/1: what came after {missing}, is missing\n", topic.name);
            assert_eq!(complaint, expected, "{}", example.language);
        }
    }
}

/// The ledger was restored to position 8 and went on there; the relay begins with what its cursor of then says.
#[tokio::test]
async fn each_takes_a_new_epoch_for_what_it_is() {
    let topic = Topic::new().await;
    let life = life();
    topic.send_in_order(1, &life[..5]).await;
    topic.send_after(1, place(7), &life[3..4]).await;
    let lost = Message::of(&event("deal.won@1.0", LEAD, 4, Place { epoch: 2, position: 9 }));
    topic.send_after(1, place(8), &[lost]).await;
    let mut expected: Vec<_> = LIFE[..4].iter().map(|line| (*line).to_owned()).collect();
    expected.push("set back: nothing after 1:8 has happened".to_owned());
    expected.push(LIFE[4].replacen('5', "4", 1));
    for example in install::examples() {
        let (lines, complaint, ended_well) = run(example, &topic.name, LEAD).await;
        assert!(ended_well, "{}: {complaint}", example.language);
        assert_eq!(lines, expected, "{}", example.language);
    }
}

#[tokio::test]
async fn each_says_when_there_is_no_such_topic() {
    let topic = Topic::never_made();
    for example in install::examples() {
        let (lines, complaint, ended_well) = run(example, &topic.name, LEAD).await;
        assert!(
            !ended_well && lines.is_empty() && complaint.lines().count() == 1,
            "{}: {complaint}",
            example.language
        );
    }
}
