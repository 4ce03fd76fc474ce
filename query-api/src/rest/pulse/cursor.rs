//! Where a page of items ended, sealed: good in its org and at its scope alone.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use xentri_domain::kernel::{OrgId, Scope, Timestamp};
use xentri_ledger::DerivedKeys;
use xentri_projections::pulse::ItemPlace;
use xentri_schemas::Problem;

use crate::rest::problem::{bad_parameter, inside};

/// Importance, moment of creation, item.
#[derive(Serialize, Deserialize)]
struct Inside(i32, Timestamp, String);

pub(super) fn seal(
    place: ItemPlace,
    org: OrgId,
    scope: Scope,
    keys: &DerivedKeys,
) -> Result<String, Problem> {
    let text = serde_json::to_vec(&Inside(place.importance, place.created_at, place.item_id.to_string()));
    let text = text.map_err(|error| inside(&error))?;
    let sealed = keys.seal(&belongs(org, scope), &text).map_err(|error| inside(&error))?;
    Ok(BASE64URL_NOPAD.encode(&sealed))
}

pub(super) fn open(text: &str, org: OrgId, scope: Scope, keys: &DerivedKeys) -> Result<ItemPlace, Problem> {
    let bad = || bad_parameter("after", "expected the next_after of a page of this scope");
    let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| bad())?;
    let text = keys.open(&belongs(org, scope), &sealed).map_err(|_| bad())?;
    let Inside(importance, created_at, item_id) = serde_json::from_slice(&text).map_err(|_| bad())?;
    Ok(ItemPlace { importance, created_at, item_id: item_id.parse().map_err(|_| bad())? })
}

fn belongs(org: OrgId, scope: Scope) -> Vec<u8> {
    format!("pulse\n{org}\n{scope}").into_bytes()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use xentri_ledger::SecretKey;

    use super::*;

    #[test]
    fn a_cursor_opens_in_its_org_and_at_its_scope_alone() {
        let keys = DerivedKeys::new(SecretKey::from_slice(&[1; 32]).unwrap(), vec![]);
        let [org, other] = [1, 2].map(|n| OrgId::v7(n, [1; 10]));
        let created_at = Timestamp::from_micros(1_772_452_800_000_001).unwrap();
        let place = ItemPlace { importance: 2, created_at, item_id: Uuid::from_u128(7) };
        let sealed = seal(place, org, Scope::LEADS, &keys).unwrap();
        assert_eq!(open(&sealed, org, Scope::LEADS, &keys).unwrap(), place);
        for (text, org, scope) in [
            (sealed.as_str(), other, Scope::LEADS),
            (&sealed, org, Scope::BRIEF),
            (&sealed[1..], org, Scope::LEADS),
            ("ä", org, Scope::LEADS),
        ] {
            assert!(open(text, org, scope, &keys).is_err());
        }
    }
}
