//! The pages about errors. Their words come from the one table; here they only get a form.

use xentri_schemas::{ErrorKind, FieldCode, error_document};

use super::form::Form;

pub(super) fn one(kind: &'static ErrorKind, form: Form) -> String {
    if form != Form::Html {
        return kind.page(1);
    }
    let ErrorKind { code, status, title, cause, remedy } = kind;
    let example = serde_json::to_string_pretty(&kind.example()).unwrap_or_default();
    page(
        code,
        &format!(
            "<h1>{code}</h1><p><strong>{status}: {}.</strong> {}</p><p><em>What to do:</em> {}</p><pre>{}</pre>\
             <p><a href=\"/errors\">All errors</a></p>",
            text(title),
            text(cause),
            text(remedy),
            escaped(&example)
        ),
    )
}

pub(super) fn list(form: Form) -> String {
    if form != Form::Html {
        return error_document();
    }
    let row = |kind: &&ErrorKind| {
        let ErrorKind { code, status, title, .. } = kind;
        format!(
            "<tr><td><a href=\"/errors/{code}\">{code}</a></td><td>{status}</td><td>{}</td></tr>",
            text(title)
        )
    };
    let kinds: String = ErrorKind::ALL.iter().map(row).collect();
    let field = |field: &&FieldCode| {
        format!("<tr><td><code>{}</code></td><td>{}</td></tr>", field.code, text(field.meaning))
    };
    let fields: String = FieldCode::ALL.iter().map(field).collect();
    page("Errors", &format!("<h1>Errors</h1><table>{kinds}</table><h2>Fields</h2><table>{fields}</table>"))
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body>{body}</body></html>"
    )
}

/// What stands between backticks is code.
fn text(markdown: &str) -> String {
    let pieces = markdown.split('`').enumerate();
    pieces
        .map(
            |(n, piece)| if n % 2 == 1 { format!("<code>{}</code>", escaped(piece)) } else { escaped(piece) },
        )
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
