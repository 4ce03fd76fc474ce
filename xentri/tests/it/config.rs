//! Settings as an operator gives them: what is wrong is told in one line, before anything is started.

use std::fs;

use crate::process::{MASTER_KEY, Running, data_dir, output, refusal, serving, xentri};

#[test]
fn the_settings_are_printed_as_a_file_to_begin_with() {
    let printed = String::from_utf8(output(&mut xentri(["config"])).stdout).unwrap();
    let committed = concat!(env!("CARGO_MANIFEST_DIR"), "/config.default.toml");
    assert_eq!(printed, fs::read_to_string(committed).unwrap());
}

#[test]
fn a_key_that_is_none_is_named_with_its_line() {
    let directory = data_dir();
    let file = directory.path().join("xentri.toml");
    fs::write(&file, "# ours\n[http]\nbody_byte = 1\n").unwrap();
    let path = file.to_str().unwrap();
    let said = refusal(&mut xentri(["up", "--config", path]));
    let expected =
        format!("xentri: {path}, line 3: unknown field `body_byte`, expected one of `connections`, ");
    assert!(said.starts_with(&expected), "{said}");
    let said = refusal(xentri(["serve"]).env("XENTRI_CONFIG", "/nowhere/xentri.toml"));
    assert!(said.starts_with("xentri: the configuration /nowhere/xentri.toml can't be read: "), "{said}");
}

#[test]
fn serving_needs_a_database_and_a_master_key() {
    let said = refusal(&mut xentri(["serve"]));
    assert!(said.starts_with("xentri: no database is named; set DATABASE_URL"), "{said}");
    let said = refusal(xentri(["serve"]).env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/x"));
    assert_eq!(said, "xentri: no master key is named; set XENTRI_MASTER_KEY or XENTRI_MASTER_KEY_FILE");
    let said =
        refusal(&mut serving("postgres://nobody@127.0.0.1:1/x", &[("XENTRI_MASTER_KEY", "c2VjcmV0")]).0);
    assert!(said.contains("is not a key") && !said.contains("c2VjcmV0"), "{said}");
}

#[test]
fn topics_without_a_kafka_are_refused_with_what_to_set() {
    let nowhere = data_dir();
    let unset = "xentri: no Kafka is named; set XENTRI_KAFKA_BROKERS, as in localhost:9092";
    for word in ["apply", "list", "watch"] {
        let mut command = xentri(["topics", word]);
        let said = refusal(command.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/x"));
        assert_eq!(said, unset, "{word}");
        let said = refusal(xentri(["topics", word]).current_dir(nowhere.path()));
        assert_eq!(said, unset, "{word}");
    }
    let path = nowhere.path().to_str().unwrap();
    let said = refusal(&mut xentri(["topics", "list", "--data", path]));
    assert_eq!(
        said,
        format!("xentri: {path}/settings.toml is not there; start `xentri up` on that directory first")
    );
}

#[tokio::test]
async fn the_file_decides_where_no_option_does() {
    let directory = data_dir();
    let file = directory.path().join("xentri.toml");
    fs::write(&file, format!("listen = \"127.0.0.1:0\"\nmaster_key = \"{MASTER_KEY}\"\n")).unwrap();
    let data = directory.path().join("data");
    let arguments = ["up", "--json", "--config", file.to_str().unwrap(), "--data", data.to_str().unwrap()];
    let running = Running::start(&mut xentri(arguments));
    assert!(!running.api().ends_with(":8080"), "{}", running.api());
    assert!(!fs::exists(data.join("master.key")).unwrap(), "the key that is named is used");
}
