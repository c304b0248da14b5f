//! A page behind the data folder's certificates.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use magpie_server::certs::Certificates;
use magpie_server::config::defaults;
use rustls::{ServerConnection, StreamOwned};

/// What the page says.
pub(crate) const PAGE: &str = "<p>the bridge holds</p>";

/// Serves [`PAGE`] over TLS from a thread that ends with the test process; its port.
pub(crate) fn serve(data: &Path) -> u16 {
    let certificates = Certificates::open(&defaults(data)).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = certificates.server_config(stream.local_addr().unwrap());
            thread::spawn(move || {
                let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                let mut request = [0; 4096];
                _ = stream.read(&mut request);
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
    port
}
