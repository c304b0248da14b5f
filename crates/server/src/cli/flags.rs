//! Flags of `serve`, made from the table of keys.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::builder::ValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};

use crate::config::{ConfigErrors, Count, Inputs, KEYS, Key, Kind, Loaded, Problem, load};

/// The flags given, unread: `config` judges them together with the other sources.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    config: Option<PathBuf>,
    values: BTreeMap<&'static str, Vec<String>>,
    /// Mistakes that were found in reading the command line.
    mistakes: Vec<Problem>,
}

impl Flags {
    /// Lets [`load`](Self::load) fail with these mistakes and whatever else it finds.
    pub(crate) fn reject(&mut self, mistakes: Vec<Problem>) {
        self.mistakes.extend(mistakes);
    }

    /// Merges these flags with the environment and the configuration file.
    pub(crate) fn load(&self) -> Result<Loaded, ConfigErrors> {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| {
                Some((
                    name.into_string().ok()?,
                    value.to_string_lossy().into_owned(),
                ))
            })
            .collect();
        let loaded = load(&Inputs {
            config: self.config.clone(),
            flags: self.values.clone(),
            environment,
        });
        match (loaded, &self.mistakes[..]) {
            (loaded, []) => loaded,
            (Ok(_), mistakes) => Err(ConfigErrors(mistakes.to_vec())),
            (Err(ConfigErrors(others)), mistakes) => {
                Err(ConfigErrors([others, mistakes.to_vec()].concat()))
            }
        }
    }
}

/// The two flags of commands that only need to know where the data folder is.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct DataFlags {
    /// Configuration file (TOML); see docs/config.md
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the CA, the certificates and the store [default: magpie-data] [MAGPIE_DATA]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
}

impl DataFlags {
    /// Merges these flags with the environment and the configuration file.
    pub(crate) fn load(&self) -> Result<Loaded, ConfigErrors> {
        self.load_with([].into_iter())
    }

    /// The same with further flags of the command, by key.
    pub(crate) fn load_with(
        &self,
        more: impl Iterator<Item = (&'static str, String)>,
    ) -> Result<Loaded, ConfigErrors> {
        let data = self.data.iter().map(|data| ("data", data.clone()));
        Flags {
            config: self.config.clone(),
            values: data
                .chain(more)
                .map(|(key, value)| (key, vec![value]))
                .collect(),
            mistakes: Vec::new(),
        }
        .load()
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.config = matches.get_one::<PathBuf>("config").cloned();
        for key in KEYS.iter().filter(|key| key.flag) {
            if let Some(texts) = matches.get_many::<String>(key.name) {
                self.values.insert(key.name, texts.cloned().collect());
            }
        }
        Ok(())
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(ValueParser::path_buf())
            .help("Configuration file (TOML); see docs/config.md");
        command
            .arg(config)
            .args(KEYS.iter().filter(|key| key.flag).map(argument))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn argument(key: &'static Key) -> Arg {
    let action = if key.count == Count::One {
        ArgAction::Set
    } else {
        ArgAction::Append
    };
    let flag = Arg::new(key.name)
        .long(key.flag_name())
        .value_name(key.kind.placeholder())
        .action(action)
        .help(help(key));
    match key.kind {
        // The bare flag switches on; a value needs its `=`, or it would swallow what follows.
        Kind::Switch => flag
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true"),
        _ => flag,
    }
}

fn help(key: &Key) -> String {
    let default = match key.default {
        "" => String::new(),
        default => format!(" [default: {default}]"),
    };
    format!(
        "{}{default} [{}]",
        key.text.trim_end_matches('.'),
        key.variable()
    )
}
