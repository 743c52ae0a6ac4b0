//! A cloud, a configuration, and the program that deploys.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use lithops_lua::config::{Request, load};
use serde_json::{Value, json};

use crate::emulator::{ACCESS_KEY_ID, Emulator, Knobs, ROLE, SECRET_ACCESS_KEY};
use crate::host::{Folder, Run};

/// The program with its cloud and its configuration.
pub struct Site {
    pub cloud: Emulator,
    pub folder: Folder,
    /// Where zips are kept: in one place for all tests, so that the same one is made once.
    pub cache: PathBuf,
    config: Value,
    runtime: tokio::runtime::Runtime,
}

impl Site {
    pub fn new() -> Site {
        Site::with(Knobs::default(), json!({}))
    }

    /// `section`: keys of `aws_lambda` besides the role.
    pub fn with(knobs: Knobs, section: Value) -> Site {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deploy-cache");
        let mut site = Site { cloud: Emulator::start(knobs), folder: Folder::new(), cache, config: json!({}), runtime };
        site.configure(section);
        site
    }

    /// Changes the section `aws_lambda`.
    pub fn configure(&mut self, section: Value) {
        let mut lambda = json!({"execution_role": ROLE});
        lambda.as_object_mut().unwrap().extend(section.as_object().unwrap().clone());
        self.config = json!({"lithops": {"backend": "aws_lambda"}, "aws_lambda": lambda});
        // A mistake in a test's configuration is told here, and not as a failed deployment.
        load(Request { table: Some(self.config.clone()), ..Request::default() }).unwrap();
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.folder.command(args);
        command.envs(self.cloud.environment()).env("LITHOPS_CONFIG", self.config.to_string());
        command.env("XDG_CACHE_HOME", &self.cache).stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        self.command(args).output().unwrap().into()
    }

    /// Deploys, which must succeed, and gives the function's name.
    pub fn deploy(&self) -> String {
        let run = self.run(&["runtime", "deploy"]);
        assert_eq!(run.code, Some(0), "{}", run.err);
        run.out.trim().to_owned()
    }

    /// Deploys, which must fail, and gives what was said last.
    pub fn refused(&self) -> String {
        let run = self.run(&["runtime", "deploy"]);
        assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
        assert_eq!(run.out, "");
        run.err.lines().last().unwrap_or_default().to_owned()
    }

    /// How often each operation of Lambda was asked for since the last time; looks are left out.
    pub fn changes(&self) -> Vec<(String, u64)> {
        let record = self.cloud.record();
        self.cloud.forget();
        let lambda = record.requests.iter().filter_map(|(name, count)| Some((name.strip_prefix("lambda:")?, *count)));
        lambda.filter(|(name, _)| *name != "GetFunction").map(|(name, count)| (name.to_owned(), count)).collect()
    }

    /// What another program would see and do.
    pub fn client(&self) -> aws_sdk_lambda::Client {
        let environment = self.cloud.environment();
        let region = environment.iter().find(|(name, _)| *name == "AWS_REGION").unwrap().1.clone();
        let config = aws_sdk_lambda::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(self.cloud.url())
            .region(Region::new(region))
            .credentials_provider(Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "test"))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        aws_sdk_lambda::Client::from_conf(config)
    }

    pub fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        let within = async { tokio::time::timeout(Duration::from_secs(60), work).await };
        self.runtime.block_on(within).expect("an answer within a minute")
    }

    pub fn function(&self, name: &str) -> GetFunctionOutput {
        self.wait(self.client().get_function().function_name(name).send()).unwrap()
    }
}

/// One of each operation.
pub fn once(operations: &[&str]) -> Vec<(String, u64)> {
    operations.iter().map(|name| ((*name).to_owned(), 1)).collect()
}
