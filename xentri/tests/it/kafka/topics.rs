//! Whose topics are whose.

use std::path::Path;
use std::process::Command;

use xentri_testkit::{TestDb, kafka_brokers, topic_prefix};

use super::support::{at_rest, log_has, make_org, on_topic, prefix, printed, stop, up, up_on};
use crate::process::{Running, data_dir, xentri};

#[tokio::test]
async fn two_data_directories_on_one_kafka_never_meet() {
    let (one, other) = (data_dir(), data_dir());
    let (first, second) = (up_on(one.path(), kafka_brokers()), up_on(other.path(), kafka_brokers()));
    assert_eq!(first.ready["kafka"], kafka_brokers());
    assert_ne!(prefix(&first), prefix(&second));
    let (of_one, of_other) = (make_org(one.path()), make_org(other.path()));
    log_has(one.path(), &[&of_one]).await;
    log_has(other.path(), &[&of_other]).await;
    at_rest(one.path()).await;

    let listed = printed(&mut xentri(["topics", "list", "--json", "--data", one.path().to_str().unwrap()]));
    let names: Vec<_> =
        listed["topics"].as_array().unwrap().iter().map(|topic| topic["name"].to_string()).collect();
    assert_eq!(names.len(), 7);
    assert!(names.iter().all(|name| name.contains(&prefix(&first))), "{names:?}");
    let core = on_topic(one.path(), "xentri.core.v1").unwrap();
    assert_eq!((core.len(), &core[0]["headers"]["ce_type"]), (1, &"xentri.org.created.v1".into()));
}

#[tokio::test]
async fn a_restart_goes_on_in_the_same_topics() {
    let data = data_dir();
    let running = up_on(data.path(), kafka_brokers());
    let named = prefix(&running);
    let first = make_org(data.path());
    log_has(data.path(), &[&first]).await;
    stop(running);
    let running = up_on(data.path(), kafka_brokers());
    assert_eq!(prefix(&running), named);
    let second = make_org(data.path());
    log_has(data.path(), &[&first, &second]).await;
}

/// Topics of the directory as it was are still there, and ahead of the new ledger.
#[tokio::test]
async fn a_data_directory_that_is_made_anew_begins_with_new_topics() {
    let data = data_dir();
    let inner = data.path().join("data");
    let running = up_on(&inner, kafka_brokers());
    let before = prefix(&running);
    let lost = make_org(&inner);
    log_has(&inner, &[&lost]).await;
    stop(running);
    std::fs::remove_dir_all(&inner).unwrap();

    let running = up_on(&inner, kafka_brokers());
    assert_ne!(prefix(&running), before);
    let org = make_org(&inner);
    log_has(&inner, &[&org]).await;
    at_rest(&inner).await;
}

/// It has the history of the first one, and both go on by themselves.
#[tokio::test]
async fn a_copy_of_a_data_directory_is_another_one() {
    let data = data_dir();
    let (original, copy) = (data.path().join("original"), data.path().join("copy"));
    let running = up_on(&original, kafka_brokers());
    let common = make_org(&original);
    log_has(&original, &[&common]).await;
    stop(running);
    copy_directory(&original, &copy);

    let (first, second) = (up_on(&original, kafka_brokers()), up_on(&copy, kafka_brokers()));
    assert_ne!(prefix(&first), prefix(&second));
    let (of_original, of_copy) = (make_org(&original), make_org(&copy));
    log_has(&original, &[&common, &of_original]).await;
    log_has(&copy, &[&common, &of_copy]).await;
}

/// With its owners, for Postgres's files are Postgres's.
fn copy_directory(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

#[tokio::test]
async fn a_spare_kafka_is_for_whoever_has_named_none() {
    let data = data_dir();
    let named = topic_prefix();
    let settings = [
        ("XENTRI_KAFKA_BROKERS", kafka_brokers()),
        ("XENTRI_KAFKA_TOPIC_PREFIX", named.as_str()),
        ("XENTRI_UP_KAFKA", "127.0.0.1:1"),
    ];
    let running = Running::start(&mut up(data.path(), &settings));
    assert_eq!((&running.ready["kafka"], prefix(&running)), (&kafka_brokers().into(), named));
    stop(running);

    let running = Running::start(&mut up(data.path(), &[("XENTRI_UP_KAFKA", kafka_brokers())]));
    assert_eq!(running.ready["kafka"], kafka_brokers());
    assert!(prefix(&running).starts_with("up-"), "{}", prefix(&running));
    stop(running);

    let running = Running::start(&mut up(data.path(), &[]));
    assert_eq!(
        (&running.ready["kafka"], &running.ready["kafka_topic_prefix"]),
        (&serde_json::Value::Null, &serde_json::Value::Null)
    );
}

/// Databases come and go under one name, and Kafka keeps its topics: what `make up` brings must not mix them up.
#[tokio::test]
async fn on_a_database_that_is_named_a_spare_kafka_has_topics_for_that_one_alone() {
    let (data, db, other) = (data_dir(), TestDb::new().await, TestDb::new().await);
    let on = |db: &TestDb| {
        let mut up = up(data.path(), &[("XENTRI_UP_KAFKA", kafka_brokers())]);
        let running = Running::start(up.env("DATABASE_URL", db.server_url()));
        let prefix = prefix(&running);
        stop(running);
        prefix
    };
    let first = on(&db);
    assert!(first.starts_with("up-"), "{first}");
    assert_ne!(on(&other), first);
    assert_eq!(on(&db), first);
}
