//! The layer: the bootstrap, its libraries, and the certificates of the authorities that it trusts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::super::deploy::Bootstrap;
use super::super::deploy::elf;
use super::{ImageError, digest, libraries};
use crate::config::{Architecture, Config};

/// Where AWS's own images have it.
pub(super) const BOOTSTRAP_PATH: &str = "var/runtime/bootstrap";
/// Where programs look for certificates, and where the distributions keep them.
const CERTIFICATES_PATH: &str = "etc/ssl/certs/ca-certificates.crt";
const CERTIFICATES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Folders that a program expects.
const FOLDERS: &[&str] = &["tmp", "var/task"];

/// What is in the layer.
pub struct Contents {
    pub architecture: Architecture,
    /// Paths in the image, without a slash in front, and the files to put there.
    files: BTreeMap<PathBuf, PathBuf>,
}

/// A packed layer.
pub(super) struct Packed {
    pub gzip: Vec<u8>,
    /// The digest of what was compressed.
    pub diff_id: String,
}

impl Contents {
    /// What the bootstrap that `config` names needs: unlike a zip, an image has nothing but what is put into it.
    ///
    /// # Errors
    /// Where it is no program for the architecture, or something of it is not on this machine.
    pub fn of(config: &Config) -> Result<Contents, ImageError> {
        let section = &config.aws_lambda;
        let bootstrap = Bootstrap::open(section).map_err(super::DeployError::from)?;
        let path = bootstrap.path.clone();
        let needs = elf::read(bootstrap.file)
            .map_err(|reason| ImageError::Make(format!("{} cannot be the bootstrap: {reason}", path.display())))?;
        if needs.architecture != section.architecture {
            return Err(ImageError::Make(format!(
                "{} is for {}, and `aws_lambda.architecture` says {}",
                path.display(),
                needs.architecture.name(),
                section.architecture.name()
            )));
        }
        let mut files: BTreeMap<PathBuf, PathBuf> = libraries::find(&needs)?
            .into_iter()
            .map(|(place, file)| (place.strip_prefix("/").unwrap_or(&place).to_path_buf(), file))
            .collect();
        files.insert(BOOTSTRAP_PATH.into(), path);
        match CERTIFICATES.iter().find(|path| Path::new(path).is_file()) {
            Some(path) => {
                files.insert(CERTIFICATES_PATH.into(), path.into());
            }
            None => tracing::warn!(
                "this machine has no certificates of authorities, so the functions of this image cannot reach S3: install \
                 the package ca-certificates and make it again"
            ),
        }
        Ok(Contents { architecture: needs.architecture, files })
    }
}

/// Packs the layer; the same files give the same bytes.
pub(super) fn pack(contents: &Contents) -> Result<Packed, ImageError> {
    let failed = |error: io::Error| ImageError::Make(error.to_string());
    let tar = tar_of(contents).map_err(failed)?;
    let mut gzip = GzEncoder::new(Vec::with_capacity(tar.len() / 2), Compression::default());
    gzip.write_all(&tar).map_err(failed)?;
    Ok(Packed { gzip: gzip.finish().map_err(failed)?, diff_id: digest(&tar) })
}

fn tar_of(contents: &Contents) -> io::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    let places = contents.files.keys().map(PathBuf::as_path).chain(FOLDERS.iter().map(Path::new));
    let mut folders: BTreeSet<&Path> = places.flat_map(|place| place.ancestors().skip(1)).collect();
    folders.extend(FOLDERS.iter().map(Path::new));
    for folder in folders.into_iter().filter(|folder| !folder.as_os_str().is_empty()) {
        let mode = if folder == Path::new("tmp") { 0o1777 } else { 0o755 };
        tar.append_data(&mut header(EntryType::Directory, mode, 0), folder, io::empty())?;
    }
    for (place, file) in &contents.files {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", file.display()));
        let content = fs::read(file).map_err(named)?;
        let mode = if place == Path::new(CERTIFICATES_PATH) { 0o644 } else { 0o755 };
        tar.append_data(&mut header(EntryType::Regular, mode, content.len() as u64), place, content.as_slice())?;
    }
    tar.into_inner()
}

fn header(kind: EntryType, mode: u32, bytes: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(bytes);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}
