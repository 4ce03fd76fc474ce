//! The rows of the table: who does what with how many clients. A new contender is a case of `Subject`.

use std::sync::Arc;
use std::time::Duration;

use crate::contender::{Contender, Scenario};
use crate::dispatched::Dispatched;
use crate::http::{Graphql, Http, Question};
use crate::measure::{self, Load, Sample};
use crate::ours::Ours;
use crate::pgbench;
use crate::postgres_es::PostgresEs;

/// What raw inserts are measured with: more clients than cores, few enough not to queue for long.
const PGBENCH_CLIENTS: usize = 32;
const SCENARIOS: [Scenario; 2] = [Scenario::Create, Scenario::Lifecycle];
/// Who crowd on one stream or in one org, and who send commands over HTTP.
pub(crate) const CROWD: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Pgbench,
    PostgresEs(Scenario),
    Ours(Scenario),
    OursSealing(Scenario),
    Dispatched(Scenario),
    Http(Scenario),
    /// With all that happens behind the API in the same process, by way of Kafka.
    Up(Scenario),
    Graphql(Question),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) subject: Subject,
    pub(crate) clients: usize,
}

/// In the order of the table.
pub(crate) fn all(clients: &[usize]) -> Vec<Row> {
    let mut rows = vec![Row { subject: Subject::Pgbench, clients: PGBENCH_CLIENTS }];
    for subject in [Subject::PostgresEs, Subject::Ours, Subject::OursSealing, Subject::Dispatched] {
        for scenario in SCENARIOS {
            rows.extend(clients.iter().map(|clients| Row { subject: subject(scenario), clients: *clients }));
        }
    }
    let crowds = [
        Subject::PostgresEs(Scenario::OneStream),
        Subject::Dispatched(Scenario::OneStream),
        Subject::Dispatched(Scenario::Issue),
        Subject::Http(Scenario::Create),
        Subject::Http(Scenario::Lifecycle),
        Subject::Up(Scenario::Lifecycle),
    ];
    rows.extend(crowds.map(|subject| Row { subject, clients: CROWD }));
    let questions = [Question::Leads, Question::Dashboard];
    rows.extend(
        questions.map(|question| Row { subject: Subject::Graphql(question), clients: question.clients() }),
    );
    rows
}

/// Round by round, so that whatever changes on the machine meanwhile meets all rows. Tells on stderr how far it is.
pub(crate) async fn run(rows: &[Row], runs: u64, time: Duration) -> anyhow::Result<Vec<(Row, Vec<Sample>)>> {
    let mut measured: Vec<(Row, Vec<Sample>)> = rows.iter().map(|row| (*row, Vec::new())).collect();
    if rows.is_empty() {
        return Ok(measured);
    }
    let total = time * u32::try_from(runs)? * u32::try_from(rows.len())?;
    eprintln!("rows: {}, runs of each: {runs}; about {} min", rows.len(), total.as_secs().div_ceil(60));
    for run in 1..=runs {
        for (index, (row, samples)) in measured.iter_mut().enumerate() {
            eprint!("run {run} of {runs}, row {} of {}: {} … ", index + 1, rows.len(), row.name());
            let sample = row.run(time).await?;
            eprintln!("{:.0}/s", sample.rate);
            samples.push(sample);
        }
    }
    Ok(measured)
}

impl Row {
    pub(crate) fn name(self) -> String {
        let clients = if self.clients == 1 { "client" } else { "clients" };
        format!("{} {}, {} {clients}", self.contender(), self.scenario(), self.clients)
    }

    pub(crate) fn needs_kafka(self) -> bool {
        matches!(self.subject, Subject::Up(_))
    }

    pub(crate) fn contender(self) -> &'static str {
        match self.subject {
            Subject::Pgbench => "pgbench",
            Subject::PostgresEs(_) => "postgres-es",
            Subject::Ours(_) => "xentri",
            Subject::OursSealing(_) => "xentri, sealing",
            Subject::Dispatched(_) => "xentri commands",
            Subject::Http(_) => "xentri http",
            Subject::Up(_) => "xentri http, all on",
            Subject::Graphql(_) => "xentri graphql",
        }
    }

    pub(crate) fn scenario(self) -> &'static str {
        match self.subject {
            Subject::Pgbench => "insert",
            Subject::Graphql(question) => question.name(),
            Subject::PostgresEs(scenario)
            | Subject::Ours(scenario)
            | Subject::OursSealing(scenario)
            | Subject::Dispatched(scenario)
            | Subject::Http(scenario)
            | Subject::Up(scenario) => scenario.name(),
        }
    }

    async fn run(self, time: Duration) -> anyhow::Result<Sample> {
        match self.subject {
            Subject::Pgbench => pgbench::run(self.clients, time).await,
            Subject::PostgresEs(scenario) => self.commands::<PostgresEs>(scenario, time).await,
            Subject::Ours(scenario) => self.commands::<Ours<false>>(scenario, time).await,
            Subject::OursSealing(scenario) => self.commands::<Ours<true>>(scenario, time).await,
            Subject::Dispatched(scenario) => self.commands::<Dispatched>(scenario, time).await,
            Subject::Http(scenario) => self.commands::<Http<false>>(scenario, time).await,
            Subject::Up(scenario) => self.commands::<Http<true>>(scenario, time).await,
            Subject::Graphql(question) => {
                let load = Load { scenario: Scenario::Create, clients: self.clients, time };
                measure::run_on(&Arc::new(Graphql::asked(question, time).await?), load).await
            }
        }
    }

    async fn commands<C: Contender>(self, scenario: Scenario, time: Duration) -> anyhow::Result<Sample> {
        measure::run::<C>(Load { scenario, clients: self.clients, time }).await
    }
}
