//! Gathers what was written: flags over environment over file over default, with no opinion on the values yet.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::file;
use super::key::{self, KEYS, Key, PREFIX};
use super::nearest::nearest;
use super::problem::{Problem, Source};
use super::turnserver::{self, Import};

/// What `load` reads: given by the caller, so that tests need no process of their own.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// Flags by key, in the order given.
    pub flags: BTreeMap<&'static str, Vec<String>>,
    /// The environment.
    pub environment: Vec<(String, String)>,
}

/// One value as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) text: String,
    pub(crate) source: Source,
    /// From a file written for another server.
    pub(crate) lenient: bool,
}

/// The values of each key by the strongest source that has it, and the mistakes on the way.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) values: BTreeMap<&'static str, Vec<Raw>>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) file: Option<PathBuf>,
    /// The turnserver.conf, whose values are the weakest.
    pub(crate) imported: Option<Import>,
}

/// Reads all sources.
pub(crate) fn gather(inputs: &Inputs) -> Gathered {
    let mut gathered = Gathered::default();
    let flags = inputs
        .flags
        .iter()
        .map(|(name, texts)| (*name, flag_values(name, texts)))
        .collect();
    let environment = environment_values(&inputs.environment, &mut gathered.problems);
    let given = over(&flags, &environment);
    if let Some(place) = config_file(inputs, &given) {
        let values = file::read(&place, &mut gathered.problems);
        gathered.values = over(&given, &values);
        gathered.file = Some(place.path);
    } else {
        gathered.values = given;
    }
    import(&mut gathered);
    gathered
}

/// Reads the turnserver.conf that any other source names.
fn import(gathered: &mut Gathered) {
    let named = gathered
        .values
        .get("turn_conf")
        .and_then(|raws| raws.last());
    let Some(path) = named.map(|raw| PathBuf::from(&raw.text)) else {
        return;
    };
    let mut import = turnserver::read(&path);
    import.yield_to(&gathered.values);
    gathered.values = over(&gathered.values, &import.values());
    gathered.problems.append(&mut import.problems);
    gathered.imported = Some(import);
}

/// A file to read, and how it was found.
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// Found in the data folder rather than named: it cannot move that folder.
    pub(crate) in_data_folder: bool,
}

type Values = BTreeMap<&'static str, Vec<Raw>>;

fn flag_values(name: &str, texts: &[String]) -> Vec<Raw> {
    let source = Source::Flag(format!("--{}", name.replace('_', "-")));
    texts
        .iter()
        .map(|text| Raw {
            text: text.clone(),
            source: source.clone(),
            lenient: false,
        })
        .collect()
}

/// `MAGPIE_...`; lists are separated by commas, an empty variable counts as unset.
fn environment_values(environment: &[(String, String)], problems: &mut Vec<Problem>) -> Values {
    let mut values = Values::new();
    for (name, text) in environment.iter().filter(|(_, text)| !text.is_empty()) {
        match KEYS.iter().find(|key| key.variable() == *name) {
            Some(key) => _ = values.insert(key.name, variable_values(key, name, text)),
            None => problems.extend(misspelt(name)),
        }
    }
    values
}

fn variable_values(key: &Key, name: &str, text: &str) -> Vec<Raw> {
    let source = Source::Environment(name.to_owned());
    let raw = |text: &str| Raw {
        text: text.trim().to_owned(),
        source: source.clone(),
        lenient: false,
    };
    match key.count {
        key::Count::One => vec![Raw {
            text: text.to_owned(),
            source: source.clone(),
            lenient: false,
        }],
        key::Count::Many | key::Count::UpTo(_) => text.split(',').map(raw).collect(),
    }
}

/// Only near misses: container platforms set variables such as `MAGPIE_SERVICE_HOST` for a service called magpie.
fn misspelt(name: &str) -> Option<Problem> {
    let known: Vec<String> = KEYS.iter().map(Key::variable).collect();
    if !name.starts_with(PREFIX) || name == CONFIG_VARIABLE {
        return None;
    }
    let close = nearest(name, known.iter().map(String::as_str))?;
    Some(Problem {
        source: Source::Environment(name.to_owned()),
        key: String::new(),
        what: format!("unknown variable; did you mean `{close}`?"),
    })
}

fn config_file(inputs: &Inputs, given: &Values) -> Option<Place> {
    let variable = inputs
        .environment
        .iter()
        .find(|(name, text)| name == CONFIG_VARIABLE && !text.is_empty());
    let named = inputs
        .config
        .clone()
        .or_else(|| variable.map(|(_, text)| PathBuf::from(text)));
    if let Some(path) = named {
        return Some(Place {
            path,
            in_data_folder: false,
        });
    }
    let default = key::find("data").map_or("", |key| key.default);
    let data = given
        .get("data")
        .and_then(|raws| raws.last())
        .map_or(default, |raw| raw.text.as_str());
    let path = Path::new(data).join("magpie.toml");
    path.exists().then_some(Place {
        path,
        in_data_folder: true,
    })
}

fn over(strong: &Values, weak: &Values) -> Values {
    let mut all = weak.clone();
    all.extend(strong.iter().map(|(name, raws)| (*name, raws.clone())));
    all
}

const CONFIG_VARIABLE: &str = "MAGPIE_CONFIG";
