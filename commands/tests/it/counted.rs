//! Commands are counted by what was asked and what became of it.

use serde_json::json;
use xentri_domain::kernel::Role;
use xentri_testkit::factory;

use crate::support::{World, ada, keyed};

fn counted(world: &World, command: &str) -> Vec<(String, u64)> {
    let counts = world.dispatcher.outcomes().counts().into_iter();
    let of_command =
        counts.filter(|count| (count.stream_type.as_str(), &*count.command) == ("lead", command));
    of_command.filter(|count| count.commands > 0).map(|count| (count.outcome, count.commands)).collect()
}

#[tokio::test]
async fn each_dispatcher_counts_its_own_commands_by_what_became_of_them() {
    let world = World::new().await;
    let other = world.another();
    let owner = world.owner().await;
    for _ in 0..3 {
        world.dispatcher.dispatch(&owner, keyed("once", "lead.capture", None, &ada())).await.unwrap();
    }
    let lead = world.lead(&owner).await;
    let early = json!({ "amount": { "amount": 5, "currency": "EUR" } });
    world.give_to(&owner, lead, "lead.win", &early).await.unwrap_err();
    other.give_to(&owner, lead, "lead.win", &early).await.unwrap_err();
    other.give_to(&owner, lead, "lead.win", &early).await.unwrap_err();
    let reader = factory::principal(owner.org(), Role::Auditor);
    world.give(&reader, "lead.capture", &ada()).await.unwrap_err();

    let words = |pairs: &[(&str, u64)]| -> Vec<(String, u64)> {
        pairs.iter().map(|(outcome, count)| ((*outcome).to_owned(), *count)).collect()
    };
    assert_eq!(counted(&world, "capture"), words(&[("done", 2), ("forbidden", 1), ("replayed", 2)]));
    assert_eq!(counted(&world, "win"), words(&[("illegal_transition", 1)]));
    assert_eq!(counted(&other, "win"), words(&[("illegal_transition", 2)]));
    assert_eq!(counted(&other, "capture"), []);
}
