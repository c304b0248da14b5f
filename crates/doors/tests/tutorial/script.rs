//! A fixture: what clients say, and everything each of them hears.

use std::collections::BTreeMap;
use std::path::Path;

use magpie_doors::engineio::ConnKey;
use serde::Deserialize;
use serde_json::Value;

use crate::lab::{Lab, WEBSOCKET, field};

#[derive(Deserialize)]
pub(crate) struct Script {
    clients: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    from: Option<String>,
    #[serde(default)]
    says: Vec<Value>,
    leaves: Option<String>,
    drops: Option<String>,
    passes: Option<u64>,
    heard: BTreeMap<String, Vec<Value>>,
}

struct Player {
    conn: ConnKey,
    id: String,
}

impl Script {
    pub(crate) fn read(path: &Path) -> Self {
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    pub(crate) fn run(self) {
        let mut lab = Lab::new();
        let mut players = BTreeMap::new();
        for name in &self.clients {
            let conn = lab.open(&WEBSOCKET);
            lab.text(conn, "40");
            let id = field(&lab.texts(conn)[1], "sid");
            players.insert(name.as_str(), Player { conn, id });
        }
        for (at, step) in self.steps.iter().enumerate() {
            step.play(&mut lab, &players);
            for (name, player) in &players {
                let texts = lab.texts(player.conn);
                let heard: Vec<Value> = texts.iter().filter_map(|text| event(text)).collect();
                let expected = step.heard.get(*name).cloned().unwrap_or_default();
                let expected: Vec<Value> = expected
                    .iter()
                    .map(|value| with_ids(value, &players))
                    .collect();
                assert_eq!(heard, expected, "step {}, {name}", at + 1);
            }
        }
    }
}

impl Step {
    fn play(&self, lab: &mut Lab, players: &BTreeMap<&str, Player>) {
        if let Some(name) = &self.from {
            let said = with_ids(&Value::Array(self.says.clone()), players);
            lab.text(players[name.as_str()].conn, &format!("42{said}"));
        }
        if let Some(name) = &self.leaves {
            lab.text(players[name.as_str()].conn, "41");
        }
        if let Some(name) = &self.drops {
            let conn = players[name.as_str()].conn;
            lab.with(|server, now| server.gone(now, conn));
        }
        if let Some(time) = self.passes {
            pass(lab, players, time);
        }
    }
}

/// Lets time pass while clients answer pings.
fn pass(lab: &mut Lab, players: &BTreeMap<&str, Player>, mut time: u64) {
    while time > 10_000 {
        lab.pass(10_000);
        players
            .values()
            .for_each(|player| lab.text(player.conn, "3"));
        time -= 10_000;
    }
    lab.pass(time);
}

/// Pings are none.
fn event(text: &str) -> Option<Value> {
    let json = text.strip_prefix("42")?;
    Some(serde_json::from_str(json).unwrap())
}

fn with_ids(value: &Value, players: &BTreeMap<&str, Player>) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix('$') {
            Some(name) => players[name].id.clone().into(),
            None => value.clone(),
        },
        Value::Array(values) => values
            .iter()
            .map(|value| with_ids(value, players))
            .collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            fields
                .map(|(key, value)| (key.clone(), with_ids(value, players)))
                .collect()
        }
        _ => value.clone(),
    }
}
