//! `magpie bench`.

mod mutate;
mod relay;
mod signal;

use std::error::Error;
use std::fmt::Display;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

/// What `magpie bench` was asked to do.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    load: Load,
}

#[derive(Debug, Subcommand)]
enum Load {
    /// Packets through a TURN server, allocations, bindings, memory; any server, or the plain loop as the limit.
    Relay(relay::Flags),
    /// Broken packets, half of them correctly signed, to a TURN server that should go on answering.
    Mutate(mutate::Flags),
    /// Many connections to a signalling server, some pairs of them in calls that relay signals.
    Signal(signal::Flags),
    /// What `relay --floor` measures; it starts this itself.
    #[command(hide = true)]
    PlainLoop { threads: usize },
}

/// Puts the load on and prints the report.
pub(super) fn run(arguments: Arguments) -> ExitCode {
    match arguments.load {
        Load::Relay(flags) => flags.run(),
        Load::Mutate(flags) => flags.run(),
        Load::Signal(flags) => flags.run(),
        Load::PlainLoop { threads } => match magpie_bench::relay::run_plain_loop(threads) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&error),
        },
    }
}

fn print(report: &(impl Display + Serialize), json: bool) {
    match serde_json::to_string(report) {
        Ok(text) if json => println!("{text}"),
        _ => println!("{report}"),
    }
}

fn failed(error: &dyn Error) -> ExitCode {
    match error.source() {
        Some(source) => eprintln!("magpie: {error}: {source}"),
        None => eprintln!("magpie: {error}"),
    }
    ExitCode::FAILURE
}
