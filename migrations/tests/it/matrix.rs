//! README.md shows who may do what on which table; this compares it with the catalogue, both ways.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use xentri_testkit::TestDb;

const BEGIN: &str = "<!-- matrix: begin -->\n";
const END: &str = "<!-- matrix: end -->";

const ROLES: [&str; 8] = ["app", "relay", "worker", "auditor", "analyst", "appender", "builder", "owner"];

/// Table, role, what it may do there, and the rows that the policy for it lets through. All tables that read models have are
/// one: each may have no more than the matrix shows of it, and a test beside it says that each has all of that.
const RIGHTS: &str = "
    select case when n.nspname = 'read' then 'read.…' else c.relname::text end as name,
           replace(r.rolname, 'xentri_', ''), privilege, rows::text
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_policy p on p.polrelid = c.oid
    join pg_roles r on r.oid = any(p.polroles)
    cross join unnest(array['select', 'insert', 'update', 'delete']) with ordinality as o(privilege, n)
    cross join lateral (select coalesce(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) as rows) x
    where n.nspname in ('public', 'app', 'read')
      and p.polcmd in ('*', case privilege when 'select' then 'r' when 'insert' then 'a' when 'update' then 'w' else 'd' end)
      and case privilege when 'delete' then has_table_privilege(r.oid, c.oid, privilege)
          else has_any_column_privilege(r.oid, c.oid, privilege) end
    group by name, r.rolname, privilege, o.n, rows
    order by o.n";

/// How the README names the rows of a policy; any other form of policy fails the test until it is named here.
fn rows_of(policy: &str) -> &'static str {
    match policy {
        "true" => "all",
        "(org_id = app.current_org())" => "own",
        "(org_id = ANY (( SELECT app.current_orgs() AS current_orgs)::uuid[]))" => "batch",
        other => panic!("a policy of a new form: {other}; name it in matrix.rs and in README.md"),
    }
}

async fn matrix() -> String {
    let db = TestDb::new().await;
    let rights: Vec<(String, String, String, String)> =
        sqlx::query_as(RIGHTS).fetch_all(&mut db.connect_as_admin().await).await.unwrap();
    let mut cells: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for (table, role, privilege, policy) in rights {
        assert!(ROLES.contains(&role.as_str()), "{role} has no column in the matrix");
        cells
            .entry(table)
            .or_default()
            .entry(role)
            .or_default()
            .push(format!("{privilege} {}", rows_of(&policy)));
    }
    let mut markdown = format!("| table | {} |\n|---{}|\n", ROLES.join(" | "), "|---".repeat(ROLES.len()));
    for (table, of_role) in cells {
        let row = ROLES.map(|role| of_role.get(role).map(|rights| rights.join(", ")).unwrap_or_default());
        writeln!(markdown, "| `{table}` | {} |", row.join(" | ")).unwrap();
    }
    markdown
}

#[tokio::test]
async fn the_readme_shows_who_may_do_what_on_which_table() {
    crate::readme::shows(BEGIN, &matrix().await, END);
}

#[tokio::test]
async fn every_generation_of_every_read_model_has_the_same_rights() {
    let db = TestDb::new().await;
    let kinds: Vec<String> = sqlx::query_scalar(
        "select distinct array_to_string(c.relacl, ' ') || (
             select string_agg(concat_ws(' ', p.polname, p.polcmd, p.polroles::text,
                                         pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)), '; ' order by p.polname)
               from pg_policy p where p.polrelid = c.oid)
           from pg_class c where c.relnamespace = 'read'::regnamespace and c.relkind = 'r' and c.relname !~ '_template$'",
    )
    .fetch_all(&mut db.connect_as_admin().await)
    .await
    .unwrap();
    assert_eq!(kinds.len(), 1, "{kinds:#?}");
}

#[tokio::test]
async fn a_role_with_a_privilege_has_a_policy_for_it() {
    let db = TestDb::new().await;
    let without: Vec<String> = sqlx::query_scalar(
        "select c.relname || ': ' || r.rolname || ' ' || privilege
         from pg_class c join pg_namespace n on n.oid = c.relnamespace, pg_roles r, unnest(array['select', 'insert', 'update', 'delete']) privilege
         where c.relkind in ('r', 'p') and n.nspname in ('public', 'app', 'read') and r.rolname ~ '^xentri_' and r.oid <> c.relowner
           and has_table_privilege(r.oid, c.oid, privilege)
           and not exists (select from pg_policy p where p.polrelid = c.oid and r.oid = any(p.polroles)
                           and p.polcmd in ('*', case privilege when 'select' then 'r' when 'insert' then 'a' when 'update' then 'w' else 'd' end))",
    )
    .fetch_all(&mut db.connect_as_admin().await)
    .await
    .unwrap();
    assert!(without.is_empty(), "a grant without a policy does nothing: {}", without.join(", "));
}
