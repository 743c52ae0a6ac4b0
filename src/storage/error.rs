//! What can go wrong with storage.

use std::fmt;
use std::io;

/// The kind of a failure. Its text is part of the Lua API (`err.kind`) and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StorageErrorKind {
    NoSuchKey,
    NoSuchBucket,
    AccessDenied,
    InvalidRange,
    InvalidKey,
    InvalidBucket,
    /// One key would be a folder of the other: only where keys are paths.
    KeyConflict,
    DiskFull,
    NoSuchBackend,
    /// There are no credentials, or they are not valid (any more).
    Credentials,
    /// No region, or another one than the bucket's.
    WrongRegion,
    /// The clock of this machine is off.
    Clock,
    /// The server does not answer, or the connection breaks again and again.
    Unreachable,
    /// The server wants fewer requests.
    Throttled,
    /// The object was replaced or deleted while it was read.
    ObjectChanged,
    /// What was stored compressed cannot be read: it is cut off, or corrupt.
    InvalidData,
    Io,
}

impl StorageErrorKind {
    pub fn as_str(self) -> &'static str {
        match self {
            StorageErrorKind::NoSuchKey => "no_such_key",
            StorageErrorKind::NoSuchBucket => "no_such_bucket",
            StorageErrorKind::AccessDenied => "access_denied",
            StorageErrorKind::InvalidRange => "invalid_range",
            StorageErrorKind::InvalidKey => "invalid_key",
            StorageErrorKind::InvalidBucket => "invalid_bucket",
            StorageErrorKind::KeyConflict => "key_conflict",
            StorageErrorKind::DiskFull => "disk_full",
            StorageErrorKind::NoSuchBackend => "no_such_backend",
            StorageErrorKind::Credentials => "credentials",
            StorageErrorKind::WrongRegion => "wrong_region",
            StorageErrorKind::Clock => "clock",
            StorageErrorKind::Unreachable => "unreachable",
            StorageErrorKind::Throttled => "throttled",
            StorageErrorKind::ObjectChanged => "object_changed",
            StorageErrorKind::InvalidData => "invalid_data",
            StorageErrorKind::Io => "io",
        }
    }
}

impl fmt::Display for StorageErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A failure: what was tried, with bucket and key, and why it failed. Reads after "failed to".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{action}: {reason}")]
pub struct StorageError {
    kind: StorageErrorKind,
    action: String,
    reason: String,
}

impl StorageError {
    pub fn new(kind: StorageErrorKind, action: impl Into<String>, reason: impl Into<String>) -> StorageError {
        StorageError { kind, action: action.into(), reason: reason.into() }
    }

    pub fn kind(&self) -> StorageErrorKind {
        self.kind
    }

    /// The same failure of something else that was tried.
    pub(super) fn of(&self, action: impl Into<String>) -> StorageError {
        StorageError { action: action.into(), ..self.clone() }
    }

    /// The failure of a system call.
    pub fn io(action: impl Into<String>, error: &io::Error) -> StorageError {
        let (kind, reason) = match error.kind() {
            io::ErrorKind::StorageFull => (StorageErrorKind::DiskFull, "the disk is full".into()),
            io::ErrorKind::QuotaExceeded => (StorageErrorKind::DiskFull, "the disk quota is used up".into()),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                (StorageErrorKind::AccessDenied, error.to_string())
            }
            _ => (StorageErrorKind::Io, error.to_string()),
        };
        StorageError { kind, action: action.into(), reason }
    }

    /// The same failure, with what to do about it.
    pub fn with_remedy(mut self, remedy: &str) -> StorageError {
        self.reason = format!("{}; {remedy}", self.reason);
        self
    }

    pub(super) fn no_such_backend(backend: &str) -> StorageError {
        let reason = "there is no such storage backend: set `lithops.storage` to `localhost` or `aws_s3`";
        StorageError::new(StorageErrorKind::NoSuchBackend, format!("open storage `{backend}`"), reason)
    }
}

/// For rooms that carry errors as text.
impl From<StorageError> for String {
    fn from(error: StorageError) -> String {
        error.to_string()
    }
}
