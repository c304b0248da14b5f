//! Turns the lines of a turnserver.conf into values.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::options::{Meaning, Use, meaning, names};
use super::ranges;
use super::syntax::{self, Line};
use super::{Import, Used};
use crate::config::nearest::nearest;
use crate::config::problem::{Problem, Source};
use crate::config::sources::Raw;

/// Reads line by line; what takes several lines together is put together at the end.
pub(super) struct Reader<'a> {
    path: &'a Path,
    import: Import,
    port: Option<Place<u16>>,
    tls_port: Option<Place<u16>>,
    ips: Vec<Place<IpAddr>>,
    low: Option<Place<u16>>,
    high: Option<Place<u16>>,
    certificate: Option<Place<PathBuf>>,
    key: Option<Place<PathBuf>>,
    key_password: Option<usize>,
    /// Lines that close a transport.
    no_udp: Option<usize>,
    no_tcp: Option<usize>,
    no_tls: Option<usize>,
    /// Bits per second.
    capacity: Option<Place<u64>>,
    time_limited: bool,
}

/// A value and its line.
#[derive(Clone, Debug)]
struct Place<T> {
    line: usize,
    value: T,
}

/// Why a line is of no use.
enum Fault {
    /// coturn goes on without it, and so do we.
    Harmless(String),
    /// Going on without it might open what was to be closed.
    Mistake(String),
}

type Taken = Result<(), Fault>;

impl<'a> Reader<'a> {
    pub(super) fn new(path: &'a Path) -> Self {
        Self {
            path,
            import: Import {
                path: path.to_owned(),
                ..Import::default()
            },
            port: None,
            tls_port: None,
            ips: Vec::new(),
            low: None,
            high: None,
            certificate: None,
            key: None,
            key_password: None,
            no_udp: None,
            no_tcp: None,
            no_tls: None,
            capacity: None,
            time_limited: false,
        }
    }

    pub(super) fn read(mut self, text: &str) -> Import {
        for line in syntax::lines(text) {
            let taken = match meaning(line.name) {
                Some(Meaning::Used(how)) => self.take(how, line),
                Some(Meaning::Holds(why)) => self.hold(line, why),
                Some(Meaning::Left(why)) => Err(Fault::Harmless(why.to_owned())),
                None => Err(Fault::Harmless(unknown(line.name))),
            };
            match taken {
                Ok(()) => {}
                Err(Fault::Harmless(why)) => self.remark(line.number, line.name, why),
                Err(Fault::Mistake(what)) => {
                    let problem = self.about(line.number, line.name, what);
                    self.import.problems.push(problem);
                }
            }
        }
        self.finish();
        self.import
    }

    fn take(&mut self, how: Use, line: Line<'_>) -> Taken {
        match how {
            Use::ListeningPort => self.port = port(line)?,
            Use::TlsListeningPort => self.tls_port = port(line)?,
            Use::ListeningIp => self.listening_ip(line)?,
            Use::AuxServer => self.put("stun", address(line, 0)?, line),
            Use::RelayIp => self.relay_ip(line)?,
            Use::ExternalIp => self.external_ip(line)?,
            Use::MinPort => self.low = port(line)?,
            Use::MaxPort => self.high = port(line)?,
            Use::Realm => self.realm(line)?,
            Use::User => self.user(line)?,
            Use::Secret => self.secret(line)?,
            Use::UserQuota => self.put("user_quota", number(line)?.to_string(), line),
            Use::TotalQuota => self.put("total_quota", number(line)?.to_string(), line),
            Use::MaxBps => self.put("max_bps", bits(line)?.to_string(), line),
            Use::BpsCapacity => {
                let line_and_bits = |value| Place {
                    line: line.number,
                    value,
                };
                self.capacity = Some(bits(line)?).filter(|b| *b > 0).map(line_and_bits);
            }
            Use::NonceLifetime => self.lifetime("relay.nonce_lifetime", line, 600)?,
            Use::MaxLifetime => self.max_lifetime(line)?,
            Use::ChannelLifetime => self.lifetime("relay.channel_lifetime", line, 600)?,
            Use::PermissionLifetime => self.lifetime("relay.permission_lifetime", line, 300)?,
            Use::Certificate => self.certificate = Some(self.file(line)),
            Use::CertificateKey => self.key = Some(self.file(line)),
            Use::KeyPassword => self.key_password = Some(line.number),
            Use::NoUdp => self.no_udp = on(line)?.then_some(line.number),
            Use::NoTcp => self.no_tcp = on(line)?.then_some(line.number),
            Use::NoTls => self.no_tls = on(line)?.then_some(line.number),
            Use::NoTcpPeers => self.replace("relay.tcp_peers", (!on(line)?).to_string(), line),
            Use::StunOnly => self.replace("relay.turn", (!on(line)?).to_string(), line),
            Use::NoStun => self.binding("nobody", line)?,
            Use::SecureStun => self.binding("users", line)?,
            Use::OldChannels => self.replace("relay.rfc5766_channels", on(line)?.to_string(), line),
            Use::AllowedPeer => self.peers("allow_peer", line)?,
            Use::DeniedPeer => self.peers("deny_peer", line)?,
            Use::AllowLoopback => {
                if on(line)? {
                    self.put("allow_peer", "127.0.0.0/8".to_owned(), line);
                    self.put("allow_peer", "::1/128".to_owned(), line);
                }
            }
            Use::NoSoftware => self.software(!on(line)?, line),
            Use::Software => self.software(on(line)?, line),
            Use::AlternateServer => self.alternate_server(line)?,
            Use::Verbose | Use::VeryVerbose => {
                if on(line)? {
                    self.replace("log", LOUD.to_owned(), line);
                }
            }
            Use::Separator => return separator(line),
        }
        Ok(())
    }

    /// What `line` asks for is so anyhow, and cannot be otherwise.
    fn hold(&mut self, line: Line<'_>, why: &str) -> Taken {
        self.time_limited |= line.name == "use-auth-secret";
        match line.is_on() {
            Some(false) => harmless(why),
            _ => Ok(()),
        }
    }

    fn listening_ip(&mut self, line: Line<'_>) -> Taken {
        let value = line
            .word()
            .parse()
            .or_else(|_| mistake("expected an IP address of this machine"))?;
        self.ips.push(Place {
            line: line.number,
            value,
        });
        Ok(())
    }

    /// Ours takes one of each family, theirs any number.
    fn relay_ip(&mut self, line: Line<'_>) -> Taken {
        let ip: IpAddr = line
            .word()
            .parse()
            .or_else(|_| mistake("expected an IP address of this machine"))?;
        let same = |used: &Used| {
            used.key == "relay.addresses" && used.raw.text.contains(':') == ip.is_ipv6()
        };
        if self.import.used.iter().any(same) {
            return harmless("only the first of each family counts");
        }
        self.put("relay.addresses", ip.to_string(), line);
        Ok(())
    }

    /// `PUBLIC` or `PUBLIC/PRIVATE`.
    fn external_ip(&mut self, line: Line<'_>) -> Taken {
        let parts: Vec<&str> = line.word().split('/').collect();
        let ips: Vec<IpAddr> = parts.iter().filter_map(|ip| ip.parse().ok()).collect();
        if ips.len() != parts.len() || ips.len() > 2 {
            return harmless(
                "expected an IP address, or PUBLIC/PRIVATE: without it clients are told the machine's own",
            );
        }
        let alone = |used: &Used| used.key == "public_ip" && !used.raw.text.contains('/');
        let same = |used: &Used| used.raw.text.contains(':') == line.word().contains(':');
        if ips.len() == 1
            && self
                .import
                .used
                .iter()
                .any(|used| alone(used) && same(used))
        {
            return harmless("only the first public address without a private one counts");
        }
        self.put("public_ip", line.word().to_owned(), line);
        Ok(())
    }

    fn realm(&mut self, line: Line<'_>) -> Taken {
        if line.value.is_empty() {
            return harmless("names no realm");
        }
        self.replace("realm", line.value.to_owned(), line);
        if line.has_tail() {
            return harmless(
                "what looks like a comment is a part of the realm, as it is to coturn",
            );
        }
        Ok(())
    }

    /// `NAME:PASSWORD` or `NAME:0xKEY`.
    fn user(&mut self, line: Line<'_>) -> Taken {
        let Some((name, password)) = line.value.split_once(':') else {
            return mistake("expected NAME:PASSWORD");
        };
        let password = password.trim_start();
        if name.is_empty() || password.is_empty() {
            return mistake("expected NAME:PASSWORD");
        }
        self.forget_user(name);
        match password.strip_prefix("0x") {
            // coturn reads as many digits as a key has.
            Some(digits) => {
                let key = digits.get(..32).unwrap_or(digits);
                self.put("relay.user_keys", format!("{name}:0x{key}"), line);
            }
            None => self.put("turn_user", format!("{name}:{password}"), line),
        }
        Ok(())
    }

    /// To coturn the last line about a user counts.
    fn forget_user(&mut self, name: &str) {
        let same = |used: &Used| is_user(used) && used.raw.text.split(':').next() == Some(name);
        if let Some(at) = self.import.used.iter().position(same) {
            let used = self.import.used.remove(at);
            self.import.remarks.push(Problem {
                source: used.raw.source,
                key: used.option,
                what: "a later line is about the same user".to_owned(),
            });
        }
    }

    fn secret(&mut self, line: Line<'_>) -> Taken {
        let secrets = || {
            self.import
                .used
                .iter()
                .filter(|used| used.key == "turn_secret")
        };
        if line.value.is_empty() {
            return harmless("names no secret");
        }
        if secrets().count() == 2 {
            return harmless(
                "two secrets are live at a time, so that they can be changed; the first two count",
            );
        }
        if secrets().any(|used| used.raw.text == line.value) {
            return harmless("the same secret again");
        }
        self.time_limited = true;
        self.put("turn_secret", line.value.to_owned(), line);
        if line.value.len() < 8 {
            return harmless("is used, but fewer than 8 characters can be guessed");
        }
        Ok(())
    }

    fn lifetime(&mut self, key: &'static str, line: Line<'_>, usual: u64) -> Taken {
        let seconds = match line.word() {
            "" => usual,
            _ => number(line)?,
        };
        if seconds == 0 {
            return harmless("nothing lasts for ever here; the default stays");
        }
        self.replace(key, seconds.to_string(), line);
        Ok(())
    }

    /// One below the usual lifetime shortens that too.
    fn max_lifetime(&mut self, line: Line<'_>) -> Taken {
        self.lifetime("relay.max_lifetime", line, 3600)?;
        let seconds = number(line).unwrap_or(3600);
        if (1..USUAL_LIFETIME).contains(&seconds) {
            self.replace("relay.default_lifetime", seconds.to_string(), line);
        }
        Ok(())
    }

    /// An address, a range with a prefix, or `FIRST-LAST`.
    fn peers(&mut self, key: &'static str, line: Line<'_>) -> Taken {
        let word = line.word();
        let ranges = match word.split_once('-') {
            Some((first, last)) => first
                .trim()
                .parse()
                .ok()
                .zip(last.trim().parse().ok())
                .and_then(|(first, last)| ranges::between(first, last)),
            None => word
                .parse::<crate::config::Cidr>()
                .ok()
                .map(|range| vec![range.to_string()]),
        };
        let Some(ranges) = ranges else {
            return mistake("expected an IP address or FIRST-LAST");
        };
        for range in ranges {
            self.put(key, range, line);
        }
        Ok(())
    }

    fn software(&mut self, told: bool, line: Line<'_>) {
        if !told {
            self.replace("relay.software", String::new(), line);
        }
    }

    fn alternate_server(&mut self, line: Line<'_>) -> Taken {
        let address = address(line, STUN_PORT)?;
        let same = |used: &Used| {
            used.key == "alternate_server"
                && used.raw.text.starts_with('[') == address.starts_with('[')
        };
        if self.import.used.iter().any(same) {
            return harmless("clients are told the first of each family; balance with DNS instead");
        }
        self.put("alternate_server", address, line);
        Ok(())
    }

    /// Relative to the file that names it.
    fn file(&self, line: Line<'_>) -> Place<PathBuf> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        Place {
            line: line.number,
            value: folder.join(line.word()),
        }
    }

    fn finish(&mut self) {
        let serves_tls = self.certificate();
        self.listening(serves_tls);
        self.relay_ports();
        self.capacity();
        self.transports();
        if self.time_limited {
            let users = self.import.used.iter().filter(|used| is_user(used));
            let remarks: Vec<Problem> = users
                .map(|used| Problem {
                    source: used.raw.source.clone(),
                    key: used.option.clone(),
                    what: "is used; coturn leaves users out where use-auth-secret stands"
                        .to_owned(),
                })
                .collect();
            self.import.remarks.extend(remarks);
        }
    }

    /// Uses certificate and key if both can be read; whether there are any.
    fn certificate(&mut self) -> bool {
        let (certificate, key) = (self.certificate.take(), self.key.take());
        let given = certificate.is_some() && key.is_some();
        let why = match (&certificate, &key) {
            (None, None) => None,
            (Some(_), None) => Some("takes a pkey too; the own CA's certificate is used".to_owned()),
            (None, Some(_)) => Some("takes a cert too; the own CA's certificate is used".to_owned()),
            _ if self.key_password.is_some() => Some(
                "keys with a password are not read; the own CA's certificate is used. Take the password off: openssl pkey -in KEY -out KEY".to_owned(),
            ),
            (Some(certificate), Some(key)) => [certificate, key].into_iter().find_map(unreadable),
        };
        for (option, ours, place) in [("cert", "cert", certificate), ("pkey", "key", key)] {
            match (place, &why) {
                (None, _) => {}
                (Some(place), Some(why)) => self.remark(place.line, option, why.clone()),
                (Some(place), None) => {
                    let text = place.value.to_string_lossy().into_owned();
                    self.add(ours, text, place.line, option);
                }
            }
        }
        if let Some(line) = self.key_password {
            self.remark(
                line,
                "pkey-pwd",
                "keys with a password are not read".to_owned(),
            );
        }
        given
    }

    /// Every address with the ports; those that coturn takes unasked are taken where they are free.
    fn listening(&mut self, serves_tls: bool) {
        let mut tls_port = self.tls_port.take();
        if self.no_tls.is_some() {
            tls_port = None;
        }
        let everywhere = Place {
            line: 0,
            value: Ipv6Addr::UNSPECIFIED.into(),
        };
        let ips = match self.ips.is_empty() {
            true => vec![everywhere],
            false => self.ips.clone(),
        };
        let unasked_tls = serves_tls && self.no_tls.is_none();
        for (port, option, unasked) in [
            (self.port.take(), "listening-port", Some(STUN_PORT)),
            (
                tls_port,
                "tls-listening-port",
                unasked_tls.then_some(STUNS_PORT),
            ),
        ] {
            for ip in &ips {
                match (&port, unasked) {
                    (Some(port), _) => {
                        let address = SocketAddr::new(ip.value, port.value).to_string();
                        self.add("stun", address, port.line, option);
                    }
                    (None, Some(unasked)) => {
                        self.import
                            .where_free
                            .push(SocketAddr::new(ip.value, unasked));
                    }
                    (None, None) => {}
                }
            }
        }
    }

    fn relay_ports(&mut self) {
        let line = self
            .low
            .as_ref()
            .or(self.high.as_ref())
            .map(|place| place.line);
        let low = self.low.as_ref().map_or(LOWEST, |place| place.value);
        let high = self.high.as_ref().map_or(HIGHEST, |place| place.value);
        if let Some(line) = line {
            let option = if self.low.is_some() {
                "min-port"
            } else {
                "max-port"
            };
            self.add("relay_ports", format!("{low}-{high}"), line, option);
        }
    }

    /// Of two lines the stricter one counts.
    fn binding(&mut self, whom: &str, line: Line<'_>) -> Taken {
        let mut before = self.import.used.iter();
        let closed = before.any(|used| used.key == "relay.stun" && used.raw.text == "nobody");
        if on(line)? && !closed {
            self.replace("relay.stun", whom.to_owned(), line);
        }
        Ok(())
    }

    /// Names those that are left open, if any is closed.
    fn transports(&mut self) {
        let all = [
            ("udp", "no-udp", self.no_udp),
            ("tcp", "no-tcp", self.no_tcp),
            ("tls", "no-tls", self.no_tls),
        ];
        let mut closed = all
            .into_iter()
            .filter_map(|(_, option, line)| Some((option, line?)));
        let Some((option, line)) = closed.next() else {
            return;
        };
        let mut open = all
            .into_iter()
            .filter(|(.., line)| line.is_none())
            .peekable();
        if open.peek().is_none() {
            let what = "leaves clients no way in: UDP, TCP and TLS are all closed";
            let problem = self.about(line, option, what.to_owned());
            self.import.problems.push(problem);
        }
        for (name, ..) in open {
            self.add("relay.transports", name.to_owned(), line, option);
        }
    }

    fn capacity(&mut self) {
        let Some(Place { line, value }) = self.capacity.take() else {
            return;
        };
        let mut rates = self.import.used.iter().filter(|used| used.key == "max_bps");
        if rates.next_back().is_some_and(|used| used.raw.text != "0") {
            self.add("total_bps", value.to_string(), line, "bps-capacity");
        } else {
            let why = "takes a max-bps too: it is what each allocation takes of it";
            self.remark(line, "bps-capacity", why.to_owned());
        }
    }

    fn put(&mut self, key: &'static str, text: String, line: Line<'_>) {
        self.add(key, text, line.number, line.name);
    }

    /// For what counts only once: the last line does.
    fn replace(&mut self, key: &'static str, text: String, line: Line<'_>) {
        self.import.used.retain(|used| used.key != key);
        self.put(key, text, line);
    }

    fn add(&mut self, key: &'static str, text: String, line: usize, option: &str) {
        let raw = Raw {
            text,
            source: self.source(line),
            lenient: true,
        };
        self.import.used.push(Used {
            key,
            raw,
            option: option.to_owned(),
        });
    }

    fn remark(&mut self, line: usize, option: &str, why: String) {
        let remark = self.about(line, option, why);
        self.import.remarks.push(remark);
    }

    fn about(&self, line: usize, option: &str, what: String) -> Problem {
        Problem {
            source: self.source(line),
            key: option.to_owned(),
            what,
        }
    }

    fn source(&self, line: usize) -> Source {
        Source::File {
            path: self.path.to_owned(),
            line: Some(line),
        }
    }
}

fn is_user(used: &Used) -> bool {
    matches!(used.key, "turn_user" | "relay.user_keys")
}

fn harmless<T>(why: &str) -> Result<T, Fault> {
    Err(Fault::Harmless(why.to_owned()))
}

fn mistake<T>(what: &str) -> Result<T, Fault> {
    Err(Fault::Mistake(what.to_owned()))
}

fn on(line: Line<'_>) -> Result<bool, Fault> {
    line.is_on().map_or_else(
        || mistake("expected yes or no, or nothing, which means yes"),
        Ok,
    )
}

/// Digits; what follows them is a slip that coturn does not mind.
fn number(line: Line<'_>) -> Result<u64, Fault> {
    let word = line.word().trim_end_matches(';');
    word.parse().or_else(|_| mistake("expected a whole number"))
}

/// Bytes in the file, bits here.
fn bits(line: Line<'_>) -> Result<u64, Fault> {
    Ok(number(line)?.saturating_mul(8))
}

/// `None` for 0, which means the usual one.
fn port(line: Line<'_>) -> Result<Option<Place<u16>>, Fault> {
    let value =
        u16::try_from(number(line)?).or_else(|_| mistake("expected a port of 0 to 65535"))?;
    Ok((value != 0).then_some(Place {
        line: line.number,
        value,
    }))
}

/// `IP:PORT`, or `IP` where there is a usual port.
fn address(line: Line<'_>, usual_port: u16) -> Result<String, Fault> {
    let word = line.word();
    let alone = word.trim_start_matches('[').trim_end_matches(']').parse();
    let address = word
        .parse()
        .or_else(|_| alone.map(|ip: IpAddr| SocketAddr::new(ip, usual_port)));
    match address {
        Ok(address) if address.port() != 0 => Ok(address.to_string()),
        _ => mistake("expected an IP address and a port"),
    }
}

fn separator(line: Line<'_>) -> Taken {
    match line.value {
        "" | ":" => Ok(()),
        _ => harmless("between expiry and id of a time-limited user name stands a colon"),
    }
}

fn unknown(name: &str) -> String {
    let bare = name.trim_start_matches('-');
    match nearest(bare, names()) {
        Some(close) if close == bare => {
            format!(
                "coturn takes no dashes in its file, and leaves the line out; without them it is `{close}`"
            )
        }
        Some(close) => format!("coturn has no such option; did you mean `{close}`?"),
        None => "coturn has no such option".to_owned(),
    }
}

/// Whether it can be opened, and if not, why.
fn unreadable(file: &Place<PathBuf>) -> Option<String> {
    let error = std::fs::File::open(&file.value).err()?;
    let path = file.value.display();
    Some(format!("{path}: {error}; the own CA's certificate is used"))
}

/// What coturn listens on when it is not told.
const STUN_PORT: u16 = 3478;
/// The same for TLS.
const STUNS_PORT: u16 = 5349;
const LOWEST: u16 = 49152;
const HIGHEST: u16 = 65535;
/// Seconds an allocation lasts when the client does not say.
const USUAL_LIFETIME: u64 = 600;
/// About every client, as `verbose` asks; other parts of the server stay quiet.
const LOUD: &str = "info,magpie_server::relay=debug";
