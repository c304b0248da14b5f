//! A page behind the data folder's certificates.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use magpie_server::certs::Certificates;
use magpie_server::config::defaults;
use rustls::{ServerConnection, StreamOwned};

/// What the page says.
pub(crate) const PAGE: &str = "<p>the bridge holds</p>";

/// A server in a thread that ends with the test process.
pub(crate) struct Server {
    pub(crate) port: u16,
    /// Requests that came through TLS.
    pub(crate) requests: Arc<AtomicUsize>,
    /// Connections the other side ended with an alert, as a browser does that does not trust the certificate.
    pub(crate) refusals: Arc<AtomicUsize>,
}

/// Serves [`PAGE`] over TLS; the port.
pub(crate) fn serve(data: &Path) -> u16 {
    start(data).port
}

/// Serves [`PAGE`] over TLS.
pub(crate) fn start(data: &Path) -> Server {
    let requests = Arc::new(AtomicUsize::new(0));
    let refusals = Arc::new(AtomicUsize::new(0));
    let counts = [Arc::clone(&requests), Arc::clone(&refusals)];
    let certificates = Certificates::open(&defaults(data)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = certificates.server_config(stream.local_addr().unwrap());
            let [requests, refusals] = counts.clone();
            thread::spawn(move || {
                let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                let mut request = [0; 4096];
                match stream.read(&mut request) {
                    Ok(0) => return,
                    Ok(_) => requests.fetch_add(1, Ordering::SeqCst),
                    Err(_) => {
                        refusals.fetch_add(1, Ordering::SeqCst);
                        return;
                    }
                };
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n",
                    PAGE.len()
                );
                _ = write!(stream, "{head}Connection: close\r\n\r\n{PAGE}");
                stream.conn.send_close_notify();
                _ = stream.flush();
            });
        }
    });
    Server {
        port,
        requests,
        refusals,
    }
}
