//! The description of the HTTP API for programs.

use axum::Json;
use serde_json::{Value, json};

/// The OpenAPI document of what this server answers.
pub(super) async fn document() -> Json<Value> {
    Json(json!({
        "openapi": "3.1.0",
        "info": { "title": "Magpie", "version": env!("CARGO_PKG_VERSION") },
        "paths": {
            "/api/ice-servers": { "get": ice_servers() },
            "/api/ip": { "get": answers("The address the request came from", json!({
                "type": "object", "required": ["ip", "family"],
                "properties": { "ip": { "type": "string" }, "family": { "enum": [4, 6] } },
            })) },
            "/api/status": { "get": answers("Name and version of the server, and its certificate authority", json!({
                "type": "object", "required": ["name", "version", "authority", "origins"],
                "properties": {
                    "name": { "const": "magpie" },
                    "version": { "type": "string" },
                    "authority": { "type": "object", "required": ["fingerprint"], "properties": { "fingerprint": { "type": "string" } } },
                    "origins": { "type": "array", "items": { "type": "string", "format": "uri" }, "description": "Where other devices reach the server" },
                },
            })) },
            "/health/live": { "get": answers("The process runs", flag("live")) },
            "/health/ready": { "get": answers("New clients are welcome (503: they are not)", flag("ready")) },
        },
        "components": { "securitySchemes": { "session": { "type": "http", "scheme": "bearer" } } },
    }))
}

fn ice_servers() -> Value {
    let mut operation = answers(
        "An RTCConfiguration with fresh time-limited TURN credentials",
        json!({
            "type": "object", "required": ["iceServers", "iceTransportPolicy", "ttl", "expires"],
            "properties": {
                "iceServers": { "type": "array", "items": {
                    "type": "object", "required": ["urls"],
                    "properties": {
                        "urls": { "type": "array", "items": { "type": "string" } },
                        "username": { "type": "string" },
                        "credential": { "type": "string" },
                    },
                } },
                "iceTransportPolicy": { "enum": ["all", "relay"] },
                "ttl": { "type": "integer", "description": "seconds" },
                "expires": { "type": "integer", "description": "milliseconds since 1970" },
            },
        }),
    );
    operation["security"] = json!([{ "session": [] }, {}]);
    operation["responses"]["401"] = json!({ "description": "The token is wrong or has expired" });
    operation["responses"]["403"] = json!({ "description": "Pages of this origin may not ask" });
    operation["responses"]["429"] =
        json!({ "description": "Too many requests without a session; see Retry-After" });
    operation
}

fn answers(summary: &str, schema: Value) -> Value {
    json!({
        "summary": summary,
        "responses": { "200": { "description": summary, "content": { "application/json": { "schema": schema } } } },
    })
}

fn flag(name: &str) -> Value {
    json!({ "type": "object", "required": [name], "properties": { name: { "type": "boolean" } } })
}
