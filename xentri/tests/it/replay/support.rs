//! Files that `xentri replay` writes beside a server.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgConnection;
use tempfile::TempDir;

use crate::http::support::{Answer, Caller, Server};
use crate::process::{MASTER_KEY, output, xentri};

pub(super) struct Files(TempDir);

impl Files {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Those that are there.
    pub(super) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// `xentri replay` with these words, into a file of that name.
    pub(super) fn command(&self, server: &Server, words: &[&str], name: &str) -> Command {
        let mut command = xentri(["replay"].into_iter().chain(words.iter().copied()));
        command.arg("--out").arg(self.path(name));
        command.env("DATABASE_URL", server.database_url()).env("XENTRI_MASTER_KEY", MASTER_KEY);
        command
    }

    /// What it says of a file that it has written.
    pub(super) fn replay(&self, server: &Server, words: &[&str], name: &str) -> Value {
        let output = output(self.command(server, words, name).arg("--json"));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The rows of a file of JSON lines.
    pub(super) fn rows(&self, server: &Server, words: &[&str]) -> Vec<Value> {
        let name = format!("{}.jsonl", words.join(" ").replace(['/', ':'], "_"));
        let said = self.replay(server, words, &name);
        let rows = lines(&self.path(&name));
        assert_eq!(said["files"][0]["rows"], rows.len());
        rows
    }
}

pub(super) fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Everything that is appended from now on is recorded later, and everything that was answered before is not.
pub(super) async fn now(database: &mut PgConnection) -> String {
    let now = "select to_json(clock_timestamp()) #>> '{}'";
    sqlx::query_scalar(now).fetch_one(database).await.unwrap()
}

/// GraphQL, once its read models show what that command did.
pub(super) async fn ask_after(done: &Value, caller: &Caller, query: &str, variables: &Value) -> Value {
    let token = done["consistency_token"].as_str().unwrap();
    let asked = caller.request(Method::POST, "/graphql").header("X-Consistency-Token", token);
    let answer = Answer::to(asked.json(&json!({ "query": query, "variables": variables }))).await;
    assert_eq!((answer.status, &answer.body["errors"]), (200, &Value::Null), "{}", answer.body);
    answer.body["data"].clone()
}
