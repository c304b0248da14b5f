//! The server under load, and what it uses.

use std::{
    io::{BufRead, BufReader},
    net::{IpAddr, SocketAddr},
    process::{Child, Command, Stdio},
    time::Duration,
};

use super::{
    Server,
    link::{Transport, Way},
    session::{Kind, Session},
};
use crate::{BenchError, process};

/// How to become its client, and its process.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) way: Way,
    pub(super) kind: Kind,
    address: SocketAddr,
    pid: Option<u32>,
    /// The plain loop, which ends when its standard input is closed.
    child: Option<Child>,
}

impl Target {
    /// Finds the server; starts it if it is the plain loop.
    pub(super) fn reach(server: &Server, transport: Transport) -> Result<Self, BenchError> {
        let (address, kind, pid, child) = match server {
            Server::Turn {
                address,
                account,
                pid,
            } => (*address, Kind::Turn(account.clone()), *pid, None),
            Server::Plain { .. } if transport.is_stream() => {
                return Err(BenchError::Options("the plain loop speaks UDP only"));
            }
            Server::Plain { program, threads } => {
                let mut command = Command::new(program);
                command.args(["bench", "plain-loop", &threads.to_string()]);
                let (child, address) = start(command)?;
                (address, Kind::Plain, Some(child.id()), Some(child))
            }
        };
        Ok(Self {
            way: Way::new(address, transport),
            kind,
            address,
            pid,
            child,
        })
    }

    /// Makes `count` allocations.
    pub(super) fn sessions(&self, count: usize) -> Result<Vec<Session>, BenchError> {
        (0..count)
            .map(|index| Session::open(&self.kind, &self.way, index))
            .collect()
    }

    /// Address that peers bind to: the server reaches them there.
    pub(super) fn peer_ip(&self) -> IpAddr {
        self.address.ip()
    }

    /// CPU time the server has used.
    pub(super) fn cpu(&self) -> Result<Option<Duration>, BenchError> {
        self.read(process::cpu_time)
    }

    /// Memory the server holds, in bytes.
    pub(super) fn memory(&self) -> Result<Option<u64>, BenchError> {
        self.read(process::resident_bytes)
    }

    fn read<T>(
        &self,
        figure: impl Fn(u32) -> Result<T, (std::path::PathBuf, std::io::Error)>,
    ) -> Result<Option<T>, BenchError> {
        let figure = self.pid.map(figure).transpose();
        figure.map_err(|(path, error)| BenchError::Proc(path, error))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.stdin.take());
            let _ended = child.wait();
        }
    }
}

fn start(mut command: Command) -> Result<(Child, SocketAddr), BenchError> {
    let system = |error| BenchError::System("start the plain loop", error);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(system)?;
    let mut line = String::new();
    if let Some(output) = child.stdout.take() {
        BufReader::new(output)
            .read_line(&mut line)
            .map_err(system)?;
    }
    match line.trim().strip_prefix("ready ").map(str::parse) {
        Some(Ok(address)) => Ok((child, address)),
        _ => Err(BenchError::Protocol(line)),
    }
}
