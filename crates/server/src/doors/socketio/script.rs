//! The client's script, as pages load it from the server they talk to.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::assets;

/// Serves a file of the npm package `socket.io-client`.
pub(super) async fn serve(request: Request) -> Response {
    let (parts, _) = request.into_parts();
    if !FILES.iter().any(|file| parts.uri.path().ends_with(file)) {
        return (StatusCode::NOT_FOUND, NOTHING).into_response();
    }
    let mut response = assets::serve(parts.method, parts.uri, parts.headers).await;
    // Any page may load it, as a module too.
    let everybody = HeaderValue::from_static("*");
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, everybody);
    response
}

const FILES: [&str; 3] = [
    "/socket.io.js",
    "/socket.io.min.js",
    "/socket.io.esm.min.js",
];

const NOTHING: &str = "Here are only socket.io.js, socket.io.min.js and socket.io.esm.min.js.\n";
