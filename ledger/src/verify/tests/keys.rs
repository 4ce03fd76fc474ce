use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::verify::{KeyError, PublicKey};

#[test]
fn a_key_is_made_once_and_only_its_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.key");
    let made = CheckpointKey::load_or_make(&path).unwrap().public();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(CheckpointKey::load_or_make(&path).unwrap().public(), made);
    assert_eq!(CheckpointKey::load(&path).unwrap().public(), made);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let another = CheckpointKey::load_or_make(&folder.path().join("another.key")).unwrap();
    assert_ne!(another.public(), made);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.key");
    CheckpointKey::load_or_make(&path).unwrap();
    for mode in [0o640, 0o604, 0o666] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        assert!(
            matches!(CheckpointKey::load_or_make(&path), Err(KeyError::Shared { mode: m, .. }) if m == mode)
        );
    }
}

#[test]
fn a_damaged_key_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.key");
    fs::write(&path, "abc").unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    assert!(matches!(CheckpointKey::load_or_make(&path), Err(KeyError::Content { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "abc");
    assert!(matches!(CheckpointKey::load(&folder.path().join("none")), Err(KeyError::File { .. })));
}

#[test]
fn debug_shows_the_public_half_alone() {
    assert_eq!(format!("{:?}", key()), format!("CheckpointKey({})", key().public().id()));
}

#[test]
fn a_public_key_is_read_as_it_is_written_and_weak_ones_are_refused() {
    let public = key().public();
    assert_eq!(public.to_string().parse(), Ok(public));
    let neutral = format!("01{}", "00".repeat(31));
    for bad in ["", "00", &public.to_string().to_uppercase(), &neutral] {
        assert!(bad.parse::<PublicKey>().is_err(), "{bad}");
    }
}
