use std::collections::BTreeMap;
use std::path::Path;

use super::load::variables;
use super::reference::reference;
use super::*;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config.default.toml");
const KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

type Variables<'a> = &'a [(&'a str, &'a str)];

fn load(file: &str, variables: Variables<'_>) -> Result<Settings, String> {
    let variables: BTreeMap<_, _> = variables.iter().copied().collect();
    let file = (!file.is_empty()).then_some((Path::new("xentri.toml"), file));
    Settings::from(file, |name| variables.get(name).map(|value| (*value).to_owned()))
        .map_err(|error| error.to_string())
}

#[test]
fn the_committed_file_has_every_setting_with_its_default() {
    let generated = reference();
    if std::env::var_os("XENTRI_SCHEMAS").is_some_and(|mode| mode == "write") {
        std::fs::write(FILE, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    let differs = committed.lines().zip(generated.lines()).find(|(old, new)| old != new);
    assert!(
        committed == generated,
        "config.default.toml is old; run make schemas. First difference: {differs:?}"
    );
    assert_eq!(load(&generated, &[]).unwrap(), Settings::default());
}

#[test]
fn a_variable_is_stronger_than_the_file_and_the_file_than_the_default() {
    let file = "listen = \"0.0.0.0:80\"\n[rate_limit]\nper_org = 7\nper_org_burst = 9\n";
    let settings = load(
        file,
        &[("XENTRI_RATE_LIMIT_PER_ORG", "0"), ("XENTRI_CORS_MAX_AGE", "2m"), ("XENTRI_HTTP_HSTS", "")],
    )
    .unwrap();
    assert_eq!(settings.listen.to_string(), "0.0.0.0:80");
    assert_eq!((settings.rate_limit.per_org, settings.rate_limit.per_org_burst), (0, 9));
    assert_eq!(settings.rate_limit.of_org(), None);
    assert_eq!(settings.cors.max_age.to_string(), "120s");
    assert_eq!(settings.http, Http::default());
}

#[test]
fn lists_in_variables_have_commas() {
    let settings = load(
        "",
        &[
            ("XENTRI_HTTP_TRUSTED_PROXIES", "10.0.0.0/8, ::1/128"),
            ("XENTRI_CORS_ORIGINS", "https://one.example,http://localhost:3000"),
        ],
    )
    .unwrap();
    assert_eq!(settings.http.trusted_proxies.len(), 2);
    assert_eq!(settings.cors.origins, ["https://one.example", "http://localhost:3000"]);
}

#[test]
fn every_setting_but_lists_of_tables_has_a_variable() {
    let names: Vec<_> = variables().map(|(_, name)| name).collect();
    for name in ["XENTRI_LISTEN", "DATABASE_URL", "XENTRI_MASTER_KEY", "XENTRI_HTTP_BODY_BYTES"] {
        assert!(names.iter().any(|other| other == name), "{name} in {names:?}");
    }
}

#[test]
fn a_mistake_is_told_with_its_place_and_without_what_is_written_there() {
    for (file, said) in [
        ("lisen = \"[::1]:1\"", "xentri.toml, line 1: unknown field `lisen`, expected one of `listen`, "),
        ("\n[http]\nbody = 1\n", "xentri.toml, line 3: unknown field `body`, expected one of `connections`"),
        ("[htp]\nbody = 1\n", "xentri.toml, line 1: unknown field `htp`"),
        ("[http]\nbody_pause = 5\n", "xentri.toml, line 2: invalid type: integer `5`, expected a string"),
        ("[http]\nbody_pause = \"5\"\n", "xentri.toml, line 2: expected a time like \"500ms\""),
        ("[http]\nbody_bytes = -1\n", "xentri.toml, line 2: "),
        ("database_url = \"postgres://x:hunter2@", "xentri.toml, line 1: "),
        ("[cors]\norigins = [\"https://a.example/\"]", "cors.origins must be like"),
        ("[cors]\norigins = [\"*\"]\ncredentials = true", "cors.origins has \"*\", which goes only alone"),
        ("[http]\nconnections = 0", "http has a limit of 0"),
    ] {
        let error = load(file, &[]).unwrap_err();
        assert!(error.starts_with(said), "{file}: {error}");
        assert!(!error.contains("hunter2") && error.lines().count() == 1, "{error}");
    }
    for (variable, value, said) in [
        (
            "XENTRI_HTTP_BODY_BYTES",
            "lots",
            "XENTRI_HTTP_BODY_BYTES: invalid type: string \"lots\", expected usize",
        ),
        (
            "XENTRI_ENVIRONMENT",
            "production",
            "XENTRI_ENVIRONMENT: unknown variant `production`, expected one of `local`",
        ),
        ("XENTRI_LISTEN", "8080", "XENTRI_LISTEN: invalid socket address syntax"),
    ] {
        let error = load("", &[(variable, value)]).unwrap_err();
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn what_is_said_of_kafka_has_to_go_together() {
    let authority = [("XENTRI_KAFKA_TLS", "true"), ("XENTRI_KAFKA_TLS_AUTHORITY", FILE)];
    let scram = [("XENTRI_KAFKA_SASL", "SCRAM-SHA-512"), ("XENTRI_KAFKA_SASL_USER", "xentri")];
    let password = ("XENTRI_KAFKA_SASL_PASSWORD", "hunter2");
    let refused: [(&[Variables<'_>], &str); 12] = [
        (
            &[&[("XENTRI_KAFKA_SASL", "PLAIN")], &scram[1..], &[password]],
            "kafka.sasl is PLAIN, which sends the password",
        ),
        (&[&scram], "kafka.sasl_password is missing: kafka.sasl is set"),
        (&[&scram[..1], &[password]], "kafka.sasl_user is missing: kafka.sasl is set"),
        (&[&[password]], "kafka.sasl is not set, but who we are is"),
        (&[&scram[1..]], "kafka.sasl is not set, but who we are is"),
        (&[&authority[1..]], "kafka.tls is false, but files for it are named"),
        (
            &[&authority, &[("XENTRI_KAFKA_TLS_KEY", FILE)]],
            "kafka.tls_certificate and kafka.tls_key go together",
        ),
        (
            &[&authority[..1], &[("XENTRI_KAFKA_TLS_AUTHORITY", "/none")]],
            "kafka.tls_authority: /none can't be read: ",
        ),
        (&[&[("XENTRI_KAFKA_TOPIC_PREFIX", "our own-")]], "kafka.topic_prefix may have letters"),
        (
            &[&[("XENTRI_KAFKA_MIN_IN_SYNC", "2")]],
            "kafka.min_in_sync must be at least 1 and at most kafka.replication",
        ),
        (
            &[&[("XENTRI_KAFKA_SASL", "GSSAPI")]],
            "XENTRI_KAFKA_SASL: unknown variant `GSSAPI`, expected one of `SCRAM-SHA-256`",
        ),
        (&[&[("XENTRI_KAFKA_REPLICATION", "three")]], "XENTRI_KAFKA_REPLICATION: invalid type"),
    ];
    let brokers = [("XENTRI_KAFKA_BROKERS", "kafka:9092")];
    for (variables, said) in refused {
        let error = load("", &[&brokers, &variables.concat()[..]].concat()).unwrap_err();
        assert!(error.starts_with(said) && !error.contains("hunter2"), "{error}");
    }
    let whole = [&brokers[..], &authority, &scram, &[password]].concat();
    assert!(load("", &whole).unwrap().kafka.client().unwrap().is_some());
}

#[test]
fn whoever_says_how_to_reach_kafka_says_where() {
    assert!(load("", &[]).unwrap().kafka.client().unwrap().is_none());
    assert!(
        load("", &[("XENTRI_KAFKA_TOPIC_PREFIX", "staging-")]).unwrap().kafka.client().unwrap().is_none()
    );
    for (variable, value, setting) in [
        ("XENTRI_KAFKA_TLS", "true", "kafka.tls"),
        ("XENTRI_KAFKA_TLS_KEY", FILE, "kafka.tls_key"),
        ("XENTRI_KAFKA_SASL", "PLAIN", "kafka.sasl"),
        ("XENTRI_KAFKA_SASL_PASSWORD", "hunter2", "kafka.sasl_password"),
    ] {
        let said = load("", &[(variable, value)]).unwrap_err();
        assert_eq!(said, format!("{setting} is set, but no Kafka is named: set kafka.brokers too"));
    }
}

#[test]
fn databases_are_named_once_one_way_or_the_other() {
    let one = load("", &[("DATABASE_URL", "postgres://x:hunter2@one/x")]).unwrap();
    assert_eq!(one.shard_map().unwrap().unwrap().databases().len(), 1);
    let two = "[[database]]\nurl = \"postgres://x:hunter2@one/x\"\nshards = [0, 1]\n\
               [[database]]\nurl = \"postgres://x:hunter2@two/x\"\nshards = [2]\n";
    assert_eq!(load(two, &[]).unwrap().shard_map().unwrap().unwrap().shards().len(), 3);
    assert!(load("", &[]).unwrap().shard_map().unwrap().is_none());
    let both = load(two, &[("DATABASE_URL", "postgres://x@one/x")]).unwrap();
    assert!(matches!(both.shard_map(), Err(ConfigError::DatabasesTwice)));
    let gap = load(&two.replace("[2]", "[3]"), &[]).unwrap();
    assert_eq!(
        gap.shard_map().unwrap_err().to_string(),
        "the databases' shards: shard 2 is listed nowhere: shards are numbered from 0 without a gap"
    );
}

#[test]
fn a_secret_is_never_shown() {
    let variables = [("DATABASE_URL", "postgres://x:hunter2@one/x"), ("XENTRI_MASTER_KEY", KEY)];
    let settings = load("", &variables).unwrap();
    let shown = format!("{settings:?} {}", toml::to_string(&settings).unwrap());
    assert!(!shown.contains("hunter2") && !shown.contains(KEY), "{shown}");
    assert_eq!(settings.master_keys().unwrap().unwrap().names().count(), 1);
}
