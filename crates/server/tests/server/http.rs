//! The HTTP face.

use std::io::{Read, Write};

use super::process::Server;

#[test]
fn the_page_is_fenced_in_by_its_headers() {
    let server = Server::start();
    let answer = server.get("/");
    let policy = answer.header("content-security-policy").unwrap();
    for part in [
        "default-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(
        policy.contains(&format!("connect-src 'self' wss://{}", server.address)),
        "{policy}"
    );
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("unsafe-eval"),
        "{policy}"
    );
    assert!(
        answer
            .header("permissions-policy")
            .unwrap()
            .contains("camera=(self)")
    );
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("strict-transport-security"), None);
}

#[test]
fn ice_servers_name_this_port_with_fresh_credentials() {
    let server = Server::start();
    let answer = server.get("/api/ice-servers").json();
    let port = server.address.port();
    let urls: Vec<&str> = answer["iceServers"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|entry| entry["urls"].as_array().unwrap())
        .map(|url| url.as_str().unwrap())
        .collect();
    for url in [
        format!("stun:127.0.0.1:{port}"),
        format!("turn:127.0.0.1:{port}?transport=udp"),
        format!("turn:127.0.0.1:{port}?transport=tcp"),
        format!("turns:127.0.0.1:{port}?transport=tcp"),
    ] {
        assert!(urls.contains(&url.as_str()), "{url} in {urls:?}");
    }
    assert_eq!(
        (&answer["iceTransportPolicy"], &answer["ttl"]),
        (&"all".into(), &600.into())
    );
    assert!(
        answer["iceServers"]
            .as_array()
            .unwrap()
            .iter()
            .any(|entry| entry["credential"].is_string())
    );
}

#[test]
fn pages_of_other_origins_get_no_ice_servers() {
    let server = Server::start();
    for header in [
        "Origin: https://evil.example\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
    ] {
        assert_eq!(
            server
                .https(&server.request("/api/ice-servers", header))
                .status,
            403,
            "{header}"
        );
    }
}

#[test]
fn a_page_of_a_listed_origin_may_read_the_ice_servers() {
    let server = Server::start_with(&["--origin", "https://app.example"]);
    let answer =
        server.https(&server.request("/api/ice-servers", "Origin: https://app.example\r\n"));
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("https://app.example")
    );
}

#[test]
fn a_forged_token_is_refused_even_where_none_is_needed() {
    let server = Server::start();
    let answer = server.https(&server.request(
        "/api/ice-servers",
        "Authorization: Bearer 9999999999.me.AAAA\r\n",
    ));
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (401, Some("unauthorized"))
    );
}

#[test]
fn whoever_asks_too_often_without_a_session_waits() {
    let server = Server::start();
    let answer = (0..200)
        .map(|_| server.get("/api/ice-servers"))
        .find(|answer| answer.status != 200)
        .unwrap();
    assert_eq!(answer.status, 429);
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
}

#[test]
fn the_api_says_what_it_is() {
    let server = Server::start();
    assert_eq!(
        server.get("/api/ip").json(),
        serde_json::json!({ "ip": "127.0.0.1", "family": 4 })
    );
    let status = server.get("/api/status").json();
    assert_eq!(status["name"], "magpie");
    assert_eq!(status["origins"], serde_json::json!([server.origin()]));
    assert_eq!(server.get("/health/ready").json()["ready"], true);
    let document = server.get("/api/openapi.json").json();
    for path in document["paths"].as_object().unwrap().keys() {
        assert_eq!(server.get(path).status, 200, "{path}");
    }
}

#[test]
fn any_page_may_see_that_the_server_lives() {
    let server = Server::start();
    let answer = server.https(&server.request("/health/live", "Origin: http://127.0.0.1\r\n"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[test]
fn plain_http_explains_to_people_and_redirects_programs() {
    let server = Server::start();
    let person = server.http(&server.request("/call/123", "Accept: text/html\r\n"));
    let link = format!("href=\"https://{}/call/123\"", server.address);
    assert!(
        person.status == 200 && person.body.contains(&link),
        "{person:?}"
    );
    let program = server.http(&server.request("/call/123?x=1", ""));
    assert_eq!(program.status, 307);
    assert_eq!(
        program.header("location"),
        Some(format!("https://{}/call/123?x=1", server.address).as_str())
    );
}

#[test]
fn the_trust_page_speaks_both_languages_over_plain_http() {
    let server = Server::start();
    let english = server.http(&server.request("/trust", "Accept-Language: en\r\n"));
    let chinese = server.http(&server.request("/trust", "Accept-Language: zh-CN\r\n"));
    assert!(english.body.contains("Trust this Magpie") && english.body.contains("<svg"));
    assert!(chinese.body.contains("<h1>信任这台服务器</h1>"));
    assert!(english.body.contains(">Magpie</a>") && chinese.body.contains(">鹊桥</a>"));
    assert!(
        server
            .http(&server.request("/trust?lang=zh", "Accept-Language: en\r\n"))
            .body
            .contains("lang=\"zh\"")
    );
}

#[test]
fn a_path_cannot_smuggle_markup_into_the_plain_page() {
    let server = Server::start();
    let answer = server.http(&server.request("/\"><script>x</script>", "Accept: text/html\r\n"));
    assert!(!answer.body.contains("<script>x"), "{}", answer.body);
}

#[test]
fn the_certificate_is_served_in_every_form_with_and_without_tls() {
    let server = Server::start();
    for (path, kind) in [
        ("/trust/ca.pem", "application/x-pem-file"),
        ("/trust/ca.crt", "application/x-x509-ca-cert"),
        ("/trust/ca.der", "application/x-x509-ca-cert"),
        (
            "/trust/magpie.mobileconfig",
            "application/x-apple-aspen-config",
        ),
    ] {
        for answer in [server.http(&server.request(path, "")), server.get(path)] {
            assert_eq!(
                (answer.status, answer.header("content-type")),
                (200, Some(kind)),
                "{path}"
            );
        }
    }
    let pem = std::fs::read_to_string(server.folder.data().join("ca.pem")).unwrap();
    assert_eq!(server.get("/trust/ca.pem").body, pem);
}

#[test]
fn nothing_is_at_an_unknown_path() {
    let server = Server::start();
    for (path, headers) in [
        ("/nothing/here", "Accept: */*\r\n"),
        ("/assets/gone.js", "Accept: text/html\r\n"),
        ("/api/none", "Accept: text/html\r\n"),
        ("/health/none", "Accept: text/html\r\n"),
    ] {
        let answer = server.https(&server.request(path, headers));
        let said = (answer.status, answer.body.as_str());
        assert_eq!(said, (404, "There is nothing at this address.\n"), "{path}");
    }
}

#[test]
fn a_person_who_lost_the_way_gets_the_page() {
    let server = Server::start();
    let page = server.get("/");
    let lost = server.https(&server.request("/nothing/here", "Accept: text/html\r\n"));
    assert_eq!(lost.status, 404);
    assert_eq!(lost.header("etag"), None);
    // Without a built page there is only the sentence.
    if page.status == 200 {
        assert_eq!(lost.body, page.body);
    }
}

#[test]
fn the_plain_address_has_the_whole_face_without_tls() {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let server = Server::start_with(&[
        "--plain",
        &free.to_string(),
        "--trusted-proxy",
        "127.0.0.0/8",
    ]);
    let mut stream = std::net::TcpStream::connect(free).unwrap();
    stream.write_all(b"GET /api/ip HTTP/1.1\r\nHost: call.example\r\nX-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("203.0.113.9"), "{answer}");
    drop(server);
}
