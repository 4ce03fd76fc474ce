use serde_json::{Value, json};
use xentri_domain::kernel::{PulseItemId, UserId};

use super::{PulseDismissals, dismissal_id};
use crate::given::{Given, id, moment, written};

fn dismissed(item: u64) -> Value {
    json!({ "item_id": written(item), "scope": "module.leads" })
}

fn user(n: &str) -> UserId {
    UserId::of("https://issuer.test", n)
}

#[test]
fn each_user_dismisses_for_themselves() {
    let mut given = Given::<PulseDismissals>::new();
    let (ada, bob) = (user("ada"), user("bob"));
    given.then(ada.uuid(), "xentri.pulse.dismissed.v1", dismissed(1));
    given.then(bob.uuid(), "xentri.pulse.dismissed.v1", dismissed(1));
    given.then(ada.uuid(), "xentri.pulse.dismissed.v1", dismissed(2));
    assert_eq!(given.rows.len(), 3);
    let item = PulseItemId::try_from(id(1)).unwrap();
    let row = given.row(dismissal_id(given.org, ada, item));
    assert_eq!((row.user_id, row.item_id, row.scope.as_str()), (ada, id(1), "module.leads"));
    assert_eq!((row.version, row.updated_at), (1, moment(1)));
    assert_ne!(row.id, dismissal_id(given.org, bob, item));
}

#[test]
fn other_events_dismiss_nothing() {
    let mut given = Given::<PulseDismissals>::new();
    let raised = json!({ "scope": "strategy", "importance": 1, "title": "Call", "action_required": true });
    given.then(id(1), "xentri.pulse.raised.v1", raised);
    assert!(given.rows.is_empty());
}
