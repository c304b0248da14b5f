//! A relay on loopback: UDP, TCP and TLS on free ports.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use magpie_server::config::{RelaySettings, Secret, TurnUser, defaults};
use magpie_server::relay::{ClientStream, Relay, RelayHandle, RelaySocket};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// Stops when dropped.
pub(crate) struct Server {
    /// UDP and TCP.
    pub(crate) address: SocketAddr,
    /// TLS.
    pub(crate) tls: SocketAddr,
    pub(crate) handle: RelayHandle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

pub(crate) const USER: &str = "alice";
pub(crate) const PASSWORD: &str = "wonderland";
pub(crate) const SECRET: &str = "a shared secret";

/// Settings with one static user and one secret.
pub(crate) fn settings() -> RelaySettings {
    RelaySettings {
        users: vec![TurnUser {
            name: USER.to_owned(),
            password: Secret::new(PASSWORD.to_owned()),
        }],
        secrets: vec![Secret::new(SECRET.to_owned())],
        user_quota: None,
        spare_static_users: false,
        total_quota: None,
        workers: 2,
        nonce_lifetime: Duration::from_secs(600),
        software: String::new(),
        tcp_peers: true,
        ..defaults(Path::new("")).relay
    }
}

/// Starts a relay on `host` (an IP address).
pub(crate) fn start(settings: &RelaySettings, host: &str) -> Server {
    let (udp, tcp) = bind_both(host);
    let tls = TcpListener::bind((host, 0)).unwrap();
    let (address, tls_address) = (udp.local(), tls.local_addr().unwrap());
    let handle = Relay::start(
        settings,
        &PathBuf::from("/nonexistent"),
        vec![udp],
        vec![address],
        vec![tls_address],
    )
    .unwrap();
    let (stop, stopped) = oneshot::channel();
    let streams = handle.clone();
    let thread = std::thread::spawn(move || serve(tcp, tls, streams, stopped));
    Server {
        address,
        tls: tls_address,
        handle,
        stop: Some(stop),
        thread: Some(thread),
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

/// UDP and TCP on the same free port.
fn bind_both(host: &str) -> (RelaySocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind((host, 0)).unwrap();
        if let Ok(udp) = RelaySocket::bind(tcp.local_addr().unwrap()) {
            return (udp, tcp);
        }
    }
}

fn serve(tcp: TcpListener, tls: TcpListener, relay: RelayHandle, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let acceptor = acceptor();
    runtime.block_on(tokio::task::LocalSet::new().run_until(async move {
        let listeners = [tcp, tls].map(|listener| {
            listener.set_nonblocking(true).unwrap();
            tokio::net::TcpListener::from_std(listener).unwrap()
        });
        tokio::select! {
            () = accept(&listeners, acceptor, relay) => {}
            _ = stopped => {}
        }
    }));
}

async fn accept(
    [tcp, tls]: &[tokio::net::TcpListener; 2],
    acceptor: TlsAcceptor,
    relay: RelayHandle,
) {
    loop {
        let (accepted, secure) = tokio::select! {
            accepted = tcp.accept() => (accepted, false),
            accepted = tls.accept() => (accepted, true),
        };
        let (stream, client) = accepted.unwrap();
        let (local, relay, acceptor) = (
            stream.local_addr().unwrap(),
            relay.clone(),
            acceptor.clone(),
        );
        tokio::task::spawn_local(async move {
            let (stream, tls) = match secure {
                false => (stream, None),
                true => match acceptor.accept(stream).await {
                    Ok(stream) => {
                        let (stream, tls) = stream.into_inner();
                        (stream, Some(Box::new(tls)))
                    }
                    Err(_) => return,
                },
            };
            let stream = ClientStream {
                socket: stream.into_std().unwrap(),
                tls,
                first: Vec::new(),
                client,
                local,
                pass: None,
            };
            relay.serve_stream(stream).await;
        });
    }
}

fn acceptor() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()])
        .unwrap();
    let key = made.signing_key.serialize_der().try_into().unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.into()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}
