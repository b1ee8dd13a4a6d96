//! A client-backed store: the id is the session, encrypted and authenticated. Nothing is stored.
//!
//! An id is version, nonce, ciphertext and tag, in base64url. The cipher is HMAC-SHA-256 in counter mode, and the tag is
//! an HMAC-SHA-256 under another key over all that precedes it, because the standard library of Rust has no cipher. A
//! program with dependencies would use the crate `chacha20poly1305`.

use crate::base64url;
use crate::checks::{check_data, check_ttl, invalid, now_ms, TOO_LARGE};
use crate::plugin::{CreateOptions, SessionError, SessionId, SessionPlugin, SessionRecord};
use crate::random::random;
use crate::sha256::hmac;

pub const MAX_DATA_BYTES: usize = 2_000;

/// Browsers store cookies of up to 4096 bytes, with their names.
const MAX_ID_CHARS: usize = 3_800;

const VERSION: u8 = 1;
const NONCE: usize = 16;
const TAG: usize = 32;

pub struct SealedStore {
    encryption_key: [u8; 32],
    authentication_key: [u8; 32],
}

struct Session {
    user_id: Option<String>,
    data_json: String,
    created_at_ms: u64,
    expires_at_ms: u64,
}

/// Compares in a time that does not depend on where the bytes differ.
fn are_equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |difference, (x, y)| difference | (x ^ y)) == 0
}

fn encode(session: &Session) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&session.created_at_ms.to_be_bytes());
    bytes.extend_from_slice(&session.expires_at_ms.to_be_bytes());
    // A length of 0 means no user, because every other length is one more than the user has.
    let user_length = session.user_id.as_ref().map_or(0, |user| user.len() as u32 + 1);
    bytes.extend_from_slice(&user_length.to_be_bytes());
    bytes.extend_from_slice(session.user_id.as_deref().unwrap_or("").as_bytes());
    bytes.extend_from_slice(session.data_json.as_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<Session> {
    let number = |at: usize| Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let user_length = u32::from_be_bytes(bytes.get(16..20)?.try_into().ok()?) as usize;
    let data_at = 20 + user_length.saturating_sub(1);
    let text = |from: usize, to: usize| Some(std::str::from_utf8(bytes.get(from..to)?).ok()?.to_string());
    Some(Session {
        user_id: if user_length == 0 { None } else { Some(text(20, data_at)?) },
        data_json: text(data_at, bytes.len())?,
        created_at_ms: number(0)?,
        expires_at_ms: number(8)?,
    })
}

impl SealedStore {
    /// Ids of one purpose are invalid in another, also under the same secret (contract I2).
    pub fn new(secret: &str, purpose: &str) -> Self {
        let root = hmac(b"bext example", &[secret.as_bytes()]);
        Self {
            encryption_key: hmac(&root, &[b"encryption:", purpose.as_bytes()]),
            authentication_key: hmac(&root, &[b"authentication:", purpose.as_bytes()]),
        }
    }

    /// Encrypts or decrypts.
    fn apply_cipher(&self, nonce: &[u8], bytes: &mut [u8]) {
        for (counter, block) in bytes.chunks_mut(32).enumerate() {
            let stream = hmac(&self.encryption_key, &[nonce, &(counter as u64).to_be_bytes()]);
            for (byte, key) in block.iter_mut().zip(stream) {
                *byte ^= key;
            }
        }
    }

    fn seal(&self, session: &Session) -> Result<SessionId, SessionError> {
        let nonce = random::<NONCE>()?;
        let mut content = encode(session);
        self.apply_cipher(&nonce, &mut content);
        let mut sealed = vec![VERSION];
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&content);
        let tag = hmac(&self.authentication_key, &[&sealed]);
        sealed.extend_from_slice(&tag);
        let id = base64url::encode(&sealed);
        if id.len() > MAX_ID_CHARS {
            return invalid(format!(
                "{TOO_LARGE}the sealed id has {} characters, but the limit is {MAX_ID_CHARS}.",
                id.len()
            ));
        }
        Ok(SessionId(id))
    }

    fn open(&self, SessionId(id): &SessionId) -> Result<Session, SessionError> {
        let session = (id.len() <= MAX_ID_CHARS).then(|| base64url::decode(id)).flatten().and_then(|sealed| {
            let tag_at = sealed.len().checked_sub(TAG)?;
            let (authenticated, tag) = sealed.split_at(tag_at);
            let is_authentic = are_equal(&hmac(&self.authentication_key, &[authenticated]), tag);
            if !is_authentic || authenticated.len() < 1 + NONCE || authenticated[0] != VERSION {
                return None;
            }
            let (nonce, ciphertext) = authenticated[1..].split_at(NONCE);
            let mut content = ciphertext.to_vec();
            self.apply_cipher(nonce, &mut content);
            decode(&content)
        });
        match session {
            Some(session) if session.expires_at_ms > now_ms() => Ok(session),
            Some(_) => Err(SessionError::NotFound),
            None => invalid("The session id was not sealed by this store."),
        }
    }
}

impl SessionPlugin for SealedStore {
    fn name(&self) -> &str {
        "rust sealed"
    }

    fn create(&self, options: CreateOptions) -> Result<SessionId, SessionError> {
        check_data(&options.data_json, MAX_DATA_BYTES)?;
        let ttl_ms = check_ttl(options.ttl_ms)?;
        let now = now_ms();
        let CreateOptions { user_id, data_json, .. } = options;
        self.seal(&Session { user_id, data_json, created_at_ms: now, expires_at_ms: now + ttl_ms })
    }

    fn read(&self, id: &SessionId) -> Result<SessionRecord, SessionError> {
        let Session { user_id, data_json, created_at_ms, expires_at_ms } = self.open(id)?;
        Ok(SessionRecord { id: id.clone(), user_id, data_json, created_at_ms, expires_at_ms })
    }

    fn update(&self, id: &SessionId, data_json: &str) -> Result<SessionId, SessionError> {
        let data_json = check_data(data_json, MAX_DATA_BYTES)?.to_string();
        let session = self.open(id)?;
        self.seal(&Session { data_json, ..session })
    }

    fn touch(&self, id: &SessionId, ttl_ms: u64) -> Result<SessionId, SessionError> {
        let ttl_ms = check_ttl(ttl_ms)?;
        let session = self.open(id)?;
        self.seal(&Session { expires_at_ms: now_ms() + ttl_ms, ..session })
    }

    /// Does nothing: the host clears the cookie (contract D4).
    fn delete(&self, _id: &SessionId) -> Result<(), SessionError> {
        Ok(())
    }
}
