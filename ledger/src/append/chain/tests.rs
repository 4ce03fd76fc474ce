use uuid::Uuid;
use xentri_domain::kernel::{Principal, Role, StreamId};
use xentri_domain::registry::Command;

use super::*;
use crate::append::EventRecord;
use crate::shard::Shard;

fn home() -> Home {
    Home::new(OrgId::v7(1, [1; 10]), Shard::new(0))
}

fn authorized(org: OrgId) -> Authorized {
    let actor = xentri_domain::kernel::Actor::User(xentri_domain::kernel::UserId::of("issuer", "ada"));
    let kind = xentri_domain::registry::command_kinds().find(|kind| kind.name == "capture").unwrap();
    let body = serde_json::json!({ "name": "Ada", "source": "form" });
    let command = Command::read(kind, body).unwrap().unwrap();
    Authorized::to_give(&command, &Principal::new(org, actor, Role::Owner)).unwrap()
}

fn lead(n: u64) -> StreamRef {
    StreamRef { stream_type: "lead", id: StreamId::v7(n, [2; 10]) }
}

fn events(stream: StreamRef, count: usize) -> CommandRecord {
    let event = || {
        let id = Uuid::now_v7().try_into().unwrap();
        EventRecord::from_body(id, "xentri.lead.note_added.v1", stream, "{}".to_owned()).unwrap()
    };
    CommandRecord { events: (0..count).map(|_| event()).collect(), ..CommandRecord::default() }
}

#[test]
fn each_command_of_a_chain_goes_on_where_the_one_before_left_off() {
    let home = home();
    let who = authorized(home.org());
    let mut chain = Chain::new(home);
    chain.push(&who, [(lead(1), 4)], events(lead(1), 2)).unwrap();
    chain.push(&who, [(lead(1), 6), (lead(2), 0)], events(lead(1), 1)).unwrap();
    let broken = chain.push(&who, [(lead(1), 6)], events(lead(1), 1));
    assert_eq!(broken, Err(ChainError::Broken { stream: lead(1), expected: 6, left: 7 }));
    assert_eq!((chain.len(), chain.events()), (2, 3));
}

#[test]
fn an_event_on_a_stream_of_which_nothing_was_expected_is_refused() {
    let home = home();
    let who = authorized(home.org());
    let unexpected = Chain::new(home).push(&who, [(lead(1), 0)], events(lead(2), 1));
    assert_eq!(unexpected, Err(ChainError::Unexpected { stream: lead(2) }));
    let about = CommandRecord { about: vec![(lead(1).id.into(), lead(3))], ..CommandRecord::default() };
    let unexpected = Chain::new(home).push(&who, [(lead(1), 0)], about);
    assert_eq!(unexpected, Err(ChainError::Unexpected { stream: lead(3) }));
}

#[test]
fn whoever_was_authorised_in_another_org_is_refused() {
    let home = home();
    let other = OrgId::v7(1, [9; 10]);
    let refused = Chain::new(home).push(&authorized(other), [(lead(1), 0)], events(lead(1), 1));
    assert_eq!(refused, Err(ChainError::OtherOrg { authorized: other, chain: home.org() }));
}
