//! What became of a chain, for each of its commands.

use std::collections::{HashMap, VecDeque};

use xentri_domain::aggregate::StreamRef;
use xentri_ledger::{
    AppendError, Appended, LoadError, Outcome, Refusal, TenantTx, find_receipt_in_tx, stream_versions_in_tx,
};

use super::chain::{GrowingChain, Member, NotAdded};
use super::job::Job;
use super::trail::Trail;
use crate::dispatch::{DispatchError, Done, Stage, Turn, Why};
use crate::streams::{Append, State, Streams};

pub(super) fn is_appended(answer: &Result<Outcome, AppendError>) -> bool {
    matches!(answer, Ok(Outcome::Appended(_)))
}

/// Answers those whose fate is known. Returns who has to be decided again.
pub(super) async fn settle(
    streams: &Streams<'_>,
    trail: &Trail,
    chain: GrowingChain,
    answer: Result<Outcome, AppendError>,
) -> VecDeque<Job> {
    match answer {
        Ok(Outcome::Appended(appended)) => {
            keep_states(streams, trail, &chain).await;
            answer_all(streams, chain.members, appended);
            VecDeque::new()
        }
        Ok(Outcome::Refused(refusal)) => refused(streams, chain, refusal).await,
        Err(error) => failed(chain, &error),
    }
}

/// The next round goes on from them.
async fn keep_states(streams: &Streams<'_>, trail: &Trail, chain: &GrowingChain) {
    for (stream, bytes) in &chain.written {
        let (Some(left), Some(before)) = (trail.left.get(stream), chain.seen.get(stream)) else { continue };
        let append = Append { before: *before, state: left.state.clone(), bytes: *bytes };
        streams.put(*stream, append).await;
    }
}

fn answer_all(streams: &Streams<'_>, members: Vec<Member>, appended: Vec<Appended>) {
    for (Member { job, first }, appended) in members.into_iter().zip(appended) {
        let done = Done { home: streams.home, stream: job.work.stream, first, appended };
        let _gone = job.reply.send(Turn::Appended(Box::new(done)));
    }
}

async fn refused(streams: &Streams<'_>, chain: GrowingChain, refusal: Refusal) -> VecDeque<Job> {
    let (seen, mut jobs) = (chain.seen, jobs(chain.members));
    for job in &jobs {
        job.work.progress.reach(Stage::Raced);
    }
    match refusal {
        Refusal::Stale => match refresh(streams, &seen).await {
            Ok(read) => decide_again(jobs, |job| {
                job.work.subject_streams = None;
                job.work.known.extend(read.iter().cloned());
            }),
            Err(error) => fail_all(jobs, &error),
        },
        Refusal::KeyUsed if jobs.len() == 1 => {
            jobs.drain(..).for_each(|job| job.back(Why::KeyUsed));
            jobs
        }
        Refusal::KeyUsed => without_receipt(streams, jobs).await,
        Refusal::SubjectForgotten if jobs.len() == 1 => {
            let seen: Vec<_> = seen.into_iter().collect();
            for job in jobs.drain(..) {
                job.back(Why::Rejected { error: DispatchError::SubjectForgotten, seen: seen.clone() });
            }
            jobs
        }
        Refusal::SubjectForgotten | Refusal::SubjectKeyExists | Refusal::SubjectKeyUnknown => {
            decide_again(jobs, |job| job.work.ask_for_keys = true)
        }
        // The directory still has an org whose key is destroyed.
        Refusal::OrgUnknown => fail_all(jobs, &DispatchError::OrgUnknown),
        Refusal::OrgExists => fail_all(jobs, &DispatchError::Internal),
    }
}

/// Reads anew what has moved on, once for all who rest on it. They take it with them: a full cache need not keep it.
async fn refresh(
    streams: &Streams<'_>,
    seen: &HashMap<StreamRef, u32>,
) -> Result<Vec<(StreamRef, State)>, DispatchError> {
    let (names, versions): (Vec<_>, Vec<_>) =
        seen.iter().map(|(stream, version)| (*stream, *version)).unzip();
    let read = async {
        let mut tx = TenantTx::read(streams.ledger.databases(), streams.home).await?;
        let current = stream_versions_in_tx(&mut tx, &names).await?;
        tx.commit().await?;
        let mut read = Vec::new();
        for ((stream, before), current) in names.iter().zip(versions).zip(current) {
            if before != current {
                read.push((*stream, streams.reload(*stream).await?));
            }
        }
        Ok::<_, LoadError>(read)
    };
    read.await.map_err(|error| DispatchError::of_load(&error))
}

/// One of them has been done before; the others are decided again.
async fn without_receipt(streams: &Streams<'_>, jobs: VecDeque<Job>) -> VecDeque<Job> {
    let found = async {
        let mut tx = TenantTx::read(streams.ledger.databases(), streams.home).await?;
        let mut found = Vec::with_capacity(jobs.len());
        for job in &jobs {
            found.push(match &job.work.key {
                Some(key) => {
                    find_receipt_in_tx(&mut tx, job.work.authorized.actor(), &key.key).await?.is_some()
                }
                None => false,
            });
        }
        tx.commit().await?;
        Ok(found)
    };
    let found = match found.await {
        Ok(found) => found,
        Err(error) => return fail_all(jobs, &DispatchError::of_database(&error)),
    };
    let mut again = VecDeque::new();
    for (job, found) in jobs.into_iter().zip(found) {
        if found {
            job.back(Why::KeyUsed);
        } else {
            again.push_back(job);
        }
    }
    again
}

fn failed(chain: GrowingChain, error: &AppendError) -> VecDeque<Job> {
    let jobs = jobs(chain.members);
    // One of them is to blame, and the others had nothing to do with it.
    if matches!(error, AppendError::TooLarge { .. } | AppendError::Refused(_)) && jobs.len() > 1 {
        return decide_again(jobs, |job| {
            job.work.alone = true;
            job.work.progress.reach(Stage::Waiting);
        });
    }
    fail_all(jobs, &DispatchError::of_append(error))
}

/// The command can't be sealed or does not fit its chain.
pub(super) fn not_added(job: Job, error: &NotAdded, seen: Vec<(StreamRef, u32)>) {
    let error = match error {
        NotAdded::Sealing(error) => DispatchError::of_sealing(error),
        NotAdded::Chain(error) => {
            tracing::error!(%error, "a chain contradicts itself");
            DispatchError::Internal
        }
    };
    if matches!(error, DispatchError::SubjectForgotten) {
        // It may be one that was appended before the person was forgotten.
        job.back(Why::Rejected { error, seen });
    } else {
        job.fail(error);
    }
}

fn jobs(members: Vec<Member>) -> VecDeque<Job> {
    members.into_iter().map(|member| member.job).collect()
}

fn decide_again(mut jobs: VecDeque<Job>, mut mark: impl FnMut(&mut Job)) -> VecDeque<Job> {
    jobs.iter_mut().for_each(&mut mark);
    jobs
}

fn fail_all(mut jobs: VecDeque<Job>, error: &DispatchError) -> VecDeque<Job> {
    jobs.drain(..).for_each(|job| job.fail(error.clone()));
    jobs
}
