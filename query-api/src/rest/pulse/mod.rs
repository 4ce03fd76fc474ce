//! `GET /api/v1/pulse/{scope}` and `GET /api/v1/pulse/landing`: what deserves attention, in the reader's language.

mod cursor;
mod item;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_LANGUAGE, VARY};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use xentri_domain::kernel::{Clock, Permission, Principal, Scope};
use xentri_ledger::{DerivedKeys, Ledger, OrgEntry, TenantTx};
use xentri_projections::pulse::{
    ItemPlace, Look, Sees, Writer, item_names_in_tx, items_in_tx, landing_in_tx,
};
use xentri_schemas::{ErrorKind, Problem};

use super::asked::Asked;
use super::parameters::Parameters;
use super::problem::{self, bad_parameter};
use crate::language;

const DEFAULT_LIMIT: u16 = 20;
const MOST: u16 = 100;

/// Of the keys that seal cursors.
const CURSOR_LABEL: &str = "cursor";

#[derive(Clone)]
pub(super) struct Pulse(Arc<Inner>);

struct Inner {
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    cursors: OnceCell<DerivedKeys>,
}

pub(super) fn router(ledger: Ledger, clock: Arc<dyn Clock>) -> Router {
    let pulse = Pulse(Arc::new(Inner { ledger, clock, cursors: OnceCell::new() }));
    Router::new()
        .route("/api/v1/pulse/landing", get(landing))
        .route("/api/v1/pulse/{scope}", get(items))
        .with_state(pulse)
}

async fn landing(State(pulse): State<Pulse>, asked: Asked) -> Result<Json<Value>, Problem> {
    Parameters::of(&asked.uri, &[])?;
    let failed = |error| problem::of_database(&error);
    let principal = &asked.principal;
    if principal.grants().top_scopes().is_empty() {
        return Err(
            Problem::new(ErrorKind::FORBIDDEN).detail("missing a permission of Pulse, as pulse:module.leads")
        );
    }
    let org = pulse.org(principal).await?;
    let mut tx = TenantTx::read(pulse.0.ledger.databases(), org.home).await.map_err(failed)?;
    let user = principal.actor().user();
    let scope = landing_in_tx(&mut tx, user, principal.grants()).await.map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    Ok(Json(json!({ "data": { "scope": scope } })))
}

async fn items(State(pulse): State<Pulse>, asked: Asked) -> Result<Response, Problem> {
    let scope = Scope::parse(asked.word("scope"));
    let scope = scope.map_err(|_| Problem::new(ErrorKind::NOT_FOUND).detail("there is no such scope"))?;
    asked.require(Permission::pulse(scope))?;
    let parameters = Parameters::of(&asked.uri, &["limit", "after"])?;
    let expected = format!("a number from 1 to {MOST}");
    let first = parameters.read("limit", &expected)?.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MOST).contains(&first) {
        return Err(bad_parameter("limit", format_args!("expected {expected}")));
    }
    let org = pulse.org(&asked.principal).await?;
    let keys = pulse.cursors().await?;
    let after =
        parameters.text("after").map(|text| cursor::open(text, org.home.org(), scope, keys)).transpose()?;
    let reader = asked.principal.actor().user();
    let look = Look { scope, reader, now: pulse.0.clock.now(), first, after };
    let language = language::wanted(&asked.headers).unwrap_or(org.settings.language);
    let writer = Writer { language, zone: &org.settings.time_zone };
    let page = pulse.page(&asked.principal, &org, &look, &writer).await?;
    Ok(([(CONTENT_LANGUAGE, language.as_str()), (VARY, "accept-language")], Json(page)).into_response())
}

impl Pulse {
    async fn org(&self, principal: &Principal) -> Result<Arc<OrgEntry>, Problem> {
        let org = self.0.ledger.directory().find(principal.org()).await;
        let org = org.map_err(|error| problem::of_database(&error))?;
        org.ok_or_else(|| Problem::new(ErrorKind::ORG_UNKNOWN))
    }

    async fn cursors(&self) -> Result<&DerivedKeys, Problem> {
        let keys = self.0.cursors.get_or_try_init(|| self.0.ledger.keys().token_keys(CURSOR_LABEL)).await;
        keys.map_err(|error| problem::of_keeper(&error))
    }

    async fn page(
        &self,
        principal: &Principal,
        org: &OrgEntry,
        look: &Look,
        writer: &Writer<'_>,
    ) -> Result<Value, Problem> {
        let failed = |error| problem::of_database(&error);
        let mut tx = TenantTx::read(self.0.ledger.databases(), org.home).await.map_err(failed)?;
        let page = items_in_tx(&mut tx, look).await.map_err(failed)?;
        let names = item_names_in_tx(&mut tx, &page.rows, sees(principal)).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        let last = page.rows.last().filter(|_| page.has_more).map(ItemPlace::of);
        let next = match last {
            Some(last) => Some(cursor::seal(last, org.home.org(), look.scope, self.cursors().await?)?),
            None => None,
        };
        let data: Vec<Value> = page.rows.iter().map(|row| item::shown(row, &names, writer)).collect();
        Ok(json!({ "data": data, "next_after": next }))
    }
}

fn sees(principal: &Principal) -> Sees {
    Sees {
        leads: principal.allows(Permission::SALES_READ) && principal.allows(Permission::PERSON_READ),
        invoices: principal.allows(Permission::FINANCE_READ),
        websites: principal.allows(Permission::BRAND_READ),
    }
}
