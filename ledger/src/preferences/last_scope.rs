//! Where in Pulse a user was last.

use xentri_domain::kernel::{Scope, UserId};

use crate::database::{DatabaseError, TenantTx};

/// None too where the word is no scope of this program: a later release may have written it, and an earlier one an old
/// name. Whether the user may still see it is for the caller to ask.
pub async fn last_scope_in_tx(tx: &mut TenantTx, user: UserId) -> Result<Option<Scope>, DatabaseError> {
    let query = sqlx::query_scalar(
        "select last_scope from user_preference where shard = $1 and org_id = $2 and user_id = $3",
    );
    let query = query.bind(tx.shard().number()).bind(tx.org().uuid()).bind(user.uuid());
    let word: Option<String> = query.fetch_optional(tx.connection()).await?;
    Ok(word.and_then(|word| Scope::parse(&word).ok()))
}

/// False where it was so already, and nothing is written.
pub async fn set_last_scope_in_tx(
    tx: &mut TenantTx,
    user: UserId,
    scope: Scope,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "insert into user_preference as p (shard, org_id, user_id, last_scope) values ($1, $2, $3, $4) \
         on conflict (shard, org_id, user_id) do update \
         set last_scope = excluded.last_scope, changed_at = now() \
         where p.last_scope <> excluded.last_scope",
    );
    let query = query.bind(tx.shard().number()).bind(tx.org().uuid()).bind(user.uuid()).bind(scope.as_str());
    Ok(query.execute(tx.connection()).await?.rows_affected() > 0)
}
