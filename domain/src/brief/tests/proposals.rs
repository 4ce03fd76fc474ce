//! Proposals: one open for each section, decided once, and gone when their time is up.

use serde_json::json;

use super::{five_sections, in_state, proposal, proposal_id};
use crate::aggregate::scenario::{fresh_id, given, stream_id};
use crate::aggregate::{Facts, Refusal, RefusalKind};
use crate::brief::{Brief, BriefError, Section};
use crate::kernel::{Coded, Permission, Principal, ProposalId, Role};

#[test]
fn a_proposal_gets_an_id_and_an_end() {
    given::<Brief>(in_state("conversing")).when("propose-section", proposal("goals", "Two\nshops")).then([
        json!({
            "type": "xentri.ai.proposal.generated.v1", "proposal_id": fresh_id(), "section": "goals",
            "content": "Two\nshops", "agent": "Co-pilot 2.1", "expires_at": "2026-03-03T15:00:00.000000Z",
        }),
    ]);
}

#[test]
fn a_proposal_of_what_a_section_says_already_gets_an_id_like_any_other() {
    let outcome =
        given::<Brief>(in_state("approved")).when("propose-section", proposal("goals", "Two shops"));
    assert_eq!(outcome.answer(), Ok(vec!["xentri.ai.proposal.generated.v1"]));
}

#[test]
fn a_section_has_one_open_proposal() {
    let error =
        given::<Brief>(in_state("editing")).when("propose-section", proposal("proof", "Awards")).refusal();
    let open = ProposalId::from(proposal_id());
    assert_eq!(error, BriefError::ProposalOpen { id: stream_id(), section: Section::Proof, proposal: open });
    assert_eq!((error.code(), error.kind()), ("proposal_open", RefusalKind::Taken));
    assert_eq!(error.pointer().as_deref(), Some("/section"));
}

/// The last moment of the proposal in every history, and the one at which it has expired.
const OPEN: &str = "2026-03-02T15:04:59.999999Z";
const EXPIRED: &str = "2026-03-02T15:05:00.000000Z";

#[test]
fn an_expired_proposal_is_neither_accepted_nor_rejected() {
    for command in ["accept-proposal", "reject-proposal"] {
        let at = |now| {
            given::<Brief>(in_state("approved"))
                .at(now)
                .when(command, json!({ "proposal_id": proposal_id() }))
        };
        assert!(at(OPEN).answer().is_ok());
        let error = at(EXPIRED).refusal();
        assert_eq!((error.code(), error.kind()), ("proposal_expired", RefusalKind::IllegalTransition));
        assert_eq!(error.pointer().as_deref(), Some("/proposal_id"));
    }
}

#[test]
fn an_expired_proposal_frees_its_section() {
    let again = || proposal("proof", "Awards");
    let at = |now| given::<Brief>(in_state("editing")).at(now).when("propose-section", again());
    assert_eq!(at(OPEN).refusal().code(), "proposal_open");
    let brief = at(EXPIRED)
        .then([json!({
            "type": "xentri.ai.proposal.generated.v1", "proposal_id": fresh_id(), "section": "proof",
            "content": "Awards", "agent": "Co-pilot 2.1", "expires_at": "2026-03-03T15:05:00.000000Z",
        })])
        .into_state();
    assert_eq!(brief.proposals[&Section::Proof].id, fresh_id().into());
}

#[test]
fn an_accepted_proposal_is_the_strategy_at_once_where_that_is_approved() {
    given::<Brief>(in_state("approved"))
        .when("accept-proposal", json!({ "proposal_id": proposal_id() }))
        .then([
            json!({
                "type": "xentri.ai.proposal.accepted.v1", "proposal_id": proposal_id(), "section": "proof",
                "content": "Five stars",
            }),
            json!({ "type": "xentri.brief.updated.v1", "sections": { "proof": "Five stars" } }),
        ])
        .state(&{
            let mut sections = five_sections();
            sections["proof"] = json!("Five stars");
            json!({ "status": "approved", "sections": sections, "approved": sections, "proposals": {} })
        });
}

#[test]
fn an_accepted_proposal_that_changes_nothing_says_so() {
    let same = json!({
        "type": "xentri.ai.proposal.generated.v1", "proposal_id": fresh_id(), "section": "goals",
        "content": "Two shops", "agent": "co-pilot", "expires_at": "2026-03-03T15:00:00.000000Z",
    });
    let history = [in_state("approved"), vec![same]].concat();
    given::<Brief>(history).when("accept-proposal", json!({ "proposal_id": fresh_id() })).then([
        json!({
            "type": "xentri.ai.proposal.accepted.v1", "proposal_id": fresh_id(), "section": "goals",
            "content": "Two shops",
        }),
        json!({ "type": "xentri.brief.updated.v1", "sections": {} }),
    ]);
}

#[test]
fn a_proposal_is_decided_once() {
    let closed = |event: &str| {
        json!({
            "type": format!("xentri.ai.proposal.{event}.v1"), "proposal_id": proposal_id(), "section": "proof",
            "content": "Five stars",
        })
    };
    for history in [
        [in_state("editing"), vec![closed("accepted")]].concat(),
        [in_state("editing"), vec![closed("rejected")]].concat(),
    ] {
        for command in ["accept-proposal", "reject-proposal"] {
            let error = given::<Brief>(history.clone())
                .when(command, json!({ "proposal_id": proposal_id() }))
                .refusal();
            let proposal = proposal_id().into();
            assert_eq!(error, BriefError::ProposalNotOpen { id: stream_id(), proposal });
            assert_eq!(error.kind(), RefusalKind::IllegalTransition);
        }
    }
}

#[test]
fn a_rejection_may_say_why() {
    given::<Brief>(in_state("drafting"))
        .when("reject-proposal", json!({ "proposal_id": proposal_id(), "reason": "too loud" }))
        .then([json!({
            "type": "xentri.ai.proposal.rejected.v1", "proposal_id": proposal_id(), "section": "proof",
            "reason": "too loud",
        })]);
}

#[test]
fn what_was_approved_is_changed_only_by_somebody_who_may_approve() {
    let member = |facts: &mut Facts| {
        facts.principal = Principal::new(facts.org(), facts.principal.actor().clone(), Role::Member);
    };
    let accept = || json!({ "proposal_id": proposal_id() });
    let error = given::<Brief>(in_state("approved")).with(member).when("accept-proposal", accept()).refusal();
    assert_eq!(
        error,
        BriefError::NeedsApprover { id: stream_id(), permission: Permission::STRATEGY_APPROVE }
    );
    assert_eq!(error.kind(), RefusalKind::NotAllowed);
    let events = given::<Brief>(in_state("editing")).with(member).when("accept-proposal", accept()).answer();
    assert_eq!(events, Ok(vec!["xentri.ai.proposal.accepted.v1"]));
}
