//! The command line: what can be asked for, and what is done about it.

mod bench_command;
mod config_command;
mod credentials;
mod flags;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use flags::DataFlags;
use flags::Flags;

use crate::ca_command;
use crate::config::Loaded;

/// Runs the command of this process and says how it ended: 0 well, 1 it failed, 2 it was asked for wrongly.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let command = arguments.command.unwrap_or(Command::Serve(arguments.serve));
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
