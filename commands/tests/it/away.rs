//! Postgres goes away and comes back.

use serde_json::json;
use xentri_commands::DispatchError;
use xentri_testkit::PrivatePostgres;

use crate::support::{World, ada};

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_commands_are_refused_in_time_and_go_on_when_it_is_back() {
    let postgres = PrivatePostgres::start().await;
    let world = World::on(&postgres.server_url());
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    postgres.crash();
    let begin = std::time::Instant::now();
    let note = json!({ "note": "she called" });
    let nobody = xentri_domain::kernel::StreamId::v7(7, [7; 10]);
    let body = ada();
    // With everything at hand, with nothing, and for a stream that would have to be read.
    let answers = tokio::join!(
        world.give_to(&owner, lead, "lead.add-note", &note),
        world.give(&owner, "lead.capture", &body),
        world.give_to(&owner, nobody, "lead.add-note", &note),
    );
    assert!(begin.elapsed() < world.deadline() + std::time::Duration::from_secs(1), "{:?}", begin.elapsed());
    for answer in <[_; 3]>::from(answers) {
        let error = answer.unwrap_err();
        assert!(matches!(error, DispatchError::Unavailable | DispatchError::OutcomeUnknown), "{error:?}");
    }
    postgres.start_again();
    while let Err(error) = world.give_to(&owner, lead, "lead.add-note", &note).await {
        assert!(matches!(error, DispatchError::Unavailable | DispatchError::OutcomeUnknown), "{error:?}");
        assert!(begin.elapsed().as_secs() < 60, "it does not come back: {error:?}");
    }
}
