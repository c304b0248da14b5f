//! `magpie config show|check|docs`.

use std::process::ExitCode;

use clap::Subcommand;

use super::flags::Flags;
use crate::certs::Certificates;
use crate::config::{Loaded, reference, show};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print every key with its value and where it came from; secrets are masked.
    Show(Flags),
    /// Look for mistakes, in all sources at once.
    Check(Flags),
    /// Print docs/config.md.
    #[command(hide = true)]
    Docs,
}

impl Arguments {
    /// The flags to be shown or checked.
    pub(super) const fn flags(&mut self) -> Option<&mut Flags> {
        match &mut self.command {
            Command::Show(flags) | Command::Check(flags) => Some(flags),
            Command::Docs => None,
        }
    }
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match &arguments.command {
        Command::Show(flags) => judged(flags, |loaded| {
            print!("{}", show(loaded));
            Ok(())
        }),
        Command::Check(flags) => judged(flags, check),
        Command::Docs => {
            print!("{}", reference());
            ExitCode::SUCCESS
        }
    }
}

/// Beyond what loading found: whether the files it names can be used.
fn check(loaded: &Loaded) -> Result<(), String> {
    Certificates::check_files(&loaded.settings).map_err(|error| format!("cert, key: {error}"))?;
    super::tell_remarks(loaded);
    let files: Vec<String> = loaded
        .files()
        .map(|file| file.display().to_string())
        .collect();
    match files.is_empty() {
        true => println!("no mistakes; no configuration file"),
        false => println!("no mistakes; read {}", files.join(", ")),
    }
    Ok(())
}

fn judged(flags: &Flags, judge: impl FnOnce(&Loaded) -> Result<(), String>) -> ExitCode {
    match flags
        .load()
        .map_err(|errors| errors.to_string())
        .and_then(|loaded| judge(&loaded))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(errors) => {
            eprintln!("{errors}");
            ExitCode::from(2)
        }
    }
}
