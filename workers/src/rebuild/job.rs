//! A read model that is rebuilt in one database.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;
use xentri_projections::kit::ReadModel;

use super::book::{Phase, RebuildEntry};
use super::rebuilds::Request;
use crate::runtime::MemberId;

#[derive(Clone)]
pub(super) struct Job {
    pub(super) id: MemberId,
    pub(super) model: Arc<dyn ReadModel>,
    pub(super) phase: Phase,
    /// For which it was begun.
    pub(super) order: Option<Uuid>,
    /// The generation of the same version that readers see until then.
    pub(super) replaces: Option<i32>,
    /// Discarded events.
    pub(super) left_out: Arc<HashSet<Uuid>>,
}

impl Job {
    pub(super) fn of(entry: &RebuildEntry, model: Arc<dyn ReadModel>) -> Self {
        Self {
            id: entry.id.clone(),
            model,
            phase: entry.phase,
            order: entry.order,
            replaces: entry.replaces,
            left_out: Arc::new(entry.left_out.iter().copied().collect()),
        }
    }

    /// A table of its generation, or of another one of its version.
    pub(super) fn table(&self, name: &str, generation: i32) -> String {
        format!("read.{name}_v{}_g{generation}", self.id.version)
    }

    /// For somebody to see how it differs, which is not so where this very order was about to tell of it.
    pub(super) fn was_kept(&self, request: &Request) -> bool {
        self.phase == Phase::Differing && (self.order.is_none() || self.order != request.order)
    }

    pub(super) fn replaced(&self) -> Option<MemberId> {
        Some(MemberId { generation: self.replaces?, ..self.id.clone() })
    }
}
