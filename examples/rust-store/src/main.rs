//! Two stores of bext's `SessionPlugin`, for the conformance kit: `rust-store memory` and `rust-store sealed`.

mod base64url;
mod checks;
mod json;
mod memory;
mod plugin;
mod protocol;
mod random;
mod sealed;
mod sha256;

use json::Json;
use memory::{MemoryStore, Rows};
use plugin::SessionPlugin;
use protocol::{serve, Stores};
use sealed::SealedStore;
use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

fn text(value: &str) -> Json {
    Json::Text(value.to_string())
}

fn declarations(fields: Vec<(&str, Json)>) -> (&'static str, Json) {
    let fields = fields.into_iter().map(|(key, value)| (key.to_string(), value));
    ("declarations", Json::Object(fields.collect()))
}

#[derive(Default)]
struct MemoryStores {
    namespaces: HashMap<String, Arc<Mutex<Rows>>>,
}

impl Stores for MemoryStores {
    fn hello(&self) -> Vec<(&'static str, Json)> {
        let limits = vec![("maxDataBytes", Json::Number(memory::MAX_DATA_BYTES as f64))];
        vec![
            ("name", text("rust memory")),
            ("family", text("server")),
            ("inspect", Json::Bool(true)),
            declarations(limits),
        ]
    }

    fn open(&mut self, namespace: &str, _secret: &str) -> Box<dyn SessionPlugin> {
        let rows = self.namespaces.entry(namespace.to_string()).or_default();
        Box::new(MemoryStore::new(Arc::clone(rows)))
    }

    fn inspect(&self, namespace: &str) -> Vec<String> {
        let rows = self.namespaces.get(namespace).and_then(|rows| rows.lock().ok());
        rows.map_or(Vec::new(), |rows| {
            let stored = rows.by_hash.iter();
            let line = |(hash, row): (&[u8; 32], &memory::Row)| {
                format!("{} {:?} {}", base64url::encode(hash), row.user_id, row.data_json)
            };
            stored.map(line).collect()
        })
    }
}

struct SealedStores;

impl Stores for SealedStores {
    fn hello(&self) -> Vec<(&'static str, Json)> {
        let limits =
            vec![("maxDataBytes", Json::Number(sealed::MAX_DATA_BYTES as f64)), ("otherSecret", Json::Bool(true))];
        vec![("name", text("rust sealed")), ("family", text("client")), declarations(limits)]
    }

    fn open(&mut self, namespace: &str, secret: &str) -> Box<dyn SessionPlugin> {
        Box::new(SealedStore::new(secret, namespace))
    }

    fn inspect(&self, _namespace: &str) -> Vec<String> {
        Vec::new()
    }
}

fn main() -> ExitCode {
    let outcome = match std::env::args().nth(1).as_deref() {
        Some("memory") => serve(&mut MemoryStores::default()),
        Some("sealed") => serve(&mut SealedStores),
        _ => {
            eprintln!("Usage: rust-store memory|sealed");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("rust-store: {error}");
            ExitCode::FAILURE
        }
    }
}
