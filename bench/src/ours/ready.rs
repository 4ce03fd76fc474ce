//! Events made before the clock starts: of each, all that is left to do is to write its ids into it.

use uuid::Uuid;

/// A text with gaps for two ids.
pub(super) struct Ready(Vec<Piece>);

enum Piece {
    Text(String),
    Event,
    Lead,
}

impl Ready {
    /// `made` holds `event` and `lead` wherever others will stand.
    pub(super) fn new(made: &str, event: Uuid, lead: Uuid) -> Self {
        let mut pieces = vec![Piece::Text(made.to_owned())];
        for (id, gap) in [(event, (|| Piece::Event) as fn() -> Piece), (lead, || Piece::Lead)] {
            pieces = pieces.into_iter().flat_map(|piece| split(piece, &id.to_string(), gap)).collect();
        }
        Self(pieces)
    }

    pub(super) fn with(&self, event: Uuid, lead: Uuid) -> String {
        let (mut of_event, mut of_lead) = (Uuid::encode_buffer(), Uuid::encode_buffer());
        let event = event.hyphenated().encode_lower(&mut of_event);
        let lead = lead.hyphenated().encode_lower(&mut of_lead);
        let mut text = String::with_capacity(2048);
        for piece in &self.0 {
            text.push_str(match piece {
                Piece::Text(text) => text,
                Piece::Event => event,
                Piece::Lead => lead,
            });
        }
        text
    }
}

fn split(piece: Piece, id: &str, gap: fn() -> Piece) -> Vec<Piece> {
    let Piece::Text(text) = piece else { return vec![piece] };
    let mut pieces = Vec::new();
    for part in text.split(id) {
        pieces.extend([Piece::Text(part.to_owned()), gap()]);
    }
    pieces.pop();
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_replaced_and_nothing_else() {
        let (event, lead) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let text = |event: Uuid, lead: Uuid| format!("{event} is, {lead} too, and {event}");
        let ready = Ready::new(&text(event, lead), event, lead);
        let (other, another) = (Uuid::from_u128(3), Uuid::from_u128(4));
        assert_eq!(ready.with(other, another), text(other, another));
    }
}
