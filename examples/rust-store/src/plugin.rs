//! The trait `SessionPlugin` of bext's plugin API, version 0.2. A plugin imports it from `bext-plugin-api` instead.

/// The text that identifies a session. It authenticates its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionId(pub String);

pub struct SessionRecord {
    pub id: SessionId,
    pub user_id: Option<String>,
    pub data_json: String,
    pub created_at_ms: u64,
    pub expires_at_ms: u64,
}

pub struct CreateOptions {
    pub user_id: Option<String>,
    pub data_json: String,
    pub ttl_ms: u64,
}

#[derive(Debug)]
pub enum SessionError {
    NotFound,
    Invalid(String),
    Backend(String),
}

pub trait SessionPlugin {
    fn name(&self) -> &str;
    fn create(&self, options: CreateOptions) -> Result<SessionId, SessionError>;
    fn read(&self, id: &SessionId) -> Result<SessionRecord, SessionError>;
    fn update(&self, id: &SessionId, data_json: &str) -> Result<SessionId, SessionError>;
    fn touch(&self, id: &SessionId, ttl_ms: u64) -> Result<SessionId, SessionError>;
    fn delete(&self, id: &SessionId) -> Result<(), SessionError>;
    fn is_healthy(&self) -> bool {
        true
    }
}
