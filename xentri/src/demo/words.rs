//! What people and things are called.

pub(super) const FIRST: [&str; 24] = [
    "Ada", "Bruno", "Carla", "Daniel", "Elena", "Felix", "Greta", "Hugo", "Irene", "Jonas", "Karin", "Lucas",
    "Marta", "Nadia", "Oscar", "Paula", "Quentin", "Rosa", "Samuel", "Teresa", "Ulrich", "Vera", "Walter",
    "Yolanda",
];

pub(super) const LAST: [&str; 20] = [
    "Almeida",
    "Becker",
    "Castro",
    "Dietrich",
    "Estrada",
    "Fischer",
    "García",
    "Hoffmann",
    "Ibáñez",
    "Jensen",
    "Keller",
    "Lozano",
    "Miller",
    "Navarro",
    "Olsen",
    "Prieto",
    "Quiroga",
    "Ramos",
    "Schneider",
    "Torres",
];

pub(super) const COMPANIES: [&str; 16] = [
    "Aurora Hotels",
    "Bay Logistics",
    "Casa Verde",
    "Delta Analytics",
    "Estudio Norte",
    "Ferrum Works",
    "Green Valley",
    "Helix Labs",
    "Isla Travel",
    "Juniper & Co",
    "Kaffeehaus Adler",
    "Lumen Energy",
    "Mercado Central",
    "Nova Clinic",
    "Orchard School",
    "Puerto Marina",
];

pub(super) const NOTES: [&str; 8] = [
    "Asked for a quote by the end of the week.",
    "Prefers to be called in the morning.",
    "Compares us with two others.",
    "Was recommended by a customer of ours.",
    "Has to ask a partner first.",
    "Wants to see an example before deciding.",
    "Needs it before the summer.",
    "Would take more if the first delivery goes well.",
];

pub(super) const REASONS_LOST: [&str; 4] =
    ["another offer was cheaper", "no budget this year", "the project was stopped", "no answer for weeks"];

pub(super) const REASONS_OUT: [&str; 3] = ["outside our area", "too small for us", "was looking for a job"];

/// What they sell, with a price in minor units.
pub(super) const PRODUCTS: [(&str, i64); 8] = [
    ("First delivery", 48_000),
    ("Monthly service", 129_000),
    ("Set-up", 75_000),
    ("Workshop, one day", 98_000),
    ("Repair and maintenance", 36_500),
    ("Custom work, per hour", 9_500),
    ("Materials", 22_400),
    ("Transport", 6_000),
];
