//! `GET /api/v1/streams/{type}/{id}`: the state of anything as of a version or a moment, and what changed in between.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Map, Value, json};
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{Permission, StreamId, Timestamp};
use xentri_ledger::{Ledger, TenantTx};
use xentri_schemas::{ErrorKind, Problem};

use super::asked::Asked;
use super::parameters::Parameters;
use super::problem::{self, bad_parameter};
use crate::time_travel::{Change, StateThen, Then, diff_in_tx, state_in_tx, stream_type};

const PATH: &str = "/api/v1/streams/{type}/{id}";

pub(super) fn router(ledger: Ledger) -> Router {
    Router::new().route(PATH, get(then)).route(&format!("{PATH}/diff"), get(diff)).with_state(ledger)
}

async fn then(State(ledger): State<Ledger>, asked: Asked) -> Result<Json<Value>, Problem> {
    asked.require(Permission::LEDGER_READ)?;
    let parameters = Parameters::of(&asked.uri, &["version", "at"])?;
    let version = parameters.read::<u32>("version", "a version of the stream")?;
    let at = parameters.read::<Timestamp>("at", "a moment like 2026-01-31T09:30:00Z")?;
    let then = match (version, at) {
        (None, None) => Then::Now,
        (Some(version), None) => Then::Version(version),
        (None, Some(moment)) => Then::Moment(moment),
        (Some(_), Some(_)) => return Err(bad_parameter("at", "either a version or a moment")),
    };
    let stream = stream(&asked)?;
    let mut tx = begin(&ledger, &asked).await?;
    let found = state_in_tx(&mut tx, ledger.keys(), stream, then, opens(&asked)).await;
    let found = found.map_err(problem::of)?.ok_or_else(unknown)?;
    tx.commit().await.map_err(problem::of)?;
    Ok(Json(json!({ "data": state(found) })))
}

async fn diff(State(ledger): State<Ledger>, asked: Asked) -> Result<Json<Value>, Problem> {
    asked.require(Permission::LEDGER_READ)?;
    let parameters = Parameters::of(&asked.uri, &["from", "to"])?;
    let version = |name| {
        let version = parameters.read::<u32>(name, "a version of the stream, or 0")?;
        version.ok_or_else(|| bad_parameter(name, "a version is needed"))
    };
    let versions = (version("from")?, version("to")?);
    let stream = stream(&asked)?;
    let mut tx = begin(&ledger, &asked).await?;
    let found = diff_in_tx(&mut tx, ledger.keys(), stream, versions, opens(&asked)).await;
    let found = found.map_err(problem::of)?.ok_or_else(unknown)?;
    tx.commit().await.map_err(problem::of)?;
    let changes: Vec<Value> = found.into_iter().map(change).collect();
    Ok(Json(json!({ "data": changes })))
}

/// What can't be a stream is answered like one that is not there.
fn stream(asked: &Asked) -> Result<StreamRef, Problem> {
    let stream_type = stream_type(asked.word("type")).ok_or_else(unknown)?;
    let id = StreamId::parse(asked.word("id")).map_err(|_| unknown())?;
    Ok(StreamRef { stream_type, id })
}

fn opens(asked: &Asked) -> bool {
    asked.principal.allows(Permission::PERSON_READ)
}

async fn begin(ledger: &Ledger, asked: &Asked) -> Result<TenantTx, Problem> {
    let org = ledger.directory().find(asked.principal.org()).await.map_err(problem::of)?;
    let org = org.ok_or_else(|| Problem::new(ErrorKind::ORG_UNKNOWN))?;
    TenantTx::read(ledger.databases(), org.home).await.map_err(problem::of)
}

fn state(then: StateThen) -> Value {
    let StateThen { stream, version, recorded_at, state } = then;
    json!({
        "stream_type": stream.stream_type,
        "stream_id": stream.id,
        "version": version,
        "recorded_at": recorded_at,
        "state": state,
    })
}

/// A side on which nothing stands is left out: null is a value.
fn change(change: Change) -> Value {
    let sides = [("before", change.before), ("after", change.after)];
    let sides = sides.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let pointer = ("pointer".to_owned(), change.pointer.into());
    Value::Object(std::iter::once(pointer).chain(sides).collect::<Map<_, _>>())
}

fn unknown() -> Problem {
    Problem::new(ErrorKind::NOT_FOUND).detail("there is no such stream, or it had no such version then")
}
