//! `ca issue`: certificates for other programs on the same network.

use std::net::IpAddr;
use std::path::PathBuf;

use super::{Failure, authority, file_failure, pkcs12};
use crate::certs::{Authority, Issued, Request, folder};
use crate::cli::DataFlags;
use crate::config::Settings;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) data: DataFlags,
    /// DNS name, wildcard (*.NAME) or IP address; with --client, what to call the client
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// A certificate that a client shows to a server
    #[arg(long)]
    client: bool,
    /// Also write a PKCS#12 file
    #[arg(long)]
    p12: bool,
    /// Password of the PKCS#12 file
    #[arg(long, default_value = pkcs12::CUSTOMARY)]
    password: String,
    /// Folder to write to
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> Result<(), Failure> {
    let authority = authority(settings)?;
    let request = request(arguments, &authority)?;
    let issued = authority.issue(&request).map_err(Failure::Certificate)?;
    folder::ensure(&arguments.out).map_err(file_failure(&arguments.out))?;
    for (name, mode, bytes) in files(arguments, &authority, &issued)? {
        folder::replace(&arguments.out, &name, mode, &bytes)
            .map_err(file_failure(&arguments.out.join(&name)))?;
        println!("{}", arguments.out.join(&name).display());
    }
    if arguments.p12 {
        println!("password of the PKCS#12 file: {}", arguments.password);
    }
    Ok(())
}

fn request(arguments: &Arguments, authority: &Authority) -> Result<Request, Failure> {
    if arguments.client {
        return match arguments.names.as_slice() {
            [name] if (1..=64).contains(&name.chars().count()) => Ok(Request::Client(name.clone())),
            [_] => Err(Failure::Asked(
                "a client's name has 1 to 64 characters".to_owned(),
            )),
            _ => Err(Failure::Asked(
                "a client certificate has one name".to_owned(),
            )),
        };
    }
    let refused: Vec<String> = arguments
        .names
        .iter()
        .filter_map(|name| refusal(name, authority))
        .collect();
    if refused.is_empty() {
        return Ok(Request::Server(arguments.names.clone()));
    }
    Err(Failure::Asked(refused.join("\n")))
}

/// Why the CA cannot sign for `name`.
fn refusal(name: &str, authority: &Authority) -> Option<String> {
    let constraints = authority.constraints();
    let permitted = match name.parse::<IpAddr>() {
        Ok(address) => constraints.permits_address(address),
        Err(_) if !crate::certs::is_subject(name) => {
            return Some(format!("{name}: is neither a DNS name nor an IP address"));
        }
        Err(_) => constraints.permits_name(&name.to_ascii_lowercase()),
    };
    (!permitted).then(|| {
        format!("{name}: this CA may sign for local names and addresses only, and devices would refuse its certificate; take one from a public CA")
    })
}

type File = (String, u32, Vec<u8>);

fn files(
    arguments: &Arguments,
    authority: &Authority,
    issued: &Issued,
) -> Result<Vec<File>, Failure> {
    let name = arguments
        .names
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    let stem = stem(name, arguments.names.len());
    let mut files = vec![
        (
            format!("{stem}.pem"),
            folder::PUBLIC,
            issued.certificate_pem.clone().into_bytes(),
        ),
        (
            format!("{stem}-key.pem"),
            folder::PRIVATE,
            issued.key_pem.clone().into_bytes(),
        ),
    ];
    if arguments.p12 {
        let bytes = pkcs12::identity(
            authority,
            name,
            &issued.key_der,
            &issued.certificate_der,
            &arguments.password,
        )?;
        files.push((format!("{stem}.p12"), folder::PRIVATE, bytes));
    }
    Ok(files)
}

/// `_wildcard.nest.lan+2`: a file name that says what is in it.
fn stem(name: &str, count: usize) -> String {
    let plain: String = name.replace('*', "_wildcard").chars().map(plain).collect();
    match count {
        0 | 1 => plain,
        more => format!("{plain}+{}", more - 1),
    }
}

fn plain(c: char) -> char {
    if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@') {
        c
    } else {
        '_'
    }
}
