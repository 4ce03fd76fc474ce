//! README.md lists every function in schema app with who may call it; this compares it with the catalogue, both ways.

use std::fmt::Write as _;

use xentri_testkit::TestDb;

const BEGIN: &str = "<!-- functions: begin -->\n";
const END: &str = "<!-- functions: end -->";

/// Function, who may call it beside its owner, and its comment.
const FUNCTIONS: &str = "
    select p.proname::text,
           coalesce((select string_agg(coalesce(replace(r.rolname, 'xentri_', ''), 'PUBLIC'), ', ' order by r.rolname)
                       from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
                       left join pg_roles r on r.oid = x.grantee
                      where x.grantee <> p.proowner and x.privilege_type = 'EXECUTE'), ''),
           replace(p.proowner::regrole::text, 'xentri_', ''),
           obj_description(p.oid, 'pg_proc')
    from pg_proc p where p.pronamespace = 'app'::regnamespace
    order by p.proname";

async fn functions() -> String {
    let db = TestDb::new().await;
    let functions: Vec<(String, String, String, Option<String>)> =
        sqlx::query_as(FUNCTIONS).fetch_all(&mut db.connect_as_admin().await).await.unwrap();
    let mut markdown = String::from("| function | may be called by | of | what for |\n|---|---|---|---|\n");
    for (name, callers, owner, comment) in functions {
        let comment = comment.unwrap_or_else(|| panic!("app.{name} has no comment"));
        writeln!(markdown, "| `{name}` | {callers} | {owner} | {comment} |").unwrap();
    }
    markdown
}

#[tokio::test]
async fn the_readme_shows_who_may_call_which_function() {
    crate::readme::shows(BEGIN, &functions().await, END);
}

#[tokio::test]
async fn a_function_with_its_owners_rights_looks_nothing_up_where_its_caller_says() {
    let db = TestDb::new().await;
    let open: Vec<String> = sqlx::query_scalar(
        "select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace
         where n.nspname in ('public', 'app', 'read') and p.prosecdef
           and 'search_path=pg_catalog, public, pg_temp' <> all (coalesce(p.proconfig, '{}'))",
    )
    .fetch_all(&mut db.connect_as_admin().await)
    .await
    .unwrap();
    assert!(open.is_empty(), "security definer without the search path: {}", open.join(", "));
}
