//! What an executable needs of the system that runs it, read from its ELF file. Only headers and tables are read.

use std::fmt;
use std::fs::File;

use object::elf::{self, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, ReadCache};

use crate::config::Architecture;

/// A version of glibc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::compute::aws_lambda) struct Glibc(pub u32, pub u32);

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// What an executable needs.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::compute::aws_lambda) struct Needs {
    pub architecture: Architecture,
    /// `None`: no glibc at all, as in a static executable.
    pub glibc: Option<Glibc>,
    /// The shared libraries, by their names.
    pub libraries: Vec<String>,
    /// The path of the loader that starts it; `None`: a static executable, or a library.
    pub interpreter: Option<String>,
}

/// Reads what an executable needs. `Err` says what the file is instead.
pub(in crate::compute::aws_lambda) fn read(file: File) -> Result<Needs, String> {
    read_any(file, false)
}

/// Reads what a shared library needs. `Err` says what the file is instead.
pub(in crate::compute::aws_lambda) fn read_library(file: File) -> Result<Needs, String> {
    read_any(file, true)
}

fn read_any(file: File, library: bool) -> Result<Needs, String> {
    let data = &ReadCache::new(file);
    let not_linux = |_| "it is not a program for 64-bit Linux".to_owned();
    let header = FileHeader64::<Endianness>::parse(data).map_err(not_linux)?;
    let endian = header.endian().map_err(not_linux)?;
    let damaged = |error| format!("its ELF file is damaged: {error}");
    let is_program = matches!(header.e_type(endian), elf::ET_EXEC | elf::ET_DYN) && header.e_entry(endian) != 0;
    if !library && !is_program {
        return Err("it is a library, not a program".into());
    }
    let architecture = match header.e_machine(endian) {
        elf::EM_X86_64 => Architecture::X86_64,
        elf::EM_AARCH64 => Architecture::Arm64,
        _ => return Err("it is for a processor that AWS Lambda does not have".into()),
    };
    let segments = header.program_headers(endian, data).map_err(damaged)?;
    let is_dynamic = segments.iter().any(|segment| segment.p_type(endian) == elf::PT_DYNAMIC);
    let sections = header.sections(endian, data).map_err(damaged)?;
    let mut needs = Needs { architecture, glibc: None, libraries: Vec::new(), interpreter: None };
    for segment in segments {
        if let Some(path) = segment.interpreter(endian, data).map_err(damaged)? {
            needs.interpreter = Some(String::from_utf8_lossy(path).into_owned());
        }
    }
    if is_dynamic && sections.is_empty() {
        return Err("it has no section headers, so what it needs cannot be read; strip it with `strip`".into());
    }
    if let Some((entries, link)) = sections.dynamic(endian, data).map_err(damaged)? {
        let strings = sections.strings(endian, data, link).map_err(damaged)?;
        for entry in entries.iter().filter(|entry| entry.d_tag.get(endian) == elf::DT_NEEDED) {
            let offset = u32::try_from(entry.d_val.get(endian)).unwrap_or(u32::MAX);
            let name = strings.get(offset).map_err(|()| "its ELF file is damaged: a name is missing".to_owned())?;
            needs.libraries.push(String::from_utf8_lossy(name).into_owned());
        }
    }
    if let Some((mut libraries, link)) = sections.gnu_verneed(endian, data).map_err(damaged)? {
        let strings = sections.strings(endian, data, link).map_err(damaged)?;
        while let Some((_, mut versions)) = libraries.next().map_err(damaged)? {
            while let Some(version) = versions.next().map_err(damaged)? {
                let name = version.name(endian, strings).map_err(damaged)?;
                needs.glibc = needs.glibc.max(parse_version(&String::from_utf8_lossy(name)));
            }
        }
    }
    Ok(needs)
}

/// The version of glibc that a symbol's version, as `GLIBC_2.2.5`, came with.
fn parse_version(name: &str) -> Option<Glibc> {
    let version = name.strip_prefix("GLIBC_")?;
    if version == "ABI_DT_RELR" {
        // Packed relocations, which the loader of 2.36 was the first to know.
        return Some(Glibc(2, 36));
    }
    let mut numbers = version.split('.').map(str::parse);
    Some(Glibc(numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &str) -> File {
        File::open(path).unwrap()
    }

    #[test]
    fn versions_of_symbols() {
        assert_eq!(parse_version("GLIBC_2.2.5"), Some(Glibc(2, 2)));
        assert_eq!(parse_version("GLIBC_2.34"), Some(Glibc(2, 34)));
        assert_eq!(parse_version("GLIBC_ABI_DT_RELR"), Some(Glibc(2, 36)));
        for other in ["GLIBC_PRIVATE", "GCC_3.0", "GLIBC_", "GLIBC_2", ""] {
            assert_eq!(parse_version(other), None, "{other}");
        }
        assert!(Glibc(2, 4) < Glibc(2, 34));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_program() {
        let needs = read(open("/proc/self/exe")).unwrap();
        let own = if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 };
        assert_eq!(needs.architecture, own);
        assert!(needs.libraries.iter().any(|library| library.starts_with("libc.so")), "{needs:?}");
        assert!(needs.interpreter.as_deref().is_some_and(|path| path.starts_with("/lib")), "{needs:?}");
        // Rust's standard library alone needs 2.17 or more.
        assert!(needs.glibc.is_some_and(|glibc| glibc >= Glibc(2, 17)), "{needs:?}");
    }

    #[test]
    fn what_is_no_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("script");
        for content in ["", "#!/bin/sh\n", "\x7fELF", "MZ"] {
            std::fs::write(&path, content).unwrap();
            let said = read(File::open(&path).unwrap()).unwrap_err();
            assert!(said.contains("not a program for 64-bit Linux"), "{said}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn damaged_programs_are_refused_and_nothing_worse() {
        let own = std::fs::read("/proc/self/exe").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        for length in [64, 100, 1000, 10_000, own.len() / 2, own.len() - 1] {
            std::fs::write(&path, &own[..length]).unwrap();
            assert!(read(File::open(&path).unwrap()).is_err(), "cut at {length}");
        }
    }
}
