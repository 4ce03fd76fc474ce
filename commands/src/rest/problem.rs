//! The one map from why a command was not done to what is answered.

use std::borrow::Cow;

use xentri_domain::aggregate::{Authority, RefusalKind};
use xentri_domain::kernel::Permission;
use xentri_domain::registry::command_kinds;
use xentri_ledger::DatabaseError;
use xentri_schemas::{ErrorKind, FieldError, Problem};

use crate::{DispatchError, Refused};

/// In seconds: what is in the way is mostly gone by then.
const SOON: u64 = 1;

pub(super) fn of(error: &DispatchError) -> Problem {
    let problem = Problem::new(kind_of(error));
    match error {
        DispatchError::Refused(refused) => of_refused(refused),
        DispatchError::NotAuthorized { stream_type, command } => problem.detail(needed(stream_type, command)),
        DispatchError::ExternalIdTaken => pointing("/external_id", "taken", error.to_string(), problem),
        DispatchError::OccurredAhead => problem.detail(format!("X-Occurred-At: {error}")),
        DispatchError::EventTooLarge { .. } => problem.detail(error.to_string()),
        DispatchError::VersionMismatch { current, .. } => problem.detail(error.to_string()).version(*current),
        DispatchError::Contended
        | DispatchError::Overloaded
        | DispatchError::Unavailable
        | DispatchError::OutcomeUnknown
        | DispatchError::ShuttingDown => problem.retry_after(SOON),
        DispatchError::SubjectForgotten
        | DispatchError::OrgUnknown
        | DispatchError::KeyReused
        | DispatchError::Internal => problem,
    }
}

fn kind_of(error: &DispatchError) -> &'static ErrorKind {
    match error {
        DispatchError::Refused(refused) => kind_of_refused(refused),
        DispatchError::NotAuthorized { .. } => ErrorKind::FORBIDDEN,
        DispatchError::OrgUnknown => ErrorKind::ORG_UNKNOWN,
        DispatchError::ExternalIdTaken => {
            ErrorKind::of("EXTERNAL_ID_TAKEN").unwrap_or(ErrorKind::ALREADY_EXISTS)
        }
        DispatchError::SubjectForgotten => ErrorKind::SUBJECT_FORGOTTEN,
        DispatchError::VersionMismatch { .. } => ErrorKind::VERSION_MISMATCH,
        DispatchError::KeyReused => ErrorKind::KEY_REUSED,
        DispatchError::OccurredAhead => ErrorKind::BAD_HEADER,
        DispatchError::EventTooLarge { .. } => ErrorKind::TOO_LARGE,
        DispatchError::Contended => ErrorKind::CONTENDED,
        DispatchError::Overloaded => ErrorKind::OVERLOADED,
        DispatchError::Unavailable => ErrorKind::UNAVAILABLE,
        DispatchError::OutcomeUnknown => ErrorKind::OUTCOME_UNKNOWN,
        DispatchError::ShuttingDown => ErrorKind::SHUTTING_DOWN,
        DispatchError::Internal => ErrorKind::INTERNAL,
    }
}

/// An aggregate's refusal has its own code, where the catalogue knows it.
fn of_refused(refused: &Refused) -> Problem {
    let problem = Problem::new(kind_of_refused(refused)).detail(refused.message.clone());
    match &refused.pointer {
        Some(pointer) => pointing(pointer, refused.code, refused.message.clone(), problem),
        None => problem,
    }
}

fn kind_of_refused(refused: &Refused) -> &'static ErrorKind {
    ErrorKind::of(&refused.code.to_ascii_uppercase()).unwrap_or(match refused.kind {
        RefusalKind::NotFound => ErrorKind::NOT_FOUND,
        RefusalKind::NotAllowed => ErrorKind::FORBIDDEN,
        RefusalKind::AlreadyExists | RefusalKind::Taken => ErrorKind::ALREADY_EXISTS,
        RefusalKind::IllegalTransition => ErrorKind::ILLEGAL_TRANSITION,
        RefusalKind::Invalid => ErrorKind::INVALID,
    })
}

fn pointing(pointer: &str, code: &'static str, detail: String, problem: Problem) -> Problem {
    let error = FieldError { pointer: pointer.to_owned(), code: code.into(), detail: detail.clone() };
    problem.detail(detail).errors(vec![error])
}

/// What is missing to whoever may not give that command.
fn needed(stream_type: &str, command: &str) -> Cow<'static, str> {
    let kind = command_kinds().find(|kind| (kind.stream_type, kind.name) == (stream_type, command));
    match kind.map(|kind| kind.authority) {
        Some(Authority::Permission(permission)) => missing(permission),
        Some(Authority::PulseScope) => {
            "needs the permission of the Pulse scope that it names, and one to write in some context".into()
        }
        Some(Authority::System) => "only the system's own services may do that".into(),
        None => ErrorKind::FORBIDDEN.cause.into(),
    }
}

pub(super) fn missing(permission: Permission) -> Cow<'static, str> {
    format!("missing the permission {permission}").into()
}

/// What is wrong with a body. One that is no JSON, or names a field twice, says nothing for certain.
pub(super) fn of_fields(errors: Vec<FieldError>) -> Problem {
    let unreadable =
        |error: &FieldError| error.code == FieldError::MALFORMED || error.code == "duplicate_field";
    match errors.iter().find(|error| unreadable(error)) {
        Some(error) => {
            let place = if error.pointer.is_empty() { String::new() } else { format!("{}: ", error.pointer) };
            Problem::new(ErrorKind::MALFORMED).detail(format!("{place}{}", error.detail)).errors(errors)
        }
        None => Problem::new(ErrorKind::INVALID).errors(errors),
    }
}

/// An id that none can be. It looks like the aggregate's own answer to one that is not known, which is also the
/// answer to another org's.
pub(super) fn no_such(stream_type: &str) -> Problem {
    Problem::new(ErrorKind::NOT_FOUND).detail(format!("{} is not known", stream_type.replace('_', " ")))
}

pub(super) fn of_database(error: &DatabaseError) -> Problem {
    if error.is_transient() {
        return Problem::new(ErrorKind::UNAVAILABLE).retry_after(SOON);
    }
    tracing::error!(%error, "a preference could not be kept");
    Problem::new(ErrorKind::INTERNAL)
}

#[cfg(test)]
mod tests {
    use xentri_domain::aggregate::RefusalKind;
    use xentri_domain::kernel::StreamId;
    use xentri_domain::lead::LeadError;
    use xentri_schemas::{ErrorKind, FieldError};

    use super::{no_such, of, of_fields};
    use crate::{DispatchError, Refused};

    fn refused(kind: RefusalKind, code: &'static str, pointer: Option<&'static str>) -> DispatchError {
        let message = "it is so".to_owned();
        DispatchError::Refused(Refused { kind, code, message, pointer: pointer.map(Into::into) })
    }

    #[test]
    fn every_failure_has_its_status_and_code() {
        let not_authorized = DispatchError::NotAuthorized { stream_type: "lead", command: "win" };
        for (error, status, code) in [
            (refused(RefusalKind::NotFound, "not_found", None), 404, "NOT_FOUND"),
            (refused(RefusalKind::AlreadyExists, "already_exists", None), 409, "ALREADY_EXISTS"),
            (refused(RefusalKind::IllegalTransition, "illegal_transition", None), 409, "ILLEGAL_TRANSITION"),
            (not_authorized, 403, "FORBIDDEN"),
            (DispatchError::OrgUnknown, 403, "ORG_UNKNOWN"),
            (DispatchError::SubjectForgotten, 409, "SUBJECT_FORGOTTEN"),
            (DispatchError::VersionMismatch { expected: 1, current: 2 }, 412, "VERSION_MISMATCH"),
            (DispatchError::KeyReused, 422, "KEY_REUSED"),
            (DispatchError::OccurredAhead, 400, "BAD_HEADER"),
            (DispatchError::EventTooLarge { bytes: 300_000 }, 413, "TOO_LARGE"),
            (DispatchError::Contended, 503, "CONTENDED"),
            (DispatchError::Overloaded, 503, "OVERLOADED"),
            (DispatchError::Unavailable, 503, "UNAVAILABLE"),
            (DispatchError::OutcomeUnknown, 503, "OUTCOME_UNKNOWN"),
            (DispatchError::ShuttingDown, 503, "SHUTTING_DOWN"),
            (DispatchError::Internal, 500, "INTERNAL"),
        ] {
            let problem = of(&error);
            assert_eq!((problem.kind.status, problem.kind.code), (status, code), "{error}");
            assert_eq!(problem.retry_after, (status == 503).then_some(1), "{error}");
            assert_eq!(problem.version, (status == 412).then_some(2), "{error}");
        }
        assert_eq!(of(&DispatchError::ExternalIdTaken).kind.status, 409);
        assert_eq!(of(&DispatchError::ExternalIdTaken).errors[0].pointer, "/external_id");
    }

    #[test]
    fn a_code_that_the_catalogue_lacks_has_the_status_of_its_kind() {
        for (kind, status) in [
            (RefusalKind::NotFound, 404),
            (RefusalKind::NotAllowed, 403),
            (RefusalKind::AlreadyExists, 409),
            (RefusalKind::IllegalTransition, 409),
            (RefusalKind::Taken, 409),
            (RefusalKind::Invalid, 422),
        ] {
            let problem = of(&refused(kind, "never_heard_of", None));
            assert_eq!((problem.kind.status, &*problem.detail, problem.errors), (status, "it is so", vec![]));
        }
    }

    #[test]
    fn the_field_to_blame_is_pointed_at() {
        let problem = of(&refused(RefusalKind::Invalid, "never_heard_of", Some("/due_at")));
        let expected = FieldError {
            pointer: "/due_at".into(),
            code: "never_heard_of".into(),
            detail: "it is so".into(),
        };
        assert_eq!(problem.errors, [expected]);
    }

    #[test]
    fn who_may_not_is_told_what_is_missing() {
        let detail = |stream_type, command| of(&DispatchError::NotAuthorized { stream_type, command }).detail;
        assert_eq!(detail("invoice", "issue"), "missing the permission finance:issue");
        assert!(detail("pulse_item", "raise").contains("Pulse scope"));
        assert!(detail("org", "create").contains("services"));
    }

    #[test]
    fn an_id_that_is_none_looks_like_one_that_is_not_known() {
        let id = StreamId::v7(1, [1; 10]);
        let unknown = of(&DispatchError::Refused(Refused::from(&LeadError::NotFound { id })));
        let none = no_such("lead");
        assert_eq!(unknown.detail.replace(&format!("{id} "), ""), none.detail);
        assert_eq!((unknown.kind, unknown.errors), (none.kind, none.errors));
    }

    #[test]
    fn a_body_that_cannot_be_read_is_another_fault_than_a_wrong_one() {
        let error = |pointer: &str, code: &'static str| FieldError {
            pointer: pointer.into(),
            code: code.into(),
            detail: "wrong".into(),
        };
        for (errors, kind) in [
            (vec![error("", FieldError::MALFORMED)], ErrorKind::MALFORMED),
            (vec![error("/a", "unknown_field"), error("/b", "duplicate_field")], ErrorKind::MALFORMED),
            (vec![error("/a", "unknown_field")], ErrorKind::INVALID),
        ] {
            let problem = of_fields(errors.clone());
            assert_eq!((problem.kind, problem.errors), (kind, errors));
        }
    }
}
