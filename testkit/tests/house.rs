//! The house plan, executed: which crate may use which, and who alone may use a framework.
//!
//! Needs no server. `make lint` runs it by name.
#![allow(clippy::expect_used, reason = "test code")]

use std::collections::BTreeMap;
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// crate, what of ours it may use, and why no more than that.
const MAY_USE: &[(&str, &[&str], &str)] = &[
    ("xentri-domain", &[], "business rules stand alone: no async, no SQL, nobody else's concerns"),
    (
        "xentri-schemas",
        &["xentri-domain"],
        "the wire contract is made from the domain's types and nothing else",
    ),
    ("xentri-migrations", &[], "the schema must be applicable without the system that runs on it"),
    (
        "xentri-ledger",
        &["xentri-domain", "xentri-schemas"],
        "the record knows nothing of who writes or reads it",
    ),
    (
        "xentri-commands",
        &["xentri-domain", "xentri-schemas", "xentri-ledger"],
        "a decision rests on the ledger alone, never on a read model",
    ),
    (
        "xentri-projections",
        &["xentri-domain", "xentri-schemas", "xentri-ledger"],
        "a read model is a fold of the ledger; how events reach it is the workers' concern",
    ),
    (
        "xentri-workers",
        &["xentri-domain", "xentri-schemas", "xentri-ledger", "xentri-commands", "xentri-projections"],
        "workers feed projections and send commands; they serve no reads",
    ),
    (
        "xentri-query-api",
        &["xentri-domain", "xentri-schemas", "xentri-ledger", "xentri-projections"],
        "reads can't write: commands are out of reach",
    ),
    (
        "xentri",
        &[
            "xentri-commands",
            "xentri-domain",
            "xentri-ledger",
            "xentri-migrations",
            "xentri-projections",
            "xentri-query-api",
            "xentri-schemas",
            "xentri-workers",
        ],
        "the composition root may use all",
    ),
];

/// crate, what of ours its tests may use beside that, and why.
const TESTS_MAY_USE: &[(&str, &[&str], &str)] = &[(
    "xentri-query-api",
    &["xentri-commands", "xentri-workers"],
    "what is read has been written by commands and folded by workers",
)];

/// framework, the one crate that may use it, and why.
const SOLE_USERS: &[(&str, &str, &str)] = &[
    ("cqrs-es", "xentri-commands", "the framework stays in one adapter; the domain does not know it"),
    ("rdkafka", "xentri-workers", "only the workers speak Kafka"),
    ("async-graphql", "xentri-query-api", "only the read side speaks GraphQL"),
    ("clap", "xentri", "only the binary has a command line"),
];

/// Dev-only, so it may use whatever a test needs; nobody may depend on it but for tests.
const TESTKIT: &str = "xentri-testkit";
/// Compares us with others, frameworks included; stands outside the default members.
const BENCH: &str = "xentri-bench";

#[test]
fn every_crate_uses_only_what_the_house_plan_allows() {
    let violations: Vec<String> = members().iter().flat_map(violations).collect();
    assert!(violations.is_empty(), "\n\n{}\n", violations.join("\n"));
}

#[test]
fn the_house_plan_names_every_crate_and_no_other() {
    let mut planned: Vec<&str> = MAY_USE.iter().map(|(name, ..)| *name).chain([TESTKIT]).collect();
    let members = members();
    let mut actual: Vec<&str> =
        members.iter().map(|package| package.name.as_str()).filter(|name| *name != BENCH).collect();
    planned.sort_unstable();
    actual.sort_unstable();
    assert_eq!(planned, actual);
}

#[test]
fn a_forbidden_edge_is_found_with_its_reason() {
    let complaint = complaint("xentri-domain", "xentri-ledger", DependencyKind::Normal).unwrap();
    assert!(complaint.contains("business rules stand alone"), "{complaint}");
    let complaint = self::complaint("xentri-ledger", "rdkafka", DependencyKind::Development).unwrap();
    assert!(complaint.contains("only the workers speak Kafka"), "{complaint}");
    let complaint = self::complaint("xentri", TESTKIT, DependencyKind::Normal).unwrap();
    assert!(complaint.contains("tests only"), "{complaint}");
    assert_eq!(self::complaint("xentri-ledger", TESTKIT, DependencyKind::Development), None);
    assert_eq!(self::complaint("xentri-workers", "rdkafka", DependencyKind::Normal), None);
}

fn violations(package: &Package) -> Vec<String> {
    package
        .dependencies
        .iter()
        .filter_map(|dependency| complaint(&package.name, &dependency.name, dependency.kind))
        .collect()
}

fn complaint(package: &str, used: &str, kind: DependencyKind) -> Option<String> {
    if package == BENCH {
        return None;
    }
    if let Some((_, sole, why)) = SOLE_USERS.iter().find(|(framework, ..)| *framework == used) {
        return (package != *sole)
            .then(|| format!("{package} must not use {used}: {sole} alone does, for {why}"));
    }
    // A crate may turn on its own features for its tests.
    if package == TESTKIT || package == used || !used.starts_with("xentri") {
        return None;
    }
    if used == TESTKIT {
        return (kind != DependencyKind::Development)
            .then(|| format!("{package} must not use {used}: it is for tests only"));
    }
    let in_tests = TESTS_MAY_USE.iter().filter(|(name, ..)| *name == package);
    if kind == DependencyKind::Development && in_tests.flat_map(|(_, used, _)| *used).any(|one| *one == used)
    {
        return None;
    }
    let (_, allowed, why) = MAY_USE.iter().find(|(name, ..)| *name == package)?;
    (!allowed.contains(&used)).then(|| format!("{package} must not use {used}: {why}"))
}

fn members() -> Vec<Package> {
    let metadata: Metadata = MetadataCommand::new()
        .manifest_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo describes the workspace");
    let by_id: BTreeMap<_, _> = metadata.packages.iter().map(|package| (&package.id, package)).collect();
    metadata.workspace_members.iter().map(|id| by_id[id].clone()).collect()
}
