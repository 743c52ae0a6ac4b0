//! The forms that AWS demands of names and values, each with its source. Checks say what is wrong in words that read
//! after "cannot be …:".

use std::net::Ipv6Addr;

/// The code of a region: `eu-west-1`, `us-gov-west-1`.
pub fn check_region(name: &str) -> Result<(), &'static str> {
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = name.split('-').collect();
    match parts.as_slice() {
        [words @ .., last] if words.len() >= 2 && words.iter().all(is_word) => match last {
            _ if is_number(last) => Ok(()),
            _ if is_number(last.trim_end_matches(|c: char| c.is_ascii_lowercase())) => {
                Err("it is an availability zone: write its region, without the letter at the end")
            }
            _ => Err(REGION),
        },
        _ => Err(REGION),
    }
}

const REGION: &str = "it must be the code of a region, as in `eu-west-1`";

/// The parts of an ARN: partition, service, region, account, resource.
pub fn split_arn(arn: &str) -> Option<[&str; 5]> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, service, region, account, resource] = parts[..] else { return None };
    (partition == "aws" || partition.starts_with("aws-")).then_some([partition, service, region, account, resource])
}

fn is_account(account: &str) -> bool {
    account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
}

/// The ARN of an IAM role: `arn:aws:iam::123456789012:role/name`, with a path in front of the name if there is one.
///
/// (IAM API, `GetRole`: names have 1 to 64 characters of `[\w+=,.@-]`.)
pub fn check_role_arn(arn: &str) -> Result<(), &'static str> {
    let shape = Err("it must be the ARN of an IAM role, as in `arn:aws:iam::123456789012:role/lithops-role`");
    let Some([_, "iam", "", account, resource]) = split_arn(arn) else { return shape };
    let Some(path) = resource.strip_prefix("role/").filter(|_| is_account(account)) else { return shape };
    let is_name =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c));
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.len() <= 64 && path.split('/').all(is_name) { Ok(()) } else { shape }
}

/// (Lambda API, `FileSystemConfig`: `arn:…:elasticfilesystem:…:access-point/fsap-` and 17 hexadecimal digits.)
pub fn check_access_point(arn: &str) -> Result<(), &'static str> {
    let id = match split_arn(arn) {
        Some([_, "elasticfilesystem", region, account, resource])
            if check_region(region).is_ok() && is_account(account) =>
        {
            resource.strip_prefix("access-point/fsap-")
        }
        _ => None,
    };
    match id {
        Some(id) if id.len() == 17 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) => Ok(()),
        _ => Err("it must be the ARN of an EFS access point, as in \
                  `arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0`"),
    }
}

/// (Lambda API, `FileSystemConfig`: `/mnt/[a-zA-Z0-9-_.]+`, at most 160 characters.)
pub fn check_mount_path(path: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match path.strip_prefix("/mnt/") {
        Some(folder) if !folder.is_empty() && folder.chars().all(allowed) && ![".", ".."].contains(&folder) => {
            if path.len() <= 160 { Ok(()) } else { Err("it must have at most 160 characters") }
        }
        _ => Err("it must be `/mnt/` and the name of one folder, of letters, digits, `-`, `_` and `.`"),
    }
}

/// (Lambda API, `VpcConfig`.)
pub fn check_subnet(id: &str) -> Result<(), &'static str> {
    check_id(id, "subnet-", "it must be the id of a subnet, as in `subnet-0a1b2c3d`")
}

/// (Lambda API, `VpcConfig`.)
pub fn check_security_group(id: &str) -> Result<(), &'static str> {
    check_id(id, "sg-", "it must be the id of a security group, as in `sg-0a1b2c3d`")
}

fn check_id(id: &str, prefix: &str, shape: &'static str) -> Result<(), &'static str> {
    match id.strip_prefix(prefix) {
        Some(rest) if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Ok(()),
        _ => Err(shape),
    }
}

/// Part of the functions' names: AWS allows 64 characters in all, and the other parts take up to 48.
pub fn check_namespace(name: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if (1..=16).contains(&name.len()) && name.chars().all(allowed) {
        Ok(())
    } else {
        Err("it must have 1 to 16 letters, digits, `-` and `_`")
    }
}

/// The names that AWS Lambda sets itself.
///
/// (Lambda developer guide, "Defined runtime environment variables". `TZ` is in that list too, but can be set.)
const RESERVED_VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// (Lambda API, `Environment`: names match `[a-zA-Z]([a-zA-Z0-9_])+`.)
pub fn check_variable(name: &str, value: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !(name.len() >= 2 && name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(allowed)) {
        Err("names of variables are a letter and at least one more letter, digit or `_`")
    } else if RESERVED_VARIABLES.contains(&name) {
        Err("AWS Lambda sets that variable itself: choose another name")
    } else if value.contains('\0') {
        Err("variables cannot hold a null character")
    } else {
        Ok(())
    }
}

/// (Lambda API, `Tags`, and "Using tags": 128 characters of a key, 256 of a value, some characters, no `aws:` in front.)
pub fn check_tag(key: &str, value: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c);
    if !(1..=128).contains(&key.chars().count()) {
        Err("the name of a tag has 1 to 128 characters")
    } else if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
        Err("names of tags that begin with `aws:` are AWS's own")
    } else if key.starts_with("lithops-lua") {
        Err("names of tags that begin with `lithops-lua` tell this program's functions apart")
    } else if value.chars().count() > 256 {
        Err("the value of a tag has at most 256 characters")
    } else if !key.chars().chain(value.chars()).all(allowed) {
        Err("tags are of letters, digits, spaces, and `_.:/=+-@`")
    } else {
        Ok(())
    }
}

/// A container image: `name`, `name:tag`, `name@sha256:…`; or with the account's ECR registry in front.
pub fn check_image(image: &str) -> Result<(), &'static str> {
    let (registry, name) = split_image(image);
    if let Some(registry) = registry
        && registry_place(registry).is_none()
    {
        return Err(
            "AWS Lambda takes images from ECR only: copy it there, and write its name there, or its URI as in \
                    `123456789012.dkr.ecr.eu-west-1.amazonaws.com/name:tag`",
        );
    }
    let (repository, version) = match name.split_once('@') {
        Some((repository, digest)) => (repository, digest.strip_prefix("sha256:").map(|hex| (hex, true))),
        None => match name.split_once(':') {
            Some((repository, tag)) => (repository, Some((tag, false))),
            None => (name, Some(("latest", false))),
        },
    };
    // ECR API, `CreateRepository`: words of lower-case letters and digits, with single `.`, `_`, `-` between, and `/`.
    let is_repository = (2..=256).contains(&repository.len())
        && repository.split(['/', '.', '_', '-']).all(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
    let is_version = version.is_some_and(|(text, is_digest)| match is_digest {
        true => text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        false => {
            (1..=128).contains(&text.len())
                && !text.starts_with(['.', '-'])
                && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c))
        }
    });
    if is_repository && is_version {
        Ok(())
    } else {
        Err(
            "it must be the name of an image, as in `my-image:1.0`, of lower-case letters, digits, `.`, `_`, `-` and `/`",
        )
    }
}

/// An image's registry, if one is in front, and the rest.
pub fn split_image(image: &str) -> (Option<&str>, &str) {
    match image.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), rest),
        _ => (None, image),
    }
}

/// Account and region of an ECR registry: `123456789012.dkr.ecr.eu-west-1.amazonaws.com`.
pub fn registry_place(host: &str) -> Option<(&str, &str)> {
    let (account, rest) = host.split_once(".dkr.")?;
    let rest = rest.strip_prefix("ecr.").or_else(|| rest.strip_prefix("ecr-fips."))?;
    let (region, domain) = rest.split_once('.')?;
    let known = ["amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "on.aws"].contains(&domain);
    (known && is_account(account) && check_region(region).is_ok()).then_some((account, region))
}

/// The address of a server: `http://` or `https://`, a host, a port if it is not the usual one.
pub fn check_endpoint(url: &str) -> Result<(), &'static str> {
    let shape = Err("it must be the URL of a server, as in `https://s3.example.com` or `http://127.0.0.1:9000`");
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return shape };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err(
            "a name and a password do not belong into it: they are `access_key_id` and `secret_access_key` of \
                    section `aws`",
        );
    }
    if path.contains(['?', '#']) || url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return shape;
    }
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => ("ipv6", port),
        Some(_) => return shape,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_host = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
    let is_port =
        port.is_empty() || port.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok_and(|n| n > 0));
    if is_host && is_port { Ok(()) } else { shape }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&str) -> Result<(), &'static str>;

    #[test]
    fn what_aws_accepts_and_what_not() {
        let arn = "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0";
        let digest = format!("n1@sha256:{}", "a".repeat(64));
        let long_role = format!("arn:aws:iam::123456789012:role/{}", "a".repeat(65));
        let long_mount = format!("/mnt/{}", "a".repeat(156));
        let cases: &[(Check, &[&str], &[&str])] = &[
            (
                check_region,
                &["eu-west-1", "us-gov-west-1", "ap-southeast-12", "eusc-de-east-1"],
                &["", "eu", "eu-west", "west-1", "EU-WEST-1", "eu_west_1", "eu-west-1a", "eu--1", "eu-west-1-"],
            ),
            (
                check_role_arn,
                &["arn:aws:iam::123456789012:role/a", "arn:aws-cn:iam::123456789012:role/path/to/A+=,.@_-1"],
                &[
                    "role",
                    "arn:aws:iam::1234:role/a",
                    "arn:aws:iam:eu-west-1:123456789012:role/a",
                    "arn:aws:iam::123456789012:user/a",
                    "arn:aws:iam::123456789012:role/",
                    "arn:aws:iam::123456789012:role//a",
                    "arn:aws:iam::123456789012:role/a b",
                    "arn:azure:iam::123456789012:role/a",
                    &long_role,
                ],
            ),
            (check_access_point, &[arn], &["fsap-0123456789abcdef0", &arn[..arn.len() - 1], &arn.replace("eu-", "")]),
            (
                check_mount_path,
                &["/mnt/a", "/mnt/Data-1_x.y"],
                &["/mnt", "/mnt/", "/data", "/mnt/a/b", "/mnt/..", "/mnt/a b", "mnt/a", &long_mount],
            ),
            (check_subnet, &["subnet-0a"], &["subnet-", "sg-0a", "subnet-0/"]),
            (check_security_group, &["sg-0a"], &["sg-", "subnet-0a", "sg-0 "]),
            (check_namespace, &["dev", "A_b-1"], &["", "a.b", "a b", "abcdefghijklmnopq"]),
            (
                check_image,
                &[
                    "name",
                    "team/name_a:1.0",
                    &digest,
                    "123456789012.dkr.ecr.eu-west-1.amazonaws.com/a/name:Tag",
                    "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/name",
                ],
                &[
                    "",
                    "Name",
                    "a//b",
                    "name:",
                    "name:-x",
                    "name@sha256:12",
                    "docker.io/library/name",
                    "localhost:5000/a1",
                ],
            ),
            (
                check_endpoint,
                &["https://s3.example.com", "http://127.0.0.1:9000/", "http://[::1]:8333", "http://localhost:1/path"],
                &[
                    "s3.example.com",
                    "ftp://host",
                    "http://",
                    "http://:80",
                    "http://host:",
                    "http://host:0",
                    "http://host:70000",
                    "http://[::g]",
                    "http://u:p@host",
                    "http://host?x",
                    "http://ho st",
                ],
            ),
        ];
        for (check, right, wrong) in cases {
            right.iter().for_each(|text| assert_eq!(check(text), Ok(()), "{text}"));
            wrong.iter().for_each(|text| assert!(check(text).is_err(), "{text}"));
        }
    }

    #[test]
    fn variables_and_tags() {
        let long = "v".repeat(257);
        for (name, value, is_right) in [
            ("AB", "x", true),
            ("a_1", "", true),
            ("A", "x", false),
            ("1A", "x", false),
            ("A-B", "x", false),
            ("AWS_REGION", "x", false),
            ("AB", "\0", false),
        ] {
            assert_eq!(check_variable(name, value).is_ok(), is_right, "{name}={value:?}");
        }
        for (name, value, is_right) in [
            ("Project é", "a@b", true),
            ("k", "", true),
            ("", "x", false),
            (&long[..129], "x", false),
            ("k", &long, false),
            ("AWS:k", "x", false),
            ("lithops-lua", "x", false),
            ("k", "a*b", false),
        ] {
            assert_eq!(check_tag(name, value).is_ok(), is_right, "{name}={value}");
        }
    }
}
