//! An image as a folder: the "OCI image layout", which other tools read.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

use super::{Blob, Image, ImageError, oci_architecture};

/// Writes an image into a folder that is empty, or not there.
///
/// # Errors
/// Where the folder is in use, or cannot be written to.
pub fn write_layout(image: &Image, name: Option<&str>, folder: &Path) -> Result<(), ImageError> {
    write(image, name, folder)
        .map_err(|error| ImageError::Write { folder: folder.display().to_string(), reason: error.to_string() })
}

fn write(image: &Image, name: Option<&str>, folder: &Path) -> io::Result<()> {
    let blobs = folder.join("blobs").join("sha256");
    fs::create_dir_all(folder)?;
    if fs::read_dir(folder)?.next().is_some() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the folder is not empty: name another one"));
    }
    fs::create_dir_all(&blobs)?;
    for Blob { digest, bytes, .. } in [&image.layer, &image.config, &image.manifest] {
        fs::write(blobs.join(digest.trim_start_matches("sha256:")), bytes)?;
    }
    let mut manifest = image.manifest.descriptor();
    manifest["platform"] = json!({"architecture": oci_architecture(image.architecture), "os": "linux"});
    if let Some(name) = name {
        manifest["annotations"] = json!({"org.opencontainers.image.ref.name": name});
    }
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [manifest],
    });
    fs::write(folder.join("index.json"), index.to_string())?;
    // Last: it says that the rest is there.
    fs::write(folder.join("oci-layout"), json!({"imageLayoutVersion": "1.0.0"}).to_string())
}
