//! The page, embedded in the binary.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use rust_embed::{EmbeddedFile, RustEmbed};

/// What `make` built of `web/app`; empty when only the Rust part was built.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/app/dist"]
#[allow_missing = true]
struct Page;

/// How a body is packed.
#[derive(Clone, Copy)]
struct Packing {
    encoding: &'static str,
    suffix: &'static str,
}

/// Smallest first.
const PACKINGS: [Packing; 2] = [
    Packing {
        encoding: "br",
        suffix: ".br",
    },
    Packing {
        encoding: "gzip",
        suffix: ".gz",
    },
];

/// Serves a file of the page, or the page itself for the paths it draws.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (
            StatusCode::METHOD_NOT_ALLOWED,
            [(header::ALLOW, "GET, HEAD")],
        )
            .into_response();
    }
    let path = uri.path().trim_start_matches('/');
    if !is_packed(path)
        && let Some(found) = Page::get(path)
    {
        return file(path, found, &headers);
    }
    if is_view(path) {
        return match Page::get(INDEX) {
            Some(found) => file(INDEX, found, &headers),
            None => (StatusCode::SERVICE_UNAVAILABLE, NOT_BUILT).into_response(),
        };
    }
    match Page::get(INDEX).filter(|_| is_for_people(path) && reads_html(&headers)) {
        Some(found) => (StatusCode::NOT_FOUND, packed(INDEX, found, &headers)).into_response(),
        None => (StatusCode::NOT_FOUND, NOTHING_HERE).into_response(),
    }
}

/// Whether the client asks for a page, as browsers do when a person follows a link.
pub(super) fn reads_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).map(|value| value.to_str());
    matches!(accept, Some(Ok(kinds)) if kinds.contains("text/html"))
}

/// Paths the page's own router draws.
fn is_view(path: &str) -> bool {
    match path.trim_end_matches('/').split_once('/') {
        None => matches!(path.trim_end_matches('/'), "" | "settings" | "trust"),
        Some(("lab", rest)) => rest == "clients",
        Some((first, who)) => first == "call" && !who.contains('/'),
    }
}

/// Paths where a person may have lost the way: neither a program's nor a file's.
fn is_for_people(path: &str) -> bool {
    let mut parts = path.split('/');
    !matches!(parts.next(), Some("api" | "assets" | "health" | "ws"))
        && !parts.next_back().unwrap_or(path).contains('.')
}

/// The packed forms are no files of their own.
fn is_packed(path: &str) -> bool {
    PACKINGS
        .iter()
        .any(|packing| path.ends_with(packing.suffix))
}

fn file(path: &str, found: EmbeddedFile, asked: &HeaderMap) -> Response {
    let tag = format!(
        "\"{}\"",
        BASE64URL_NOPAD.encode(&found.metadata.sha256_hash()[..12])
    );
    let lasting = if is_hashed(path) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let common = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, lasting.to_owned()),
    ];
    if asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .any(|known| lists(known.as_bytes(), &tag))
    {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, packed(path, found, asked)).into_response()
}

/// The body in the smallest form the client takes.
fn packed(path: &str, found: EmbeddedFile, asked: &HeaderMap) -> Response {
    let (packing, bytes) = pick(path, found, asked);
    let mut response = (
        [
            (header::CONTENT_TYPE, media_type(path)),
            (header::VARY, "Accept-Encoding"),
        ],
        body(bytes),
    )
        .into_response();
    if let Some(encoding) = packing {
        response.headers_mut().insert(
            header::CONTENT_ENCODING,
            header::HeaderValue::from_static(encoding),
        );
    }
    response
}

fn pick(
    path: &str,
    found: EmbeddedFile,
    asked: &HeaderMap,
) -> (Option<&'static str>, Cow<'static, [u8]>) {
    for packing in PACKINGS {
        if takes(asked, packing.encoding)
            && let Some(packed) = Page::get(&format!("{path}{}", packing.suffix))
        {
            return (Some(packing.encoding), packed.data);
        }
    }
    (None, found.data)
}

fn body(bytes: Cow<'static, [u8]>) -> Body {
    match bytes {
        Cow::Borrowed(bytes) => Body::from(Bytes::from_static(bytes)),
        Cow::Owned(bytes) => Body::from(bytes),
    }
}

/// Whether `Accept-Encoding` names the encoding without refusing it (RFC 9110 section 12.5.3).
fn takes(asked: &HeaderMap, encoding: &str) -> bool {
    let values = asked
        .get_all(header::ACCEPT_ENCODING)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|entry| {
        let (name, weight) = entry.split_once(';').unwrap_or((entry, ""));
        let refused = weight
            .trim()
            .strip_prefix("q=")
            .is_some_and(|q| q.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

fn lists(known: &[u8], tag: &str) -> bool {
    let known = String::from_utf8_lossy(known);
    known
        .split(',')
        .any(|entry| entry.trim().trim_start_matches("W/") == tag || entry.trim() == "*")
}

/// The bundler names files under `assets/` by their content, so they never change.
fn is_hashed(path: &str) -> bool {
    path.starts_with("assets/")
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        // Browsers show Markdown under this type, and under its own they save it.
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

const INDEX: &str = "index.html";

const NOTHING_HERE: &str = "There is nothing at this address.\n";

const NOT_BUILT: &str =
    "The page was not built into this magpie: run `make`, which builds web/app first.\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_taken_when_named_and_not_refused() {
        let asks = |value: &'static str| {
            HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())])
        };
        assert!(takes(&asks("gzip, deflate, br"), "br"));
        assert!(takes(&asks("gzip;q=0.5"), "gzip"));
        assert!(!takes(&asks("gzip, br;q=0"), "br"));
        assert!(!takes(&asks("gzip"), "br"));
        assert!(!takes(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn views_are_paths_of_the_page_and_files_are_not() {
        for view in [
            "",
            "call/123456789",
            "call/1/",
            "settings",
            "trust",
            "lab/clients",
        ] {
            assert!(is_view(view), "{view}");
        }
        for other in [
            "assets/gone.js",
            "api/none",
            "favicon.ico",
            "callers",
            "call",
            "call/1/2",
            "lab",
        ] {
            assert!(!is_view(other), "{other}");
        }
    }

    #[test]
    fn people_lose_their_way_and_programs_ask_for_what_is_not_there() {
        for lost in ["nothing/here", "setings", "call", "room/team", "v1.2/notes"] {
            assert!(is_for_people(lost), "{lost}");
        }
        for program in [
            "api/none",
            "api",
            "assets/gone",
            "health/x",
            "ws/x",
            "favicon.ico",
            "a/b.js",
        ] {
            assert!(!is_for_people(program), "{program}");
        }
    }

    #[test]
    fn who_takes_any_kind_did_not_ask_for_a_page() {
        let accepts = |value: &'static str| {
            reads_html(&HeaderMap::from_iter([(
                header::ACCEPT,
                value.parse().unwrap(),
            )]))
        };
        assert!(accepts("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(!accepts("*/*") && !accepts("application/json"));
        assert!(!reads_html(&HeaderMap::new()));
    }

    #[test]
    fn only_files_named_by_content_are_kept_for_ever() {
        assert!(is_hashed("assets/index-B3xk2.js"));
        assert!(!is_hashed("index.html"));
        assert!(!is_hashed("sw.js"));
    }
}
