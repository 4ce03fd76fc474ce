//! A mistake of ours in a lane: whoever waits is told, and the next command finds a lane that works.

use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

use xentri_commands::{DispatchError, DispatchSettings, Dispatcher};
use xentri_domain::kernel::{Clock, Timestamp};

use crate::support::{World, ada, request};

/// Panics once, when it is asked for the third time: the first two are dispatch's, the third is the lane's.
struct Trap(AtomicIsize);

impl Clock for Trap {
    fn now(&self) -> Timestamp {
        assert_ne!(self.0.fetch_add(1, Ordering::Relaxed), 2, "as a mistake would");
        "2026-03-02T15:00:00.000000Z".parse().unwrap()
    }
}

#[tokio::test]
async fn a_lane_that_panics_is_followed_by_another() {
    let world = World::new().await;
    let owner = world.owner().await;
    let ledger = world.dispatcher.ledger().clone();
    let dispatcher =
        Dispatcher::new(ledger, Arc::new(Trap(AtomicIsize::new(0))), DispatchSettings::default());
    let capture = || dispatcher.dispatch(&owner, request("lead.capture", None, &ada()));
    let told = capture().await.unwrap_err();
    assert!(matches!(told, DispatchError::OutcomeUnknown), "{told:?}");
    capture().await.unwrap();
    assert!(format!("{dispatcher:?}").contains("waiting: 0"), "{dispatcher:?}");
}
