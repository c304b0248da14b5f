//! A magpie process and its data folder.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A folder that is gone when the test is.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let mut name = [0_u8; 8];
        aws_lc_rs::rand::fill(&mut name).unwrap();
        let path = std::env::temp_dir().join(format!(
            "magpie-test-{}",
            data_encoding::HEXLOWER.encode(&name)
        ));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

/// The command with nothing of this machine's environment in it.
pub(crate) fn magpie(folder: &Folder) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_magpie"));
    let inherited = std::env::vars_os().map(|(name, _)| name);
    for name in inherited.filter(|name| name.to_string_lossy().starts_with("MAGPIE_")) {
        command.env_remove(name);
    }
    command
        .current_dir(&folder.0)
        .arg("serve")
        .arg("--data")
        .arg(folder.data());
    command
}

/// Runs a command that should end by itself.
pub(crate) fn outcome(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

/// A server that is ready. Killed when dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) folder: Arc<Folder>,
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(arguments: &[&str]) -> Self {
        Self::start_in(Arc::new(Folder::new()), "127.0.0.1:0", arguments)
    }

    pub(crate) fn start_in(folder: Arc<Folder>, listen: &str, arguments: &[&str]) -> Self {
        let mut command = magpie(&folder);
        command.args(["--listen", listen]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let errors = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(folder.0.join("stderr"))
            .unwrap();
        let mut child = command.stderr(errors).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let address = line
            .strip_prefix("ready https://")
            .and_then(|rest| rest.strip_suffix('\n'));
        let address = address
            .unwrap_or_else(|| panic!("not ready: {line:?}"))
            .parse()
            .unwrap();
        Self {
            address,
            folder,
            child,
            stdout,
        }
    }

    /// Kills it without warning and starts it again on the same port and folder.
    pub(crate) fn kill_and_restart(mut self) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        Self::start_in(Arc::clone(&self.folder), &self.address.to_string(), &[])
    }

    /// Asks it to stop; its exit code and what else it wrote on standard output.
    pub(crate) fn terminate(mut self) -> (Option<i32>, String) {
        self.signal(Signal::SIGTERM);
        let code = self.child.wait().unwrap().code();
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (code, rest)
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), signal).unwrap();
    }

    pub(crate) fn stderr(&self) -> String {
        fs::read_to_string(self.folder.0.join("stderr")).unwrap()
    }

    pub(crate) fn origin(&self) -> String {
        format!("https://{}", self.address)
    }

    /// Trusts this server's CA and nothing else.
    pub(crate) fn trust(&self) -> Arc<ClientConfig> {
        trust(&self.folder.data())
    }

    /// Sends a request over TLS, and reads until the server closes.
    pub(crate) fn https(&self, request: &str) -> Response {
        let name = self.address.ip().into();
        let client = ClientConnection::new(self.trust(), name).unwrap();
        Response::of(StreamOwned::new(client, self.connect()), request)
    }

    /// The same without TLS.
    pub(crate) fn http(&self, request: &str) -> Response {
        Response::of(self.connect(), request)
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.https(&self.request(path, ""))
    }

    /// A GET request; `headers` are whole lines.
    pub(crate) fn request(&self, path: &str, headers: &str) -> String {
        format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{headers}\r\n",
            self.address
        )
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream
    }

    /// Resident memory, KiB.
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn trust(data: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(data.join("ca.pem")).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

/// An HTTP response, taken apart roughly.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    fn of(mut stream: impl Read + Write, request: &str) -> Self {
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        // A server that closes without TLS's goodbye is an error here and none to a browser that has the whole body.
        drop(stream.read_to_end(&mut bytes));
        Self::parse(&String::from_utf8_lossy(&bytes))
    }

    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no HTTP: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Self {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}
