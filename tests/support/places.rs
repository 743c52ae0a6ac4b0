//! The same scripts on every storage: on this machine, on `s3s-fs` in the test's own process, and on the server that
//! `LITHOPS_TEST_S3_ENDPOINT` names, with tests that are ignored elsewhere.

use std::process::{Command, Stdio};

use crate::jobs::with_prelude;
use crate::server::{ACCESS_KEY_ID, S3Server, SECRET_ACCESS_KEY};
use crate::support::{Folder, Run};

/// Where a script keeps its objects.
pub enum Place {
    Local,
    S3(Box<S3Server>),
    /// A server that runs already: its URL and credentials.
    External {
        url: String,
        access_key_id: String,
        secret_access_key: String,
    },
}

/// What every script begins with: `s` is the store, and `at` the address of its default bucket, with a slash.
const STORE: &str = r#"
local s = lithops.storage
local at = (s.backend == "aws_s3" and "s3://" or "local://") .. s.bucket .. "/"
"#;

impl Place {
    pub fn local() -> Place {
        Place::Local
    }

    pub fn s3() -> Place {
        Place::S3(Box::new(S3Server::start()))
    }

    pub fn external() -> Place {
        let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
        let place = Place::External {
            url: variable("LITHOPS_TEST_S3_ENDPOINT"),
            access_key_id: variable("AWS_ACCESS_KEY_ID"),
            secret_access_key: variable("AWS_SECRET_ACCESS_KEY"),
        };
        // It was started a moment ago, perhaps.
        let ready = "for _ = 1, 600 do if pcall(s.create_bucket) then break end lithops.sleep(0.1) end s:head_bucket()";
        place.passes(ready);
        place
    }

    /// The server, where the test has it.
    pub fn server(&self) -> Option<&S3Server> {
        match self {
            Place::S3(server) => Some(server),
            _ => None,
        }
    }

    /// The configuration of scripts that run in the folder.
    fn config(&self, folder: &Folder) -> String {
        let (url, id, secret) = match self {
            Place::Local => return "localhost: {max_workers: 2}\n".into(),
            Place::S3(server) => (server.url(), ACCESS_KEY_ID.to_owned(), SECRET_ACCESS_KEY.to_owned()),
            Place::External { url, access_key_id, secret_access_key } => {
                (url.clone(), access_key_id.clone(), secret_access_key.clone())
            }
        };
        // A bucket of its own for each test: a server may outlive it.
        let name = folder.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let bucket: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        format!(
            "lithops: {{storage: aws_s3}}\naws: {{access_key_id: {id}, secret_access_key: {secret}, region: eu-west-1}}\n\
             aws_s3: {{endpoint_url: '{url}', storage_bucket: tests-{bucket}}}\nlocalhost: {{max_workers: 2}}\n"
        )
    }

    /// Runs a script in a folder of its own, whose path it has as `here`.
    pub fn run(&self, script: &str) -> Run {
        let folder = Folder::with(&with_prelude(&format!("{}{script}", STORE.replace('\n', " "))));
        self.command(&folder, &["pipeline.lua", folder.path().to_str().unwrap()]).output().unwrap().into()
    }

    /// The command in a folder, with the configuration of this place, and none of the environment's.
    pub fn command(&self, folder: &Folder, args: &[&str]) -> Command {
        let mut command = folder.command(args);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command
            .env("LITHOPS_CONFIG", self.config(folder))
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .stdin(Stdio::null());
        command
    }

    /// Runs a script whose asserts all hold.
    #[track_caller]
    pub fn passes(&self, script: &str) {
        self.run(&format!("{script}\nprint 'ok'")).prints("ok\n");
    }
}

/// Makes a test for each place of functions that take one, or what can be made of one.
macro_rules! everywhere {
    ($($name:ident)*) => {
        mod local {
            $(#[test] fn $name() { super::$name(&crate::places::Place::local().into()); })*
        }
        mod s3 {
            $(#[test] fn $name() { super::$name(&crate::places::Place::s3().into()); })*
        }
        mod external {
            $(#[test] #[ignore = "needs the server of LITHOPS_TEST_S3_ENDPOINT: tests/ci/seaweedfs.sh starts one"]
            fn $name() { super::$name(&crate::places::Place::external().into()); })*
        }
    };
}
pub(crate) use everywhere;
