//! A server-backed store: sessions in a map of this process, under the hashes of their ids (contract I1).

use crate::base64url;
use crate::checks::{check_data, check_ttl, invalid, now_ms};
use crate::plugin::{CreateOptions, SessionError, SessionId, SessionPlugin, SessionRecord};
use crate::random::random;
use crate::sha256::sha256;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

pub const MAX_DATA_BYTES: usize = 1_048_576;

/// Expired sessions are removed when the map has grown to this size, and again when it has doubled.
const FIRST_SWEEP: usize = 1024;

type Hash = [u8; 32];

pub struct Row {
    pub user_id: Option<String>,
    pub data_json: String,
    pub created_at_ms: u64,
    pub expires_at_ms: u64,
}

#[derive(Default)]
pub struct Rows {
    pub by_hash: HashMap<Hash, Row>,
    sweep_at: usize,
}

impl Rows {
    fn sweep_if_grown(&mut self, now: u64) {
        if self.by_hash.len() < self.sweep_at.max(FIRST_SWEEP) {
            return;
        }
        self.by_hash.retain(|_, row| row.expires_at_ms > now);
        self.sweep_at = 2 * self.by_hash.len();
    }
}

/// Stores that have the same rows are instances of one store.
pub struct MemoryStore {
    rows: Arc<Mutex<Rows>>,
}

/// Returns the hash of an id. An id has 43 characters, which encode 32 bytes.
fn hash_of(SessionId(id): &SessionId) -> Result<Hash, SessionError> {
    match base64url::decode(id) {
        Some(bytes) if bytes.len() == 32 => Ok(sha256(&[id.as_bytes()])),
        _ => invalid("The session id is malformed."),
    }
}

impl MemoryStore {
    pub fn new(rows: Arc<Mutex<Rows>>) -> Self {
        Self { rows }
    }

    fn lock(&self) -> Result<MutexGuard<'_, Rows>, SessionError> {
        let poisoned = "A call failed while it changed the sessions.";
        self.rows.lock().map_err(|_| SessionError::Backend(poisoned.into()))
    }

    /// Runs `work` on the row of a live session, while no other call can change it.
    fn with_row<T>(&self, id: &SessionId, work: impl FnOnce(&mut Row, u64) -> T) -> Result<T, SessionError> {
        let hash = hash_of(id)?;
        let mut rows = self.lock()?;
        let now = now_ms();
        match rows.by_hash.get_mut(&hash) {
            Some(row) if row.expires_at_ms > now => Ok(work(row, now)),
            _ => Err(SessionError::NotFound),
        }
    }
}

impl SessionPlugin for MemoryStore {
    fn name(&self) -> &str {
        "rust memory"
    }

    fn create(&self, options: CreateOptions) -> Result<SessionId, SessionError> {
        check_data(&options.data_json, MAX_DATA_BYTES)?;
        let ttl_ms = check_ttl(options.ttl_ms)?;
        // 256 random bits do not occur twice, so an entry is never replaced (C2).
        let id = SessionId(base64url::encode(&random::<32>()?));
        let hash = hash_of(&id)?;
        let mut rows = self.lock()?;
        let now = now_ms();
        rows.sweep_if_grown(now);
        let CreateOptions { user_id, data_json, .. } = options;
        rows.by_hash.insert(hash, Row { user_id, data_json, created_at_ms: now, expires_at_ms: now + ttl_ms });
        Ok(id)
    }

    fn read(&self, id: &SessionId) -> Result<SessionRecord, SessionError> {
        self.with_row(id, |row, _| SessionRecord {
            id: id.clone(),
            user_id: row.user_id.clone(),
            data_json: row.data_json.clone(),
            created_at_ms: row.created_at_ms,
            expires_at_ms: row.expires_at_ms,
        })
    }

    fn update(&self, id: &SessionId, data_json: &str) -> Result<SessionId, SessionError> {
        let data_json = check_data(data_json, MAX_DATA_BYTES)?;
        self.with_row(id, |row, _| row.data_json = data_json.into())?;
        Ok(id.clone())
    }

    fn touch(&self, id: &SessionId, ttl_ms: u64) -> Result<SessionId, SessionError> {
        let ttl_ms = check_ttl(ttl_ms)?;
        self.with_row(id, |row, now| row.expires_at_ms = now + ttl_ms)?;
        Ok(id.clone())
    }

    fn delete(&self, id: &SessionId) -> Result<(), SessionError> {
        if let Ok(hash) = hash_of(id) {
            self.lock()?.by_hash.remove(&hash);
        }
        Ok(())
    }
}
