//! A small ledger to forge.

mod bundle;
mod checkpoints;
mod keys;
mod python;
mod shard;

use std::sync::Arc;

use uuid::Uuid;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_schemas::Digest;

use super::{CheckpointBook, CheckpointKey, EventRow, Finding, OrgChain, ShardCheck};

const SHARD: i32 = 3;
const START: i64 = 1_769_851_800_250_001;

/// A row that can be changed.
#[derive(Clone, PartialEq, Debug)]
struct Stored {
    shard: i32,
    position: i64,
    epoch: i32,
    org_id: Uuid,
    org_seq: i64,
    recorded_at: i64,
    stream_type: String,
    stream_id: Uuid,
    version: i32,
    id: Uuid,
    type_name: String,
    hash: Vec<u8>,
    body: String,
}

impl Stored {
    fn row(&self) -> EventRow<'_> {
        EventRow {
            shard: self.shard,
            position: self.position,
            epoch: self.epoch,
            org_id: self.org_id,
            org_seq: self.org_seq,
            recorded_at: self.recorded_at,
            stream_type: &self.stream_type,
            stream_id: self.stream_id,
            version: self.version,
            id: self.id,
            type_name: &self.type_name,
            hash: &self.hash,
            body: &self.body,
        }
    }
}

fn org(n: u8) -> OrgId {
    OrgId::try_from(Uuid::from_u128(0x0190_a5e0_0000_7000_8000_0000_0000_0000 + u128::from(n) + 1)).unwrap()
}

fn body(id: Uuid, org: Uuid, stream: Uuid, version: i32) -> String {
    format!(
        r#"{{"id":"{id}","type":"xentri.lead.note_added.v1","occurred_at":"2026-01-31T09:30:00.000000Z","org_id":"{org}","actor":{{"type":"user","id":"9d2a7c1e-5f80-5b6e-8a3c-64d1f0b7e2a9"}},"envelope_version":"1.0","payload_schema":"lead.note_added@1.0","payload":{{"note":{{"$p":"AQIDBAUGBwgJCgsMDQ4PEA"}}}},"meta":{{"source":"api","environment":"prod","command":"lead.add-note","reason":"\",\"stream\":{{\"type\":\"lead\""}},"stream":{{"type":"lead","id":"{stream}","version":{version}}}}}"#
    )
}

/// One event for each entry, which says whose it is.
fn ledger(orgs: &[u8]) -> Vec<Stored> {
    let mut rows = Vec::new();
    for (position, n) in (1_i32..).zip(orgs) {
        let org_id = org(*n).uuid();
        let org_seq = 1 + rows.iter().filter(|row: &&Stored| row.org_id == org_id).count();
        let id =
            Uuid::from_u128(0x0190_a5e1_7f3c_7a52_9d0e_0000_0000_0000 + u128::from(position.unsigned_abs()));
        let stream_id = Uuid::from_u128(0x0190_a5e1_0000_7000_8000_0000_0000_0000 + u128::from(*n));
        let version = i32::try_from(org_seq).unwrap();
        rows.push(Stored {
            shard: SHARD,
            position: position.into(),
            epoch: 1,
            org_id,
            org_seq: version.into(),
            recorded_at: START + i64::from(position) / 2,
            stream_type: "lead".to_owned(),
            stream_id,
            version,
            id,
            type_name: "xentri.lead.note_added.v1".to_owned(),
            hash: Vec::new(),
            body: body(id, org_id, stream_id, version),
        });
    }
    chain_anew(&mut rows);
    rows
}

/// What somebody does who may write everything: every hash fits again.
fn chain_anew(rows: &mut [Stored]) {
    let mut heads = std::collections::HashMap::new();
    for row in rows {
        let head = heads.entry(row.org_id).or_insert(Digest::GENESIS);
        let (epoch, org_seq) = (u64::try_from(row.epoch).unwrap(), u64::try_from(row.org_seq).unwrap());
        let recorded_at = Timestamp::from_micros(row.recorded_at).unwrap();
        *head = head.next(epoch, org_seq, recorded_at, Digest::of(&row.body));
        row.hash = head.as_bytes().to_vec();
    }
}

fn check_against(rows: &[Stored], book: &CheckpointBook) -> Result<u64, Box<Finding>> {
    let mut check = ShardCheck::new(SHARD, book.clone());
    for row in rows {
        check.add(&row.row())?;
    }
    Ok(check.events())
}

fn check(rows: &[Stored]) -> Result<u64, Box<Finding>> {
    check_against(rows, &CheckpointBook::default())
}

fn chain_of(rows: &[Stored], org: OrgId) -> OrgChain {
    let mut chain = OrgChain::new(org, Arc::default());
    for row in rows.iter().filter(|row| row.org_id == org.uuid()) {
        chain.add_row(&row.row()).unwrap();
    }
    chain
}

fn key() -> CheckpointKey {
    CheckpointKey::from_seed(&[7; 32])
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(START + seconds * 1_000_000).unwrap()
}
