//! What is told once everything runs: to programs, to people, and to the commands that work beside it.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;
use xentri_domain::kernel::Role;
use xentri_workers::kafka::KafkaSettings;

use super::demo::OrgWithTokens;

/// The line that `--json` prints for programs.
#[derive(Serialize)]
struct Line<'a> {
    api: &'a str,
    graphql: String,
    /// None where it is off.
    admin: Option<&'a str>,
    database_url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kafka: Option<&'a str>,
    /// Before the names of all topics.
    #[serde(skip_serializing_if = "Option::is_none")]
    kafka_topic_prefix: Option<&'a str>,
    /// Of the demo.
    #[serde(skip_serializing_if = "Option::is_none")]
    orgs: Option<&'a [OrgWithTokens]>,
}

pub(super) struct Ready<'a> {
    pub(super) api: &'a str,
    pub(super) admin: Option<&'a str>,
    /// Whether there is a page to ask on.
    pub(super) graphiql: bool,
    pub(super) database_url: &'a str,
    /// For people.
    pub(super) postgres: &'a str,
    pub(super) kafka: Option<&'a KafkaSettings>,
    /// As it was named on the command line.
    pub(super) data: &'a Path,
    /// Those of the demo, where it was wanted.
    pub(super) orgs: Option<&'a [OrgWithTokens]>,
    pub(super) after: Duration,
}

impl Ready<'_> {
    pub(super) fn as_json(&self) -> anyhow::Result<String> {
        let line = Line {
            api: self.api,
            graphql: format!("{}/graphql", self.api),
            admin: self.admin,
            database_url: self.database_url,
            kafka: self.kafka.map(|kafka| kafka.brokers.as_str()),
            kafka_topic_prefix: self.kafka.map(|kafka| kafka.topic_prefix.as_str()),
            orgs: self.orgs,
        };
        serde_json::to_string(&line).context("can't write JSON")
    }

    pub(super) fn as_text(&self) -> String {
        let Self { api, postgres, .. } = self;
        let admin = self.admin.map(|admin| format!("{admin}  (try {admin}/metrics)"));
        let mut lines = vec![
            format!("Xentri is up after {:.1} s.", self.after.as_secs_f64()),
            format!("  API       {api}  (try {api}/health/ready)"),
            format!("  Admin     {}", admin.as_deref().unwrap_or("off")),
            format!("  Postgres  {postgres}"),
        ];
        if self.graphiql {
            lines.insert(2, format!("  GraphiQL  {api}/graphiql"));
        }
        match self.kafka {
            Some(kafka) => {
                lines.push(format!(
                    "  Kafka     {}, every event in topic {}",
                    kafka.brokers,
                    kafka.topics().log()
                ));
                lines.push(format!(
                    "            to watch it: {} --from-beginning",
                    self.command("topics watch")
                ));
            }
            None => lines.push("  Kafka     none: read models are fed from the ledger".to_owned()),
        }
        lines.push(format!("  Status    {}", self.command("status")));
        lines.extend(self.orgs.and_then(<[_]>::first).into_iter().flat_map(|org| self.to_try(org)));
        lines.push("Ctrl-C stops everything; the data stays.".to_owned());
        lines.join("\n")
    }

    /// With a company of the demo.
    fn to_try(&self, org: &OrgWithTokens) -> Vec<String> {
        let token = self.command("token");
        let name = &org.name;
        let watch = match self.kafka {
            Some(_) => format!("  3. {} --from-beginning", self.command("topics watch")),
            None => format!(
                "  3. curl -sN {}/api/v1/events -H \"authorization: Bearer $token\" -H 'accept: text/event-stream'",
                self.api
            ),
        };
        let mut lines = vec![
            format!("Three things to try, as the owner of {name}:"),
            format!("  token=$({token} --org {} --role owner)", org.id),
            format!(
                "  1. curl -s '{}/api/v1/pulse/strategy?limit=3' -H \"authorization: Bearer $token\"",
                self.api
            ),
            format!(
                "  2. curl -s {}/graphql -H \"authorization: Bearer $token\" -H 'content-type: application/json' \
                 -d '{{\"query\": \"{{ leads(first: 3) {{ edges {{ node {{ name state }} }} }} }}\"}}'",
                self.api
            ),
        ];
        // A fragment stays in the browser: the token gets into no log.
        if let Some(owner) = org.token(Role::Owner).filter(|_| self.graphiql) {
            lines.push(format!("     or in a browser: {}/graphiql#token={owner}", self.api));
        }
        lines.push(watch);
        lines
    }

    /// As it can be typed in another shell at the same place.
    fn command(&self, words: &str) -> String {
        let program = std::env::args().next().unwrap_or_else(|| "xentri".to_owned());
        format!("{} {words} --data {}", quoted(&program), quoted(&self.data.to_string_lossy()))
    }
}

fn quoted(word: &str) -> String {
    let is_plain = |char: char| char.is_alphanumeric() || "/._-+=:@%,".contains(char);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn ready(kafka: Option<&KafkaSettings>) -> Ready<'_> {
        Ready {
            api: "http://127.0.0.1:8080",
            admin: Some("http://127.0.0.1:9464"),
            graphiql: true,
            database_url: "postgres://127.0.0.1/xentri",
            postgres: "17.5",
            kafka,
            data: Path::new("/srv/it's mine"),
            orgs: None,
            after: Duration::from_secs(2),
        }
    }

    #[test]
    fn programs_are_told_of_kafka_where_there_is_one() {
        let kafka = KafkaSettings::open("kafka:9092", "up-1-");
        let there: serde_json::Value = serde_json::from_str(&ready(Some(&kafka)).as_json().unwrap()).unwrap();
        assert_eq!((&there["kafka"], &there["kafka_topic_prefix"]), (&"kafka:9092".into(), &"up-1-".into()));
        let none = ready(None).as_json().unwrap();
        assert!(!none.contains("kafka"), "{none}");
    }

    #[test]
    fn people_can_type_what_they_are_told() {
        let kafka = KafkaSettings::open("kafka:9092", "up-1-");
        let text = ready(Some(&kafka)).as_text();
        assert!(text.contains("kafka:9092, every event in topic up-1-xentri.log\n"), "{text}");
        assert!(text.contains(r"topics watch --data '/srv/it'\''s mine' --from-beginning"), "{text}");
        assert!(ready(None).as_text().contains("Kafka     none"));
        assert!(text.contains("http://127.0.0.1:9464/metrics"), "{text}");
        let off = Ready { admin: None, ..ready(None) };
        assert!(off.as_text().contains("Admin     off"));
    }

    #[test]
    fn a_browser_is_signed_in_by_a_link_where_there_is_a_page() {
        let tokens = BTreeMap::from([("owner", "one.two.three".to_owned())]);
        let orgs = [OrgWithTokens { id: "0199".to_owned(), name: "Olive", tokens: Some(tokens) }];
        let local = Ready { orgs: Some(&orgs), ..ready(None) };
        let link = "http://127.0.0.1:8080/graphiql#token=one.two.three";
        assert!(local.as_text().lines().any(|line| line.ends_with(link)), "{}", local.as_text());
        let elsewhere = Ready { graphiql: false, ..local };
        assert!(!elsewhere.as_text().contains("graphiql"), "{}", elsewhere.as_text());
    }
}
