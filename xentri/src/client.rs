//! Asking other servers over HTTP.

use std::time::Duration;

use reqwest::{Client, Url, redirect};

/// Asks `url` and no other: a redirect would lead where nobody said to go.
pub(crate) fn client_for(url: &Url, patience: Duration) -> reqwest::Result<Client> {
    let client = Client::builder().timeout(patience).redirect(redirect::Policy::none());
    // A machine may have no certificates at all; who asks nobody over TLS needs none.
    let client = if url.scheme() == "http" { client.tls_certs_only([]) } else { client };
    client.build()
}
