//! The page on which people try queries out, as the gateway lets it through.

use reqwest::header::{CONTENT_ENCODING, CONTENT_SECURITY_POLICY};
use xentri_testkit::TestDb;

use crate::process::Running;

#[tokio::test]
async fn the_page_is_there_where_the_environment_is_local_and_nowhere_else() {
    let db = TestDb::new().await;
    for (environment, found) in [("local", true), ("staging", false), ("prod", false)] {
        let (_running, api) = Running::serve(&db.server_url(), &[("XENTRI_ENVIRONMENT", environment)]).await;
        for path in ["/graphiql", "/graphiql/graphiql.js", "/graphiql/graphiql.css", "/graphiql/notices.txt"]
        {
            let answer = reqwest::get(format!("{api}{path}")).await.unwrap();
            assert_eq!(answer.status(), if found { 200 } else { 404 }, "{environment}: {path}");
        }
    }
}

#[tokio::test]
async fn the_gateway_neither_widens_what_the_page_may_load_nor_packs_it_twice() {
    let db = TestDb::new().await;
    let (_running, api) = Running::serve(&db.server_url(), &[("XENTRI_ENVIRONMENT", "local")]).await;
    let client = reqwest::Client::new();
    let page = client.get(format!("{api}/graphiql")).send().await.unwrap();
    let policies: Vec<_> = page.headers().get_all(CONTENT_SECURITY_POLICY).iter().collect();
    assert_eq!(policies.len(), 1);
    assert!(policies[0].to_str().unwrap().starts_with("default-src 'none'; script-src 'self'; "));
    let script = client.get(format!("{api}/graphiql/graphiql.js")).header("accept-encoding", "gzip, br");
    let script = script.send().await.unwrap();
    assert_eq!(script.headers().get_all(CONTENT_ENCODING).iter().collect::<Vec<_>>(), ["gzip"]);
    let embedded = include_bytes!("../../../query-api/graphiql/built/graphiql.js.gz");
    assert_eq!(script.bytes().await.unwrap(), embedded.as_slice());
}
