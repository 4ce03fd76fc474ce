//! What readers ask of Pulse.

use sqlx::AssertSqlSafe;
use uuid::Uuid;
use xentri_domain::kernel::{Grants, Scope, Timestamp, UserId};
use xentri_ledger::{DatabaseError, Moment, TenantTx, last_scope_in_tx};

use super::PulseItemRow;
use crate::kit::{Column, Row as _, RowPage};

/// Who looks where, when, and at how much of it. Whether they may is for the caller to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    pub scope: Scope,
    /// None who is no user: nothing is dismissed for them.
    pub reader: Option<UserId>,
    pub now: Timestamp,
    pub first: u16,
    pub after: Option<ItemPlace>,
}

/// Where an item stands in the list: the more important first, of those the newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ItemPlace {
    pub importance: i32,
    pub created_at: Timestamp,
    pub item_id: Uuid,
}

impl ItemPlace {
    pub fn of(item: &PulseItemRow) -> Self {
        Self { importance: item.importance, created_at: item.created_at, item_id: item.item_id }
    }
}

/// What an item says. What a person promoted says what the item says that it was made of.
const SAID: &[&str] = &[
    "title_key",
    "summary_key",
    "arguments",
    "action_required",
    "action_url",
    "visible_from",
    "expires_at",
    "about_type",
    "about_id",
];

/// Items of one importance, each kind in an index of its own: those that stay, and those that live for so many hours at the
/// most, of which the older ones have expired and are not walked through. As the indexes have it in `table.sql`.
const IN_ORDER: [&str; 3] = [
    "expires_at is null",
    "expires_at - created_at <= interval '192 hours' \
     and expires_at > $3 and created_at > $3 - interval '192 hours'",
    "expires_at - created_at > interval '192 hours' and expires_at - created_at <= interval '768 hours' \
     and expires_at > $3 and created_at > $3 - interval '768 hours'",
];
/// What lives longer, which only people make: found by when it ends, and put into order then.
const LONG: &str = "expires_at - created_at > interval '768 hours' and expires_at > $3";
/// From the place on where the page before ended.
const REST: &str = "(created_at, item_id) < (case when level = $5 then $6::timestamptz else 'infinity' end, \
     case when level = $5 then $7::uuid else 'ffffffff-ffff-ffff-ffff-ffffffffffff' end)";
/// No more of it than the page. Dismissals and origins are probes.
const PAGE: &str = "left join lateral (\
       with recursive origin as (\
         select below.* from read.pulse_items_v1 below \
          where item.title_key is null and below.org_id = $1 and below.item_id = item.promoted_from \
         union all \
         select below.* from origin join read.pulse_items_v1 below \
             on below.org_id = $1 and below.item_id = origin.promoted_from \
          where origin.title_key is null) \
       select * from origin where origin.title_key is not null limit 1) origin on true \
     where (item.title_key is not null or origin.title_key is not null) \
       and coalesce(item.visible_from, origin.visible_from, '-infinity') <= $3 \
       and coalesce(origin.expires_at, 'infinity') > $3 \
       and not exists (select from read.pulse_dismissals_v1 dismissed \
                        where dismissed.org_id = $1 and dismissed.user_id = $4 and dismissed.item_id = item.item_id)";
const ORDER: &str = "order by created_at desc, item_id desc limit $8";

/// What deserves attention at a scope at that moment. What a person promoted comes with what it says, and goes when that
/// is settled.
pub async fn items_in_tx(tx: &mut TenantTx, look: &Look) -> Result<RowPage<PulseItemRow>, DatabaseError> {
    let after = look.after;
    let query = sqlx::query(AssertSqlSafe(statement()))
        .bind(tx.org().uuid())
        .bind(look.scope.as_str())
        .bind(Moment(look.now))
        .bind(look.reader.map(UserId::uuid))
        .bind(after.map_or(0, |place| place.importance))
        .bind(after.map(|place| Moment(place.created_at)))
        .bind(after.map(|place| place.item_id))
        .bind(i64::from(look.first) + 1);
    let rows = query.fetch_all(tx.connection()).await?;
    let rows = rows.iter().map(PulseItemRow::read).collect::<Result<_, _>>()?;
    Ok(RowPage::cut(rows, look.first))
}

/// One importance after the other, until the page is full: a join to what depends on `level` can't but go in its order.
pub(super) fn statement() -> String {
    let columns = PulseItemRow::COLUMNS.iter().map(said).collect::<Vec<_>>().join(", ");
    let kinds = IN_ORDER.iter().chain([&LONG]).map(|kind| {
        format!(
            "(select {columns} from (select * from read.pulse_items_v1 where org_id = $1 and scope = $2 \
             and importance = level and {REST} and {kind}) item {PAGE} {ORDER})"
        )
    });
    let kinds = kinds.collect::<Vec<_>>().join(" union all ");
    format!(
        "select found.* from generate_series(greatest($5, 1), 5) level cross join lateral ({kinds} {ORDER}) found \
         limit $8"
    )
}

fn said(column: &Column) -> String {
    let name = column.name;
    if SAID.contains(&name) {
        format!(
            "(case when item.title_key is null then origin.{name} else item.{name} end){} as {name}",
            column.out
        )
    } else {
        format!("item.{name}{} as {name}", column.out)
    }
}

/// Where somebody lands: at the highest scope that they may look at; of several, at the one where they were last. None who
/// may not look at Pulse at all.
pub async fn landing_in_tx(
    tx: &mut TenantTx,
    user: Option<UserId>,
    grants: &Grants,
) -> Result<Option<Scope>, DatabaseError> {
    let top = grants.top_scopes();
    let [first, _, ..] = top.as_slice() else { return Ok(top.first().copied()) };
    let last = match user {
        Some(user) => last_scope_in_tx(tx, user).await?,
        None => None,
    };
    // Somebody who was last further down lands above that, for there they see it too.
    let of_last = last.and_then(|last| top.iter().find(|scope| scope.covers(last)));
    Ok(Some(*of_last.unwrap_or(first)))
}
