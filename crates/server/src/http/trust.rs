//! `/trust` over plain HTTP: the certificate, how to install it, and a light that tells when it is trusted.
//!
//! Drawn here, not by the page's own code, since a phone must be able to read it before it trusts anything.

mod document;
mod qr;
mod words;

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

pub(super) use document::{Document, escape};
pub(super) use words::{Language, Words, words};

use self::words::Steps;
use super::{Site, TrustFiles};
use crate::banner;
use crate::certs::Machine;
use crate::listen::Arrival;

/// The page.
pub(super) async fn page(
    State(site): State<Arc<Site>>,
    Extension(arrival): Extension<Arrival>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let host = site.origins.visitor(&arrival, &headers).host;
    let language = Language::of(query.as_deref(), &headers);
    let words = words(language);
    let phone = host_for_others(&site, &host, arrival.local.port(), 80);
    let body = steps(words, &site.trust, &host, &phone, System::of(&headers));
    Document {
        language,
        title: words.title,
        host: &host,
        path: "/trust",
        next: "/",
        body,
    }
    .into_response()
}

/// The light's script.
pub(super) async fn light() -> Response {
    file(
        "text/javascript; charset=utf-8",
        include_str!("trust/light.js"),
    )
}

/// The page's style.
pub(super) async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("trust/trust.css"))
}

/// The certificate as PEM.
pub(super) async fn pem(State(site): State<Arc<Site>>) -> Response {
    download("application/x-pem-file", "magpie-ca.pem", &site.trust.pem)
}

/// The certificate as DER, in the type phones install from.
pub(super) async fn der(State(site): State<Arc<Site>>) -> Response {
    download(
        "application/x-x509-ca-cert",
        "magpie-ca.crt",
        &site.trust.der,
    )
}

/// The configuration profile for Apple devices. Named by its type only: a file name would make Safari store it.
pub(super) async fn mobileconfig(State(site): State<Arc<Site>>) -> Response {
    file(
        "application/x-apple-aspen-config",
        site.trust.mobileconfig.clone(),
    )
}

fn download(kind: &'static str, name: &str, certificate: &Bytes) -> Response {
    let attachment = [(
        header::CONTENT_DISPOSITION,
        format!("attachment; filename=\"{name}\""),
    )];
    (attachment, file(kind, certificate.clone())).into_response()
}

fn file(kind: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-cache"),
    );
    response
}

/// The system the browser says it runs on, whose steps stand open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Ios,
    Android,
    Windows,
    Macos,
    Linux,
}

impl System {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
        let has = |word| agent.contains(word);
        match () {
            () if has("iPhone") || has("iPad") => Some(Self::Ios),
            () if has("Android") => Some(Self::Android),
            () if has("Windows") => Some(Self::Windows),
            () if has("Mac OS X") => Some(Self::Macos),
            () if has("Linux") => Some(Self::Linux),
            () => None,
        }
    }
}

/// What other devices should ask for: the host this one asked for, unless that means this machine and the port is open
/// on its network too. The port is left out where it is the usual one of the scheme.
pub(super) fn host_for_others(site: &Site, host: &str, port: u16, usual: u16) -> String {
    let here =
        host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]");
    if !here || !site.everywhere {
        return host.to_owned();
    }
    let lan = Machine::look()
        .ok()
        .and_then(|machine| banner::main_address(&machine));
    lan.map_or_else(
        || host.to_owned(),
        |ip| banner::host(ip) + &banner::port(port, usual),
    )
}

fn steps(
    words: &Words,
    files: &TrustFiles,
    host: &str,
    phone: &str,
    system: Option<System>,
) -> String {
    let systems: String = [
        (System::Ios, &words.ios),
        (System::Android, &words.android),
        (System::Windows, &words.windows),
        (System::Macos, &words.macos),
        (System::Linux, &words.linux),
    ]
    .into_iter()
    .map(|(each, steps)| details(steps, system == Some(each)))
    .collect();
    let address = format!("http://{phone}/trust");
    format!(
        "<p>{why}</p>\
         <p id=\"light\" role=\"status\" data-https=\"https://{host}\" data-yes=\"{yes}\" data-no=\"{no}\"><span class=\"lamp\" aria-hidden=\"true\"></span><span id=\"said\">{checking}</span></p>\
         <h2>{how}</h2>{systems}\
         <h2>{compare}</h2><p>{compare_why}</p><p><code class=\"print\" translate=\"no\">{print}</code></p>\
         <h2>{on_phone}</h2><figure>{qr}<figcaption><code>{address}</code></figcaption></figure>",
        why = words.why,
        yes = words.trusted,
        no = words.not_yet,
        checking = words.checking,
        how = words.how,
        compare = words.compare,
        compare_why = words.compare_why,
        print = files.fingerprint.replace(':', ":<wbr>"),
        on_phone = words.phone,
        qr = qr::svg(&address, words.qr),
    )
}

fn details(steps: &Steps, open: bool) -> String {
    let items: String = steps
        .items
        .iter()
        .map(|item| format!("<li>{item}</li>"))
        .collect();
    let open = if open { " open" } else { "" };
    format!(
        "<details{open}><summary>{}</summary><ol>{items}</ol></details>",
        steps.system
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_the_browsers_own_system_stand_open() {
        for (agent, system) in [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)",
                System::Ios,
            ),
            ("Mozilla/5.0 (Linux; Android 15; Pixel 9)", System::Android),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", System::Windows),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)",
                System::Macos,
            ),
            ("Mozilla/5.0 (X11; Linux x86_64)", System::Linux),
        ] {
            let headers = HeaderMap::from_iter([(header::USER_AGENT, agent.parse().unwrap())]);
            assert_eq!(System::of(&headers), Some(system), "{agent}");
        }
    }

    #[test]
    fn the_page_holds_the_fingerprint_the_downloads_and_no_inline_script() {
        for language in [Language::English, Language::Chinese] {
            let page = steps(words(language), &files(), HOST, HOST, Some(System::Ios));
            assert!(page.contains("AB:<wbr>CD"));
            assert!(page.contains("/trust/magpie.mobileconfig"));
            assert!(page.contains("/trust/ca.crt"));
            assert!(page.contains("data-https=\"https://192.0.2.1:8443\""));
            assert_eq!(page.matches("<details open>").count(), 1);
            assert!(!page.contains("<script") && !page.contains("style="));
        }
    }

    const HOST: &str = "192.0.2.1:8443";

    fn files() -> TrustFiles {
        TrustFiles {
            pem: Bytes::from_static(b"pem"),
            der: Bytes::from_static(b"der"),
            mobileconfig: Bytes::from_static(b"profile"),
            fingerprint: "AB:CD".into(),
        }
    }
}
