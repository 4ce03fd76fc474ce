//! Answers that get lost between Postgres and a ledger.

use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use xentri_ledger::{AppendError, Ledger, LedgerSettings, Outcome, ShardMap};

use super::checks::assert_sound;
use super::proxy::{Plan, Proxy};
use crate::support::{Lead, World, created, keeper, noted};

/// Appends a lead's first two events through a proxy with these plans; they must be there, once, and the caller told so.
async fn appended_once_in_spite_of(plans: &[Plan]) {
    appended_once_with(&LedgerSettings::default(), plans).await;
}

async fn appended_once_with(settings: &LedgerSettings, plans: &[Plan]) {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let proxy = Proxy::start(&world.db.server_url(), plans.iter().copied()).await;
    let ledger = proxy.ledger(settings);
    let outcome = ledger.appenders().append(lead.chain(0, vec![created(&lead), noted(&lead, 2)])).await;
    let Ok(Outcome::Appended(appended)) = outcome else { panic!("{plans:?}: {outcome:?}") };
    let place = appended[0].events.unwrap();
    assert_eq!((place.first_org_seq, place.last_position), (2, 3), "{plans:?}");
    for _ in plans {
        proxy.struck().await;
    }
    let mut admin = world.db.connect_as_admin().await;
    let events: i64 = sqlx::query_scalar("select count(*) from event where stream_type = 'lead'")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert_eq!(events, 2, "{plans:?}");
    assert_sound(&mut admin).await;
}

/// The proxy cuts only when Postgres has said that it is ready again: the call is committed, and only a look into the
/// ledger can tell.
#[tokio::test]
async fn a_call_whose_answer_was_lost_is_found_in_the_ledger() {
    appended_once_in_spite_of(&[Plan::LoseReply]).await;
}

/// The answer never comes and the connection seems alive, so the call is given up after its time. That takes longer than
/// the time for inquiries, which begins only then: the ledger is asked all the same.
#[tokio::test]
async fn a_call_whose_answer_does_not_come_is_found_in_the_ledger() {
    let mut settings = LedgerSettings::default();
    settings.append.call = Duration::from_millis(500);
    settings.append.doubt = Duration::from_millis(400);
    appended_once_with(&settings, &[Plan::StallReply]).await;
}

/// The proxy cuts while Postgres is at work: the look may come before the commit, and the call that is then sent again
/// waits for the first one's lock. Whichever goes first, the other finds the stream moved on.
#[tokio::test]
async fn a_call_that_was_cut_off_while_it_ran_is_appended_once() {
    appended_once_in_spite_of(&[Plan::CutAfterSync]).await;
    appended_once_in_spite_of(&[Plan::CutAfterSync, Plan::CutAfterSync, Plan::CutAfterSync]).await;
}

/// The first call is committed and its answer lost; the look fails; the call is sent again and refused, because of itself;
/// the look after that fails too. Nobody may take that refusal for the chain's fate.
#[tokio::test]
async fn a_refusal_is_not_believed_while_an_earlier_call_is_in_doubt() {
    appended_once_in_spite_of(&[Plan::LoseReply, Plan::CutAtRequest, Plan::CutAfterReply]).await;
}

/// With no time for doubt at all there is no second look, and the caller is told that nobody knows.
#[tokio::test]
async fn who_gives_up_in_doubt_says_so() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let proxy = Proxy::start(&world.db.server_url(), [Plan::LoseReply]).await;
    let mut settings = LedgerSettings::default();
    settings.append.doubt = Duration::ZERO;
    let outcome = proxy.ledger(&settings).appenders().append(lead.chain(0, vec![created(&lead)])).await;
    assert!(matches!(outcome, Err(AppendError::Unknown(_))), "{outcome:?}");
}

/// Connections are accepted, as by a kernel whose server is stopped, and nobody ever answers. Nothing is sent, so the
/// caller is told, after the patience of one attempt and not of a minute, that nothing was appended.
#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://nobody:none@{}/none", listener.local_addr().unwrap());
    let ledger = Ledger::open(ShardMap::single(url), keeper(), &LedgerSettings::default()).unwrap();
    let start = Instant::now();
    let outcome = ledger.appenders().append(lead.chain(0, vec![created(&lead)])).await;
    assert!(matches!(outcome, Err(AppendError::Unavailable(_))), "{outcome:?}");
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
}
