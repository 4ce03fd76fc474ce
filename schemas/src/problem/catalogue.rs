//! The one table of error codes. Whatever an aggregate can refuse has its line here, and the status of its kind.

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
    QUERY_INVALID 400 "The query is not valid";
        "It is no GraphQL, or asks for what the schema does not have.";
        "See the message, and the schema.".
    QUERY_TOO_COSTLY 400 "The query asks for too much";
        "It is too long, too deep, or comes to too many fields, those of a list times its length.";
        "Ask for shorter pages or fewer fields, in several requests.".
    BAD_ARGUMENT 400 "An argument is not valid";
        "An argument of a query is out of its bounds, or does not go with another.";
        "See the message for which and why.".
    BAD_CURSOR 400 "The cursor is none of this list";
        "It is of another list, another order or another org, or it was never given out.";
        "Begin the list anew, and use each cursor with the arguments that it came with.".
    BAD_CONSISTENCY_TOKEN 400 "The consistency token can't be read";
        "It is of another org, or it was never given out.";
        "Send the `consistency_token` of a command's answer as it is.".
    PERSISTED_QUERY_NOT_FOUND 404 "No query is known by that hash";
        "It was never sent to this server, or so long ago that it was dropped.";
        "Send the query with its hash once; then the hash alone will do again.".
    BAD_PARAMETER 422 "A parameter can't be read";
        "A parameter of the query is unknown, given twice, or not in the form that it must have.";
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
    NOT_A_USER 403 "Only users have an inbox";
        "The token is a service's or an agent's, and Pulse items are dismissed by the users who see them.";
        "Call with a user's token.".
    NOT_FOUND 404 "Not found";
        "There is no such thing in this org, or no such route.";
        "Check the id and the path.".
    METHOD_NOT_ALLOWED 405 "Method not allowed";
        "The path exists, but not with this method.";
        "Use a method that the header `Allow` lists.".
    REQUEST_TIMEOUT 408 "The request came too slowly";
        "The body made no progress for long, or took too long in all.";
        "Send it again, faster or in smaller parts.".
    ALREADY_EXISTS 409 "It exists already";
        "Something with this id or of this kind is there already.";
        "Use it, or choose another id.".
    ILLEGAL_TRANSITION 409 "Its state does not allow that";
        "The command is not allowed in the state that `detail` names.";
        "Read the current state and choose another command.".
    SUBJECT_FORGOTTEN 409 "The person is forgotten";
        "The command brings data about somebody who asked to be forgotten.";
        "Nothing can be recorded about them any more.".
    EXTERNAL_ID_TAKEN 409 "Another org has that external id";
        "An identity provider's id stands for one org, and this one stands for another.";
        "Check the id. If the org was created before, use that one.".
    SECTIONS_MISSING 409 "Sections of the brief are empty";
        "A brief is approved when identity, audience, offerings, positioning and goals say something.";
        "Fill the sections that `detail` names, then approve.".
    PROPOSAL_OPEN 409 "The section has an open proposal";
        "A section of the brief has at most one proposal that is neither accepted, rejected nor expired.";
        "Accept or reject the one that `detail` names, then propose again.".
    PROPOSAL_EXPIRED 409 "The proposal has expired";
        "It was open for as long as its author said, and that time is over.";
        "Ask for a new proposal.".
    PROPOSAL_NOT_OPEN 409 "There is no such open proposal";
        "It was accepted or rejected, it expired and another followed, or it never was.";
        "Read the brief's open proposals and name one of them.".
    NO_LINES 409 "The invoice has no lines";
        "An invoice without lines has nothing to bill.";
        "Give it lines with `change-lines`, then issue it.".
    NEGATIVE_TOTAL 409 "The invoice comes to nothing or less";
        "Only an invoice above zero is issued.";
        "Change its lines so that the total is above zero.".
    DUE_TOO_LATE 409 "Due after the end of the calendar";
        "The day of issue and `due_in_days` come to a date that can't be written.";
        "Void the draft and make one with fewer days.".
    NO_NUMBER_LEFT 409 "The year's numbers are used up";
        "The org has issued as many invoices this year as numbers can be written.";
        "Issue it next year, and tell the operator.".
    REFERENCE_TAKEN 409 "A payment has this reference already";
        "The invoice has a payment with the same reference: most likely this one, sent twice.";
        "If it is another payment, give it another reference.".
    TOO_MANY_PAYMENTS 409 "Too many payments";
        "The invoice has as many payments as it can have.";
        "Record the rest as one payment on another invoice.".
    NOT_DUE 409 "Not due yet";
        "An invoice is overdue on the day after its due date, in the org's time zone.";
        "Try again after the date that `detail` names.".
    TOO_MANY_FOLLOW_UPS 409 "Too many open follow-ups";
        "The lead has as many open follow-ups as it can have.";
        "Complete some of them first.".
    PATH_TAKEN 409 "Another page has that path";
        "A path leads to one page of a site.";
        "Choose another path, or change or remove the page that `detail` names.".
    TOO_MANY_PAGES 409 "The site has too many pages";
        "The site has as many pages as it can have.";
        "Remove pages that are no longer wanted.".
    SLUG_TAKEN 409 "Another site has that slug";
        "A slug stands for one site of the org.";
        "Choose another slug, or give the site that `detail` names another one first.".
    SLUG_IN_USE 409 "The slug is in use right now";
        "The site is being published, under its slug.";
        "Change the slug when publishing has completed or failed.".
    NOTHING_TO_PUBLISH 409 "No page is ready";
        "Publishing takes all pages of the site that are in preview, and none is.";
        "Ask for a preview of the pages that are to go live.".
    TOO_MANY_IN_PREVIEW 409 "Too many pages at once";
        "At most 200 pages go live together.";
        "Take some back with `continue-editing` and publish them next.".
    PATH_STILL_LIVE 409 "Another page is still live at that path";
        "The page that is live there has another path now, but was not published since.";
        "Publish both together, or remove the page that `detail` names.".
    PUBLISH_OVER 409 "That publishing is over";
        "It completed or failed before, by its time limit too.";
        "Nothing is left to do: start another with `publish`.".
    ITEM_EXPIRED 409 "The Pulse item has expired";
        "Its `expires_at` has passed, and nobody sees it any more.";
        "Raise a new item.".
    CURSOR_AHEAD 409 "The cursor is ahead of the ledger";
        "It names a position that the ledger does not have, as after a restore to an earlier moment.";
        "Read the feed again from the last position that you still trust, and drop what came after it.".
    REBUILD_OPEN 409 "The read model is being rebuilt";
        "An earlier rebuild of it was asked for and has not ended.";
        "Wait for the one that `detail` names, or cancel it.".
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
    EMPTY_DRAFT 422 "The draft is empty";
        "A draft fills at least one section of the brief.";
        "Send at least one section.".
    NO_CURRENCY 422 "No currency";
        "The invoice names no currency, and the org has none to fall back on.";
        "Send `currency`.".
    TOO_MANY_LINES 422 "Too many lines";
        "The invoice has more lines than an invoice can have.";
        "Put some of them together, or make two invoices.".
    OUT_OF_RANGE 422 "Too large to be reckoned with";
        "A line, or all of them together, comes to more than any amount can be.";
        "Check quantity and unit price, which is in minor units: 1200 are 12.00 EUR.".
    NOT_POSITIVE 422 "Not above zero";
        "The amount has to be above zero.";
        "Send an amount above zero, in minor units: 1200 are 12.00 EUR.".
    CURRENCY_MISMATCH 422 "Another currency";
        "The amount is in another currency than what it belongs to.";
        "Send it in the currency that `detail` names.".
    OVERPAYMENT 422 "More than is outstanding";
        "The payment is larger than what is left to pay.";
        "Record what is outstanding; the rest is no payment of this invoice.".
    REFUND_TOO_LARGE 422 "More than was paid";
        "The refund is larger than what was paid and not given back yet.";
        "Refund at most the amount that `detail` names.".
    IN_THE_FUTURE 422 "In the future";
        "The moment is more than five minutes ahead of the server's clock.";
        "Send a moment that has come, and check the clock that it is from.".
    IN_THE_PAST 422 "In the past";
        "The moment or date has passed already, and what it is for is still to come.";
        "Send a later one.".
    NO_SUCH_FOLLOW_UP 422 "There is no such open follow-up";
        "The lead has no open follow-up, or none with this id.";
        "Read the lead's open follow-ups and name one of them.".
    WHICH_FOLLOW_UP 422 "Which follow-up?";
        "The lead has more than one open follow-up.";
        "Send `follow_up_id`.".
    ANOTHER_ORG 422 "Another org than the one acted in";
        "The path names an org, and the command was given in another.";
        "Use the id of the org that the token is for.".
    NO_SUCH_SITE 422 "There is no such site";
        "`site_id` names no site of this org.";
        "Check the id, or create the site first.".
    BEFORE_ITS_START 422 "It ends before it begins";
        "The end is not later than the start.";
        "Send an end that is later, or no start.".
    ITEM_ELSEWHERE 422 "The item stands at another scope";
        "`from` is not the scope at which the Pulse item stands.";
        "Send the scope that `detail` names.".
    NOT_ABOVE 422 "Not a scope above";
        "A Pulse item is promoted to a scope above its own: module, subcategory, category, strategy.";
        "Send a scope that lies above `from`.".
    RATE_LIMITED 429 "Too many requests";
        "The org, or the address before it was authenticated, has used up its limit.";
        "Wait `retry_after` seconds.".
    HEADERS_TOO_LARGE 431 "Too many headers";
        "The request has more headers, or larger ones, than allowed.";
        "Send fewer.".
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
        "The database can't be reached, or the command did not get its turn in time. Nothing was done.";
        "Wait `retry_after` seconds and try again.".
    OUTCOME_UNKNOWN 503 "It is not known whether it was done";
        "The database was lost, or too slow, while the command was on its way.";
        "Repeat it with the same `Idempotency-Key`: the answer tells.".
    TIMEOUT 503 "It took too long";
        "A read has a bounded time, and this one's was over before the answer was ready.";
        "Ask for less at a time, or try again.".
    STALE_READ 503 "The read models are not there yet";
        "They have not passed the event that the consistency token names, in the time that a read waits for it.";
        "Try again with the same token, or without it, if what is there will do.".
    PROJECTION_PARKED 503 "A part of what is read stands still";
        "A read model could not take an event of this stream, and holds back what came after until that is settled.";
        "Read without the consistency token to see what is there. Tell the operator: waiting does not help.".
    SHUTTING_DOWN 503 "Going down";
        "This server is stopping. Nothing was done.";
        "Try again; another server or the next one answers.".
}
