//! `/api/v1/admin/rebuilds`: rebuilds that a process which schedules does. What is asked for is written down before it is
//! answered.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_ledger::DatabaseError;
use xentri_schemas::{ErrorKind, Problem};
use xentri_workers::rebuild::{Order, OrderError, Orders, Request};

use super::body;
use super::operator::Operator;

const PATH: &str = "/api/v1/admin/rebuilds";
/// In seconds.
const SOON: u64 = 1;

pub(crate) fn router(orders: Orders) -> Router {
    let one = format!("{PATH}/{{id}}");
    Router::new()
        .route(PATH, get(list).post(place))
        .route(&one, get(find))
        .route(&format!("{one}/cancel"), post(cancel))
        .with_state(orders)
}

async fn place(
    Operator(actor): Operator,
    State(orders): State<Orders>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    must_be_json(&headers)?;
    let wanted = body::read(&body)?;
    let request = Request {
        projections: wanted.projections,
        requested_by: actor.to_string(),
        order: None,
        only_resume: false,
        accept: wanted.accept,
        keep: wanted.keep,
    };
    let order = match orders.place(&request, wanted.throttle.map(Into::into)).await {
        Ok(order) => order,
        Err(error @ OrderError::Open { .. }) => {
            return Err(Problem::new(ErrorKind::REBUILD_OPEN).detail(error.to_string()));
        }
        Err(OrderError::Database(error)) => return Err(of_database(&error)),
    };
    tracing::info!(order = %order.id, by = request.requested_by, projections = request.projections.join(" "), "a rebuild is ordered");
    let place = [(LOCATION, format!("{PATH}/{}", order.id))];
    Ok((StatusCode::ACCEPTED, place, data(&order)).into_response())
}

async fn list(_: Operator, State(orders): State<Orders>) -> Result<Json<Value>, Problem> {
    let orders = orders.list().await.map_err(|error| of_database(&error))?;
    Ok(Json(json!({ "data": orders })))
}

async fn find(
    _: Operator,
    State(orders): State<Orders>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let found = orders.find(known(&id)?).await.map_err(|error| of_database(&error))?;
    found.as_ref().map(data).ok_or_else(unknown)
}

/// One that has ended already stays as it is.
async fn cancel(
    Operator(actor): Operator,
    State(orders): State<Orders>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let order = orders.cancel(known(&id)?).await.map_err(|error| of_database(&error))?.ok_or_else(unknown)?;
    tracing::info!(order = %order.id, by = %actor, "a rebuild is to be cancelled");
    let status = if order.ended_at.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, data(&order)))
}

fn data(order: &Order) -> Json<Value> {
    Json(json!({ "data": order }))
}

fn known(id: &str) -> Result<Uuid, Problem> {
    Uuid::try_parse(id).map_err(|_| unknown())
}

fn unknown() -> Problem {
    Problem::new(ErrorKind::NOT_FOUND).detail("no such rebuild was asked for here")
}

/// A browser lets no foreign page send that unasked.
fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Problem::new(ErrorKind::UNSUPPORTED_MEDIA_TYPE))
}

fn of_database(error: &DatabaseError) -> Problem {
    if error.is_transient() {
        return Problem::new(ErrorKind::UNAVAILABLE).retry_after(SOON);
    }
    tracing::error!(%error, "what operators ask for can't be done");
    Problem::new(ErrorKind::INTERNAL)
}
