//! `GET /api/v1/pulse/{scope}` and `GET /api/v1/pulse/landing`: what deserves attention, in the reader's language.

mod item;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::header::{CONTENT_LANGUAGE, VARY};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};
use xentri_domain::kernel::{Clock, Permission, Principal, Scope};
use xentri_ledger::{DerivedKeys, Ledger, OrgEntry, TenantTx};
use xentri_projections::pulse::{
    ItemPlace, Look, Sees, Writer, item_names_in_tx, items_in_tx, landing_in_tx,
};
use xentri_schemas::{ErrorKind, Problem};

use super::asked::Asked;
use super::parameters::Parameters;
use super::problem::{self, bad_parameter};
use crate::consistency;
use crate::cursor::Listing;
use crate::graphql::Reads;
use crate::language;
use crate::reads::{self, Model};

const DEFAULT_LIMIT: u16 = 20;
const MOST: u16 = 100;

#[derive(Clone)]
pub(super) struct Pulse(Arc<Inner>);

struct Inner {
    ledger: Ledger,
    clock: Arc<dyn Clock>,
    queries: Reads,
}

pub(super) fn router(ledger: Ledger, clock: Arc<dyn Clock>, queries: Reads) -> Router {
    let pulse = Pulse(Arc::new(Inner { ledger, clock, queries }));
    Router::new()
        .route("/api/v1/pulse/landing", get(landing))
        .route("/api/v1/pulse/{scope}", get(items))
        .with_state(pulse)
}

async fn landing(State(pulse): State<Pulse>, asked: Asked) -> Result<Json<Value>, Problem> {
    Parameters::of(&asked.uri, &[])?;
    let principal = &asked.principal;
    if principal.grants().top_scopes().is_empty() {
        return Err(
            Problem::new(ErrorKind::FORBIDDEN).detail("missing a permission of Pulse, as pulse:module.leads")
        );
    }
    let org = pulse.org(principal).await?;
    let mut tx = pulse.begin(&asked, &org, &reads::of("pulseLanding").collect::<Vec<_>>()).await?;
    let user = principal.actor().user();
    let scope = landing_in_tx(&mut tx, user, principal.grants()).await.map_err(problem::of)?;
    tx.commit().await.map_err(problem::of)?;
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
    let keys = pulse.0.queries.consistency().keys().await.map_err(problem::of)?;
    let after = parameters.text("after").map(|text| listing(&org, scope).item_place(text, &keys));
    let after = after.transpose();
    let after =
        after.map_err(|_| bad_parameter("after", "expected the next_after of a page of this scope"))?;
    let reader = asked.principal.actor().user();
    let look = Look { scope, reader, now: pulse.0.clock.now(), first, after };
    let language = language::wanted(&asked.headers).unwrap_or(org.settings.language);
    let writer = Writer { language, zone: &org.settings.time_zone };
    let page = pulse.page(&asked, &org, &look, &writer, &keys).await?;
    Ok(([(CONTENT_LANGUAGE, language.as_str()), (VARY, "accept-language")], Json(page)).into_response())
}

/// The same as that of GraphQL, and so are its cursors.
fn listing(org: &OrgEntry, scope: Scope) -> Listing<'static> {
    Listing { org: org.home.org(), list: "pulse", order: scope.as_str() }
}

impl Pulse {
    async fn org(&self, principal: &Principal) -> Result<Arc<OrgEntry>, Problem> {
        let org = self.0.ledger.directory().find(principal.org()).await.map_err(problem::of)?;
        org.ok_or_else(|| Problem::new(ErrorKind::ORG_UNKNOWN))
    }

    /// To read no earlier than what the request's consistency tokens name.
    async fn begin(&self, asked: &Asked, org: &OrgEntry, models: &[Model]) -> Result<TenantTx, Problem> {
        let tokens = consistency::tokens(&asked.headers).map_err(problem::of)?;
        let passed =
            self.0.queries.consistency().wait(&tokens, org.home, models).await.map_err(problem::of)?;
        let mut tx = TenantTx::read(self.0.ledger.databases(), org.home).await.map_err(problem::of)?;
        passed.refuse_parked_in_tx(&mut tx, models).await.map_err(problem::of)?;
        Ok(tx)
    }

    async fn page(
        &self,
        asked: &Asked,
        org: &OrgEntry,
        look: &Look,
        writer: &Writer<'_>,
        keys: &DerivedKeys,
    ) -> Result<Value, Problem> {
        let mut tx = self.begin(asked, org, &reads::of("pulse").collect::<Vec<_>>()).await?;
        let page = items_in_tx(&mut tx, look).await.map_err(problem::of)?;
        let names =
            item_names_in_tx(&mut tx, &page.rows, sees(&asked.principal)).await.map_err(problem::of)?;
        tx.commit().await.map_err(problem::of)?;
        let last = page.rows.last().filter(|_| page.has_more).map(ItemPlace::of);
        let next = last.map(|last| listing(org, look.scope).item_cursor(&last, keys)).transpose();
        let next = next.map_err(problem::of)?;
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
