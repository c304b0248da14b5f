//! A TOML file as raw values with their lines. Knows the keys, since serde would stop at the first unknown one.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::{Count, KEYS, Key, Kind, find};
use super::nearest::nearest;
use super::problem::{Problem, Source};
use super::sources::{Place, Raw};

/// Reads `place`; what cannot be read or understood goes to `problems`.
pub(crate) fn read(place: &Place, problems: &mut Vec<Problem>) -> BTreeMap<&'static str, Vec<Raw>> {
    let text = match fs::read_to_string(&place.path) {
        Ok(text) => text,
        Err(error) => {
            let source = Source::File {
                path: place.path.clone(),
                line: None,
            };
            problems.push(Problem {
                source,
                key: String::new(),
                what: format!("cannot be read: {error}"),
            });
            return BTreeMap::new();
        }
    };
    let mut reader = Reader {
        place,
        text: &text,
        values: BTreeMap::new(),
        problems,
    };
    let (table, errors) = DeTable::parse_recoverable(&text);
    // One broken line makes the parser stumble over the following ones, and values are not what they seem.
    match errors.first() {
        Some(error) => {
            let at = error.span().map_or(0, |span| span.start);
            reader.complain(at, "", format!("is not TOML: {}", error.message()));
        }
        None => reader.table("", table.get_ref()),
    }
    reader.values
}

struct Reader<'a> {
    place: &'a Place,
    text: &'a str,
    values: BTreeMap<&'static str, Vec<Raw>>,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn table(&mut self, section: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = match section {
                "" => key.get_ref().to_string(),
                section => format!("{section}.{}", key.get_ref()),
            };
            let at = key.span().start;
            match (find(&name), value.get_ref()) {
                (Some(key), _) => self.value(key, at, value),
                (None, DeValue::Table(inner)) if SECTIONS.contains(&name.as_str()) => {
                    self.table(&name, inner)
                }
                (None, _) if SECTIONS.contains(&name.as_str()) => {
                    self.complain(
                        at,
                        &name,
                        format!("is a section, not a value: write [{name}] on a line of its own"),
                    );
                }
                (None, _) => self.unknown(&name, at),
            }
        }
    }

    fn value(&mut self, key: &'static Key, at: usize, value: &Spanned<DeValue<'_>>) {
        if key.name == "data" && self.place.in_data_folder {
            let what = "cannot be set in the file that lies in the data folder; use --data, MAGPIE_DATA or --config";
            return self.complain(at, key.name, what.to_owned());
        }
        let texts: Result<Vec<String>, String> = match value.get_ref() {
            DeValue::Array(_) if key.count == Count::One => {
                Err("takes one value, not a list".to_owned())
            }
            DeValue::Array(items) => items
                .iter()
                .map(|item| scalar(key.kind, item.get_ref()))
                .collect(),
            one => scalar(key.kind, one).map(|text| vec![text]),
        };
        match texts {
            Ok(texts) => {
                let source = self.source(at);
                let raws = texts.into_iter().map(|text| Raw {
                    text: self.anchored(key.kind, text),
                    source: source.clone(),
                    lenient: false,
                });
                self.values.insert(key.name, raws.collect());
            }
            Err(what) => self.complain(at, key.name, what),
        }
    }

    /// Paths in a file are relative to the file, not to wherever the server happened to be started.
    fn anchored(&self, kind: Kind, text: String) -> String {
        match (kind, self.place.path.parent()) {
            (Kind::File | Kind::Folder, Some(folder)) if !text.is_empty() => {
                folder.join(Path::new(&text)).to_string_lossy().into_owned()
            }
            _ => text,
        }
    }

    fn unknown(&mut self, name: &str, at: usize) {
        let what = match nearest(name, KEYS.iter().map(|key| key.name).chain(SECTIONS))
            .or_else(|| elsewhere(name))
        {
            Some(close) => format!("unknown key; did you mean `{close}`?"),
            None => "unknown key".to_owned(),
        };
        self.complain(at, name, what);
    }

    fn complain(&mut self, at: usize, key: &str, what: String) {
        self.problems.push(Problem {
            source: self.source(at),
            key: key.to_owned(),
            what,
        });
    }

    fn source(&self, at: usize) -> Source {
        let line = self
            .text
            .bytes()
            .take(at)
            .filter(|byte| *byte == b'\n')
            .count()
            + 1;
        Source::File {
            path: self.place.path.clone(),
            line: Some(line),
        }
    }
}

fn scalar(kind: Kind, value: &DeValue<'_>) -> Result<String, String> {
    if kind == Kind::Switch {
        return match value {
            DeValue::Boolean(on) => Ok(on.to_string()),
            other => Err(format!("expected true or false, found {}", called(other))),
        };
    }
    match (kind.is_integer(), value) {
        (false, DeValue::String(text)) => Ok(text.to_string()),
        (true, DeValue::Integer(number)) => i128::from_str_radix(number.as_str(), number.radix())
            .map(|number| number.to_string())
            .map_err(|_| "expected a whole number".to_owned()),
        (true, other) => Err(format!("expected a whole number, found {}", called(other))),
        (false, other) => Err(format!(
            "expected a text in quotes, found {}",
            called(other)
        )),
    }
}

fn called(value: &DeValue<'_>) -> String {
    let kind = value.type_str();
    let article = if kind.starts_with(['a', 'i']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {kind}")
}

/// The key of the same last name in another section: `nonce_lifetime` is meant as `relay.nonce_lifetime`.
fn elsewhere(name: &str) -> Option<&'static str> {
    let last = |name: &'_ str| name.rsplit('.').next().map(str::to_owned);
    KEYS.iter()
        .map(|key| key.name)
        .find(|known| last(known) == last(name))
}

const SECTIONS: [&str; 2] = ["relay", "limits"];
