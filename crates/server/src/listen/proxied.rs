//! The PROXY protocol, versions 1 and 2: a proxy that passes TCP on says in front of it whom it speaks for.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt};

/// Takes the header off a connection: the client's address, or `None` where the proxy speaks for itself.
///
/// Nothing behind the header is read.
///
/// # Errors
/// There is no header, or none that is well formed: the connection is to be closed.
pub(super) async fn header(
    stream: &mut (impl AsyncRead + Unpin),
) -> io::Result<Option<SocketAddr>> {
    let mut start = [0; START];
    stream.read_exact(&mut start).await?;
    match start {
        SIGNATURE => version_2(stream).await,
        _ if start.starts_with(b"PROXY ") => version_1(stream, start).await,
        _ => Err(malformed()),
    }
}

async fn version_2(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<SocketAddr>> {
    let command = stream.read_u8().await?;
    let family = stream.read_u8().await?;
    let length = usize::from(stream.read_u16().await?);
    if length > LONGEST {
        return Err(malformed());
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    match (command, family) {
        (LOCAL, _) | (PROXY, 0) => Ok(None),
        (PROXY, TCP_V4) => v4(&body).map(Some).ok_or_else(malformed),
        (PROXY, TCP_V6) => v6(&body).map(Some).ok_or_else(malformed),
        _ => Err(malformed()),
    }
}

/// Source and destination address, source and destination port.
fn v4(body: &[u8]) -> Option<SocketAddr> {
    let ip = Ipv4Addr::from_octets(*body.first_chunk()?);
    let port = u16::from_be_bytes(*body.get(8..)?.first_chunk()?);
    (body.len() >= 12).then(|| SocketAddr::new(ip.into(), port))
}

fn v6(body: &[u8]) -> Option<SocketAddr> {
    let ip = Ipv6Addr::from_octets(*body.first_chunk()?);
    let port = u16::from_be_bytes(*body.get(32..)?.first_chunk()?);
    (body.len() >= 36).then(|| SocketAddr::new(ip.into(), port))
}

/// Byte by byte, since what follows the line is not ours to read.
async fn version_1(
    stream: &mut (impl AsyncRead + Unpin),
    start: [u8; START],
) -> io::Result<Option<SocketAddr>> {
    let mut line = start.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() >= LONGEST_LINE {
            return Err(malformed());
        }
        line.push(stream.read_u8().await?);
    }
    let text = str::from_utf8(&line).map_err(|_| malformed())?;
    let words: Vec<&str> = text.trim_end().split(' ').collect();
    match words[..] {
        ["PROXY", "UNKNOWN", ..] => Ok(None),
        ["PROXY", family, source, destination, port, other] => {
            let of = |text: &str| {
                text.parse()
                    .ok()
                    .filter(|ip: &IpAddr| ip.is_ipv4() == (family == "TCP4"))
            };
            let known = matches!(family, "TCP4" | "TCP6") && of(destination).is_some();
            let ports = (port.parse().ok(), other.parse::<u16>().ok());
            match (of(source), ports) {
                (Some(ip), (Some(port), Some(_))) if known => Ok(Some(SocketAddr::new(ip, port))),
                _ => Err(malformed()),
            }
        }
        _ => Err(malformed()),
    }
}

fn malformed() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "no PROXY header where there has to be one",
    )
}

const SIGNATURE: [u8; START] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Bytes of the signature; a line of version 1 is longer.
const START: usize = 12;
/// Version 2, the proxy's own connection, such as a health check.
const LOCAL: u8 = 0x20;
/// Version 2, on behalf of a client.
const PROXY: u8 = 0x21;
const TCP_V4: u8 = 0x11;
const TCP_V6: u8 = 0x21;
/// Bytes of addresses and extensions taken; a certificate may be among the latter.
const LONGEST: usize = 8192;
/// With the line end, as the specification has it.
const LONGEST_LINE: usize = 107;

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn version_2_names_the_client_and_leaves_what_follows() {
        let mut bytes: &[u8] = &[&version_2(0x21, 0x11, &V4)[..], b"GET /"].concat();
        let client = header(&mut bytes).await.unwrap().unwrap();
        assert_eq!(client.to_string(), "198.51.100.7:51000");
        assert_eq!(bytes, b"GET /");
    }

    #[tokio::test]
    async fn version_2_carries_ipv6_and_extensions() {
        let mut body = vec![0; 36];
        body[..2].copy_from_slice(&[0x20, 1]);
        body[15] = 7;
        body[32..34].copy_from_slice(&51_000_u16.to_be_bytes());
        body.extend([3, 0, 4, 1, 2, 3, 4]);
        let client = read(&version_2(0x21, 0x21, &body)).await.unwrap().unwrap();
        assert_eq!(client.to_string(), "[2001::7]:51000");
    }

    #[tokio::test]
    async fn version_1_names_the_client_and_leaves_what_follows() {
        let mut bytes: &[u8] = b"PROXY TCP4 198.51.100.7 192.0.2.1 51000 443\r\n\x16\x03";
        let client = header(&mut bytes).await.unwrap().unwrap();
        assert_eq!(client.to_string(), "198.51.100.7:51000");
        assert_eq!(bytes, b"\x16\x03");
        let six = read(b"PROXY TCP6 2001::7 2001::1 51000 443\r\n")
            .await
            .unwrap();
        assert_eq!(six.unwrap().to_string(), "[2001::7]:51000");
    }

    #[tokio::test]
    async fn a_proxy_may_speak_for_itself() {
        for bytes in [
            version_2(0x20, 0, &[]),
            version_2(0x20, 0x11, &V4),
            version_2(0x21, 0, &[]),
            b"PROXY UNKNOWN\r\n".to_vec(),
            b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n".to_vec(),
        ] {
            assert_eq!(read(&bytes).await.unwrap(), None, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn anything_else_is_refused() {
        for bytes in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00",
            b"PROXY TCP4 198.51.100.7 192.0.2.1 51000\r\n",
            b"PROXY TCP4 198.51.100.7 192.0.2.1 51000 443 5\r\n",
            b"PROXY TCP4 2001::7 2001::1 51000 443\r\n",
            b"PROXY TCP4 198.51.100.7 192.0.2.1 70000 443\r\n",
            b"PROXY UDP4 198.51.100.7 192.0.2.1 51000 443\r\n",
            b"PROXY TCP4 198.51.100.7 192.0.2.1 51000 443",
            &[b'P', b'R', b'O', b'X', b'Y', b' '].repeat(40),
            &version_2(0x31, 0x11, &V4),
            &version_2(0x21, 0x12, &V4),
            &version_2(0x21, 0x11, &V4[..11]),
            &version_2(0x21, 0x21, &V4),
            &version_2(0x21, 0x11, &[0; 9000]),
            &version_2(0x21, 0x11, &V4)[..20],
        ] {
            assert!(read(bytes).await.is_err(), "{bytes:?}");
        }
    }

    /// 198.51.100.7:51000 to 192.0.2.1:443.
    const V4: [u8; 12] = [198, 51, 100, 7, 192, 0, 2, 1, 0xc7, 0x38, 1, 0xbb];

    fn version_2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[command, family], &length, body].concat()
    }

    async fn read(mut bytes: &[u8]) -> io::Result<Option<SocketAddr>> {
        header(&mut bytes).await
    }
}
