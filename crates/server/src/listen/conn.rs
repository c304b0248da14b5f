//! One client connection, with or without TLS, that does not wait for ever on a client that never reads.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::Pass;
use super::sniff::{ENOUGH, Speech, is_stun, speech};

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

/// What a client speaks.
#[derive(Debug)]
pub enum Greeting {
    /// TLS; nothing of it is read.
    Tls,
    /// HTTP, perhaps; nothing of it is read.
    Http,
    /// TURN, of which these bytes were read.
    Turn(Vec<u8>),
}

#[derive(Debug)]
enum Io {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Bytes TLS may hold for a client that is slow to read: one record.
const TLS_BUFFER: usize = 16 * 1024;

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
        let limit = |tls: &mut ServerConnection| tls.set_buffer_limit(Some(TLS_BUFFER));
        let stream = TlsAcceptor::from(config).accept_with(stream, limit).await?;
        Ok(Self {
            io: Io::Tls(Box::new(stream)),
            stuck: None,
            pass: self.pass,
        })
    }

    /// Tells what the client speaks, from its first bytes.
    ///
    /// # Errors
    /// The connection ended before that could be told, or speaks nothing we know.
    pub async fn greeting(&mut self) -> io::Result<Greeting> {
        if self.has_agreed_on_turn() {
            return Ok(Greeting::Turn(Vec::new()));
        }
        match speech(self.first_byte().await?) {
            Speech::Tls => Ok(Greeting::Tls),
            Speech::Http => Ok(Greeting::Http),
            Speech::Turn => {
                let mut start = [0; ENOUGH];
                self.read_exact(&mut start).await?;
                match is_stun(start) {
                    true => Ok(Greeting::Turn(start.to_vec())),
                    false => Err(io::ErrorKind::InvalidData.into()),
                }
            }
        }
    }

    /// The connection as it is underneath: its socket, TLS if there is TLS, and what counts it.
    ///
    /// # Errors
    /// The system does not let go of the socket.
    pub fn into_parts(
        self,
    ) -> io::Result<(
        std::net::TcpStream,
        Option<Box<ServerConnection>>,
        Option<Pass>,
    )> {
        let (socket, tls) = match self.io {
            Io::Plain(stream) => (stream, None),
            Io::Tls(stream) => {
                let (stream, tls) = stream.into_inner();
                (stream, Some(Box::new(tls)))
            }
        };
        Ok((socket.into_std()?, tls, self.pass))
    }

    /// Whether TLS agreed on TURN or STUN by its name (RFC 7443); browsers do not, so this alone is not enough.
    fn has_agreed_on_turn(&self) -> bool {
        match &self.io {
            Io::Plain(_) => false,
            Io::Tls(stream) => {
                let agreed = stream.get_ref().1.alpn_protocol();
                agreed.is_some_and(|name| name.starts_with(b"stun."))
            }
        }
    }

    /// The first byte, which is left to be read again.
    async fn first_byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        let arrived = match &mut self.io {
            Io::Plain(stream) => stream.peek(&mut byte).await?,
            Io::Tls(stream) => stream
                .fill_buf()
                .await?
                .iter()
                .take(1)
                .map(|first| byte[0] = *first)
                .count(),
        };
        match arrived {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(byte[0]),
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
