//! `magpie credentials`: a time-limited TURN credential for a program that cannot ask the server for one.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use magpie_relay::credentials::{Minted, mint, password};
use serde_json::{Value, json};

use super::flags::DataFlags;
use crate::banner::{self, main_address};
use crate::certs::Machine;
use crate::config::{Listen, Settings};
use crate::relay::{Credential, IceServer};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    data: DataFlags,
    /// Secret to mint with [default: the first of the configuration, else the one in the data folder]
    #[arg(long, value_name = "SECRET")]
    turn_secret: Option<String>,
    /// A turnserver.conf of coturn to take the secret from
    #[arg(long, value_name = "FILE")]
    turn_conf: Option<String>,
    /// Whom its allocations count against, and by what it can be revoked; the user name is EXPIRY:NAME [default: a random one]
    #[arg(long, value_name = "NAME", value_parser = name)]
    id: Option<String>,
    /// How long it opens allocations
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..))]
    ttl: u64,
    /// Name or address of the server in the URLs of --json [default: a public address, else the one on the network]
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Print an RTCConfiguration as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match printed(arguments) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("magpie: {why}");
            ExitCode::from(2)
        }
    }
}

fn printed(arguments: &Arguments) -> Result<String, String> {
    let settings = settings(arguments)?;
    let horizon = settings.relay.credential_horizon;
    if Duration::from_secs(arguments.ttl) > horizon {
        return Err(format!(
            "--ttl: the relay refuses what lasts longer than {} seconds (relay.credential_horizon)",
            horizon.as_secs()
        ));
    }
    let minted = fresh(&secret(&settings)?, arguments)?;
    Ok(match arguments.json {
        true => configuration(&settings, arguments, &minted).to_string(),
        false => format!(
            "username  {}\npassword  {}\nttl       {} seconds",
            minted.username, minted.password, arguments.ttl
        ),
    })
}

fn settings(arguments: &Arguments) -> Result<Settings, String> {
    let more = [
        ("turn_secret", &arguments.turn_secret),
        ("turn_conf", &arguments.turn_conf),
    ];
    let given = more
        .into_iter()
        .filter_map(|(key, value)| Some((key, value.clone()?)));
    let loaded = arguments.data.load_with(given);
    loaded
        .map(|loaded| loaded.settings)
        .map_err(|errors| errors.to_string())
}

fn fresh(secret: &str, arguments: &Arguments) -> Result<Minted, String> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|_| "the clock stands before 1970".to_owned())?;
    let expires = now.as_secs() + arguments.ttl;
    if let Some(id) = &arguments.id {
        let username = format!("{expires}:{id}");
        return Ok(Minted {
            password: password(secret, &username),
            username,
            expires,
        });
    }
    let mut random = [0; 9];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| "the system gives no randomness".to_owned())?;
    Ok(mint(secret, "operator", random, expires))
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

/// An `RTCConfiguration`, and beside it the credential in words.
fn configuration(settings: &Settings, arguments: &Arguments, minted: &Minted) -> Value {
    let credential = Credential {
        username: minted.username.clone(),
        password: minted.password.clone(),
        expires: minted.expires.saturating_mul(1000),
    };
    let (host, port) = place(settings);
    let host = arguments.host.as_ref().unwrap_or(&host);
    let mut servers = IceServer::at(host, port);
    IceServer::sign(&mut servers, &credential);
    json!({
        "iceServers": servers,
        "username": minted.username,
        "credential": minted.password,
        "password": minted.password,
        "ttl": arguments.ttl,
        "expires": credential.expires,
    })
}

/// Where clients reach the server, as far as the configuration tells: at a public address, else at that of the network.
fn place(settings: &Settings) -> (String, u16) {
    let shared: &[SocketAddr] = match &settings.listen {
        Listen::At(addresses) => addresses,
        Listen::Automatic => &[],
    };
    let mut all = shared
        .iter()
        .chain(&settings.stun)
        .chain(&settings.stun_where_free);
    let first = all.find(|address| address.port() != 0);
    let bound = first.map(SocketAddr::ip).filter(|ip| !ip.is_unspecified());
    let public = settings.relay.public_ips.first().map(|ip| ip.public);
    let network = || main_address(&Machine::look().unwrap_or_default());
    let ip = public
        .or(bound)
        .or_else(network)
        .unwrap_or(IpAddr::from([127, 0, 0, 1]));
    (banner::host(ip), first.map_or(STUN_PORT, SocketAddr::port))
}

/// The standard one.
const STUN_PORT: u16 = 3478;

/// What stands behind the colon of a user name.
fn name(text: &str) -> Result<String, String> {
    match text.len() {
        1..=256 if !text.contains(|c: char| c.is_control()) => Ok(text.to_owned()),
        _ => Err("expected 1 to 256 bytes without control characters".to_owned()),
    }
}
