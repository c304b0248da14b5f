//! Headers that limit what a page of ours, or around ours, may do.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

use super::Site;
use super::visitor::Visitor;
use crate::listen::Arrival;

/// Adds the headers of the page proper.
///
/// Never HSTS: it would lock people out of `/trust` over plain HTTP.
pub(super) async fn protect(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Response {
    let visitor = visitor(&site, &request);
    let mut response = next.run(request).await;
    let policy = policy(visitor.as_ref());
    add(response.headers_mut(), &policy);
    // Browsers complain about this one where there is no TLS.
    if visitor.is_some_and(|visitor| visitor.secure) {
        let own = HeaderValue::from_static("same-origin");
        response
            .headers_mut()
            .insert("cross-origin-opener-policy", own);
    }
    response
}

/// Adds the headers of the few plain-HTTP pages; their script may only ask the HTTPS side.
pub(super) async fn protect_plain(
    State(site): State<Arc<Site>>,
    request: Request,
    next: Next,
) -> Response {
    let target =
        visitor(&site, &request).and_then(|visitor| nameable(&visitor).then_some(visitor.host));
    let mut response = next.run(request).await;
    let target = target.map_or_else(|| "https:".to_owned(), |host| format!("https://{host}"));
    add(
        response.headers_mut(),
        &format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src {target}; {FENCE}"
        ),
    );
    response
}

fn visitor(site: &Site, request: &Request) -> Option<Visitor> {
    let arrival = request.extensions().get::<Arrival>()?;
    Some(site.origins.visitor(arrival, request.headers()))
}

/// `'self'` covers our WebSocket in new browsers only, so it is named too where it can be.
fn policy(visitor: Option<&Visitor>) -> String {
    let socket = match visitor {
        Some(visitor) if nameable(visitor) => {
            format!(
                " {}://{}",
                if visitor.secure { "wss" } else { "ws" },
                visitor.host
            )
        }
        _ => String::new(),
    };
    format!(
        "default-src 'self'; connect-src 'self'{socket}; img-src 'self' blob: data:; media-src 'self' blob: data:; worker-src 'self' blob:; {FENCE}"
    )
}

/// A content security policy cannot name an IPv6 literal.
fn nameable(visitor: &Visitor) -> bool {
    !visitor.host.starts_with('[')
}

fn add(headers: &mut HeaderMap, policy: &str) {
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert("permissions-policy", HeaderValue::from_static(PERMISSIONS));
}

const FENCE: &str =
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Only names every browser knows: the others complain about each unknown one.
const PERMISSIONS: &str = "camera=(self), microphone=(self), display-capture=(self), \
screen-wake-lock=(self), autoplay=(self), fullscreen=(self), clipboard-write=(self), \
geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=()";
