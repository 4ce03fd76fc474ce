//! Where the real servers are: given by the environment, or started by the scripts in `infra/dev/`.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// A superuser's URL of the test Postgres.
pub fn postgres_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| address("XENTRI_TEST_POSTGRES", "postgres"))
}

/// `host:port` of the test Kafka.
pub fn kafka_brokers() -> &'static str {
    static BROKERS: OnceLock<String> = OnceLock::new();
    BROKERS.get_or_init(|| address("XENTRI_TEST_KAFKA", "kafka"))
}

/// `make test` sets the variable and stops the server afterwards. A plain `cargo test` starts it here and leaves it
/// running for the next one; `make stop` ends it.
fn address(variable: &str, server: &str) -> String {
    if let Ok(address) = std::env::var(variable) {
        return address;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra/dev").join(server);
    run(&script, "start");
    let exports = run(&script, "env");
    exports
        .lines()
        .find_map(|line| line.strip_prefix("export ")?.strip_prefix(variable)?.strip_prefix('='))
        .map_or_else(
            || panic!("`{} env` does not name {variable}:\n{exports}", script.display()),
            |value| value.trim_matches(['\'', '"']).to_owned(),
        )
}

fn run(script: &Path, verb: &str) -> String {
    let output = Command::new(script)
        .arg(verb)
        .output()
        .unwrap_or_else(|error| panic!("{} can't be run: {error}", script.display()));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{} {verb}` failed; run it by hand:\n{complaint}", script.display());
    String::from_utf8(output.stdout).expect("the scripts print text")
}
