//! A container image of the bootstrap, made and pushed without Docker.
//!
//! - `layer`: the image's one layer, with all that the bootstrap needs to run; `libraries` finds the shared libraries.
//! - this file: configuration and manifest around it, as OCI has them; `layout`: the image as a folder.
//! - `registry`: the protocol of registries; `credentials`: what Docker's configuration knows of them; `ecr`: Amazon's.

mod credentials;
mod ecr;
mod layer;
mod layout;
mod libraries;
mod registry;

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub use self::layer::Contents;
pub use self::layout::write_layout;

use self::layer::BOOTSTRAP_PATH;
use super::deploy::{DeployError, ImageName};
use crate::aws::{Account, AwsError};
use crate::config::{Architecture, Config};

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// The same executable makes the same image.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// Why an image cannot be made or pushed. Reads after "failed to".
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    #[error(transparent)]
    Deploy(#[from] DeployError),
    #[error(transparent)]
    Aws(#[from] AwsError),
    #[error("make the image: {0}")]
    Make(String),
    #[error("write the image to {folder}: {reason}")]
    Write { folder: String, reason: String },
    #[error("push {image}: {reason}")]
    Push { image: String, reason: String },
}

/// Bytes with their address.
#[derive(Clone, Debug)]
pub struct Blob {
    media_type: &'static str,
    /// `sha256:…`.
    pub digest: String,
    pub bytes: Bytes,
}

impl Blob {
    fn new(media_type: &'static str, bytes: impl Into<Bytes>) -> Blob {
        let bytes = bytes.into();
        Blob { media_type, digest: digest(&bytes), bytes }
    }

    fn descriptor(&self) -> Value {
        json!({"mediaType": self.media_type, "digest": self.digest, "size": self.bytes.len()})
    }
}

/// A whole image.
#[derive(Clone, Debug)]
pub struct Image {
    architecture: Architecture,
    manifest: Blob,
    config: Blob,
    layer: Blob,
}

impl Image {
    /// The image of a layer.
    pub fn new(contents: &Contents) -> Result<Image, ImageError> {
        let packed = layer::pack(contents)?;
        let config = json!({
            "created": CREATED,
            "architecture": oci_architecture(contents.architecture),
            "os": "linux",
            "config": {
                "Entrypoint": [format!("/{BOOTSTRAP_PATH}")],
                "Env": ["PATH=/usr/local/bin:/usr/bin:/bin"],
                "WorkingDir": "/",
            },
            "rootfs": {"type": "layers", "diff_ids": [packed.diff_id]},
            "history": [{"created": CREATED, "created_by": concat!("lithops-lua ", env!("CARGO_PKG_VERSION"))}],
        });
        let config = Blob::new(CONFIG_TYPE, config.to_string());
        let layer = Blob::new(LAYER_TYPE, packed.gzip);
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": config.descriptor(),
            "layers": [layer.descriptor()],
        });
        let manifest = Blob::new(MANIFEST_TYPE, manifest.to_string());
        Ok(Image { architecture: contents.architecture, manifest, config, layer })
    }

    /// `sha256:…` of the manifest, by which registries know the image.
    pub fn digest(&self) -> &str {
        &self.manifest.digest
    }

    pub fn size_bytes(&self) -> usize {
        self.manifest.bytes.len() + self.config.bytes.len() + self.layer.bytes.len()
    }
}

/// Pushes an image; to ECR, into a repository that is made where there is none.
///
/// # Errors
/// Where the registry refuses.
pub async fn push(image: &Image, name: &ImageName, config: &Config) -> Result<(), ImageError> {
    let login = if name.is_ecr() {
        let account = Account::in_region(&config.aws, ecr::region(&name.registry)).await?;
        ecr::make_repository(&account, name).await?;
        Some(ecr::login(&account, name).await?)
    } else {
        credentials::find(&name.registry)
    };
    registry::push(image, name, login).await.map_err(|reason| ImageError::Push { image: name.to_string(), reason })
}

fn digest(bytes: &[u8]) -> String {
    let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hash}")
}

fn oci_architecture(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "amd64",
        Architecture::Arm64 => "arm64",
    }
}
