//! `xentri audit` and `xentri ledger`, beside a running server: what an auditor sees, and what nobody sees unless they ask.

mod bundle;
mod history;
mod person;
mod restore;
mod verify;

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use tempfile::TempDir;

use crate::http::support::{Caller, Server};
use crate::process::{MASTER_KEY, output, xentri};

/// What is found nowhere but in what is personal.
const NAME: &str = "Ada Canary Lovelace";
const EMAIL: &str = "canary@example.com";

/// A server with an org, and the files of whoever audits it.
struct Audited {
    server: Server,
    owner: Caller,
    files: TempDir,
}

/// What a command has printed and said, and its exit code.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    error: String,
}

impl Audited {
    async fn new() -> Self {
        Self::of(Server::with(&[]).await).await
    }

    /// Of a server from under which events are taken away.
    async fn robbed() -> Self {
        Self::of(Server::with(&[]).await.may_fail()).await
    }

    async fn of(server: Server) -> Self {
        let owner = server.owner().await;
        Self { server, owner, files: tempfile::tempdir().unwrap() }
    }

    fn org(&self) -> &str {
        &self.owner.org
    }

    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = xentri(words.iter().copied());
        command.env("DATABASE_URL", self.server.database_url()).env("XENTRI_MASTER_KEY", MASTER_KEY);
        command.env("XENTRI_AUDIT_SIGNING_KEY_FILE", self.file("checkpoint.key"));
        command.current_dir(self.files.path());
        command
    }

    fn say(&self, words: &[&str]) -> Said {
        said(&mut self.command(&[&["audit"], words].concat()))
    }

    /// What it prints, which it does with success.
    #[track_caller]
    fn print(&self, words: &[&str]) -> String {
        let said = self.say(words);
        assert_eq!((said.code, said.error.as_str()), (Some(0), ""), "{words:?}: {said:?}");
        said.out
    }

    #[track_caller]
    fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.print(&[words, &["--json"]].concat())).unwrap()
    }

    /// As superuser, with the trigger off that refuses every change.
    async fn tamper(&self, statement: &str) {
        let statements = format!(
            "alter table event disable trigger event_never_changes; {statement}; \
             alter table event enable always trigger event_never_changes"
        );
        self.server.database().await.execute(AssertSqlSafe(statements)).await.unwrap();
    }

    /// One that is contacted, because somebody said so.
    async fn lead(&self) -> String {
        let lead =
            json!({ "name": NAME, "email": EMAIL, "company": "Engines", "source": "form", "note": "canary" });
        let lead = self.owner.make("/sales/leads", &lead).await;
        let contact =
            self.owner.post(&format!("/sales/leads/{lead}/log-contact"), &json!({ "channel": "phone" }));
        let answer = contact.header("x-reason", "She asked to be called.").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        lead
    }

    /// An invoice for a lead, issued; the event that says so.
    async fn bill(&self, lead: &str) -> String {
        let draft = json!({ "customer": { "name": NAME, "email": EMAIL }, "lead_id": lead, "due_in_days": 14,
            "lines": [{ "description": "Bread", "quantity": "2", "unit_price": 150, "tax_rate_bp": 1000 }] });
        let invoice = self.owner.make("/finance/invoices", &draft).await;
        let issued = self.owner.give(&format!("/finance/invoices/{invoice}/issue"), &json!({})).await;
        issued.done(200)["events"][0]["id"].as_str().unwrap().to_owned()
    }
}

fn said(command: &mut Command) -> Said {
    let output = output(command);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), out: text(output.stdout), error: text(output.stderr) }
}

#[track_caller]
fn shows_nobody(text: &str) {
    for personal in [NAME, EMAIL, "canary"] {
        assert!(!text.contains(personal), "{text}");
    }
}
