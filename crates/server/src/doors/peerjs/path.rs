//! Paths of PeerJS clients, which may put any path of their own before ours.

use axum::extract::Request;
use axum::http::{HeaderMap, Method, header};

use crate::http::websocket;

/// What a PeerJS client's request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::doors) enum Shape {
    /// The WebSocket: `{path}peerjs`.
    Socket,
    /// A WebSocket with a PeerJS client's query elsewhere.
    Lost,
    /// `{path}`.
    Description,
    /// `{path}{key}/id`.
    Id {
        /// As in the path.
        key: String,
    },
    /// `{path}{key}/peers`.
    Peers {
        /// As in the path.
        key: String,
    },
    /// Something else under `peerjs`.
    Unknown,
}

impl Shape {
    /// Recognises a request; `None`: it is not for this door.
    pub(in crate::doors) fn of(request: &Request) -> Option<Self> {
        let path = request.uri().path();
        match *request.method() {
            Method::GET if websocket::is_handshake(request.headers()) => {
                socket(path, request.uri().query().unwrap_or_default())
            }
            Method::GET | Method::HEAD => document(path, request.headers()),
            Method::OPTIONS => document(path, request.headers()),
            _ => None,
        }
    }
}

/// Nothing is asked of the slash before `peerjs`: a `path` option may lack it.
fn socket(path: &str, query: &str) -> Option<Shape> {
    if path.trim_end_matches('/').ends_with(SOCKET) {
        return Some(Shape::Socket);
    }
    let says = |name: &str| {
        query
            .split('&')
            .any(|pair| pair.split('=').next() == Some(name))
    };
    (says("id") && says("token") && says("key")).then_some(Shape::Lost)
}

fn document(path: &str, headers: &HeaderMap) -> Option<Shape> {
    let mut parts = path.split('/').filter(|part| !part.is_empty()).rev();
    let (last, before) = (parts.next(), parts.next());
    match (last, before) {
        (None, _) => prefers_json(headers).then_some(Shape::Description),
        (Some("id"), Some(key)) => Some(Shape::Id { key: key.into() }),
        (Some("peers"), Some(key)) => Some(Shape::Peers { key: key.into() }),
        (Some(SOCKET), _) => Some(Shape::Description),
        (Some(_), Some(SOCKET)) => Some(Shape::Unknown),
        // Without its last slash it would be any wrong address.
        (Some(_), _) if path.ends_with('/') && !accepts(headers, "text/html") => {
            Some(Shape::Description)
        }
        _ => None,
    }
}

/// Whether HTML is not what the client wants: the page is at `/` too.
fn prefers_json(headers: &HeaderMap) -> bool {
    let anything = accepts(headers, "*/*") || accepts(headers, "text/*");
    headers.contains_key(header::ACCEPT)
        && !accepts(headers, "text/html")
        && (accepts(headers, "application/json") || !anything)
}

fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    let accepted = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok());
    accepted.unwrap_or_default().split(',').any(|entry| {
        let name = entry.split(';').next().unwrap_or_default();
        name.trim().eq_ignore_ascii_case(kind)
    })
}

/// What PeerJS clients put behind their path.
const SOCKET: &str = "peerjs";

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_client_may_have_any_path_and_be_careless_with_slashes() {
        for path in [
            "/peerjs",
            "/peerjs/peerjs",
            "/myapp/peerjs",
            "/a/b/peerjs",
            "//peerjs",
            "/peerjs/",
            "/myapppeerjs",
        ] {
            assert_eq!(shape(path, true), Some(Shape::Socket), "{path}");
        }
        for path in ["/k/id", "/peerjs/k/id", "/my/app/k/id", "//k//id", "/k/id/"] {
            assert_eq!(
                shape(path, false),
                Some(Shape::Id { key: "k".into() }),
                "{path}"
            );
        }
        assert_eq!(
            shape("/a/k/peers", false),
            Some(Shape::Peers { key: "k".into() })
        );
    }

    #[test]
    fn a_client_that_is_lost_is_told_the_way() {
        assert_eq!(shape("/socket?key=a&id=b&token=c", true), Some(Shape::Lost));
        assert_eq!(shape("/peerjs/ids", false), Some(Shape::Unknown));
    }

    #[test]
    fn other_requests_are_not_for_this_door() {
        for path in [
            "/call/123",
            "/id",
            "/peers",
            "/assets/a.js",
            "/nothing/here",
        ] {
            assert_eq!(shape(path, false), None, "{path}");
        }
        assert_eq!(shape("/other", true), None);
    }

    #[test]
    fn at_the_root_the_page_comes_first() {
        let root = |accept: &str| {
            let request = Request::get("/").header(header::ACCEPT, accept);
            Shape::of(&request.body(Body::empty()).unwrap())
        };
        assert_eq!(root("text/html,application/xhtml+xml,*/*;q=0.8"), None);
        assert_eq!(root("*/*"), None);
        assert_eq!(root("application/json"), Some(Shape::Description));
        assert_eq!(
            root("application/json, text/plain, */*"),
            Some(Shape::Description)
        );
        assert_eq!(shape("/", false), None);
        for path in ["/peerjs", "/a/peerjs/", "/myapp/"] {
            assert_eq!(shape(path, false), Some(Shape::Description), "{path}");
        }
    }

    fn shape(uri: &str, handshake: bool) -> Option<Shape> {
        let mut request = Request::get(uri);
        if handshake {
            request = request.header(header::UPGRADE, "websocket");
        }
        Shape::of(&request.body(Body::empty()).unwrap())
    }
}
