//! Code of functions: a zip, unpacked once for all environments that run it.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::{Cloud, s3};

/// What environments of a function run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// As `CodeSha256` gives it: base64.
    pub sha256: String,
    /// Bytes of the zip; 0 for an image.
    pub size_bytes: u64,
    /// The executable that is started.
    pub program: PathBuf,
    /// The image's URI, if it is one.
    pub image: Option<String>,
}

/// Code as `CreateFunction` (in `Code`) and `UpdateFunctionCode` (at the top) name it.
pub async fn accept(cloud: &Cloud, named: &Value) -> Result<Code, Failure> {
    let text = |name: &str| named.get(name).and_then(Value::as_str);
    if let Some(uri) = text("ImageUri") {
        return image(cloud, uri);
    }
    let zip = match (text("ZipFile"), text("S3Bucket"), text("S3Key")) {
        (Some(base64), None, None) => BASE64.decode(base64).map_err(|_| not_a_zip())?,
        (None, Some(bucket), Some(key)) => from_bucket(cloud, bucket, key)?,
        _ => return Err(Failure::invalid("Please provide a source for function code.")),
    };
    let most = cloud.knobs().unpacked_bytes;
    let folder = cloud.folder.path().join("code");
    tokio::task::spawn_blocking(move || unpack(zip, folder, most)).await.unwrap_or_else(|_| Err(Failure::server()))
}

fn image(cloud: &Cloud, uri: &str) -> Result<Code, Failure> {
    let knobs = cloud.knobs();
    let Some(program) = knobs.images.get(uri) else {
        return Err(Failure::invalid(format!("Source image {uri} does not exist. Provide a valid source image.")));
    };
    let sha256 = hex(&Sha256::digest(uri.as_bytes()));
    Ok(Code { sha256, size_bytes: 0, program: program.clone(), image: Some(uri.to_owned()) })
}

fn from_bucket(cloud: &Cloud, bucket: &str, key: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(s3::object_file(cloud, bucket, key)).map_err(|_| {
        Failure::invalid(
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
        )
    })
}

fn not_a_zip() -> Failure {
    Failure::invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
}

fn unpack(zip: Vec<u8>, folder: PathBuf, most: u64) -> Result<Code, Failure> {
    let digest = Sha256::digest(&zip);
    let folder = folder.join(hex(&digest));
    let unpacked = folder.join("task");
    let code = Code {
        sha256: BASE64.encode(digest),
        size_bytes: zip.len() as u64,
        program: unpacked.join("bootstrap"),
        image: None,
    };
    if unpacked.exists() {
        return Ok(code);
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(&zip)).map_err(|_| not_a_zip())?;
    if archive.decompressed_size().is_some_and(|size| size > u128::from(most)) {
        return Err(Failure::invalid(format!("Unzipped size must be smaller than {most} bytes")));
    }
    let disk = |error: std::io::Error| {
        eprintln!("emulator: cannot keep code: {error}");
        Failure::server()
    };
    std::fs::create_dir_all(&folder).map_err(disk)?;
    std::fs::write(folder.join("code.zip"), &zip).map_err(disk)?;
    // Two uploads of the same code must not see each other's half: the folder appears when it is complete.
    let half = tempfile::tempdir_in(&folder).map_err(disk)?;
    archive.extract(half.path()).map_err(|_| not_a_zip())?;
    written_elsewhere(&code.program, half.path()).map_err(disk)?;
    if std::fs::rename(half.path(), &unpacked).is_ok() {
        let _ = half.keep();
    }
    Ok(code)
}

/// Has another process write the program again. One that is started meanwhile inherits, until it runs, what this process has open; and a
/// file that somebody has open for writing cannot be run ("text file busy").
fn written_elsewhere(program: &Path, folder: &Path) -> std::io::Result<()> {
    let Some(written) = program.file_name().map(|name| folder.join(name)).filter(|written| written.is_file()) else {
        return Ok(());
    };
    let copy = folder.join(".copy");
    let status = Command::new("cp").arg("-p").args([&written, &copy]).status()?;
    if !status.success() {
        return Err(std::io::Error::other(format!("cp: {status}")));
    }
    std::fs::rename(copy, written)
}

/// The zip with this hash in hexadecimal.
pub fn zip(cloud: &Cloud, sha256: &str) -> Option<Bytes> {
    let is_hash = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    let file = cloud.folder.path().join("code").join(sha256).join("code.zip");
    if is_hash { std::fs::read(file).ok().map(Bytes::from) } else { None }
}

/// The hash in the name of the code's folder, from the hash that AWS gives.
pub fn hash_in_hex(base64: &str) -> String {
    hex(&BASE64.decode(base64).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
