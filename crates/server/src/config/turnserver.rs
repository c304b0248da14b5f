//! A coturn configuration file as values of our own keys, and words about every line that has no meaning here.

mod options;
mod ranges;
mod reader;
mod syntax;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use self::reader::Reader;
use super::problem::{Problem, Source};
use super::sources::Raw;

/// What a turnserver.conf amounts to.
#[derive(Debug, Default)]
pub(crate) struct Import {
    /// The file.
    pub(crate) path: PathBuf,
    /// Values of our keys.
    pub(crate) used: Vec<Used>,
    /// Lines that do not do here what they do in coturn, and why.
    pub(crate) remarks: Vec<Problem>,
    /// Lines that cannot be what was meant.
    pub(crate) problems: Vec<Problem>,
    /// Where coturn would listen without having been told to.
    pub(crate) where_free: Vec<SocketAddr>,
}

/// A value and the line it came from.
#[derive(Debug)]
pub(crate) struct Used {
    /// Our key.
    pub(crate) key: &'static str,
    /// Its value.
    pub(crate) raw: Raw,
    /// coturn's name for it.
    pub(crate) option: String,
}

/// Reads the file at `path`.
pub(crate) fn read(path: &Path) -> Import {
    match fs::read(path) {
        Ok(bytes) => Reader::new(path).read(&String::from_utf8_lossy(&bytes)),
        Err(error) => Import {
            path: path.to_owned(),
            problems: vec![Problem {
                source: Source::File {
                    path: path.to_owned(),
                    line: None,
                },
                key: String::new(),
                what: format!("cannot be read: {error}"),
            }],
            ..Import::default()
        },
    }
}

impl Import {
    /// The values by key, in the order of the lines.
    pub(crate) fn values(&self) -> BTreeMap<&'static str, Vec<Raw>> {
        let mut values: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for used in &self.used {
            values.entry(used.key).or_default().push(used.raw.clone());
        }
        values
    }

    /// Says of each line whose key `stronger` has a value for that it does not count.
    pub(crate) fn yield_to(&mut self, stronger: &BTreeMap<&'static str, Vec<Raw>>) {
        for used in &self.used {
            if let Some(winner) = stronger.get(used.key).and_then(|raws| raws.first()) {
                self.remarks.push(Problem {
                    source: used.raw.source.clone(),
                    key: used.option.clone(),
                    what: format!("gives way to `{}` ({})", used.key, winner.source),
                });
            }
        }
        if stronger.contains_key("stun") {
            self.where_free.clear();
        }
        self.remarks.sort_by(|a, b| a.source.cmp(&b.source));
        self.remarks.dedup();
    }
}

#[cfg(test)]
mod tests;
