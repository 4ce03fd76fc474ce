//! What becomes of a socket whose token is good no more before it expires.

use std::fs;
use std::path::Path;

use serde_json::json;
use tokio::task::JoinHandle;

use super::support::{Client, Closed, EVENTS, SPEAKS, number};
use crate::http::support::Server;
use crate::http::support::keys::{AUDIENCE, Key, SERVICES, USERS, claims, jwks};

/// A server whose users' keys are in a file that the test writes.
async fn server(directory: &Path, keys: &[&Key]) -> Server {
    let config = directory.join("xentri.toml");
    let [users, services] = ["users", "services"].map(|name| directory.join(name));
    fs::write(&users, jwks(keys)).unwrap();
    fs::write(&services, jwks(&[Key::of_services()])).unwrap();
    let text = format!(
        "environment = 'local'\n\
         [[auth.issuer]]\nname = '{USERS}'\naudience = '{AUDIENCE}'\nactor = 'user'\njwks_file = '{}'\n\
         [[auth.issuer]]\nname = '{SERVICES}'\naudience = '{AUDIENCE}'\nactor = 'system'\n\
         grants = ['*', 'platform:*']\njwks_file = '{}'\n",
        users.display(),
        services.display()
    );
    fs::write(&config, text).unwrap();
    // A token is looked at again with every fourth ping.
    let settings = [("XENTRI_CONFIG", config.to_str().unwrap()), ("XENTRI_SUBSCRIPTIONS_KEEP_ALIVE", "1s")];
    Server::with(&settings).await
}

/// Who reads all the time answers pings without knowing. With the numbers of the events that came.
fn until_closed(mut client: Client) -> JoinHandle<(Vec<u64>, Closed)> {
    tokio::spawn(async move {
        let mut numbers = Vec::new();
        loop {
            match client.hear().await {
                Ok(message) => numbers.push(number(&message["payload"]["data"])),
                Err(closed) => return (numbers, closed),
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_key_is_taken_away_is_closed_at_the_next_look_and_others_stay() {
    let (old, new, directory) = (Key::ec("old"), Key::ec("new"), tempfile::tempdir().unwrap());
    let server = server(directory.path(), &[&old]).await;
    let somebody = server.owner().await;
    let with = |key: &Key| somebody.with_token(key.sign(&claims(&somebody.org, "owner", "ada")));
    let (before, after) = (with(&old), with(&new));
    let mut revoked = Client::open(&before).await;
    revoked.subscribe("1", EVENTS, &json!({ "after": 0 })).await;
    assert_eq!(revoked.numbers("1", 1).await, [1]);
    let revoked = until_closed(revoked);
    let mut service = Client::connect(&server.api, &[SPEAKS]).await;
    let token = format!("Bearer {}", server.service("importer").token());
    service.init(&json!({ "Authorization": token, "x-org-id": somebody.org })).await;
    service.subscribe("1", EVENTS, &json!({ "after": 0 })).await;
    let stays = tokio::spawn(async move { service.numbers("1", 3).await });
    // The first token of the new key has the keys read again, and the old one is not among them.
    fs::write(directory.path().join("users"), jwks(&[&new])).unwrap();
    after.lead().await;
    let (numbers, closed) = revoked.await.unwrap();
    assert_eq!((numbers, closed), (vec![2], (4403, "Forbidden: UNAUTHENTICATED".to_owned())));
    let mut again = Client::connect(&server.api, &[SPEAKS]).await;
    let payload = json!({ "Authorization": format!("Bearer {}", before.token()) });
    again.say(&json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(again.closed().await.0, 4403);
    // Who was looked at as well, and is good.
    after.lead().await;
    assert_eq!(stays.await.unwrap(), [1, 2, 3]);
}
