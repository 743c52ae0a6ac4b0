//! storage
use bytes::Bytes;
use std::path::PathBuf;
pub struct Scratch {
    folder: PathBuf,
}
impl Scratch {
    pub fn local(folder: PathBuf) -> Self {
        Self { folder }
    }
    pub fn folder(&self) -> PathBuf {
        self.folder.clone()
    }
    pub async fn put(&self, key: &str, body: Bytes) -> Result<(), String> {
        let path = self.folder.join(key);
        tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(path.parent().unwrap())?;
            std::fs::write(path, body)
        })
        .await
        .map_err(|e| e.to_string())?
        .map_err(|e: std::io::Error| e.to_string())
    }
    pub async fn get(&self, key: &str) -> Result<Bytes, String> {
        let path = self.folder.join(key);
        tokio::task::spawn_blocking(move || std::fs::read(path))
            .await
            .map_err(|e| e.to_string())?
            .map(Bytes::from)
            .map_err(|e: std::io::Error| e.to_string())
    }
    pub async fn delete(&self, key: &str) -> Result<(), String> {
        let _ = std::fs::remove_file(self.folder.join(key));
        Ok(())
    }
}
