//! `xentri org`: orgs of a running server, through its API.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::{Response, Url};
use serde::{Deserialize, Serialize};
use xentri_domain::kernel::OrgId;
use xentri_schemas::PROBLEM_JSON;

use crate::cli::OrgCreateOptions;
use crate::client::client_for;
use crate::data_dir::{API, DataDir};
use crate::token;

const DEFAULT_API: &str = "http://127.0.0.1:8080";

/// Longer than any deadline of the server's.
const PATIENCE: Duration = Duration::from_secs(30);

/// The command as the API takes it; the server says what is wrong with it.
#[derive(Serialize)]
struct Create<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<OrgId>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    time_zone: &'a str,
    currency: &'a str,
    language: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice_prefix: Option<&'a str>,
}

#[derive(Deserialize)]
struct Answer {
    data: Created,
}

/// Also the line that `--json` prints for programs.
#[derive(Serialize, Deserialize)]
struct Created {
    id: OrgId,
}

#[derive(Deserialize)]
struct Refused {
    code: String,
    detail: String,
    #[serde(default)]
    errors: Vec<BadField>,
}

#[derive(Deserialize)]
struct BadField {
    pointer: String,
    detail: String,
}

pub(crate) async fn create(options: OrgCreateOptions) -> anyhow::Result<()> {
    let token = match options.token {
        Some(token) => token,
        None => token::of_command_line(&options.data)?,
    };
    let api = match options.api {
        Some(api) => api,
        None => api_of(&options.data)?,
    };
    let body = Create {
        id: options.id,
        name: &options.name,
        external_id: options.external_id.as_deref(),
        time_zone: &options.time_zone,
        currency: &options.currency,
        language: &options.language,
        invoice_prefix: options.invoice_prefix.as_deref(),
    };
    let url = format!("{}/api/v1/core/orgs", api.trim_end_matches('/'));
    let url =
        Url::parse(&url).with_context(|| format!("{api} is no address; expected one like {DEFAULT_API}"))?;
    let client = client_for(&url, PATIENCE).context("no client for HTTP can be made")?;
    let answer = client.post(url).bearer_auth(token).json(&body).send().await;
    let answer = answer.with_context(|| {
        format!("{api} does not answer; is the server running there? Name another address with --api")
    })?;
    let created = read(answer).await?;
    if options.json {
        println!("{}", serde_json::to_string(&created).context("can't write JSON")?);
    } else {
        println!("{} is made: {}", options.name, created.id);
    }
    Ok(())
}

async fn read(answer: Response) -> anyhow::Result<Created> {
    let status = answer.status();
    if status.is_success() {
        let answer: Answer =
            answer.json().await.context("the answer can't be read; is it a Xentri there?")?;
        return Ok(answer.data);
    }
    let kind = answer.headers().get(reqwest::header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind.as_bytes() != PROBLEM_JSON.as_bytes()) {
        bail!("the answer is {status}; is it a Xentri there?");
    }
    let refused: Refused = answer.json().await.context("the answer can't be read")?;
    let fields = refused.errors.iter().map(|field| format!("{}: {}", field.pointer, field.detail));
    let said: Vec<String> =
        [format!("{} ({})", refused.detail, refused.code)].into_iter().chain(fields).collect();
    bail!("{}", said.join("; "))
}

/// Where `xentri up` on that directory says it is.
fn api_of(data: &Path) -> anyhow::Result<String> {
    let path = DataDir::find(data)?.join(API);
    match std::fs::read_to_string(&path) {
        Ok(api) => Ok(api.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(DEFAULT_API.to_owned()),
        Err(error) => Err(error).with_context(|| format!("can't read {}", path.display())),
    }
}
