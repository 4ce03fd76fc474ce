//! What must hold for every table. The tables are listed from the catalogue, so that one added later can't escape.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor};
use uuid::Uuid;
use xentri_testkit::TestDb;

use crate::samples::{self, KEYED_WITHOUT_ORG, WITHOUT_ORG};

const OURS: Uuid = Uuid::from_u128(0x0a << 120);
const THEIRS: Uuid = Uuid::from_u128(0x0b << 120);

/// The roles that work for one org a transaction.
const READERS: [&str; 2] = ["xentri_app", "xentri_analyst"];

/// Runs a query that lists offenders as text, and fails with them.
async fn assert_none(what: &str, query: &'static str) {
    let db = TestDb::new().await;
    let offenders: Vec<String> =
        sqlx::query_scalar(query).fetch_all(&mut db.connect_as_admin().await).await.unwrap();
    assert!(offenders.is_empty(), "{what}: {}", offenders.join(", "));
}

/// Does as `role` what a transaction of that role would do, with `org` named or not.
async fn become_role(connection: &mut PgConnection, role: &'static str, org: Option<Uuid>) {
    let scope = org.map_or(String::new(), |org| {
        format!("set local app.current_org_id = '{org}'; set local app.current_org_ids = '{org}'")
    });
    connection
        .execute(AssertSqlSafe(format!("rollback; begin; set local role {role}; {scope}")))
        .await
        .unwrap();
}

/// The rows of `table` that the connection sees, or none where it may not even look.
async fn visible_orgs(connection: &mut PgConnection, table: &str) -> Option<Vec<Uuid>> {
    connection.execute("savepoint look").await.unwrap();
    let seen = sqlx::query_scalar(AssertSqlSafe(format!("select org_id from {table}")))
        .fetch_all(&mut *connection)
        .await;
    connection.execute("rollback to look").await.unwrap();
    match seen {
        Ok(orgs) => Some(orgs),
        Err(error) if is_refusal(&error) => None,
        Err(error) => panic!("{table}: {error}"),
    }
}

/// SQLSTATE 42501: both "permission denied" and "violates row-level security policy".
fn is_refusal(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("42501"))
}

#[tokio::test]
async fn every_table_names_its_org_or_says_why_not() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    let without: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' \
           and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and a.attnotnull) \
         order by 1",
    )
    .fetch_all(&mut superuser)
    .await
    .unwrap();
    let listed: Vec<&str> = WITHOUT_ORG.iter().map(|(table, _)| *table).collect();
    assert_eq!(without, listed, "tables without org_id, and those that samples.rs gives a reason for");
}

#[tokio::test]
async fn every_primary_key_holds_the_org_or_says_why_not() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    for table in samples::tables_with_org(&mut superuser).await {
        let keyed: bool = sqlx::query_scalar(
            "select exists (select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) \
             where i.indisprimary and i.indrelid = $1::regclass and a.attname = 'org_id')",
        )
        .bind(&table)
        .fetch_one(&mut superuser)
        .await
        .unwrap();
        let excused = KEYED_WITHOUT_ORG.iter().any(|(name, _)| *name == table);
        assert!(
            keyed != excused,
            "{table}: org_id in its primary key is {keyed}, excused in samples.rs is {excused}"
        );
    }
}

#[tokio::test]
async fn every_table_forces_row_level_security() {
    assert_none(
        "tables without forced row-level security",
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' \
           and not (c.relrowsecurity and c.relforcerowsecurity)",
    )
    .await;
}

#[tokio::test]
async fn every_table_has_a_policy_but_for_templates_which_nobody_fills() {
    assert_none(
        "tables without a policy, or templates with one",
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' \
           and exists (select from pg_policy p where p.polrelid = c.oid) \
               = (n.nspname = 'read' and c.relname ~ '_template$')",
    )
    .await;
}

#[tokio::test]
async fn no_policy_is_for_everybody() {
    assert_none(
        "policies for PUBLIC",
        "select polrelid::regclass || '.' || polname from pg_policy where 0 = any(polroles)",
    )
    .await;
}

#[tokio::test]
async fn every_object_belongs_to_the_owner_the_builder_or_the_appender() {
    assert_none(
        "objects of somebody else",
        "select c.oid::regclass || ' of ' || c.relowner::regrole from pg_class c join pg_namespace n on n.oid = c.relnamespace \
          where n.nspname in ('public', 'app', 'read') \
            and c.relowner::regrole::text <> case n.nspname when 'read' then 'xentri_builder' else 'xentri_owner' end \
         union all select p.oid::regprocedure || ' of ' || p.proowner::regrole from pg_proc p join pg_namespace n on n.oid = p.pronamespace \
          where n.nspname in ('public', 'app', 'read') \
            and p.proowner::regrole::text not in ('xentri_owner', 'xentri_builder', 'xentri_appender')",
    )
    .await;
}

#[tokio::test]
async fn every_table_and_column_is_explained() {
    assert_none(
        "without a comment",
        "select c.oid::regclass || coalesce('.' || a.attname, '') \
         from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         cross join lateral (select null as attname, 0 as attnum \
                             union all select attname, attnum from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped) a \
         where c.relkind in ('r', 'p', 'v') and n.nspname in ('public', 'app', 'read') \
           and (a.attnum = 0 or c.relname <> '_sqlx_migrations') \
           and col_description(c.oid, a.attnum) is null and (a.attnum > 0 or obj_description(c.oid, 'pg_class') is null)",
    )
    .await;
}

#[tokio::test]
async fn text_in_keys_is_compared_byte_by_byte() {
    assert_none(
        "text columns in an index without collation C",
        "select distinct a.attrelid::regclass || '.' || a.attname \
         from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey) \
         join pg_class c on c.oid = i.indrelid join pg_namespace n on n.oid = c.relnamespace \
         where n.nspname in ('public', 'app', 'read') and a.atttypid = 'text'::regtype and a.attcollation <> 'pg_catalog.\"C\"'::regcollation",
    )
    .await;
}

#[tokio::test]
async fn no_function_is_open_to_everybody() {
    assert_none(
        "functions that PUBLIC may call",
        "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace \
         where n.nspname in ('public', 'app', 'read') \
           and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x where x.grantee = 0)",
    )
    .await;
}

#[tokio::test]
async fn no_role_of_the_server_may_create_anything() {
    assert_none(
        "roles that may create",
        "select r.rolname || ' in ' || n.nspname from pg_roles r, pg_namespace n \
          where r.rolname ~ '^xentri_' and r.rolname not in ('xentri_owner', 'xentri_builder') and n.nspname in ('public', 'app', 'read') \
            and has_schema_privilege(r.oid, n.oid, 'create') \
         union all select rolname || ' in the database' from pg_roles \
          where rolname ~ '^xentri_' and has_database_privilege(oid, current_database(), 'create')",
    )
    .await;
}

#[tokio::test]
async fn every_view_has_the_rights_of_who_asks() {
    assert_none(
        "views with rights of their own",
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('v', 'm') and n.nspname in ('public', 'app', 'read') \
           and not coalesce(c.reloptions @> '{security_invoker=true}', false)",
    )
    .await;
}

#[tokio::test]
async fn with_no_org_named_readers_see_no_row_of_any_table_or_view() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    samples::fill(&mut superuser, &[OURS, THEIRS]).await;
    let mut server = db.connect_as_server().await;
    for table in samples::tables_and_views_with_org(&mut superuser).await {
        for role in READERS {
            for unset in ["", "set local app.current_org_id = ''"] {
                become_role(&mut server, role, None).await;
                server.execute(unset).await.unwrap();
                let seen = visible_orgs(&mut server, &table).await.unwrap_or_default();
                assert_eq!(seen, Vec::<Uuid>::new(), "{table}, {role}: {unset}");
            }
        }
    }
}

#[tokio::test]
async fn with_an_org_named_readers_see_that_orgs_rows_only() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    samples::fill(&mut superuser, &[OURS, THEIRS]).await;
    let mut server = db.connect_as_server().await;
    for table in samples::tables_and_views_with_org(&mut superuser).await {
        for role in READERS {
            become_role(&mut server, role, Some(OURS)).await;
            let seen = visible_orgs(&mut server, &table).await;
            assert!(seen.as_ref().is_none_or(|orgs| *orgs == [OURS]), "{table}, {role}: {seen:?}");
        }
    }
}

#[tokio::test]
async fn every_table_refuses_the_app_a_write_for_another_org() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    let mut server = db.connect_as_server().await;
    for table in samples::tables_with_org(&mut superuser).await {
        for scope in [None, Some(OURS)] {
            become_role(&mut server, "xentri_app", scope).await;
            let row = samples::insert(&mut superuser, &table, THEIRS).await;
            let refused = server.execute(AssertSqlSafe(row)).await.unwrap_err();
            assert!(is_refusal(&refused), "{table} with org {scope:?}: {refused}");
        }
    }
}

#[tokio::test]
async fn the_appender_inserts_only_for_the_orgs_of_its_batch() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    for (org, accepted) in [(OURS, true), (THEIRS, false)] {
        become_role(&mut superuser, "xentri_appender", Some(OURS)).await;
        let row = samples::insert(&mut superuser, "event", org).await;
        let inserted = superuser.execute(AssertSqlSafe(row)).await;
        assert_eq!(inserted.is_ok(), accepted, "{inserted:?}");
    }
}

#[tokio::test]
async fn nobody_but_the_appender_may_insert_an_event() {
    let db = TestDb::new().await;
    let may_insert: Vec<String> = sqlx::query_scalar(
        "select rolname::text from pg_roles where rolname ~ '^xentri_' and has_table_privilege(oid, 'event', 'insert') order by 1",
    )
    .fetch_all(&mut db.connect_as_admin().await)
    .await
    .unwrap();
    // The owner's right is an owner's; forced row-level security has no policy for it, so it inserts nothing either.
    assert_eq!(may_insert, ["xentri_appender", "xentri_owner"]);
}

#[tokio::test]
async fn nobody_but_its_owner_has_the_privilege_to_change_an_event() {
    assert_none(
        "roles that may change events",
        "select rolname || ': ' || privilege from pg_roles, unnest(array['update', 'delete', 'truncate']) privilege \
         where rolname ~ '^xentri_' and rolname <> 'xentri_owner' and (has_table_privilege(oid, 'event', privilege) \
           or (privilege = 'update' and has_any_column_privilege(oid, 'event', privilege)))",
    )
    .await;
}

#[tokio::test]
async fn an_event_never_changes_not_even_for_the_owner_or_a_superuser() {
    let db = TestDb::new().await;
    let mut superuser = db.connect_as_admin().await;
    samples::fill(&mut superuser, &[OURS]).await;
    // Whoever may set session_replication_role switches ordinary triggers off with it.
    for role in ["set role xentri_owner", "reset role", "reset role; set session_replication_role = replica"]
    {
        for change in ["update event set body = ''", "delete from event", "truncate event"] {
            superuser.execute(role).await.unwrap();
            let refused = superuser.execute(change).await.unwrap_err();
            assert!(
                refused.to_string().contains("a recorded event never changes"),
                "{role}, {change}: {refused}"
            );
        }
    }
}

#[tokio::test]
async fn whoever_may_only_connect_has_no_right_in_the_database() {
    let db = TestDb::new().await;
    let rights: Vec<String> = sqlx::query_scalar(
        "select privilege_type from pg_database, aclexplode(datacl) \
          where datname = current_database() and grantee = 0 and privilege_type <> 'CONNECT' \
         union all select privilege_type from pg_namespace, aclexplode(nspacl) \
          where nspname = 'public' and grantee = 0",
    )
    .fetch_all(&mut db.connect_as_admin().await)
    .await
    .unwrap();
    assert_eq!(rights, Vec::<String>::new());
}
