//! Bytes from the operating system's random source. A program with dependencies would use the crate `getrandom`.

use crate::plugin::SessionError;
use std::fs::File;
use std::io::Read;

/// Returns random bytes for ids and nonces. A source that fails is a failing backend (contract E4).
pub fn random<const N: usize>() -> Result<[u8; N], SessionError> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map_err(|error| SessionError::Backend(format!("/dev/urandom cannot be read: {}.", error.kind())))?;
    Ok(bytes)
}
