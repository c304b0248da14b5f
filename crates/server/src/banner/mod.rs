//! What an operator reads when the server has started: where to go, what to trust, which ports were taken.

mod qr;
mod words;

use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal as _, Write as _};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::path::Path;

use crate::certs::{Certificates, Machine};
use crate::config::{Listen, Settings};
pub use words::Language;
use words::{Words, width, words};

/// The addresses the server listens on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listening {
    /// The shared port: HTTPS, STUN and TURN.
    pub shared: Vec<SocketAddr>,
    /// STUN and TURN only.
    pub turn: Vec<SocketAddr>,
    /// HTTP without TLS.
    pub plain: Vec<SocketAddr>,
    /// Figures and revocation.
    pub admin: Vec<SocketAddr>,
}

/// How it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The words' language.
    pub language: Language,
    /// Whether escape sequences may be used.
    pub colour: bool,
}

/// Everything the banner says.
pub struct Banner<'a> {
    /// What was asked for.
    pub settings: &'a Settings,
    /// The CA, and what lies outside it.
    pub certificates: &'a Certificates,
    /// This machine's names and addresses.
    pub machine: &'a Machine,
    /// The address other devices most likely know this machine by, if it has one.
    pub main: Option<IpAddr>,
    /// What was bound.
    pub listening: &'a Listening,
    /// How this program was called: `magpie`, or the path where it is not on the search path.
    pub program: &'a str,
    /// How to show it.
    pub style: Style,
}

/// Prints the banner on standard error. That it cannot be written is no reason to stop.
pub fn print(settings: &Settings, certificates: &Certificates, listening: &Listening) {
    let machine = Machine::look().unwrap_or_default();
    let style = Style::of_environment();
    let main = main_address(&machine);
    let program = std::env::args()
        .next()
        .unwrap_or_else(|| "magpie".to_owned());
    let banner = Banner {
        settings,
        certificates,
        machine: &machine,
        main,
        listening,
        program: &program,
        style,
    };
    _ = writeln!(io::stderr().lock(), "{banner}");
}

impl Style {
    /// By `LANG` and its kin; colour on a terminal, unless `NO_COLOR` is set.
    #[must_use]
    pub fn of_environment() -> Self {
        let colour = io::stderr().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self {
            language: Language::of_environment(),
            colour,
        }
    }
}

impl fmt::Display for Banner<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = words(self.style.language);
        writeln!(
            out,
            "\n{} {}\n",
            self.strong("Magpie 鹊桥"),
            env!("CARGO_PKG_VERSION")
        )?;
        self.addresses(out, words)?;
        self.phone(out, words)?;
        self.trust(out, words)?;
        self.outside(out, words)?;
        self.ports(out, words)
    }
}

impl Banner<'_> {
    fn addresses(&self, out: &mut fmt::Formatter<'_>, words: &Words) -> fmt::Result {
        let here: Vec<String> = self.here().iter().map(|url| self.strong(url)).collect();
        self.rows(out, words.here, &here)?;
        let far: Vec<String> = self.named().into_iter().chain(self.lan("https")).collect();
        let far: Vec<String> = far.iter().map(|url| self.strong(url)).collect();
        self.rows(out, words.network, &far)?;
        let plain: Vec<String> = self
            .listening
            .plain
            .iter()
            .map(|address| format!("http://{address}"))
            .collect();
        self.rows(out, words.plain, &plain)
    }

    /// Without an operator's certificate the code leads to plain HTTP: a page that explains the certificate, and leads
    /// on to HTTPS once it is trusted. The HTTPS address would begin with a warning that explains nothing.
    fn phone(&self, out: &mut fmt::Formatter<'_>, words: &Words) -> fmt::Result {
        let (url, said) = match (
            self.named().into_iter().next(),
            self.lan("http").into_iter().next(),
        ) {
            (Some(url), _) => (url, words.scan_named),
            (None, Some(url)) => (url, words.scan),
            (None, None) => return Ok(()),
        };
        writeln!(out, "\n  {said}\n")?;
        out.write_str(&qr::code(&url, self.style.colour))?;
        writeln!(out, "\n  {url}\n")
    }

    fn trust(&self, out: &mut fmt::Formatter<'_>, words: &Words) -> fmt::Result {
        let authority = self.certificates.authority();
        let fingerprint = authority.fingerprint();
        // In two lines, for a terminal of 80 columns; 16 bytes are 48 characters.
        let (front, back) = fingerprint.split_at(HALF.min(fingerprint.len()));
        let (front, back) = (format!("SHA-256 {front}"), format!("        {back}"));
        self.rows(
            out,
            words.certificate,
            &[authority.name().to_owned(), front, back],
        )?;
        let mut ways = vec![format!(
            "{} {}",
            words.on_this_machine,
            self.strong(&self.install_command())
        )];
        if let Some(url) = self.lan("http").into_iter().next() {
            ways.push(format!(
                "{} {}",
                words.on_others,
                self.strong(&format!("{url}/trust"))
            ));
        }
        self.rows(out, words.to_trust, &ways)
    }

    fn outside(&self, out: &mut fmt::Formatter<'_>, words: &Words) -> fmt::Result {
        let outside = self.certificates.outside();
        if outside.is_empty() {
            return Ok(());
        }
        self.rows(
            out,
            words.outside,
            &[
                vec![outside.join(", ")],
                words.outside_advice.map(str::to_owned).to_vec(),
            ]
            .concat(),
        )
    }

    fn ports(&self, out: &mut fmt::Formatter<'_>, words: &Words) -> fmt::Result {
        let mut lines = vec![format!(
            "{} {}",
            numbers(&self.listening.shared),
            words.shared
        )];
        if !self.listening.turn.is_empty() {
            lines.push(format!("{} {}", numbers(&self.listening.turn), words.turn));
        } else if self.settings.listen == Listen::Automatic {
            lines.push(words.standard_taken.to_owned());
        }
        if self.settings.listen == Listen::Automatic
            && self
                .listening
                .shared
                .iter()
                .all(|address| address.port() != 443)
        {
            lines.push(words.https_taken.to_owned());
        }
        self.rows(out, words.ports, &lines)?;
        if self.is_private_only() {
            self.rows(
                out,
                words.outside_reach,
                &words.private_only.map(str::to_owned),
            )?;
        }
        let admin = self.listening.admin.iter();
        let admin: Vec<String> = admin
            .map(|address| format!("http://{address}/admin"))
            .collect();
        self.rows(out, words.admin, &admin)
    }

    /// Whether nobody beyond this network can reach the relay, as far as can be told from here.
    fn is_private_only(&self) -> bool {
        let shared = self.listening.shared.iter();
        let reached: Vec<IpAddr> = shared
            .flat_map(|address| self.reached_by(address.ip()))
            .collect();
        let public = |ip: &IpAddr| magpie_relay::policy::reserved(*ip).is_none();
        let named = !self.settings.relay.public_ips.is_empty();
        !reached.is_empty() && !named && !reached.iter().any(public)
    }

    fn rows(&self, out: &mut fmt::Formatter<'_>, label: &str, lines: &[String]) -> fmt::Result {
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { label } else { "" };
            let space = LABELS.saturating_sub(width(label));
            writeln!(out, "  {}{:space$}{line}", self.faint(label), "")?;
        }
        Ok(())
    }

    /// URLs that work on this machine.
    fn here(&self) -> Vec<String> {
        let shared = &self.listening.shared;
        let local = shared
            .iter()
            .find(|address| address.ip().is_unspecified() || address.ip().is_loopback());
        match local {
            Some(address) => vec![format!("https://localhost{}", port(address.port(), 443))],
            None => Vec::new(),
        }
    }

    /// URLs by the names of the operator's certificate.
    fn named(&self) -> Vec<String> {
        let Some(shared) = self.listening.shared.first() else {
            return Vec::new();
        };
        let names = self.certificates.operator_names().into_iter();
        names
            .map(|name| format!("https://{name}{}", port(shared.port(), 443)))
            .collect()
    }

    /// URLs that work on the network, the likeliest first.
    fn lan(&self, scheme: &str) -> Vec<String> {
        let usual = if scheme == "https" { 443 } else { 80 };
        let mut places: Vec<(IpAddr, u16)> = Vec::new();
        for address in &self.listening.shared {
            let reached = self.reached_by(address.ip()).into_iter();
            places.extend(reached.map(|ip| (ip, address.port())));
        }
        places.sort_by_key(|(ip, _)| (Some(*ip) != self.main, ip.is_ipv6(), *ip));
        places.dedup();
        places
            .into_iter()
            .map(|(ip, at)| format!("{scheme}://{}{}", host(ip), port(at, usual)))
            .collect()
    }

    /// The addresses other devices reach a listener on `bound` by.
    fn reached_by(&self, bound: IpAddr) -> Vec<IpAddr> {
        let mut reachable = self.machine.reachable();
        reachable.extend(self.settings.relay.public_ips.iter().map(|ip| ip.public));
        let wildcard = bound.is_unspecified();
        reachable.retain(|ip| *ip == bound || (wildcard && bound.is_ipv4() == ip.is_ipv4()));
        reachable
    }

    fn install_command(&self) -> String {
        let data = match self.settings.data.as_path() {
            usual if usual == Path::new("magpie-data") || usual == Path::new("./magpie-data") => {
                String::new()
            }
            other => format!(" --data {}", other.display()),
        };
        format!("{} ca install{data}", self.program)
    }

    fn strong(&self, text: &str) -> String {
        self.painted(text, "1")
    }

    fn faint(&self, text: &str) -> String {
        self.painted(text, "2")
    }

    fn painted(&self, text: &str, code: &str) -> String {
        if self.style.colour && !text.is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// The address of the default route. Connecting a UDP socket sends nothing: it only asks the routing table.
pub(crate) fn main_address(machine: &Machine) -> Option<IpAddr> {
    let routed = |local: &str, far: &str| {
        let socket = UdpSocket::bind(local).ok()?;
        socket.connect(far).ok()?;
        socket.local_addr().ok().map(|address| address.ip())
    };
    let found =
        routed("0.0.0.0:0", "198.51.100.1:9").or_else(|| routed("[::]:0", "[2001:db8::1]:9"));
    found.filter(|ip| machine.reachable().contains(ip))
}

pub(crate) fn host(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

pub(crate) fn port(port: u16, usual: u16) -> String {
    if port == usual {
        String::new()
    } else {
        format!(":{port}")
    }
}

/// The port numbers, each once.
fn numbers(addresses: &[SocketAddr]) -> String {
    let mut ports: Vec<u16> = addresses.iter().map(SocketAddr::port).collect();
    ports.sort_unstable();
    ports.dedup();
    let mut text = String::new();
    for port in ports {
        let comma = if text.is_empty() { "" } else { ", " };
        _ = write!(text, "{comma}{port}");
    }
    text
}

const LABELS: usize = 18;
const HALF: usize = 48;

#[cfg(test)]
mod tests;
