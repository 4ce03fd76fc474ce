//! The one table of error codes.

/// What all occurrences of an error have in common.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorKind {
    /// For programs: stable, never used for anything else.
    pub code: &'static str,
    /// Of the answer over HTTP.
    pub status: u16,
    pub title: &'static str,
    pub cause: &'static str,
    pub remedy: &'static str,
}

macro_rules! errors {
    ($($code:ident $status:literal $title:literal; $cause:literal; $remedy:literal.)+) => {
        impl ErrorKind {
            $(pub const $code: &Self = &Self {
                code: stringify!($code),
                status: $status,
                title: $title,
                cause: $cause,
                remedy: $remedy,
            };)+

            pub const ALL: &[&Self] = &[$(Self::$code,)+];
        }
    };
}

impl ErrorKind {
    pub fn of(code: &str) -> Option<&'static Self> {
        Self::ALL.iter().copied().find(|kind| kind.code == code)
    }
}

errors! {
    MALFORMED 400 "The request can't be read";
        "The body is no JSON, no UTF-8, or names a field twice.";
        "Send one JSON object, in UTF-8.".
    BAD_HEADER 400 "A header can't be read";
        "A header of the request is not in the form that it must have.";
        "See `detail` for which and why.".
    INVALID 422 "The command is not valid";
        "A field is missing, unknown, of another type or out of its bounds.";
        "`errors` points at each field and says what is wrong with it.".
    UNAUTHENTICATED 401 "No valid token";
        "The request has no token, or one that is not valid now.";
        "Get a new token and send it as `Authorization: Bearer …`.".
    FORBIDDEN 403 "Not allowed";
        "The token's role and permissions don't allow this.";
        "Ask an owner of the org for the permission that `detail` names.".
    ORG_UNKNOWN 403 "The org is not known";
        "There is no such org, or it is not ready yet.";
        "Check the token's `org_id`; a new org can be used as soon as its creation was answered.".
    ORG_MISMATCH 403 "Another org than the token's";
        "`x-org-id` names another org than the token.";
        "Leave `x-org-id` away, or use a token of that org.".
    ORG_MISSING 403 "No org is named";
        "The token has no `org_id`, and a service has to name the org it acts in.";
        "Users need a token of an org; services send `x-org-id`.".
    ORIGIN_REFUSED 403 "Not from this origin";
        "The session cookie came with an `Origin` that is not on the list.";
        "Call from an allowed origin, or use a bearer token.".
    NOT_FOUND 404 "Not found";
        "There is no such thing in this org, or no such route.";
        "Check the id and the path.".
    METHOD_NOT_ALLOWED 405 "Method not allowed";
        "The path exists, but not with this method.";
        "Use a method that the header `Allow` lists.".
    ALREADY_EXISTS 409 "It exists already";
        "Something with this id or of this kind is there already.";
        "Use it, or choose another id.".
    ILLEGAL_TRANSITION 409 "Its state does not allow that";
        "The command is not allowed in the state that `detail` names.";
        "Read the current state and choose another command.".
    SUBJECT_FORGOTTEN 409 "The person is forgotten";
        "The command brings data about somebody who asked to be forgotten.";
        "Nothing can be recorded about them any more.".
    VERSION_MISMATCH 412 "The stream has moved on";
        "`If-Match` names another version than the current one.";
        "Read again, look at what has changed, then send the command with the `version` given here.".
    TOO_LARGE 413 "Too large";
        "The body or what would have to be stored is larger than allowed.";
        "Send less.".
    UNSUPPORTED_MEDIA_TYPE 415 "Not JSON";
        "Commands are JSON.";
        "Send `Content-Type: application/json`.".
    KEY_REUSED 422 "The idempotency key was used for another command";
        "The same actor sent the same `Idempotency-Key` with another body, path or `If-Match`.";
        "Use a new key for a new command, and the same one only to repeat it.".
    RATE_LIMITED 429 "Too many requests";
        "The org, or the address before it was authenticated, has used up its limit.";
        "Wait `retry_after` seconds.".
    INTERNAL 500 "A fault of ours";
        "Something failed that should not.";
        "Tell the operator the `trace_id`. Repeating with the same `Idempotency-Key` is safe.".
    CONTENDED 503 "Too much contention";
        "Others kept changing the same stream until the deadline. Nothing was done.";
        "Try again.".
    OVERLOADED 503 "Too much to do";
        "Too many commands wait already. Nothing was done.";
        "Wait `retry_after` seconds and try again.".
    UNAVAILABLE 503 "Not available now";
        "The database can't be reached. Nothing was done.";
        "Wait `retry_after` seconds and try again.".
    OUTCOME_UNKNOWN 503 "It is not known whether it was done";
        "The database was lost, or too slow, while the command was on its way.";
        "Repeat it with the same `Idempotency-Key`: the answer tells.".
    SHUTTING_DOWN 503 "Going down";
        "This server is stopping. Nothing was done.";
        "Try again; another server or the next one answers.".
}
