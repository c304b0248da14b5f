//! `magpie credentials`: a time-limited TURN credential for a program that cannot ask the server for one.

use std::fs;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use magpie_relay::credentials::{Minted, mint};

use super::flags::DataFlags;
use crate::config::Settings;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    data: DataFlags,
    /// Whom its allocations count against
    #[arg(long, value_name = "NAME", default_value = "operator")]
    id: String,
    /// How long it opens allocations
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86400))]
    ttl: u64,
    /// Print it as JSON, in the shape of an RTCIceServer
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let minted = arguments
        .data
        .load()
        .map_err(|errors| errors.to_string())
        .and_then(|loaded| {
            let secret = secret(&loaded.settings)?;
            fresh(&secret, arguments)
        });
    match minted {
        Ok(minted) => {
            println!("{}", shown(&minted, arguments.json));
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("magpie: {why}");
            ExitCode::from(2)
        }
    }
}

fn fresh(secret: &str, arguments: &Arguments) -> Result<Minted, String> {
    let mut random = [0; 9];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| "the system gives no randomness".to_owned())?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|_| "the clock stands before 1970".to_owned())?;
    Ok(mint(
        secret,
        &arguments.id,
        random,
        now.as_secs() + arguments.ttl,
    ))
}

/// The configured secret, else the one the server made in its data folder.
fn secret(settings: &Settings) -> Result<String, String> {
    if let Some(secret) = settings.relay.secrets.first() {
        return Ok(secret.expose().to_owned());
    }
    let path = settings.data.join("turn-secret");
    let text = fs::read_to_string(&path).map_err(|error| {
        format!(
            "{}: {error}; start the server once with this data folder, or give it a turn_secret",
            path.display()
        )
    })?;
    Ok(text.trim().to_owned())
}

fn shown(minted: &Minted, json: bool) -> String {
    if json {
        return serde_json::json!({ "username": minted.username, "credential": minted.password })
            .to_string();
    }
    format!(
        "username    {}\ncredential  {}",
        minted.username, minted.password
    )
}
