//! The one handler of all commands.

use axum::response::Response;
use serde_json::Value;
use uuid::Uuid;
use xentri_domain::aggregate::{CommandKind, Door, Stream as _};
use xentri_domain::kernel::{Actor, Area, Caller, OrgId, Permission, Principal, Slug, StreamId, UserId};
use xentri_domain::org::Org;
use xentri_domain::registry::Command;
use xentri_schemas::{DedupeKey, Digest, ErrorKind, Problem};

use super::headers::CommandHeaders;
use super::{Incoming, answer, body, problem, route};
use crate::{Answer, CommandRequest, DispatchError, Dispatcher, Idempotency, Provenance};

pub(super) async fn give(
    dispatcher: &Dispatcher,
    kind: &'static CommandKind,
    incoming: Incoming,
) -> Result<Response, Problem> {
    body::must_be_json(&incoming.headers, &incoming.body)?;
    let headers = CommandHeaders::read(&incoming.headers)?;
    let command = command(kind, &incoming)?;
    let principal = principal(kind, &incoming, &headers, &command)?;
    let stream = stream(kind, &incoming, &principal, &command)?;
    let request = CommandRequest {
        command,
        stream,
        idempotency: idempotency(kind, &incoming, &headers)?,
        if_match: headers.if_match,
        provenance: provenance(&incoming, &headers)?,
    };
    let answer = dispatcher.dispatch(&principal, request).await.map_err(|error| problem::of(&error))?;
    let state =
        if headers.representation { state(dispatcher, kind, &principal, &answer).await } else { None };
    Ok(answer::response(kind, &answer, state.as_ref(), incoming.trace_id))
}

fn command(kind: &CommandKind, incoming: &Incoming) -> Result<Command, Problem> {
    if kind.door != Door::Inbox {
        return body::command(kind, &incoming.body);
    }
    body::must_say_nothing(&incoming.body)?;
    let fields: Value = incoming.words.iter().map(|(name, word)| (name.clone(), word.clone())).collect();
    // A path that can't be read is no path.
    body::command(kind, fields.to_string().as_bytes()).map_err(|_| Problem::new(ErrorKind::NOT_FOUND))
}

fn principal(
    kind: &CommandKind,
    incoming: &Incoming,
    headers: &CommandHeaders,
    command: &Command,
) -> Result<Principal, Problem> {
    let makes_org = kind.door == Door::Create && kind.stream_type == Org::TYPE;
    let principal = if makes_org {
        incoming.caller.naming(new_org(&incoming.caller, headers.key.as_ref(), command)?)
    } else {
        incoming.principal()?.clone()
    };
    match headers.on_behalf_of {
        Some(user) => representing(principal, user),
        None => Ok(principal),
    }
}

/// A user speaks for nobody else: what they did would look like what another wanted.
fn representing(principal: Principal, user: UserId) -> Result<Principal, Problem> {
    if principal.actor().user().is_some() {
        return Err(Problem::new(ErrorKind::FORBIDDEN).detail("X-On-Behalf-Of: only services may send it"));
    }
    Ok(principal.on_behalf_of(user))
}

/// A key finds its receipt in an org. So the org that a key is to make has the same id whenever the key comes again.
fn new_org(caller: &Caller, key: Option<&DedupeKey>, command: &Command) -> Result<OrgId, Problem> {
    match (command.chosen_id(), key) {
        (Some(id), _) => Ok(id.into()),
        (None, Some(key)) => Ok(org_of_key(caller.actor(), key)),
        (None, None) => OrgId::try_from(Uuid::now_v7()).map_err(|_| Problem::new(ErrorKind::INTERNAL)),
    }
}

fn org_of_key(actor: &Actor, key: &DedupeKey) -> OrgId {
    let digest = Digest::of(&format!("{actor}\n{key}"));
    let mut random = [0; 10];
    random.copy_from_slice(&digest.as_bytes()[..10]);
    OrgId::v7(0, random)
}

/// An id that is none is answered like one that is not known: to those who may ask.
fn stream(
    kind: &CommandKind,
    incoming: &Incoming,
    principal: &Principal,
    command: &Command,
) -> Result<Option<StreamId>, Problem> {
    let Some(word) = incoming.word("id") else { return Ok(None) };
    StreamId::parse(word).map(Some).map_err(|_| {
        if kind.authority.allows(principal, command.scope()) {
            return problem::no_such(kind.stream_type);
        }
        let (stream_type, command) = (kind.stream_type, kind.name);
        problem::of(&DispatchError::NotAuthorized { stream_type, command })
    })
}

fn idempotency(
    kind: &CommandKind,
    incoming: &Incoming,
    headers: &CommandHeaders,
) -> Result<Option<Idempotency>, Problem> {
    let Some(key) = headers.key.clone() else { return Ok(None) };
    let path = route::filled(kind, &incoming.words);
    let if_match = headers.if_match.map(|version| version.to_string()).unwrap_or_default();
    let body = body::canonical(&incoming.body)?;
    let fingerprint = format!("POST {path}\n{if_match}\n{body}").into_bytes();
    Ok(Some(Idempotency { key, fingerprint }))
}

fn provenance(incoming: &Incoming, headers: &CommandHeaders) -> Result<Provenance, Problem> {
    let source = Slug::parse("api").map_err(|_| Problem::new(ErrorKind::INTERNAL))?;
    Ok(Provenance {
        occurred_at: headers.occurred_at,
        correlation_id: headers.correlation_id,
        causation_id: headers.causation_id,
        trace_id: incoming.trace_id,
        reason: headers.reason.clone(),
        ..Provenance::from_source(source)
    })
}

/// The command is done whatever becomes of this: an answer without the state is an answer.
async fn state(
    dispatcher: &Dispatcher,
    kind: &CommandKind,
    principal: &Principal,
    answer: &Answer,
) -> Option<Value> {
    if !may_read(kind, principal) {
        return None;
    }
    let state = dispatcher.state_at(principal, kind.stream_type, answer.id, answer.version).await;
    state
        .inspect_err(|error| tracing::warn!(%error, "an answer goes without the state that was wished for"))
        .ok()
}

/// Whoever may write in a context need not be allowed to read there. Who gives a command to Pulse sees its scope.
fn may_read(kind: &CommandKind, principal: &Principal) -> bool {
    let area = kind.collection.split('/').nth(1).and_then(Area::parse);
    let read =
        area.filter(|area| area.is_context()).and_then(|area| Permission::parse(&format!("{area}:read")));
    read.is_none_or(|read| principal.allows(read))
}

#[cfg(test)]
mod tests;
