//! One client connection, with or without TLS, that does not wait for ever on a client that never reads.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Pass;
use super::sniff::{ENOUGH, Speech, sniff};

/// A byte stream to a client.
///
/// A write (or flush) that stays stuck for [`STUCK`] fails with `TimedOut`, so whatever is above need not watch.
#[derive(Debug)]
pub struct Conn {
    io: Io,
    /// Armed while a write waits; boxed since nearly all connections never need it.
    stuck: Option<Pin<Box<Sleep>>>,
    /// Counts this connection until it is gone; `None`: not counted (a trusted proxy's).
    pass: Option<Pass>,
}

#[derive(Debug)]
enum Io {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// How long a write may wait for the client to read.
pub const STUCK: Duration = Duration::from_secs(10);

impl Conn {
    /// A connection without TLS.
    #[must_use]
    pub const fn plain(stream: TcpStream, pass: Option<Pass>) -> Self {
        Self {
            io: Io::Plain(stream),
            stuck: None,
            pass,
        }
    }

    /// Does the TLS handshake on a connection without TLS.
    ///
    /// # Errors
    /// The handshake failed, or the connection is encrypted already.
    pub async fn encrypt(self, config: Arc<ServerConfig>) -> io::Result<Self> {
        let Io::Plain(stream) = self.io else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        Ok(Self {
            io: Io::Tls(Box::new(stream)),
            stuck: None,
            pass: self.pass,
        })
    }

    /// Tells what the client speaks, from its first bytes, and leaves them to be read.
    ///
    /// # Errors
    /// The connection broke or ended before that could be told.
    pub async fn sniff(&mut self) -> io::Result<Speech> {
        match &mut self.io {
            Io::Plain(stream) => sniff_plain(stream).await,
            // A TLS client writes its first message as one record; one byte alone is no STUN message we know of.
            Io::Tls(stream) => Ok(match sniff(stream.fill_buf().await?) {
                Speech::Undecided | Speech::Tls => Speech::Http,
                told => told,
            }),
        }
    }

    /// Fails once a write has waited too long; wakes the task when that time comes.
    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(STUCK)));
        ready!(stuck.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

async fn sniff_plain(stream: &TcpStream) -> io::Result<Speech> {
    let mut start = [0; ENOUGH];
    loop {
        let length = stream.peek(&mut start).await?;
        match sniff(&start[..length]) {
            Speech::Undecided if length == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            // `peek` is ready at once while anything waits, so the rest of a split message is waited for by time.
            Speech::Undecided => sleep(Duration::from_millis(5)).await,
            told => return Ok(told),
        }
    }
}

impl AsyncRead for Conn {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.get_mut().io {
            Io::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Io::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Conn {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.io {
            Io::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Io::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        };
        this.watch(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = match &mut this.io {
            Io::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Io::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        };
        this.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.io {
            Io::Plain(stream) => stream.is_write_vectored(),
            Io::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let flushed = match &mut this.io {
            Io::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Io::Tls(stream) => Pin::new(stream).poll_flush(cx),
        };
        this.watch(cx, flushed)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let done = match &mut this.io {
            Io::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Io::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        };
        this.watch(cx, done)
    }
}
