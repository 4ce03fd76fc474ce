//! `PUT /api/v1/users/me/last-scope`: where in Pulse a user was last, so that they land there again. A preference, no
//! event.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;
use xentri_domain::kernel::{Permission, Principal, Scope, UserId};
use xentri_ledger::{TenantTx, set_last_scope_in_tx};
use xentri_schemas::{ErrorKind, FieldError, Problem};

use super::body::{malformed, wrong};
use super::{Incoming, body, problem};
use crate::Dispatcher;

pub(super) const PATH: &str = "/api/v1/users/me/last-scope";

pub(super) async fn put(
    State(dispatcher): State<Arc<Dispatcher>>,
    incoming: Incoming,
) -> Result<StatusCode, Problem> {
    body::must_be_json(&incoming.headers, &incoming.body)?;
    let principal = incoming.principal()?;
    let user = principal.actor().user();
    let user =
        user.ok_or_else(|| Problem::new(ErrorKind::FORBIDDEN).detail("only users have preferences"))?;
    let scope = read(&incoming.body)?;
    let sees = Permission::pulse(scope);
    if !principal.allows(sees) {
        return Err(Problem::new(ErrorKind::FORBIDDEN).detail(problem::missing(sees)));
    }
    keep(&dispatcher, principal, user, scope).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn keep(
    dispatcher: &Dispatcher,
    principal: &Principal,
    user: UserId,
    scope: Scope,
) -> Result<(), Problem> {
    let failed = |error| problem::of_database(&error);
    let ledger = dispatcher.ledger();
    let org = ledger.directory().find(principal.org()).await.map_err(failed)?;
    let org = org.ok_or_else(|| Problem::new(ErrorKind::ORG_UNKNOWN))?;
    let mut tx = TenantTx::write(ledger.databases(), org.home).await.map_err(failed)?;
    set_last_scope_in_tx(&mut tx, user, scope).await.map_err(failed)?;
    tx.commit().await.map_err(failed)
}

/// `{"scope": "module.leads"}`.
fn read(body: &[u8]) -> Result<Scope, Problem> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct LastScope {
        scope: Scope,
    }
    // A list of the fields' values would be read too, which nobody was promised.
    let of_object = body.trim_ascii_start().starts_with(b"{");
    match serde_json::from_slice::<LastScope>(body) {
        Ok(LastScope { scope }) if of_object => Ok(scope),
        Ok(_) => Err(problem::of_fields(vec![wrong("", "wrong_type", "expected an object")])),
        Err(error) => Err(problem::of_fields(faults(body, &error))),
    }
}

fn faults(body: &[u8], error: &serde_json::Error) -> Vec<FieldError> {
    let fields = match serde_json::from_slice(body) {
        _ if error.to_string().starts_with("duplicate field") => {
            return vec![wrong("/scope", "duplicate_field", "given more than once")];
        }
        Ok(Value::Object(fields)) => fields,
        Ok(_) => return vec![wrong("", "wrong_type", "expected an object")],
        Err(_) if body::is_empty(body) => serde_json::Map::new(),
        Err(_) => return vec![malformed(error)],
    };
    let mut faults = body::unknown(fields.keys().filter(|name| *name != "scope"));
    match fields.get("scope") {
        None => faults.push(wrong("/scope", "missing", "this field is required")),
        Some(Value::String(word)) => {
            faults.extend(
                Scope::parse(word).err().map(|error| wrong("/scope", "bad_format", error.to_string())),
            );
        }
        Some(_) => faults.push(wrong("/scope", "wrong_type", "expected text")),
    }
    faults
}

#[cfg(test)]
mod tests;
