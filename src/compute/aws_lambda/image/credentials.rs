//! What Docker's configuration knows of registries: names and passwords, or the programs that keep them.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// A user of a registry. Has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub user: String,
    pub password: String,
}

/// The user that Docker's configuration (`$DOCKER_CONFIG/config.json`, or `~/.docker/config.json`) has for a registry.
pub(super) fn find(registry: &str) -> Option<Login> {
    let named = std::env::var_os("DOCKER_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
    let folder = named.or_else(|| Some(std::env::home_dir()?.join(".docker")))?;
    let path = folder.join("config.json");
    let text = std::fs::read(&path).ok()?;
    let config: Value = match serde_json::from_slice(&text) {
        Ok(config) => config,
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "Docker's configuration cannot be read");
            return None;
        }
    };
    let helper = config.pointer(&format!("/credHelpers/{}", registry.replace('~', "~0").replace('/', "~1")));
    if let Some(helper) = helper.or_else(|| config.get("credsStore")).and_then(Value::as_str)
        && let Some(login) = ask(helper, registry)
    {
        return Some(login);
    }
    stored(&config, registry)
}

/// A user in the file itself; keys may be addresses.
fn stored(config: &Value, registry: &str) -> Option<Login> {
    let host = |key: &str| {
        let bare = key.split_once("://").map_or(key, |(_, rest)| rest);
        bare.split('/').next().unwrap_or_default().to_owned()
    };
    let (_, entry) = config.get("auths")?.as_object()?.iter().find(|(key, _)| host(key) == registry)?;
    let pair = String::from_utf8(BASE64_STANDARD.decode(entry.get("auth")?.as_str()?).ok()?).ok()?;
    let (user, password) = pair.split_once(':')?;
    Some(Login { user: user.to_owned(), password: password.to_owned() })
}

/// Asks a program of Docker's for the user ("docker-credential-helpers": the registry on standard input, JSON back).
fn ask(helper: &str, registry: &str) -> Option<Login> {
    let program = format!("docker-credential-{helper}");
    let mut command = Command::new(&program);
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().inspect_err(|error| tracing::warn!(program, %error, "cannot be started")).ok()?;
    child.stdin.take()?.write_all(registry.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let answer: Value = serde_json::from_slice(&output.stdout).ok()?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str).map(str::to_owned);
    Some(Login { user: text("Username")?, password: text("Secret")? })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn users_in_the_file() {
        let auth = BASE64_STANDARD.encode("me:pass:word");
        let config =
            json!({"auths": {"registry.example:5000": {"auth": auth}, "https://other.example/v1/": {"auth": auth}}});
        for registry in ["registry.example:5000", "other.example"] {
            let login = stored(&config, registry).unwrap();
            assert!(login.user == "me" && login.password == "pass:word", "{registry}");
        }
        assert!(stored(&config, "registry.example").is_none() && stored(&json!({}), "other.example").is_none());
    }
}
