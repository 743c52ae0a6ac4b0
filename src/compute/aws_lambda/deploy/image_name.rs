//! The names of container images: `registry/repository:tag`.

use std::fmt;

/// What a name without a tag means.
const DEFAULT_TAG: &str = "latest";

/// A whole name of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    /// A host, with its port where it is not the usual one.
    pub registry: String,
    pub repository: String,
    /// A tag; or a digest, `sha256:…`.
    pub reference: String,
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let separator = if self.is_digest() { '@' } else { ':' };
        write!(f, "{}/{}{separator}{}", self.registry, self.repository, self.reference)
    }
}

impl ImageName {
    /// Reads a name; one without a registry is in `default_registry`.
    pub fn parse(name: &str, default_registry: &str) -> ImageName {
        // As Docker has it: what is in front of the first slash is a host if it looks like one.
        let host = name.split_once('/').filter(|(host, _)| host.contains(['.', ':']) || *host == "localhost");
        let (registry, rest) = host.unwrap_or((default_registry, name));
        let (repository, reference) = match rest.split_once('@') {
            Some((repository, digest)) => (repository.rsplit_once(':').map_or(repository, |(name, _)| name), digest),
            None => rest.rsplit_once(':').unwrap_or((rest, DEFAULT_TAG)),
        };
        ImageName { registry: registry.into(), repository: repository.into(), reference: reference.into() }
    }

    fn is_digest(&self) -> bool {
        self.reference.contains(':')
    }

    /// Whether the registry is one of Amazon ECR.
    pub fn is_ecr(&self) -> bool {
        self.registry.contains(".dkr.ecr.") && self.registry.contains(".amazonaws.com")
    }
}

/// The registry of an account.
pub fn ecr_registry(account_id: &str, region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("{account_id}.dkr.ecr.{region}.{domain}")
}

/// The whole URI of the image that `aws_lambda.runtime` names: in the registry of the account of `role`, where it names
/// no other. (A function's role is always of its own account.)
pub fn image_uri(runtime: &str, role: &str, region: &str) -> String {
    let account_id = role.split(':').nth(4).unwrap_or_default();
    ImageName::parse(runtime, &ecr_registry(account_id, region)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_whole_names() {
        let role = "arn:aws:iam::123456789012:role/lithops";
        let uri = |runtime| image_uri(runtime, role, "eu-west-1");
        let own = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
        assert_eq!(uri("lithops"), format!("{own}/lithops:latest"));
        assert_eq!(uri("team/lithops:2"), format!("{own}/team/lithops:2"));
        let other = "999999999999.dkr.ecr.us-east-1.amazonaws.com/x:1";
        assert_eq!(uri(other), other);
        let digest = format!("{own}/x@sha256:{}", "0".repeat(64));
        assert_eq!(uri(&digest), digest);
        assert_eq!(uri(&format!("x:1@sha256:{}", "0".repeat(64))), digest);
        assert_eq!(ImageName::parse("localhost:5000/a/b", own).registry, "localhost:5000");
        assert!(ImageName::parse("x", own).is_ecr() && !ImageName::parse("localhost/x", own).is_ecr());
        assert!(image_uri("x", role, "cn-north-1").contains(".amazonaws.com.cn/"));
    }
}
