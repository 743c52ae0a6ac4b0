//! Results of calls on their way to a call that takes them as one list.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::request::bytes_field;
use super::{RemoteError, sha256_hex};

/// The input of a call that takes the results of others: those that were there when it was sent, and where the rest will be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gathered {
    /// How many results there will be.
    pub total: u64,
    pub parts: Vec<GatheredPart>,
    /// `None`: there are no more.
    pub rest: Option<GatheredRest>,
}

/// One result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GatheredPart {
    /// Its place in the list, from 0.
    pub index: u64,
    pub value: GatheredValue,
}

/// A message of the codec, of which the first value counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum GatheredValue {
    Here(#[serde(with = "bytes_field")] Bytes),
    /// In the scratch store, where the call that made it has put it.
    Object {
        key: String,
        sha256: String,
    },
}

impl GatheredValue {
    /// Refuses bytes that are not those of the object.
    pub fn check(&self, bytes: &[u8]) -> Result<(), String> {
        match self {
            GatheredValue::Object { key, sha256 } if sha256_hex(bytes) != *sha256 => {
                Err(format!("the result in {key} was changed"))
            }
            _ => Ok(()),
        }
    }
}

/// Where results appear that were not there yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GatheredRest {
    /// Batches are objects of the scratch store: this, a slash, and eight digits, from 0.
    pub prefix: String,
    /// Milliseconds between two looks.
    pub interval_ms: u64,
}

impl GatheredRest {
    /// The key of a batch.
    pub fn key(&self, batch: u64) -> String {
        format!("{}/{batch:08}", self.prefix)
    }
}

/// Results that came later.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct GatheredBatch {
    pub parts: Vec<GatheredPart>,
    /// Why there will not be all.
    pub failed: Option<RemoteError>,
}
