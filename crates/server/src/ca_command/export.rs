//! `ca export`: the CA's certificate in the form a device wants.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::ValueEnum;

use super::{Failure, authority, file_failure, pkcs12};
use crate::certs::Authority;
use crate::cli::DataFlags;
use crate::config::Settings;
use crate::trust;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) data: DataFlags,
    /// What to write
    #[arg(long, value_enum, default_value_t = Format::Pem)]
    format: Format,
    /// Where to; standard output otherwise
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Password of a PKCS#12 file
    #[arg(long, default_value = pkcs12::CUSTOMARY)]
    password: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Text, for Linux, Firefox and programs
    Pem,
    /// Binary, for Android and Windows (.crt, .cer)
    Der,
    /// PKCS#12, for Java and key stores (.p12)
    P12,
    /// Configuration profile, for iOS and macOS
    Mobileconfig,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> Result<(), Failure> {
    let authority = authority(settings)?;
    let bytes = encode(&authority, arguments)?;
    if let Some(path) = &arguments.out {
        return fs::write(path, bytes).map_err(file_failure(path));
    }
    let binary = matches!(arguments.format, Format::Der | Format::P12);
    if binary && io::stdout().is_terminal() {
        return Err(Failure::Asked(
            "this form is binary; name a file with --out FILE".to_owned(),
        ));
    }
    io::stdout()
        .write_all(&bytes)
        .map_err(file_failure("standard output".as_ref()))
}

fn encode(authority: &Authority, arguments: &Arguments) -> Result<Vec<u8>, Failure> {
    match arguments.format {
        Format::Pem => Ok(authority.pem().as_bytes().to_vec()),
        Format::Der => Ok(authority.der().to_vec()),
        Format::Mobileconfig => Ok(trust::mobileconfig(authority)),
        Format::P12 => pkcs12::trust_store(authority, &arguments.password),
    }
}
