//! What policies and templates name: the account, the region, and in them the functions, the bucket, the role.

use crate::aws::{Account, AwsError, Partition};
use crate::compute::aws_lambda::deploy::name_pattern;
use crate::config::{Config, registry_place, split_image};

/// The names, either as they are in an account or in words of CloudFormation that stand for them.
pub struct Place {
    pub partition: String,
    pub region: String,
    pub account: String,
}

impl Place {
    /// Those of the configuration's account, which is asked only for what the configuration does not say.
    ///
    /// # Errors
    /// Where nobody names a region, or the account is not known and cannot be asked for.
    pub async fn of(config: &Config) -> Result<Place, AwsError> {
        let account = Account::in_region(&config.aws, region(config)).await?;
        let of_role = config.aws_lambda.execution_role.as_deref().and_then(|role| role.split(':').nth(4));
        let id = match config.aws.account_id.as_deref().or(of_role) {
            Some(id) => id.to_owned(),
            None => account.id().await?.to_owned(),
        };
        let region = account.region().to_owned();
        Ok(Place { partition: Partition::of_region(&region).name.into(), region, account: id })
    }

    /// Those of whichever account and region a stack is made in.
    pub fn of_stack() -> Place {
        Place {
            partition: "${AWS::Partition}".into(),
            region: "${AWS::Region}".into(),
            account: "${AWS::AccountId}".into(),
        }
    }

    /// The ARN of something in the account and region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:{}:{}:{resource}", self.partition, self.region, self.account)
    }

    /// The functions.
    pub fn functions(&self, config: &Config) -> String {
        self.arn("lambda", &format!("function:{}", name_pattern(config.aws_lambda.namespace.as_deref())))
    }

    /// The functions' logs.
    pub fn logs(&self, config: &Config) -> String {
        self.arn("logs", &format!("log-group:/aws/lambda/{}", name_pattern(config.aws_lambda.namespace.as_deref())))
    }

    /// The name of the bucket: as configured, or as the storage names it.
    pub fn bucket(&self, config: &Config) -> String {
        let own = config.aws_s3.region.as_deref();
        // A stack is made in the functions' region, whichever that turns out to be.
        let is_of_stack = self.region.contains('$') && own == config.aws_lambda.region.as_deref();
        let region = own.filter(|_| !is_of_stack).unwrap_or(&self.region);
        let derived = || format!("lithops-lua-{}-{region}", self.account);
        config.aws_s3.storage_bucket.clone().unwrap_or_else(derived)
    }

    /// The ARN of the bucket.
    pub fn bucket_arn(&self, config: &Config) -> String {
        format!("arn:{}:s3:::{}", self.partition, self.bucket(config))
    }

    /// The ARN of the role: as configured, or of the one that the template makes.
    pub fn role(&self, config: &Config) -> String {
        let made = || format!("arn:{}:iam::{}:role/{}", self.partition, self.account, self.made_role());
        config.aws_lambda.execution_role.clone().unwrap_or_else(made)
    }

    /// The name of the role that the template makes where the configuration names none.
    pub fn made_role(&self) -> String {
        format!("lithops-lua-{}", self.region)
    }

    /// The repository of the container image, if functions run one.
    pub fn repository(&self, config: &Config) -> Option<String> {
        let (registry, name) = split_image(config.aws_lambda.runtime.as_deref()?);
        let repository = name.split(['@', ':']).next().unwrap_or(name);
        let (account, region) = registry.and_then(registry_place).unwrap_or((&self.account, &self.region));
        Some(format!("arn:{}:ecr:{region}:{account}:repository/{repository}", self.partition))
    }
}

/// The region that the configuration is about.
pub fn region(config: &Config) -> Option<&str> {
    config.aws_lambda.region.as_deref().or(config.aws_s3.region.as_deref())
}

/// Whether functions run on AWS Lambda. A configuration that says nothing about AWS is taken for one that will.
pub fn has_functions(config: &Config) -> bool {
    config.lithops.backend == "aws_lambda" || config.lithops.storage != "aws_s3"
}

/// Whether the bucket is on AWS, and not on another server.
pub fn has_bucket(config: &Config) -> bool {
    config.aws_s3.endpoint_url.is_none()
}
