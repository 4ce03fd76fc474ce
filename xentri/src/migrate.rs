//! `xentri migrate`.

use serde::Serialize;
use xentri_migrations::Step;

use crate::cli::MigrateOptions;

#[derive(Serialize)]
struct Report<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    planned: Option<Vec<Entry<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<Vec<Entry<'a>>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Entry<'a> {
    Migration { version: i64, name: &'a str },
    ReadModel { projection: &'a str, version: i32 },
}

pub(crate) async fn run(options: MigrateOptions) -> anyhow::Result<()> {
    let quiet = options.json;
    if options.plan {
        let steps = xentri_migrations::plan(&options.migrate_url).await?;
        if quiet {
            return report(&Report { planned: Some(entries(&steps)), applied: None });
        }
        for step in &steps {
            println!("{step}");
            if options.sql {
                println!("\n{}", step.sql());
            }
        }
        println!("{}", if steps.is_empty() { "nothing to do" } else { "planned only: nothing was changed" });
    } else {
        let steps = xentri_migrations::migrate(&options.migrate_url, |step| {
            if !quiet {
                println!("{step}");
            }
        })
        .await?;
        if quiet {
            return report(&Report { planned: None, applied: Some(entries(&steps)) });
        }
        println!(
            "{}",
            if steps.is_empty() { "nothing to do".to_owned() } else { format!("{} applied", steps.len()) }
        );
    }
    Ok(())
}

fn entries(steps: &[Step]) -> Vec<Entry<'_>> {
    let entry = |step: &Step| match *step {
        Step::Migration { version, name, .. } => Entry::Migration { version, name },
        Step::ReadModel { projection, version, .. } => Entry::ReadModel { projection, version },
    };
    steps.iter().map(entry).collect()
}

fn report(report: &Report<'_>) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(report)?);
    Ok(())
}
