//! `docs/tutorial-frontend.md` and what it is about, `examples/typescript/`; and that everything that asks in documents and
//! programs of ours is what the committed schema allows, in the judgement of graphql-js.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use serde_json::{Value, json};
use xentri_testkit::node_project;

use super::{blocks, follow};
use crate::process::{Running, data_dir, eventually, xentri};

const TUTORIAL: &str = include_str!("../../../../docs/tutorial-frontend.md");
const README: &str = include_str!("../../../../README.md");
const SCHEMA: &str = "schemas/graphql/schema.graphql";
const EXAMPLE: &str = "examples/typescript";

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Another checkout of which there is no more than this needs, so that nothing is written into this one. It is made once: who
/// makes it anew takes from under another test what that runs, and puts back what it was to compare.
static COPY: LazyLock<PathBuf> = LazyLock::new(|| {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("frontend");
    node_project(&checkout().join(EXAMPLE), &copy.join(EXAMPLE));
    fs::create_dir_all(copy.join(SCHEMA).parent().unwrap()).unwrap();
    fs::copy(checkout().join(SCHEMA), copy.join(SCHEMA)).unwrap();
    copy
});

#[test]
fn the_tutorial_captures_a_lead_and_sees_it_change() {
    let directory = data_dir();
    let running = Running::up(&directory.path().join("xentri-data"));
    std::os::unix::fs::symlink(COPY.join("examples"), directory.path().join("examples")).unwrap();
    let api = format!("api={}\n", running.api());
    // The packages are there.
    follow(TUTORIAL, directory.path(), &[("api=http://127.0.0.1:8080\n", &api), ("npm ci\n", ":\n")]);
    let generated = |root: &Path| fs::read_to_string(root.join(EXAMPLE).join("src/generated.ts")).unwrap();
    assert_eq!(
        generated(&COPY),
        generated(&checkout()),
        "`npm run generate` in {EXAMPLE} makes other types of the schema that is committed"
    );
}

#[test]
fn what_the_tutorial_quotes_is_what_runs() {
    let sources = checkout().join(EXAMPLE).join("src");
    let read = |name: &str| fs::read_to_string(sources.join(name)).unwrap();
    let programs = ["main.ts", "xentri.ts"].map(read);
    let documents = [read("documents.graphql")];
    let mut quoted = 0;
    for (language, block) in blocks(TUTORIAL) {
        let among: &[String] = match language {
            "ts" => &programs,
            "graphql" => &documents,
            _ => continue,
        };
        // In a function it is indented.
        let unindented = |text: &str| text.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
        let is_there = |source: &String| unindented(source).contains(&unindented(block));
        assert!(among.iter().any(is_there), "nowhere in {EXAMPLE}/src:\n{block}");
        quoted += 1;
    }
    assert!(quoted >= 5, "{quoted}");
}

/// Judges what it is given as graphql-js does, which most clients and tools go by.
const JUDGE: &str = r#"
import { readFileSync } from "node:fs";
import { assertValidSchema, buildSchema, parse, validate } from "graphql";
const { sdl, documents } = JSON.parse(readFileSync(0, "utf8"));
const schema = buildSchema(sdl);
assertValidSchema(schema);
const faults = (text) => {
  try {
    return validate(schema, parse(text)).map(({ message }) => message);
  } catch (error) {
    return [error.message];
  }
};
console.log(JSON.stringify(documents.map(([name, text]) => [name, faults(text)])));
"#;

fn judged(sdl: &str, documents: &[(String, String)]) -> Vec<(String, Vec<String>)> {
    let mut node = Command::new("node");
    node.args(["--input-type=module", "--eval", JUDGE]).current_dir(COPY.join(EXAMPLE));
    let mut node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let asked = json!({ "sdl": sdl, "documents": documents });
    node.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let answer = node.wait_with_output().unwrap();
    assert!(answer.status.success(), "graphql-js refuses the schema");
    serde_json::from_slice(&answer.stdout).unwrap()
}

/// What follows `"query":` in commands that a text shows.
fn queries_in(name: &str, text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in text.replace("\\\"", "\"").split("{\"query\": ").skip(1) {
        let query = serde_json::Deserializer::from_str(part).into_iter::<String>().next().unwrap().unwrap();
        found.push((name.to_owned(), query));
    }
    assert!(!found.is_empty(), "{name} shows a query");
    found
}

fn documents() -> Vec<(String, String)> {
    let read = |name: &str| (name.to_owned(), fs::read_to_string(checkout().join(name)).unwrap());
    let mut documents = vec![read("examples/typescript/src/documents.graphql")];
    for example in fs::read_dir(checkout().join("query-api/graphiql/page/examples")).unwrap() {
        let name = example.unwrap().file_name().into_string().unwrap();
        documents.push(read(&format!("query-api/graphiql/page/examples/{name}")));
    }
    documents.extend(queries_in("README.md", README));
    let (name, reads) = read("query-api/README.md");
    documents.extend(queries_in(&name, &reads));
    documents
}

#[test]
fn graphql_js_takes_the_schema_and_every_query_that_we_show() {
    let sdl = fs::read_to_string(checkout().join(SCHEMA)).unwrap();
    let documents = documents();
    assert!(documents.len() >= 5, "{documents:?}");
    for (name, faults) in judged(&sdl, &documents) {
        assert_eq!(faults, Vec::<String>::new(), "{name}");
    }
    let wrong = [("wrong".to_owned(), "{ leads { name } }".to_owned())];
    let faults = judged(&sdl, &wrong).remove(0).1;
    assert!(faults.iter().any(|fault| fault.contains("Cannot query field \"name\"")), "{faults:?}");
}

/// Each query, for those who have the line that `up --demo` prints.
#[tokio::test]
async fn the_demo_answers_every_query_that_we_show() {
    let data = data_dir();
    let path = data.path().to_str().unwrap();
    let up = ["up", "--demo", "--json", "--listen", "127.0.0.1:0", "--data", path];
    let running = Running::start(&mut xentri(up));
    let token = running.ready["orgs"][0]["tokens"]["owner"].as_str().unwrap();
    let client = reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
    let shown = documents().into_iter().filter(|(_, text)| !text.contains('$'));
    for (name, query) in shown.filter(|(_, text)| !text.contains("subscription")) {
        let ask = async || -> Value {
            let asked = client.post(format!("{}/graphql", running.api())).bearer_auth(token);
            asked.json(&json!({ "query": query })).send().await.unwrap().json().await.unwrap()
        };
        // The read models need a moment for a year.
        eventually(&name, async || {
            let answer = ask().await;
            assert_eq!(answer["errors"], Value::Null, "{name}");
            answer["data"].as_object().unwrap().values().all(has_something)
        })
        .await;
    }
}

fn has_something(field: &Value) -> bool {
    match field {
        Value::Null => false,
        Value::Array(rows) => !rows.is_empty(),
        Value::Object(fields) => fields.get("edges").is_none_or(has_something),
        _ => true,
    }
}
