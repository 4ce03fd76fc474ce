//! How far a rebuild is, told while it runs.

use std::io::IsTerminal as _;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};
use xentri_workers::rebuild::{Progress, ProgressSender};

use super::bar::Bar;

/// A bar moves so often, and lines come so much more seldom.
const BAR: Duration = Duration::from_millis(200);
const LINES: Duration = Duration::from_secs(1);

/// Tells until it is ended.
pub(super) struct Told {
    end: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Told {
    pub(super) fn start(progress: &ProgressSender, json: bool) -> Self {
        let (end, mut ended) = oneshot::channel();
        let seen = progress.subscribe();
        let shown = !json && std::io::stderr().is_terminal();
        let task = tokio::spawn(async move {
            let mut ticks = interval(if json { LINES } else { BAR });
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let (mut bar, mut last) = (Bar::new(), None);
            loop {
                tokio::select! {
                    _ = ticks.tick() => {}
                    _ = &mut ended => break,
                }
                let now = seen.borrow().clone();
                if shown {
                    bar.show(&now);
                } else if json {
                    line(&mut bar, &mut last, &now);
                }
            }
            if shown {
                Bar::clear();
            }
        });
        Self { end, task }
    }

    pub(super) async fn end(self) {
        // Who does not hear it has ended.
        let _gone = self.end.send(());
        let _ended = self.task.await;
    }
}

/// Only when something has changed.
fn line(bar: &mut Bar, last: &mut Option<Progress>, now: &Progress) {
    if last.as_ref() == Some(now) {
        return;
    }
    let pace = bar.pace(now);
    let mut value = serde_json::json!({ "progress": now });
    value["events_per_second"] = pace.rate.into();
    value["seconds_left"] = pace.left.map(|left| left.as_secs()).into();
    println!("{value}");
    *last = Some(now.clone());
}
