//! Which parked events hang together.

use std::collections::HashSet;

use super::ParkedEvent;
use crate::runtime::Key;

/// Those that share a row with one of `reached`, or with another of them, in their order. Their rows are reached then, and
/// stay so when those that led to them are gone.
pub(super) fn together(all: Vec<ParkedEvent>, reached: &mut HashSet<Key>) -> Vec<ParkedEvent> {
    loop {
        let before = reached.len();
        for parked in &all {
            if parked.rows().any(|row| reached.contains(&row)) {
                reached.extend(parked.rows());
            }
        }
        if reached.len() == before {
            return all
                .into_iter()
                .filter(|parked| parked.rows().any(|row| reached.contains(&row)))
                .collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use xentri_domain::kernel::{EventId, OrgId, Timestamp};

    use super::*;
    use crate::parked::ParkedId;

    fn parked(position: u64, rows: &[u128]) -> ParkedEvent {
        ParkedEvent {
            id: ParkedId { position, ..format!("leads/1/1/0/{position}").parse().unwrap() },
            org: org(),
            epoch: 1,
            event: EventId::try_from(Uuid::from_u128(u128::from(position))).unwrap(),
            type_name: "xentri.lead.won.v1".to_owned(),
            keys: rows.iter().map(|row| Uuid::from_u128(*row)).collect(),
            correlation_id: None,
            error: None,
            parked_at: Timestamp::from_micros(0).unwrap(),
        }
    }

    fn org() -> OrgId {
        OrgId::try_from(Uuid::from_u128(7)).unwrap()
    }

    #[test]
    fn what_hangs_together_is_found_in_both_directions_and_nothing_else_is() {
        let all =
            vec![parked(1, &[1]), parked(2, &[9]), parked(3, &[1, 2]), parked(4, &[2, 3]), parked(5, &[3])];
        let found = |row: u128| -> Vec<u64> {
            let together = together(all.clone(), &mut HashSet::from([(org(), Uuid::from_u128(row))]));
            together.iter().map(|parked| parked.id.position).collect()
        };
        assert_eq!(found(3), [1, 3, 4, 5]);
        assert_eq!(found(1), [1, 3, 4, 5]);
        assert_eq!(found(9), [2]);
        assert_eq!(found(8), [0; 0]);
    }
}
