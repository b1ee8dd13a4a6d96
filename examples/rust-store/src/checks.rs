//! The checks of arguments that both stores make before they store anything (contract C7, C8, L1).

use crate::json;
use crate::plugin::SessionError;
use std::time::{SystemTime, UNIX_EPOCH};

/// A hundred years.
pub const MAX_TTL_MS: u64 = 3_155_760_000_000;

/// The beginning of the message about something that is too large (contract L1).
pub const TOO_LARGE: &str = "Too large: ";

pub fn invalid<T>(message: impl Into<String>) -> Result<T, SessionError> {
    Err(SessionError::Invalid(message.into()))
}

/// Returns the milliseconds since 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |duration| duration.as_millis() as u64)
}

pub fn check_ttl(ttl_ms: u64) -> Result<u64, SessionError> {
    if (1..=MAX_TTL_MS).contains(&ttl_ms) {
        return Ok(ttl_ms);
    }
    invalid(format!("ttlMs must be a whole number from 1 to {MAX_TTL_MS}."))
}

pub fn check_data(data_json: &str, max_bytes: usize) -> Result<&str, SessionError> {
    if data_json.len() > max_bytes {
        return invalid(format!("{TOO_LARGE}dataJson has {} bytes, but the limit is {max_bytes}.", data_json.len()));
    }
    if !json::is_json(data_json) {
        return invalid("dataJson is not JSON text.");
    }
    Ok(data_json)
}
