//! `magpie ca`: puts the CA where programs look for it, takes it out again, hands it out, and signs with it.

mod export;
mod issue;
mod nss;
mod owner;
mod pkcs12;
mod record;
mod snapshot;
mod stores;
mod system;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use owner::Owner;

use crate::certs::{Authority, CertificateError, Machine};
use crate::cli::DataFlags;
use crate::config::{ConfigErrors, Settings};

/// Arguments of `magpie ca`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make this machine's programs and browsers trust the CA.
    Install(stores::Arguments),
    /// Undo what install did.
    Uninstall(stores::Arguments),
    /// Write the CA's certificate, never its key.
    Export(export::Arguments),
    /// Make a certificate and key under the CA for other programs.
    Issue(issue::Arguments),
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    Config(ConfigErrors),
    Certificate(CertificateError),
    /// It was asked for something that cannot be.
    Asked(String),
    File {
        path: PathBuf,
        error: io::Error,
    },
    /// Some of it was done; what was not has been told already.
    Partly,
}

/// Runs the command: 0 done, 1 not all of it, 2 it cannot be done as asked.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match run_command(&arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Partly) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("magpie: {failure}");
            ExitCode::from(2)
        }
    }
}

fn run_command(command: &Command) -> Result<(), Failure> {
    let settings = settings(command.data_flags())?;
    let owner = Owner::of(&settings.data);
    let done = match command {
        Command::Install(arguments) => stores::install(arguments, &settings),
        Command::Uninstall(arguments) => stores::uninstall(arguments, &settings),
        Command::Export(arguments) => export::run(arguments, &settings),
        Command::Issue(arguments) => issue::run(arguments, &settings),
    };
    if let Some(owner) = owner {
        owner.give(&settings.data);
    }
    done
}

impl Command {
    const fn data_flags(&self) -> &DataFlags {
        match self {
            Self::Install(arguments) | Self::Uninstall(arguments) => &arguments.data,
            Self::Export(arguments) => &arguments.data,
            Self::Issue(arguments) => &arguments.data,
        }
    }
}

fn settings(flags: &DataFlags) -> Result<Settings, Failure> {
    Ok(flags.load().map_err(Failure::Config)?.settings)
}

/// The CA of the data folder, made if there is none.
fn authority(settings: &Settings) -> Result<Authority, Failure> {
    let machine = Machine::look()
        .map_err(|error| Failure::Certificate(CertificateError::Interfaces(error)))?;
    let public: Vec<_> = settings
        .relay
        .public_ips
        .iter()
        .map(|ip| ip.public)
        .collect();
    Authority::open(&settings.data, &machine, &public).map_err(Failure::Certificate)
}

fn file_failure(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    move |error| Failure::File {
        path: path.to_owned(),
        error,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config(errors) => errors.fmt(out),
            Self::Certificate(error) => error.fmt(out),
            Self::Asked(what) => out.write_str(what),
            Self::File { path, error } => write!(out, "{}: {error}", path.display()),
            Self::Partly => out.write_str("not everything was done"),
        }
    }
}
