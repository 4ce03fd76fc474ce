//! `GraphiQL` at `/graphiql`: where a person looks at the schema and asks, for whoever develops against a server on their own
//! machine. All that it loads is in this binary: made of `graphiql/`, and committed as it was built, so that building a server
//! takes no Node.
//!
//! The page is for everybody and has no secret: it asks as whoever is signed in to it.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::get;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use xentri_schemas::{ErrorKind, Problem};

const PAGE: &str = include_str!("../graphiql/page/page.html");

/// Nothing comes from elsewhere, and nothing goes there. Styles are also written into the page, by its menus; images as data are
/// the pointers of its editor.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// It changes with the program, not with time.
const REVALIDATE: (HeaderName, &str) = (CACHE_CONTROL, "public, no-cache");

/// Every browser takes gzip, so there is no other form.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    gzip: &'static [u8],
    tag: String,
}

impl Asset {
    fn new(name: &'static str, media_type: &'static str, gzip: &'static [u8]) -> Self {
        Self { name, media_type, gzip, tag: format!("\"{}\"", HEXLOWER.encode(&Sha256::digest(gzip))) }
    }
}

/// The licences are among them, so that they go wherever the binary goes.
static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        Asset::new(
            "graphiql.js",
            "text/javascript; charset=utf-8",
            include_bytes!("../graphiql/built/graphiql.js.gz"),
        ),
        Asset::new(
            "graphiql.css",
            "text/css; charset=utf-8",
            include_bytes!("../graphiql/built/graphiql.css.gz"),
        ),
        Asset::new(
            "notices.txt",
            "text/plain; charset=utf-8",
            include_bytes!("../graphiql/built/notices.txt.gz"),
        ),
    ]
});

/// For everybody, without a token.
pub fn router() -> Router {
    Router::new().route("/graphiql", get(page)).route("/graphiql/{name}", get(asset))
}

async fn page() -> Response {
    ([(CONTENT_SECURITY_POLICY, POLICY), REVALIDATE], Html(PAGE)).into_response()
}

async fn asset(Path(name): Path<String>, request: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return Problem::new(ErrorKind::NOT_FOUND).into_response();
    };
    let headers = [(ETAG, asset.tag.as_str()), REVALIDATE];
    let mut known = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.any(|tags| tags.contains(asset.tag.as_str())) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let what = [(CONTENT_TYPE, asset.media_type), (CONTENT_ENCODING, "gzip")];
    (headers, what, asset.gzip).into_response()
}
