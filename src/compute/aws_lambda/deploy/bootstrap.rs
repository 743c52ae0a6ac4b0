//! The executable that a function runs: this one where it fits, or the one that the configuration names.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::elf::{self, Glibc, Needs};
use crate::config::{Architecture, AwsLambda};

/// The version of Amazon Linux 2023, on which the runtime `provided.al2023` is built.
const GLIBC: Glibc = Glibc(2, 34);

/// What the runtime `provided.al2023` has of what programs usually need: glibc, and the library of the C compiler.
const LIBRARIES: &[&str] = &[
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libutil.so.1",
    "libresolv.so.2",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];

/// An executable that may become a function's bootstrap. It is open, so that it stays the same file.
pub(in crate::compute::aws_lambda) struct Bootstrap {
    pub file: File,
    /// For messages, and to tell executables apart.
    pub path: PathBuf,
    architecture: Architecture,
    /// It was named by the configuration.
    named: bool,
}

/// Why an executable cannot be a bootstrap. Reads after "failed to".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("use {} as the bootstrap of the function: {reason}; {remedy}", path.display())]
pub struct BootstrapError {
    path: PathBuf,
    reason: String,
    remedy: String,
}

impl Bootstrap {
    /// Opens the executable that the configuration asks for.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open(config: &AwsLambda) -> Result<Bootstrap, BootstrapError> {
        let architecture = config.architecture;
        let named = config.bootstrap.is_some();
        let path = match &config.bootstrap {
            Some(path) => path.clone(),
            None => std::env::current_exe().unwrap_or_else(|_| "lithops-lua".into()),
        };
        // The file under our name may be another one by now: an upgrade while we run.
        let own = Path::new("/proc/self/exe");
        let opened = File::open(if !named && own.exists() { own } else { &path });
        match opened {
            Ok(file) => Ok(Bootstrap { file, path, architecture, named }),
            Err(error) => Err(BootstrapError {
                path,
                reason: error.to_string(),
                remedy: "set `aws_lambda.bootstrap`, or `--bootstrap`, to an executable of lithops-lua".into(),
            }),
        }
    }

    /// Checks that AWS Lambda can run it.
    ///
    /// # Errors
    /// What is in the way, and how to build one that fits.
    pub fn check(&self) -> Result<(), BootstrapError> {
        let read = self.file.try_clone().map_err(|error| error.to_string()).and_then(elf::read);
        let reason = match read {
            Ok(needs) => match obstacle(&needs, self.architecture) {
                None => return Ok(()),
                Some(reason) => reason,
            },
            Err(reason) => reason,
        };
        Err(BootstrapError { path: self.path.clone(), reason, remedy: how_to_build(self.architecture, self.named) })
    }

    pub fn architecture(&self) -> Architecture {
        self.architecture
    }
}

fn obstacle(needs: &Needs, wanted: Architecture) -> Option<String> {
    if needs.architecture != wanted {
        return Some(format!(
            "it is for {}, and the function for {} (`aws_lambda.architecture`)",
            needs.architecture.name(),
            wanted.name()
        ));
    }
    if let Some(library) = needs.libraries.iter().find(|library| !LIBRARIES.contains(&library.as_str())) {
        return Some(format!("it needs the library {library}, which AWS Lambda does not have"));
    }
    let glibc = needs.glibc.filter(|glibc| *glibc > GLIBC)?;
    Some(format!("it needs glibc {glibc}, and AWS Lambda has {GLIBC}"))
}

fn how_to_build(architecture: Architecture, named: bool) -> String {
    let (flag, target) = match architecture {
        Architecture::X86_64 => ("", "x86_64-unknown-linux-gnu"),
        Architecture::Arm64 => (" --arm64", "aarch64-unknown-linux-gnu"),
    };
    let name_it = if named {
        "and name what it makes instead"
    } else {
        "and name what it makes with `--bootstrap PATH` or `aws_lambda.bootstrap`"
    };
    format!(
        "build one that fits, in the source folder of lithops-lua, with `cargo lambda build --release{flag}` (it makes \
         target/lambda/lithops-lua/bootstrap), or with `rustup target add {target}`, `pip install ziglang cargo-zigbuild` \
         and `cargo zigbuild --release --target {target}.{GLIBC}` (it makes target/{target}/release/lithops-lua), {name_it}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(glibc: Option<Glibc>, libraries: &[&str]) -> Needs {
        let libraries = libraries.iter().map(|name| (*name).to_owned()).collect();
        Needs { architecture: Architecture::X86_64, glibc, libraries, interpreter: None }
    }

    #[test]
    fn what_fits() {
        let fits = |needs| obstacle(&needs, Architecture::X86_64);
        assert_eq!(fits(needs(None, &[])), None);
        assert_eq!(fits(needs(Some(Glibc(2, 34)), &["libc.so.6", "libm.so.6", "libgcc_s.so.1"])), None);
    }

    #[test]
    fn what_does_not_fit_is_told_with_the_commands_that_help() {
        let said = |needs: &Needs, wanted| obstacle(needs, wanted).unwrap();
        let newer = needs(Some(Glibc(2, 38)), &["libc.so.6"]);
        assert!(said(&newer, Architecture::X86_64).contains("needs glibc 2.38, and AWS Lambda has 2.34"));
        let other = needs(Some(Glibc(2, 34)), &["libc.so.6"]);
        assert!(said(&other, Architecture::Arm64).contains("for x86_64, and the function for arm64"));
        let library = needs(Some(Glibc(2, 34)), &["libssl.so.3"]);
        assert!(said(&library, Architecture::X86_64).contains("libssl.so.3"));
        let help = how_to_build(Architecture::Arm64, false);
        assert!(help.contains("cargo zigbuild --release --target aarch64-unknown-linux-gnu.2.34"), "{help}");
        assert!(help.contains("cargo lambda build --release --arm64"), "{help}");
    }
}
