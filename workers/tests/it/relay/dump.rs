//! What somebody sees who looks at a topic with Kafka's own console consumer.

use xentri_domain::kernel::Area;
use xentri_testkit::consume;

use super::support::World;

/// The same where one message is another than the other: ids, places, times, hashes, ciphertexts.
fn shape(shown: &str) -> String {
    let mut shape = String::new();
    let mut word = String::new();
    for character in shown.chars() {
        if character.is_ascii_alphanumeric() || "-_".contains(character) {
            word.push(character);
            continue;
        }
        shape += kind_of(&word);
        shape.push(character);
        word.clear();
    }
    shape + kind_of(&word)
}

fn kind_of(word: &str) -> &str {
    let only = |set: fn(&u8) -> bool| word.bytes().all(|byte| set(&byte));
    match word.len() {
        1.. if only(u8::is_ascii_digit) => "N",
        36 if only(|byte| byte.is_ascii_hexdigit() || *byte == b'-') => "UUID",
        64 if only(u8::is_ascii_hexdigit) => "HASH",
        _ if word.len() > 40 => "CIPHERTEXT",
        // A date up to the hour, and what is after its last full stop.
        13 if word.as_bytes()[10] == b'T' => "DATE",
        7 if word.ends_with('Z') => "MICROS",
        _ => word,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kafkas_own_console_consumer_shows_a_message_as_the_guide_does() {
    let world = World::new().await;
    let owner = world.owner().await;
    world.leads(std::slice::from_ref(&owner), 1).await;
    let relay = world.relay();
    relay.has_sent_everything().await;
    relay.stop().await;
    let topic = world.kafka.topics().context(Area::Sales);
    let shown = tokio::task::spawn_blocking(move || consume(&topic, 1)).await.unwrap();
    let guide =
        std::fs::read_to_string(format!("{}/../docs/integrators.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (_, block) = guide.split_once("--max-messages 1\n").expect("the guide shows it");
    let shown_there: Vec<_> = block.lines().map_while(|line| line.strip_prefix("    ")).collect();
    assert_eq!(shape(shown_there.join("\n").trim_end()), shape(shown.trim_end()), "{shown}");
}
