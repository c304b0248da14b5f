//! `magpie config show|check|docs`.

use std::process::ExitCode;

use clap::Subcommand;

use super::flags::Flags;
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

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match &arguments.command {
        Command::Show(flags) => judged(flags, |loaded| print!("{}", show(loaded))),
        Command::Check(flags) => judged(flags, |loaded| match &loaded.file {
            Some(file) => println!("no mistakes; read {}", file.display()),
            None => println!("no mistakes; no configuration file"),
        }),
        Command::Docs => {
            print!("{}", reference());
            ExitCode::SUCCESS
        }
    }
}

fn judged(flags: &Flags, tell: impl FnOnce(&Loaded)) -> ExitCode {
    match flags.load() {
        Ok(loaded) => {
            tell(&loaded);
            ExitCode::SUCCESS
        }
        Err(errors) => {
            eprintln!("{errors}");
            ExitCode::from(2)
        }
    }
}
