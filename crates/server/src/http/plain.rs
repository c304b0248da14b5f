//! Plain HTTP on the port of HTTPS: says why it does not work and leads on.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::Site;
use super::assets::reads_html;
use super::trust::{Document, Language, escape, words};
use crate::listen::Arrival;

/// Leads to the same path over HTTPS.
///
/// Programs are redirected. People see why, with a link, and are led on as soon as their browser trusts the certificate:
/// a redirect before that would end at a warning that explains nothing.
pub(super) async fn lead_to_https(
    State(site): State<Arc<Site>>,
    Extension(arrival): Extension<Arrival>,
    RawQuery(query): RawQuery,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let host = site.origins.visitor(&arrival, &headers).host;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if method != Method::GET || !reads_html(&headers) {
        return redirect(&host, path);
    }
    let language = Language::of(query.as_deref(), &headers);
    let words = words(language);
    let body = format!(
        "<p>{insecure}</p><p>{trust_first}</p>\
         <p id=\"light\" role=\"status\" data-https=\"https://{host}\" data-then=\"{path}\" data-yes=\"{yes}\" data-no=\"{no}\"><span class=\"lamp\" aria-hidden=\"true\"></span><span id=\"said\">{checking}</span></p>",
        insecure = words.insecure,
        trust_first = words.trust_first,
        path = escape(path),
        yes = words.trusted,
        no = words.not_yet,
        checking = words.checking,
    );
    Document {
        language,
        title: words.insecure_title,
        host: &host,
        path: uri.path(),
        next: path,
        body,
    }
    .into_response()
}

fn redirect(host: &str, path: &str) -> Response {
    let target = format!("https://{host}{path}");
    let said = format!(
        "Calls need HTTPS: {target}\nIf the certificate is not trusted yet: http://{host}/trust\n"
    );
    let headers = [
        (header::LOCATION, target),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (StatusCode::TEMPORARY_REDIRECT, headers, said).into_response()
}
