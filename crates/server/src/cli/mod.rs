//! The command line: what can be asked for, and what is done about it.

mod bench_command;
mod config_command;
mod credentials;
mod flags;
mod unknown;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use flags::DataFlags;
use flags::Flags;

use crate::ca_command;
use crate::config::Loaded;

/// Runs the command of this process and says how it ended: 0 well, 1 it failed, 2 it was asked for wrongly.
#[must_use]
pub fn run() -> ExitCode {
    let line: Vec<OsString> = std::env::args_os().collect();
    let (arguments, unknown) = match unknown::parse::<Arguments>(line.clone()) {
        Ok(parsed) => parsed,
        Err(error) => error.exit(),
    };
    let mut command = arguments.command.unwrap_or(Command::Serve(arguments.serve));
    match (command.flags(), unknown.is_empty()) {
        (Some(flags), _) => flags.reject(unknown),
        // Flags of a command that reads no configuration: clap says what they are.
        (None, false) => drop(Arguments::parse_from(line)),
        (None, true) => (),
    }
    match command {
        Command::Serve(flags) => serve(&flags),
        Command::Ca(command) => ca_command::run(&command),
        Command::Bench(arguments) => bench_command::run(arguments),
        Command::Credentials(command) => credentials::run(&command),
        Command::Config(command) => config_command::run(&command),
    }
}

fn serve(flags: &Flags) -> ExitCode {
    match flags.load() {
        Ok(loaded) => {
            tell_remarks(&loaded);
            crate::serve::run(&loaded.settings)
        }
        Err(errors) => {
            eprintln!("{errors}");
            ExitCode::from(2)
        }
    }
}

/// What of a turnserver.conf does not do here what it does in coturn, on standard error.
fn tell_remarks(loaded: &Loaded) {
    if !loaded.remarks().is_empty() {
        eprintln!("These lines do not do here what they do in coturn:");
    }
    for remark in loaded.remarks() {
        eprintln!("{remark}");
    }
}

/// WebRTC calls that work: page, HTTPS, signalling, STUN and TURN in one program.
#[derive(Debug, Parser)]
#[command(name = "magpie", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Flags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server; the same as no command at all.
    Serve(Flags),
    /// Install, remove, hand out or use this server's own CA.
    Ca(ca_command::Arguments),
    /// Print a time-limited TURN credential.
    Credentials(credentials::Arguments),
    /// Put a load on a server and measure it.
    Bench(bench_command::Arguments),
    /// Show or check the configuration.
    Config(config_command::Arguments),
}

impl Command {
    /// The flags of the configuration, if this command reads them all.
    fn flags(&mut self) -> Option<&mut Flags> {
        match self {
            Self::Serve(flags) => Some(flags),
            Self::Config(arguments) => arguments.flags(),
            Self::Ca(_) | Self::Credentials(_) | Self::Bench(_) => None,
        }
    }
}
