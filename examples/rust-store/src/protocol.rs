//! The kit's protocol for processes, version 1, over any stores.

use crate::checks::{invalid, MAX_TTL_MS, TOO_LARGE};
use crate::json::{self, Json, Message};
use crate::plugin::{CreateOptions, SessionError, SessionId, SessionPlugin, SessionRecord};
use std::collections::HashMap;
use std::io::{self, BufRead, Write};

/// Stores that the kit can check.
pub trait Stores {
    /// Returns the answer to `hello`, without the version of the protocol.
    fn hello(&self) -> Vec<(&'static str, Json)>;
    /// Returns a store. Stores of one namespace share their sessions.
    fn open(&mut self, namespace: &str, secret: &str) -> Box<dyn SessionPlugin>;
    /// Returns all that the backend stores for a namespace.
    fn inspect(&self, namespace: &str) -> Vec<String>;
}

enum Failure {
    Session(SessionError),
    /// The kit sent what the protocol does not have.
    Protocol(String),
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        Failure::Session(error)
    }
}

fn object(fields: Vec<(&str, Json)>) -> Json {
    Json::Object(fields.into_iter().map(|(key, value)| (key.to_string(), value)).collect())
}

fn text(value: &str) -> Json {
    Json::Text(value.to_string())
}

fn required<'a>(params: &'a Json, key: &str) -> Result<&'a str, Failure> {
    params.get(key).and_then(Json::text).ok_or_else(|| Failure::Protocol(format!("The text {key} is missing.")))
}

/// Returns `ttlMs`. A number that is no whole number of milliseconds is not converted to one (contract C7).
fn ttl_of(params: &Json) -> Result<u64, Failure> {
    let ttl_ms = params.get("ttlMs").and_then(Json::number).unwrap_or(f64::NAN);
    if ttl_ms.fract() == 0.0 && (1.0..=MAX_TTL_MS as f64).contains(&ttl_ms) {
        return Ok(ttl_ms as u64);
    }
    Ok(invalid(format!("ttlMs must be a whole number from 1 to {MAX_TTL_MS}."))?)
}

fn record_of(record: SessionRecord) -> Json {
    let SessionId(id) = record.id;
    object(vec![
        ("id", Json::Text(id)),
        ("userId", record.user_id.as_deref().map_or(Json::Null, text)),
        ("dataJson", Json::Text(record.data_json)),
        ("createdAtMs", Json::Number(record.created_at_ms as f64)),
        ("expiresAtMs", Json::Number(record.expires_at_ms as f64)),
    ])
}

fn call(store: &dyn SessionPlugin, method: &str, params: &Json) -> Result<Json, Failure> {
    let id = || required(params, "sessionId").map(|id| SessionId(id.to_string()));
    let id_text = |SessionId(id)| Json::Text(id);
    Ok(match method {
        "create" => {
            let user_id = params.get("userId").and_then(Json::text).map(str::to_string);
            let data_json = required(params, "dataJson")?.to_string();
            id_text(store.create(CreateOptions { user_id, data_json, ttl_ms: ttl_of(params)? })?)
        }
        "read" => record_of(store.read(&id()?)?),
        "update" => id_text(store.update(&id()?, required(params, "dataJson")?)?),
        "touch" => id_text(store.touch(&id()?, ttl_of(params)?)?),
        "delete" => {
            store.delete(&id()?)?;
            Json::Null
        }
        "isHealthy" => Json::Bool(store.is_healthy()),
        _ => return Err(Failure::Protocol(format!("{} has no method {method}.", store.name()))),
    })
}

struct Server<'a> {
    stores: &'a mut dyn Stores,
    open: HashMap<u64, Box<dyn SessionPlugin>>,
}

impl Server<'_> {
    fn answer(&mut self, method: &str, params: &Json) -> Result<Json, Failure> {
        let number = params.get("store").and_then(Json::number).unwrap_or(0.0) as u64;
        match method {
            "hello" => {
                let mut hello = self.stores.hello();
                hello.push(("protocol", Json::Number(1.0)));
                Ok(object(hello))
            }
            "open" => {
                let secret = params.get("secret").and_then(Json::text).unwrap_or("the usual secret of the example");
                self.open.insert(number, self.stores.open(required(params, "namespace")?, secret));
                Ok(Json::Null)
            }
            "release" => {
                self.open.remove(&number);
                Ok(Json::Null)
            }
            "inspect" => {
                let texts = self.stores.inspect(required(params, "namespace")?);
                Ok(object(vec![("texts", Json::List(texts.into_iter().map(Json::Text).collect()))]))
            }
            _ => match self.open.get(&number) {
                Some(store) => call(store.as_ref(), method, params),
                None => Err(Failure::Protocol(format!("The store {number} is not open."))),
            },
        }
    }
}

/// Returns the error of an answer. The trait has no reasons, so a text that begins with `TOO_LARGE` stands for one (L1).
fn error_of(error: SessionError) -> Json {
    let (code, reason, message) = match error {
        SessionError::NotFound => ("NotFound", "unknown", "The session does not exist or has expired.".to_string()),
        SessionError::Invalid(message) if message.starts_with(TOO_LARGE) => ("Invalid", "too_large", message),
        SessionError::Invalid(message) => ("Invalid", "bad_argument", message),
        SessionError::Backend(message) => ("Backend", "failed", message),
    };
    object(vec![("code", text(code)), ("reason", text(reason)), ("message", Json::Text(message))])
}

/// Answers requests until the kit closes the standard input.
pub fn serve(stores: &mut dyn Stores) -> io::Result<()> {
    let mut server = Server { stores, open: HashMap::new() };
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let malformed = || io::Error::new(io::ErrorKind::InvalidData, "The request is malformed.");
        let Message { value: request, has_lone_surrogate } = json::parse(&line?).ok_or_else(malformed)?;
        let (id, method) = request.get("id").zip(request.get("method").and_then(Json::text)).ok_or_else(malformed)?;
        let answered = if has_lone_surrogate {
            invalid("A text of the request holds a lone surrogate.").map_err(Failure::Session)
        } else {
            server.answer(method, request.get("params").unwrap_or(&Json::Null))
        };
        let outcome = match answered {
            Ok(result) => ("result", result),
            Err(Failure::Session(error)) => ("error", error_of(error)),
            Err(Failure::Protocol(message)) => return Err(io::Error::new(io::ErrorKind::InvalidData, message)),
        };
        let mut answer = String::new();
        json::write(&object(vec![("id", id.clone()), outcome]), &mut answer);
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}
