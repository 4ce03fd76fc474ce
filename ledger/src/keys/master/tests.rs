//! Several master keys, and what becomes of the keys under them.

use data_encoding::BASE64;
use xentri_domain::kernel::OrgId;

use super::{MasterKeyError, MasterKeys};
use crate::keys::{KeeperError, KeyKeeper, OpenError, OrgKey, Wrapped};

fn org(n: u64) -> OrgId {
    OrgId::v7(n, [0; 10])
}

fn text(byte: u8) -> String {
    BASE64.encode(&[byte; 32])
}

fn keys(bytes: &[u8]) -> MasterKeys {
    MasterKeys::from_text(&bytes.iter().map(|byte| text(*byte)).collect::<Vec<_>>().join(",")).unwrap()
}

#[tokio::test]
async fn an_org_key_unwraps_for_its_org_alone() {
    let keeper: Box<dyn KeyKeeper> = Box::new(keys(&[1]));
    let key = OrgKey::random().unwrap();
    let wrapped = keeper.wrap(org(1), &key).await.unwrap();
    let unwrapped = keeper.unwrap(org(1), &wrapped).await.unwrap();
    assert_eq!(unwrapped.root().as_bytes(), key.root().as_bytes());

    let error = keeper.unwrap(org(2), &wrapped).await.unwrap_err();
    let refused = OpenError::NotAuthentic;
    assert!(
        matches!(error, KeeperError::Unwrap { org: named, error, .. } if named == org(2) && error == refused)
    );
    for at in 0..wrapped.bytes.len() {
        let mut changed = wrapped.clone();
        changed.bytes[at] ^= 1;
        assert!(keeper.unwrap(org(1), &changed).await.is_err(), "byte {at}");
    }
}

#[tokio::test]
async fn a_rotation_wraps_with_the_new_key_and_unwraps_with_both() {
    let (before, both, after) = (keys(&[1]), keys(&[2, 1]), keys(&[2]));
    let key = OrgKey::random().unwrap();
    let old = before.wrap(org(1), &key).await.unwrap();
    assert_eq!(old.master_key, before.current());
    assert_ne!(both.current(), before.current());

    let unwrapped = both.unwrap(org(1), &old).await.unwrap();
    let new = both.wrap(org(1), &unwrapped).await.unwrap();
    assert_eq!(new.master_key, after.current());
    let unwrapped = after.unwrap(org(1), &new).await.unwrap();
    assert_eq!(unwrapped.root().as_bytes(), key.root().as_bytes());
}

#[tokio::test]
async fn an_unknown_master_key_is_named_beside_those_that_are_there() {
    let (before, after) = (keys(&[1]), keys(&[2, 3]));
    let old = before.wrap(org(1), &OrgKey::random().unwrap()).await.unwrap();
    let error = after.unwrap(org(1), &old).await.unwrap_err().to_string();
    let (old, new) = (before.current(), after.names().collect::<Vec<_>>().join(", "));
    assert_eq!(
        error,
        format!(
            "the key of org {} is wrapped by master key {old}, which is not here; there are: {new}",
            org(1)
        )
    );
}

#[tokio::test]
async fn a_key_under_the_name_of_another_is_refused() {
    let keys = keys(&[1, 2]);
    let Wrapped { bytes, .. } = keys.wrap(org(1), &OrgKey::random().unwrap()).await.unwrap();
    let master_key = keys.names().nth(1).unwrap().to_owned();
    let error = keys.unwrap(org(1), &Wrapped { master_key, bytes }).await.unwrap_err();
    assert!(matches!(error, KeeperError::Unwrap { error: OpenError::NotAuthentic, .. }), "{error}");
}

#[tokio::test]
async fn derived_keys_outlive_a_rotation_and_differ_by_label() {
    let (before, after) = (keys(&[1]), keys(&[2, 1]));
    let cursor = before.derive("cursor").await.unwrap().seal(b"", b"7").unwrap();
    assert_eq!(*after.derive("cursor").await.unwrap().open(b"", &cursor).unwrap(), b"7");
    assert!(after.derive("token").await.unwrap().open(b"", &cursor).is_err());
    assert!(keys(&[2]).derive("cursor").await.unwrap().open(b"", &cursor).is_err());
}

#[test]
fn a_name_is_made_of_the_key() {
    assert_eq!(keys(&[1]).current(), keys(&[1, 2]).current());
    assert_eq!(keys(&[2, 1]).names().nth(1), keys(&[1]).names().next());
    let name = keys(&[1]).current().to_owned();
    let digits = name.strip_prefix("m-").unwrap();
    assert!(digits.len() == 12 && digits.bytes().all(|b| b.is_ascii_hexdigit()), "{name}");
}

#[test]
fn what_is_no_list_of_keys_is_refused_without_repeating_it() {
    for (list, expected) in [
        (String::new(), "there is no master key in the list"),
        (" \n".into(), "there is no master key in the list"),
        ("hunter2".into(), "entry 1 is not a key"),
        (BASE64.encode(&[1; 31]), "entry 1 is not a key"),
        (BASE64.encode(&[1; 33]), "entry 1 is not a key"),
        (text(1).replace('=', ""), "entry 1 is not a key"),
        (format!("{},", text(1)), "entry 2 is not a key"),
        (format!("{},hunter2", text(1)), "entry 2 is not a key"),
    ] {
        let error = MasterKeys::from_text(&list).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
        assert!(!error.contains("hunter2") && !error.contains(&text(1)[..8]), "{error}");
    }
    let twice = MasterKeys::from_text(&format!("{0}, {1}, {0}\n", text(1), text(2))).unwrap_err();
    assert!(
        matches!(&twice, MasterKeyError::Twice { place, name } if place == "entry 3" && *name == keys(&[1]).current())
    );
}

#[tokio::test]
async fn nothing_of_the_keys_is_shown() {
    let keys = keys(&[65, 66]);
    let names: Vec<_> = keys.names().collect();
    assert_eq!(format!("{keys:?}"), format!("{names:?}"));
    let wrapped = keys.wrap(org(1), &OrgKey::random().unwrap()).await.unwrap();
    assert_eq!(format!("{wrapped:?}"), format!("(wrapped by {})", keys.current()));
    let derived = format!("{:?}", keys.derive("cursor").await.unwrap());
    assert_eq!(derived, "DerivedKeys { current: (secret), older: [(secret)] }");
}
