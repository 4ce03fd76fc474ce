//! `xentri token`: from the key of a data directory, whether or not its `up` runs.

use std::path::Path;

use serde_json::Value;

use crate::process::{Running, data_dir, output, refusal, xentri};

const ORG: &str = "0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a";

fn token(data: &Path, arguments: &[&str]) -> Value {
    let data = data.to_str().unwrap();
    let all = ["token", "--data", data, "--json"].into_iter().chain(arguments.iter().copied());
    let output = output(&mut xentri(all));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&data_encoding::BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_token_says_what_was_asked_for_while_up_runs_and_afterwards() {
    let data = data_dir();
    let running = Running::up(data.path());
    let printed = token(data.path(), &["--org", ORG, "--role", "member", "--ttl", "30m"]);
    let said = claims(printed["token"].as_str().unwrap());
    assert_eq!(
        (&said["org_id"], &said["org_role"], &said["sub"]),
        (&ORG.into(), &"member".into(), &"developer".into())
    );
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 1800);
    assert_eq!(said.get("org_permissions"), None);
    assert_eq!((&printed["role"], &printed["org"]), (&said["org_role"], &said["org_id"]));

    let api = std::fs::read_to_string(data.path().join("api")).unwrap();
    assert_eq!(api, running.api());
    running.signal("TERM");
    assert!(running.end().success());
    let printed = token(
        data.path(),
        &["--org", "org_2ab", "--role", "owner", "--sub", "ada", "--permission", "ledger:read"],
    );
    let said = claims(printed["token"].as_str().unwrap());
    assert_eq!((&said["org_id"], &said["sub"]), (&"org_2ab".into(), &"ada".into()));
    assert_eq!(said["org_permissions"], serde_json::json!(["ledger:read"]));
    let printed = token(data.path(), &["--service", "importer"]);
    let said = claims(printed["token"].as_str().unwrap());
    assert_eq!((&said["sub"], said.get("org_id")), (&"importer".into(), None));
    assert_eq!(said["iss"], "xentri-local-services");
    assert_eq!((&printed["service"], printed.get("role")), (&"importer".into(), None));
}

#[test]
fn without_json_it_prints_the_token_alone() {
    let data = data_dir();
    std::fs::write(data.path().join("development.key"), "0123456789abcdef0123456789abcdef").unwrap();
    let path = data.path().to_str().unwrap();
    let printed = output(&mut xentri(["token", "--data", path, "--org", ORG, "--role", "auditor"])).stdout;
    let printed = String::from_utf8(printed).unwrap();
    assert_eq!((printed.lines().count(), printed.split('.').count()), (1, 3), "{printed}");
}

#[test]
fn a_directory_without_a_key_is_named() {
    let data = data_dir();
    let path = data.path().to_str().unwrap();
    let said = refusal(&mut xentri(["token", "--data", path, "--org", ORG, "--role", "owner"]));
    assert!(
        said.starts_with(&format!("xentri: can't read {path}/development.key; start `xentri up`")),
        "{said}"
    );
}

#[test]
fn what_makes_no_token_is_refused() {
    for bad in [
        &["token"][..],
        &["token", "--org", ORG],
        &["token", "--role", "owner"],
        &["token", "--org", ORG, "--role", "king"],
        &["token", "--org", "a b", "--role", "owner"],
        &["token", "--org", ORG, "--role", "owner", "--permission", "platform:*"],
        &["token", "--org", ORG, "--role", "owner", "--ttl", "forever"],
        &["token", "--org", ORG, "--role", "owner", "--sub", ""],
        &["token", "--service", "Some Body"],
        &["token", "--service", "importer", "--org", ORG],
        &["token", "--service", "importer", "--sub", "ada"],
    ] {
        let output = output(&mut xentri(bad.iter().copied()));
        assert_eq!(output.status.code(), Some(2), "{bad:?}");
    }
}
