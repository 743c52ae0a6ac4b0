//! What a function is: all its settings, checked as AWS checks them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Knobs;
use super::code::Code;
use super::failure::Failure;

/// AWS Lambda quotas: environment variables 4 KB.
const MAX_ENVIRONMENT_BYTES: usize = 4 << 10;

/// The settings of a function, and its code.
#[derive(Clone, Debug)]
pub struct Configuration {
    pub role: String,
    pub runtime: Option<String>,
    pub handler: Option<String>,
    pub description: String,
    pub timeout_s: u64,
    pub memory_mb: u64,
    pub ephemeral_storage_mb: u64,
    pub architecture: String,
    pub variables: BTreeMap<String, String>,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    /// ARN of the access point, and path.
    pub file_systems: Vec<(String, String)>,
    pub code: Code,
    pub last_modified: String,
    pub revision_id: String,
}

impl Configuration {
    /// AWS's defaults, with this code.
    pub fn new(code: Code) -> Configuration {
        Configuration {
            role: String::new(),
            runtime: None,
            handler: None,
            description: String::new(),
            timeout_s: 3,
            memory_mb: 128,
            ephemeral_storage_mb: 512,
            architecture: "x86_64".into(),
            variables: BTreeMap::new(),
            subnets: Vec::new(),
            security_groups: Vec::new(),
            file_systems: Vec::new(),
            code,
            last_modified: String::new(),
            revision_id: String::new(),
        }
    }

    /// Takes over what a request names, and checks the whole.
    pub fn change(&mut self, request: &Value, knobs: &Knobs) -> Result<(), Failure> {
        let text = |name: &str| request.get(name).and_then(Value::as_str).map(str::to_owned);
        if let Some(role) = text("Role") {
            check_role(&role, knobs)?;
            self.role = role;
        }
        self.runtime = text("Runtime").or(self.runtime.take());
        self.handler = text("Handler").or(self.handler.take());
        self.description = text("Description").unwrap_or(std::mem::take(&mut self.description));
        if let Some(timeout) = request.get("Timeout").and_then(Value::as_u64) {
            self.timeout_s = within(timeout, 1, 900, "timeout")?;
        }
        if let Some(memory) = request.get("MemorySize").and_then(Value::as_u64) {
            self.memory_mb = within(memory, 128, 10_240, "memorySize")?;
            if memory > knobs.max_memory_mb {
                let message = format!(
                    "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to {}",
                    knobs.max_memory_mb
                );
                return Err(Failure::invalid(message));
            }
        }
        if let Some(size) = request.pointer("/EphemeralStorage/Size").and_then(Value::as_u64) {
            self.ephemeral_storage_mb = within(size, 512, 10_240, "ephemeralStorage.size")?;
        }
        if let Some(architecture) = request.pointer("/Architectures/0").and_then(Value::as_str) {
            if !["x86_64", "arm64"].contains(&architecture) {
                let constraint = "Member must satisfy enum value set: [x86_64, arm64]";
                return Err(Failure::validation(&format!("[{architecture}]"), "architectures", constraint));
            }
            self.architecture = architecture.to_owned();
        }
        if let Some(environment) = request.get("Environment") {
            self.variables = texts_by_name(environment.get("Variables"));
            check_variables(&self.variables)?;
        }
        if let Some(vpc) = request.get("VpcConfig") {
            self.subnets = texts(vpc.get("SubnetIds"));
            self.security_groups = texts(vpc.get("SecurityGroupIds"));
            check_vpc(&self.subnets, &self.security_groups)?;
        }
        if let Some(Value::Array(systems)) = request.get("FileSystemConfigs") {
            let part =
                |system: &Value, name: &str| system.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let pairs = systems.iter().map(|system| (part(system, "Arn"), part(system, "LocalMountPath")));
            self.file_systems = pairs.collect();
        }
        check_file_systems(&self.file_systems, &self.subnets)?;
        self.check_package()
    }

    fn check_package(&self) -> Result<(), Failure> {
        if self.code.image.is_some() {
            return if self.runtime.is_some() || self.handler.is_some() {
                Err(Failure::invalid(
                    "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image.",
                ))
            } else {
                Ok(())
            };
        }
        match (&self.runtime, &self.handler) {
            (Some(runtime), Some(_)) if ["provided.al2023", "provided.al2"].contains(&runtime.as_str()) => Ok(()),
            (Some(runtime), Some(_)) => Err(Failure::invalid(format!(
                "Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \
                 [provided.al2023, provided.al2] or be a valid ARN"
            ))),
            _ => Err(Failure::invalid(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
            )),
        }
    }

    /// As `GetFunctionConfiguration` gives it, without name and state.
    pub fn to_json(&self) -> Value {
        let file_systems: Vec<Value> =
            self.file_systems.iter().map(|(arn, path)| json!({"Arn": arn, "LocalMountPath": path})).collect();
        let mut value = json!({
            "Role": self.role,
            "CodeSize": self.code.size_bytes,
            "Description": self.description,
            "Timeout": self.timeout_s,
            "MemorySize": self.memory_mb,
            "LastModified": self.last_modified,
            "CodeSha256": self.code.sha256,
            "Version": "$LATEST",
            "TracingConfig": {"Mode": "PassThrough"},
            "RevisionId": self.revision_id,
            "PackageType": if self.code.image.is_some() { "Image" } else { "Zip" },
            "Architectures": [self.architecture],
            "EphemeralStorage": {"Size": self.ephemeral_storage_mb},
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        });
        let Value::Object(map) = &mut value else { return value };
        // AWS leaves out what was not given.
        if let (Some(runtime), Some(handler)) = (&self.runtime, &self.handler) {
            map.insert("Runtime".into(), json!(runtime));
            map.insert("Handler".into(), json!(handler));
        }
        if !self.variables.is_empty() {
            map.insert("Environment".into(), json!({"Variables": self.variables}));
        }
        if !self.subnets.is_empty() {
            let (subnets, groups) = (&self.subnets, &self.security_groups);
            let vpc = json!({"SubnetIds": subnets, "SecurityGroupIds": groups, "VpcId": "vpc-0123456789abcdef0",
                "Ipv6AllowedForDualStack": false});
            map.insert("VpcConfig".into(), vpc);
        }
        if !file_systems.is_empty() {
            map.insert("FileSystemConfigs".into(), json!(file_systems));
        }
        value
    }
}

/// Names of functions: letters, digits, `-` and `_`.
pub fn check_name(name: &str) -> Result<(), Failure> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if name.len() > 64 {
        let constraint = "Member must have length less than or equal to 64";
        return Err(Failure::validation(name, "functionName", constraint));
    }
    if name.is_empty() || !name.bytes().all(allowed) {
        let constraint = "Member must satisfy regular expression pattern: \
             (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?\
             (function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?";
        return Err(Failure::validation(name, "functionName", constraint));
    }
    Ok(())
}

fn check_role(role: &str, knobs: &Knobs) -> Result<(), Failure> {
    let parts: Vec<&str> = role.splitn(6, ':').collect();
    let [_, _, "iam", "", account, resource] = parts.as_slice() else {
        let constraint = "Member must satisfy regular expression pattern: \
             arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+";
        return Err(Failure::validation(role, "role", constraint));
    };
    if *account != knobs.account_id {
        return Err(Failure::new(403, "AccessDeniedException", "Cross-account pass role is not allowed."));
    }
    let name = resource.rsplit('/').next().unwrap_or_default();
    let unusable = knobs.missing_roles.iter().chain(&knobs.untrusting_roles).any(|role| role == name);
    if unusable || knobs.role_not_ready > 0 {
        return Err(Failure::invalid("The role defined for the function cannot be assumed by Lambda."));
    }
    Ok(())
}

fn within(value: u64, min: u64, max: u64, member: &str) -> Result<u64, Failure> {
    let broken = if value < min {
        format!("Member must have value greater than or equal to {min}")
    } else if value > max {
        format!("Member must have value less than or equal to {max}")
    } else {
        return Ok(value);
    };
    Err(Failure::validation(&value.to_string(), member, &broken))
}

fn check_variables(variables: &BTreeMap<String, String>) -> Result<(), Failure> {
    let prefix = "Lambda was unable to configure your environment variables because the environment variables you have \
                  provided";
    // "Defined runtime environment variables" in the developer guide.
    const RESERVED: &[&str] = &[
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    ];
    let reserved: Vec<&str> = RESERVED.iter().copied().filter(|name| variables.contains_key(*name)).collect();
    if !reserved.is_empty() {
        return Err(Failure::invalid(format!(
            "{prefix} contains reserved keys that are currently not supported for modification. Reserved keys used in \
             this request: {}",
            reserved.join(", ")
        )));
    }
    let well_named = |name: &str| {
        name.len() > 1
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    if let Some(name) = variables.keys().find(|name| !well_named(name)) {
        let constraint = "Map keys must satisfy constraint: [Member must satisfy regular expression pattern: \
                          [a-zA-Z]([a-zA-Z0-9_])+]";
        return Err(Failure::validation(name, "environment.variables", constraint));
    }
    let measured = json!(variables).to_string();
    if measured.len() > MAX_ENVIRONMENT_BYTES {
        return Err(Failure::invalid(format!("{prefix} exceeded the 4KB limit. String measured: {measured}")));
    }
    Ok(())
}

fn check_vpc(subnets: &[String], security_groups: &[String]) -> Result<(), Failure> {
    if subnets.is_empty() != security_groups.is_empty() {
        return Err(Failure::invalid("SubnetIds and SecurityIds must coexist or be both empty list."));
    }
    if let Some(subnet) = subnets.iter().find(|subnet| !subnet.starts_with("subnet-")) {
        let message = format!(
            "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. EC2 Error Message: The subnet ID '{subnet}' does not exist"
        );
        return Err(Failure::invalid(message));
    }
    if let Some(group) = security_groups.iter().find(|group| !group.starts_with("sg-")) {
        let message = format!(
            "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. EC2 Error Message: The security group '{group}' does not exist"
        );
        return Err(Failure::invalid(message));
    }
    Ok(())
}

fn check_file_systems(file_systems: &[(String, String)], subnets: &[String]) -> Result<(), Failure> {
    for (arn, path) in file_systems {
        let well_named = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        if !path.strip_prefix("/mnt/").is_some_and(well_named) {
            let constraint = "Member must satisfy regular expression pattern: /mnt/[a-zA-Z0-9-_.]+";
            return Err(Failure::validation(path, "fileSystemConfigs.1.member.localMountPath", constraint));
        }
        if !arn.contains(":access-point/fsap-") {
            return Err(Failure::validation(
                arn,
                "fileSystemConfigs.1.member.arn",
                "Member must be the ARN of an access point",
            ));
        }
        if subnets.is_empty() {
            return Err(Failure::invalid(format!(
                "Function must be configured to execute in a VPC to reference access point {arn}."
            )));
        }
    }
    Ok(())
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

/// A JSON object of strings.
pub fn texts_by_name(value: Option<&Value>) -> BTreeMap<String, String> {
    let pairs = value.and_then(Value::as_object).into_iter().flatten();
    pairs.filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned()))).collect()
}
