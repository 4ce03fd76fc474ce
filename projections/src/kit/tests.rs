mod build;
mod streams;

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{Actor, EventId, OrgId, Slug, StreamId, Text, Timestamp};
use xentri_domain::lead::{LeadEvent, Qualified, Score};
use xentri_domain::registry::Event;
use xentri_domain::subject::{Forgotten, SubjectEvent};
use xentri_ledger::Shard;
use xentri_schemas::{Envelope, Environment, Meta};

use super::fold::{Folded, add_up, fold, touched};
use super::store::Key;
use super::{FoldError, Held, LedgerEvent, Projection, row, sums};

row! {
    /// The best score that a lead ever had.
    struct Best in "bests" {
        org_id: OrgId,
        id: Uuid,
        score: i64,
    }
}

row! {
    /// Of all leads.
    struct Total in "totals" {
        org_id: OrgId,
        id: Uuid,
        leads: i64,
        score: i64,
    }
}
sums!(Total: leads, score);

/// Takes no 13, and panics at 99. Forgetting somebody takes a lead's row away.
struct Bests;

impl Projection for Bests {
    const NAME: &'static str = "bests";
    const VERSION: i32 = 1;
    type Row = Best;
    type Sum = Total;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        match event.payload() {
            Event::Subject(SubjectEvent::Forgotten(forgotten)) => {
                forgotten.streams.iter().map(|stream| stream.id.uuid()).collect()
            }
            _ => vec![event.stream_id()],
        }
    }

    fn fold(id: Uuid, row: Option<Best>, event: &LedgerEvent) -> Result<Option<Best>, FoldError> {
        let Event::Lead(LeadEvent::Qualified(qualified)) = event.payload() else { return Ok(None) };
        let score = i64::from(qualified.score.get());
        match score {
            13 => Err(FoldError::OutOfRange("score")),
            99 => panic!("a mistake in the fold"),
            _ => {
                let best = row.map_or(score, |row| row.score.max(score));
                Ok(Some(Best { org_id: event.org(), id, score: best }))
            }
        }
    }

    fn sums(row: &Best) -> Vec<Total> {
        vec![Total { org_id: row.org_id, id: Uuid::from_u128(77), leads: 1, score: row.score }]
    }
}

fn org() -> OrgId {
    OrgId::try_from(Uuid::from_u128(7)).unwrap()
}

fn key(lead: u128) -> Key {
    (org(), Uuid::from_u128(lead))
}

fn lead(lead: u128) -> StreamId {
    StreamId::try_from(Uuid::from_u128(lead)).unwrap()
}

fn event(stream_id: StreamId, payload: Event) -> LedgerEvent {
    let word = |word| Slug::parse(word).unwrap();
    let now = Timestamp::from_micros(0).unwrap();
    let meta = Meta {
        source: word("test"),
        environment: Environment::Local,
        command: Text::parse("lead.qualify").unwrap(),
        reason: None,
        on_behalf_of: None,
    };
    let envelope = Envelope {
        id: EventId::try_from(Uuid::from_u128(1)).unwrap(),
        occurred_at: now,
        org_id: org(),
        actor: Actor::System(word("test")),
        payload,
        dedupe_key: None,
        correlation_id: None,
        causation_id: None,
        trace_id: None,
        meta,
        stream_id,
        version: 1,
    };
    LedgerEvent {
        shard: Shard::new(0),
        epoch: 1,
        position: 1,
        org_seq: 1,
        recorded_at: now,
        envelope: Box::new(envelope),
    }
}

fn scored(id: u128, score: i64) -> LedgerEvent {
    let (score, reason) = (Score::new(score).unwrap(), Text::parse("bread").unwrap());
    event(lead(id), Event::Lead(LeadEvent::Qualified(Qualified { score, reason })))
}

fn forgotten(ids: &[u128]) -> LedgerEvent {
    let stream = |id: &u128| StreamRef { stream_type: "lead", id: lead(*id) }.into();
    let streams = ids.iter().map(stream).collect();
    event(lead(1), Event::Subject(SubjectEvent::Forgotten(Forgotten { streams, reason: None })))
}

fn folded(before: &HashMap<Key, Best>, events: &[LedgerEvent]) -> Folded<Best> {
    let events: Vec<_> = events.iter().collect();
    fold::<Bests>(before, &events, &touched::<Bests>(&events))
}

fn held(index: usize, error: Option<FoldError>) -> Held {
    Held { index, error }
}

fn score(folded: &Folded<Best>, lead: u128) -> Option<i64> {
    folded.rows.get(&key(lead))?.as_ref().map(|row| row.score)
}

#[test]
fn an_event_that_can_not_be_folded_leaves_its_row_as_it_was_and_the_others_flow() {
    let events = [scored(1, 50), scored(2, 13), scored(1, 60), scored(2, 70), scored(3, 1)];
    let folded = folded(&HashMap::new(), &events);
    assert_eq!(folded.held, [held(1, Some(FoldError::OutOfRange("score"))), held(3, None)]);
    assert_eq!([1, 2, 3].map(|lead| score(&folded, lead)), [Some(60), None, Some(1)]);
}

#[test]
fn a_fold_that_panics_is_held_like_one_that_refuses() {
    let folded = folded(&HashMap::new(), &[scored(1, 99), scored(2, 5)]);
    assert_eq!(folded.held, [held(0, Some(FoldError::Panicked))]);
    assert_eq!((score(&folded, 1), score(&folded, 2)), (None, Some(5)));
}

/// The forgetting waits for the second lead, and so does what comes for the first one after it.
#[test]
fn an_event_of_several_rows_waits_as_a_whole_and_blocks_all_of_them() {
    let events = [scored(1, 50), scored(2, 13), forgotten(&[1, 2]), scored(1, 60), scored(3, 70)];
    let folded = folded(&HashMap::new(), &events);
    let waiting: Vec<_> = folded.held.iter().map(|held| (held.index, held.error.is_some())).collect();
    assert_eq!(waiting, [(1, true), (2, false), (3, false)]);
    assert_eq!([1, 2, 3].map(|lead| score(&folded, lead)), [Some(50), None, Some(70)]);
}

#[test]
fn a_row_that_is_named_twice_is_folded_once() {
    let event = forgotten(&[1, 1]);
    assert_eq!(touched::<Bests>(&[&event])[0].len(), 1);
}

#[test]
fn sums_lose_what_a_row_added_before_and_gain_what_it_adds_now() {
    let row = |lead, score| Best { org_id: org(), id: Uuid::from_u128(lead), score };
    let before: HashMap<Key, Best> = [(key(1), row(1, 10)), (key(2), row(2, 20))].into();
    let folded = folded(&before, &[scored(1, 15), forgotten(&[2]), scored(3, 5)]);
    let changed: BTreeMap<_, _> = folded.rows.iter().map(|(key, row)| (*key, row.as_ref())).collect();
    let added: Vec<Total> = add_up::<Bests>(&before, &changed).into_values().collect();
    assert_eq!(added, [Total { org_id: org(), id: Uuid::from_u128(77), leads: 0, score: -10 }]);

    let same: HashMap<Key, Best> = [(key(1), row(1, 10))].into();
    let unchanged = BTreeMap::from([(key(1), same.get(&key(1)))]);
    assert_eq!(add_up::<Bests>(&same, &unchanged), BTreeMap::new(), "nothing to write");
}
