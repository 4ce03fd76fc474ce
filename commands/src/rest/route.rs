//! Where each command comes in.

use xentri_domain::aggregate::{CommandKind, Door};
use xentri_domain::kernel::StreamId;

const PREFIX: &str = "/api/v1";

/// The path of a command, its parameters in braces as both the router and OpenAPI write them.
pub(crate) fn path(kind: &CommandKind) -> String {
    let CommandKind { collection, name, .. } = kind;
    match kind.door {
        Door::Create => format!("{PREFIX}{collection}"),
        Door::Stream => format!("{PREFIX}{collection}/{{id}}/{name}"),
        Door::OnePerOrg => format!("{PREFIX}{collection}/{name}"),
        Door::Inbox => format!("{PREFIX}{collection}/{{scope}}/{name}/{{item_id}}"),
    }
}

/// The path with its words filled in. Only what reads as an id or a scope gets that far, so small letters are the one
/// way to write it.
pub(super) fn filled(kind: &CommandKind, words: &[(String, String)]) -> String {
    words.iter().fold(path(kind), |path, (name, word)| {
        path.replace(&format!("{{{name}}}"), &word.to_ascii_lowercase())
    })
}

/// Where a new stream is, if it has a place of its own: an inbox has none but its user.
pub(super) fn location(kind: &CommandKind, id: StreamId) -> Option<String> {
    match kind.door {
        Door::Create | Door::Stream => Some(format!("{PREFIX}{}/{id}", kind.collection)),
        Door::OnePerOrg => Some(format!("{PREFIX}{}", kind.collection)),
        Door::Inbox => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::Router;
    use axum::routing::post;
    use xentri_domain::aggregate::CommandKind;
    use xentri_domain::kernel::StreamId;
    use xentri_domain::registry::command_kinds;

    use super::{filled, location, path};

    fn kind(stream_type: &str, name: &str) -> &'static CommandKind {
        command_kinds().find(|kind| (kind.stream_type, kind.name) == (stream_type, name)).unwrap()
    }

    #[test]
    fn every_door_has_its_form_of_path() {
        for (stream_type, name, expected) in [
            ("lead", "capture", "/api/v1/sales/leads"),
            ("lead", "qualify", "/api/v1/sales/leads/{id}/qualify"),
            ("brief", "start", "/api/v1/strategy/brief/start"),
            ("subject", "forget", "/api/v1/core/subjects/{id}/forget"),
            ("pulse_item", "raise", "/api/v1/pulse/items"),
            ("pulse_inbox", "dismiss", "/api/v1/pulse/{scope}/dismiss/{item_id}"),
        ] {
            assert_eq!(path(kind(stream_type, name)), expected);
        }
    }

    #[test]
    fn every_command_has_a_path_of_its_own() {
        let mut paths = BTreeMap::new();
        for kind in command_kinds() {
            let before = paths.insert(path(kind), kind);
            assert_eq!(before, None, "{kind:?}");
        }
        // The router panics where two paths can't stand side by side.
        let router =
            paths.keys().fold(Router::<()>::new(), |router, path| router.route(path, post(|| async {})));
        assert!(router.has_routes());
    }

    #[test]
    fn a_path_is_written_in_one_way() {
        let word = |name: &str, word: &str| (name.to_owned(), word.to_owned());
        let id = "0190A5E1-7F3C-7A52-9D0E-3F6B8C1D2E4A";
        assert_eq!(
            filled(kind("lead", "win"), &[word("id", id)]),
            "/api/v1/sales/leads/0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a/win"
        );
        assert_eq!(
            filled(kind("pulse_inbox", "dismiss"), &[word("scope", "strategy"), word("item_id", id)]),
            "/api/v1/pulse/strategy/dismiss/0190a5e1-7f3c-7a52-9d0e-3f6b8c1d2e4a"
        );
    }

    #[test]
    fn a_new_stream_has_a_place() {
        let id = StreamId::v7(1, [2; 10]);
        let place = |stream_type, name| location(kind(stream_type, name), id);
        assert_eq!(place("lead", "capture"), Some(format!("/api/v1/sales/leads/{id}")));
        assert_eq!(place("subject", "forget"), Some(format!("/api/v1/core/subjects/{id}")));
        assert_eq!(place("brief", "start"), Some("/api/v1/strategy/brief".to_owned()));
        assert_eq!(place("pulse_inbox", "dismiss"), None);
    }
}
