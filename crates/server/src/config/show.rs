//! `config show`: every key with its value and where it came from.

use std::fmt::Write as _;

use super::key::{KEYS, Key, Kind};
use super::load::Loaded;
use super::sources::Raw;

/// A table of all keys; secrets are masked.
#[must_use]
pub fn show(loaded: &Loaded) -> String {
    let rows: Vec<[String; 3]> = KEYS
        .iter()
        .map(|key| row(key, loaded.gathered.values.get(key.name)))
        .collect();
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let (name, value) = (width(0), width(1).min(WIDEST));
    let mut out = String::new();
    for row in &rows {
        let _ = writeln!(out, "{:name$}  {:value$}  {}", row[0], row[1], row[2]);
    }
    out
}

fn row(key: &Key, raws: Option<&Vec<Raw>>) -> [String; 3] {
    match raws.map(Vec::as_slice) {
        Some(raws @ [first, ..]) => {
            let texts: Vec<String> = raws.iter().map(|raw| masked(key.kind, &raw.text)).collect();
            [
                key.name.to_owned(),
                texts.join(", "),
                first.source.to_string(),
            ]
        }
        _ if key.default.is_empty() => [key.name.to_owned(), "-".to_owned(), "default".to_owned()],
        _ => [
            key.name.to_owned(),
            key.default.to_owned(),
            "default".to_owned(),
        ],
    }
}

fn masked(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Secret => MASK.to_owned(),
        Kind::TurnUser | Kind::UserKey => {
            format!("{}:{MASK}", text.split(':').next().unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}

const MASK: &str = "********";
const WIDEST: usize = 40;
