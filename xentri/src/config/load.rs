//! From file and variables to settings, and from settings to what is made of them.

use std::path::Path;

use toml::{Table, Value};
use xentri_ledger::{DatabaseShards, MasterKeys, Shard, ShardMap};

use super::error::ConfigError;
use super::settings::{SECTIONS, Settings, TABLES};

impl Settings {
    /// The file, where there is one, and over it the variables of the environment.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let file = file.map(|path| read(path).map(|text| (path, text))).transpose()?;
        let file = file.as_ref().map(|(path, text)| (*path, text.as_str()));
        Self::from(file, |variable| std::env::var(variable).ok())
    }

    pub(super) fn from(
        file: Option<(&Path, &str)>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut all = match file {
            Some((path, text)) => parse(path, text)?,
            None => Table::new(),
        };
        let kinds = Table::try_from(Self::default()).unwrap_or_default();
        for (path, name) in variables() {
            // What is set to nothing is not set: that is how a service file takes a variable back.
            let Some(text) = variable(&name).filter(|text| !text.is_empty()) else { continue };
            let value = as_kind_of(find(&kinds, &path), &text);
            let mut alone = Table::new();
            put(&mut alone, &path, value.clone());
            // Alone, so that what is wrong with it is told of the variable.
            alone.try_into::<Self>().map_err(|error| ConfigError::BadVariable {
                variable: name,
                message: one_line(error.message()),
            })?;
            put(&mut all, &path, value);
        }
        // Both parts were fine on their own.
        let settings: Self = all.try_into().map_err(|error: toml::de::Error| ConfigError::BadVariable {
            variable: "the configuration".to_owned(),
            message: one_line(error.message()),
        })?;
        settings.check()?;
        Ok(settings)
    }

    /// None where no database is named.
    pub(crate) fn shard_map(&self) -> Result<Option<ShardMap>, ConfigError> {
        match (&self.database_url, self.database.as_slice()) {
            (Some(_), [_, ..]) => Err(ConfigError::DatabasesTwice),
            (Some(url), []) => Ok(Some(ShardMap::single(url.expose()))),
            (None, []) => Ok(None),
            (None, databases) => {
                let databases = databases.iter().map(|database| DatabaseShards {
                    url: database.url.expose().to_owned(),
                    shards: database.shards.iter().copied().map(Shard::new).collect(),
                });
                Ok(Some(ShardMap::new(databases.collect())?))
            }
        }
    }

    /// None where no master key is named.
    pub(crate) fn master_keys(&self) -> Result<Option<MasterKeys>, ConfigError> {
        match (&self.master_key, &self.master_key_file) {
            (Some(_), Some(_)) => Err(ConfigError::MasterKeysTwice),
            (Some(key), None) => Ok(Some(MasterKeys::from_text(key.expose())?)),
            (None, Some(path)) => Ok(Some(MasterKeys::from_file(path)?)),
            (None, None) => Ok(None),
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let bad = |setting, message| Err(ConfigError::BadValue { setting, message });
        let http = &self.http;
        if http.connections == 0 || http.requests == 0 || http.body_bytes == 0 || http.headers == 0 {
            return bad("http", "has a limit of 0, which lets nobody in");
        }
        if http.bodies_bytes < http.body_bytes {
            return bad("http.bodies_bytes", "is less than one body may have (http.body_bytes)");
        }
        let any = self.cors.origins.iter().any(|origin| origin == "*");
        if any && (self.cors.credentials || self.cors.origins.len() > 1) {
            return bad("cors.origins", "has \"*\", which goes only alone and without credentials");
        }
        if !any && !self.cors.origins.iter().all(|origin| is_origin(origin)) {
            return bad("cors.origins", "must be like \"https://app.example.com\", without a path");
        }
        self.kafka.client().map(drop)
    }
}

/// Every variable with the path of what it sets. Tables in lists are for the file alone.
pub(super) fn variables() -> impl Iterator<Item = (Vec<&'static str>, String)> {
    let plain = Settings::SETTINGS.iter().filter(|setting| is_plain(setting.name));
    let plain = plain.map(|setting| vec![setting.name]);
    let nested = SECTIONS
        .iter()
        .flat_map(|(section, _, settings)| settings.iter().map(move |setting| vec![*section, setting.name]));
    let all = plain.chain(nested).filter(|path| TABLES.iter().all(|(table, _)| table != path));
    all.map(|path| {
        let name = variable_of(&path);
        (path, name)
    })
}

/// No section.
pub(super) fn is_plain(name: &str) -> bool {
    SECTIONS.iter().all(|(section, ..)| *section != name)
}

/// `DATABASE_URL` has the name that everybody gives it.
pub(super) fn variable_of(path: &[&str]) -> String {
    if path == ["database_url"] {
        return "DATABASE_URL".to_owned();
    }
    format!("XENTRI_{}", path.join("_").to_ascii_uppercase())
}

fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable { path: path.to_owned(), error })
}

/// Read as settings first, for only that knows the line of a mistake. The line itself is not shown: it may be a secret.
fn parse(path: &Path, text: &str) -> Result<Table, ConfigError> {
    let bad = |error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        ConfigError::BadFile { path: path.to_owned(), line, message: one_line(error.message()) }
    };
    toml::from_str::<Settings>(text).map_err(bad)?;
    toml::from_str(text).map_err(bad)
}

fn one_line(message: &str) -> String {
    message.lines().collect::<Vec<_>>().join("; ")
}

fn find<'a>(table: &'a Table, path: &[&str]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let found = table.get(*first)?;
    if rest.is_empty() { Some(found) } else { find(found.as_table()?, rest) }
}

fn put(table: &mut Table, path: &[&str], value: Value) {
    match path {
        [name] => {
            table.insert((*name).to_owned(), value);
        }
        [section, rest @ ..] => {
            let section = table.entry(*section).or_insert_with(|| Value::Table(Table::new()));
            if let Some(section) = section.as_table_mut() {
                put(section, rest, value);
            }
        }
        [] => {}
    }
}

/// What a variable says, as the kind of value that the setting has. What does not fit stays text and is refused as such.
fn as_kind_of(default: Option<&Value>, text: &str) -> Value {
    let as_text = || Value::String(text.to_owned());
    match default {
        Some(Value::Integer(_)) => text.parse().map_or_else(|_| as_text(), Value::Integer),
        Some(Value::Boolean(_)) => text.parse().map_or_else(|_| as_text(), Value::Boolean),
        Some(Value::Array(_)) => {
            Value::Array(text.split(',').map(|entry| Value::String(entry.trim().to_owned())).collect())
        }
        _ => as_text(),
    }
}

/// As browsers write it: scheme, host, maybe a port, and nothing after it.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic() && !b"/?#@*\\".contains(&byte))
    })
}
