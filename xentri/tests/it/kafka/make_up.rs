//! What `make up` runs once it has built: `xentri up` with a Kafka of the checkout's.

use std::path::Path;
use std::process::Command;

use super::scripts::dev_command;
use super::support::{log_has, make_org, prefix, up};
use crate::process::{Running, data_dir, processes_of};

fn make_up(dev: &Path, data: &Path) -> Command {
    let program = up(data, &[]);
    // A shell can't be interrupted where its parents ignore that, as those that run in the background do.
    let with_servers = dev_command("with-servers", dev);
    let mut script = Command::new("env");
    script
        .arg("--default-signal=INT")
        .arg(with_servers.get_program())
        .arg("--try-kafka")
        .arg(program.get_program())
        .args(program.get_args());
    for (name, value) in with_servers.get_envs() {
        script.env(name, value.expect("nothing is taken away"));
    }
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None if name == "XENTRI_DEV_DIR" || name == "XENTRI_DEV_JARS" => &mut script,
            None => script.env_remove(name),
        };
    }
    script
}

/// As Ctrl-C does; what is left of it all.
fn interrupt(running: Running, dev: &Path, data: &Path) -> Vec<String> {
    running.signal("INT");
    assert_eq!(running.end().code(), Some(130));
    [processes_of(dev), processes_of(data)].concat()
}

#[tokio::test]
async fn it_starts_a_kafka_and_leaves_nothing_running_but_what_ran_before() {
    let (dev, data) = (data_dir(), data_dir());
    let running = Running::start(&mut make_up(dev.path(), data.path()));
    let (named, first) = (prefix(&running), make_org(data.path()));
    log_has(data.path(), &[&first]).await;
    assert_eq!(interrupt(running, dev.path(), data.path()), Vec::<String>::new());

    assert!(dev_command("kafka", dev.path()).arg("start").status().unwrap().success());
    let running = Running::start(&mut make_up(dev.path(), data.path()));
    assert_eq!(prefix(&running), named);
    let second = make_org(data.path());
    log_has(data.path(), &[&first, &second]).await;
    let left = interrupt(running, dev.path(), data.path());
    let stopped = dev_command("kafka", dev.path()).arg("stop").status().unwrap();
    assert!(left.len() == 1 && left[0].contains("kafka.Kafka"), "{left:?}");
    assert!(stopped.success());
}

#[tokio::test]
async fn where_kafka_cant_be_had_it_says_so_in_one_line_and_goes_on() {
    let (dev, data) = (data_dir(), data_dir());
    let complaints = dev.path().join("stderr");
    let mut make_up = make_up(dev.path(), data.path());
    make_up.env("KAFKA_HOME", "/nowhere").stderr(std::fs::File::create(&complaints).unwrap());
    let running = Running::start(&mut make_up);
    assert_eq!(running.ready["kafka"], serde_json::Value::Null);
    make_org(data.path());
    assert_eq!(interrupt(running, dev.path(), data.path()), Vec::<String>::new());
    let said = std::fs::read_to_string(complaints).unwrap();
    let expected = "with-servers: goes on without Kafka, which can't be had here: kafka: KAFKA_HOME=/nowhere has no Kafka 4 in libs/\n";
    assert_eq!(said, expected);
}
