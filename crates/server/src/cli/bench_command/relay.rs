//! Flags of `magpie bench relay`.

use std::net::SocketAddr;
use std::num::NonZero;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use magpie_bench::BenchError;
use magpie_bench::relay::{
    self, Account, Direction, Mode, RelayOptions, Report, Server, Transport,
};

#[derive(Debug, clap::Args)]
pub(super) struct Flags {
    /// Where the server listens.
    #[arg(value_name = "ADDR:PORT", required_unless_present = "floor")]
    server: Option<SocketAddr>,
    /// Measure the plain loop of epoll, recvfrom and sendto instead: what no relay without aggregation can beat.
    #[arg(long, conflicts_with_all = ["server", "pid"])]
    floor: bool,
    /// Threads of the plain loop, each with sockets of its own, as many as the server it is compared with has workers; one for
    /// each core if not given.
    #[arg(long, value_name = "N", requires = "floor")]
    floor_threads: Option<NonZero<usize>>,
    #[command(flatten)]
    credentials: Credentials,
    /// What to measure.
    #[arg(long, value_enum, default_value_t = What::Relay)]
    mode: What,
    /// Which way packets go.
    #[arg(long, value_enum, default_value_t = Way::Up)]
    direction: Way,
    /// How clients reach the server.
    #[arg(long, value_enum, default_value_t = Over::Udp)]
    transport: Over,
    /// Clients with an allocation each; with `--direction pair` as many more receive.
    #[arg(long, value_name = "N", default_value_t = 16)]
    clients: usize,
    /// Bytes of a payload.
    #[arg(long, value_name = "BYTES", default_value_t = 1200)]
    payload: usize,
    /// Packets of one flow sent in one system call (UDP_SEGMENT).
    #[arg(long, value_name = "N", default_value_t = 1)]
    burst: usize,
    /// Packets of one client under way at a time.
    #[arg(long, value_name = "N", default_value_t = 8)]
    window: usize,
    /// Packets under way at a time in all.
    #[arg(long, value_name = "N", default_value_t = 64)]
    in_flight: usize,
    /// Packets a second in all, however many arrive.
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// Threads that send, and as many that receive.
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: usize,
    /// How long to measure.
    #[arg(long, value_name = "SECONDS", default_value_t = 3)]
    seconds: u64,
    /// The server's process on this machine, whose CPU time and memory are reported.
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Who the load says it is.
#[derive(Debug, clap::Args)]
pub(super) struct Credentials {
    /// A user the server knows.
    #[arg(long, value_name = "NAME:PASSWORD", default_value = "bench:bench")]
    user: String,
    /// The server's shared secret, for a time-limited credential instead.
    #[arg(long, value_name = "SECRET")]
    secret: Option<String>,
}

impl Credentials {
    pub(super) fn account(&self) -> Result<Account, BenchError> {
        if let Some(secret) = &self.secret {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            return Ok(Account::minted(
                secret,
                now.unwrap_or_default().as_secs() + TTL,
            ));
        }
        match self.user.split_once(':') {
            Some((name, password)) => Ok(Account::user(name, password)),
            None => Err(BenchError::Options("--user takes NAME:PASSWORD")),
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Packets through allocations.
    Relay,
    /// Whole cycles of an allocation: challenge, Allocate, Refresh with lifetime 0.
    Allocate,
    /// Binding requests.
    Binding,
    /// Memory of allocations that are held.
    Memory,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Way {
    /// From clients to peers.
    Up,
    /// From peers to clients.
    Down,
    /// From clients to clients that are relayed too.
    Pair,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Over {
    /// Datagrams.
    Udp,
    /// A stream.
    Tcp,
    /// A stream inside TLS.
    Tls,
}

impl Flags {
    /// Puts the load on and prints the report; a run that lost too much is a failure.
    pub(super) fn run(&self) -> ExitCode {
        match self.measure() {
            Ok(report) => self.print(&report),
            Err(error) => super::failed(&error),
        }
    }

    fn measure(&self) -> Result<Report, BenchError> {
        relay::run(&self.target()?, self.mode(), &self.options())
    }

    fn print(&self, report: &Report) -> ExitCode {
        super::print(report, self.json);
        match report.void() {
            None => ExitCode::SUCCESS,
            Some(why) => super::failed(&BenchError::Void(why)),
        }
    }

    fn target(&self) -> Result<Server, BenchError> {
        let Some(address) = self.server else {
            let program = std::env::current_exe()
                .map_err(|error| BenchError::System("find this program", error))?;
            let cores = || thread::available_parallelism().map_or(1, NonZero::get);
            return Ok(Server::Plain {
                program,
                threads: self.floor_threads.map_or_else(cores, NonZero::get),
            });
        };
        Ok(Server::Turn {
            address,
            account: self.credentials.account()?,
            pid: self.pid,
        })
    }

    fn mode(&self) -> Mode {
        match (self.mode, self.direction) {
            (What::Relay, Way::Up) => Mode::Relay(Direction::Up),
            (What::Relay, Way::Down) => Mode::Relay(Direction::Down),
            (What::Relay, Way::Pair) => Mode::Relay(Direction::Pair),
            (What::Allocate, _) => Mode::Allocate,
            (What::Binding, _) => Mode::Binding,
            (What::Memory, _) => Mode::Memory,
        }
    }

    fn options(&self) -> RelayOptions {
        RelayOptions {
            clients: self.clients,
            payload: self.payload,
            transport: match self.transport {
                Over::Udp => Transport::Udp,
                Over::Tcp => Transport::Tcp,
                Over::Tls => Transport::Tls,
            },
            burst: self.burst,
            window: self.window,
            in_flight: self.in_flight,
            rate: self.rate,
            threads: self.threads,
            duration: Duration::from_secs(self.seconds),
        }
    }
}

/// Seconds that a credential made here is good.
const TTL: u64 = 600;
