//! Lambda's API: what a request asks for, and the operations on functions. Invocations are in `invoke`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::Response;
use hyper::http::request::Parts;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::auth::Caller;
use super::configuration::{Configuration, check_name, texts_by_name};
use super::failure::Failure;
use super::function::{EventInvokeConfig, Function, Revision};
use super::policy::{authorize, lambda_action};
use super::server::{Body, Cut, empty, json as answer};
use super::{Cloud, code, invoke, pool};

type Answer = Result<Response<Body>, Failure>;

/// AWS gives no longer pages than this.
const MAX_PAGE: usize = 50;
/// AWS Lambda: unreserved concurrency cannot go below this.
const MIN_UNRESERVED: usize = 100;
/// "Configuring error handling for asynchronous invocation": two repetitions, events kept for 6 hours.
const DEFAULT_EVENT_RETRIES: u64 = 2;
const DEFAULT_EVENT_AGE_S: u64 = 21_600;

/// Answers one request.
pub async fn serve(cloud: &Arc<Cloud>, caller: &Caller, parts: &Parts, body: Bytes) -> Result<Answer, Cut> {
    let path: Vec<String> = parts
        .uri
        .path()
        .trim_matches('/')
        .split('/')
        .map(|step| percent_encoding::percent_decode_str(step).decode_utf8_lossy().into_owned())
        .collect();
    let steps: Vec<&str> = path.iter().map(String::as_str).collect();
    let query: Vec<(String, String)> =
        form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let Some((operation, name)) = operation(parts.method.as_str(), &steps) else {
        let message = format!("no operation of Lambda that the emulator knows: {} {}", parts.method, parts.uri.path());
        return Ok(Err(Failure::new(404, "UnknownOperationException", message)));
    };
    cloud.record().request("lambda", operation);
    let name = name_of(name);
    let resource = |name: &str| match name {
        "" => "*".to_owned(),
        name => {
            let knobs = cloud.knobs();
            format!("arn:aws:lambda:{}:{}:function:{name}", knobs.region, knobs.account_id)
        }
    };
    // A new function's name is in the body.
    if operation != "CreateFunction"
        && let Err(failure) = authorize(cloud, caller, &lambda_action(operation), &resource(name))
    {
        return Ok(Err(failure));
    }
    match operation {
        "InvokeFunction" => {
            let _starting = Starting::new(cloud);
            return invoke::whole(cloud, name, &parts.headers, body).await;
        }
        "InvokeWithResponseStream" => {
            let _starting = Starting::new(cloud);
            return invoke::streamed(cloud, name, &parts.headers, body).await;
        }
        _ => {}
    }
    let request = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
    let Ok(request) = request else {
        return Ok(Err(Failure::new(400, "SerializationException", "Could not parse request body into json.")));
    };
    if let Err(failure) = authorize_body(cloud, caller, operation, &request, resource) {
        return Ok(Err(failure));
    }
    let parameter = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    Ok(match operation {
        "CreateFunction" => create(cloud, &request).await,
        "ListFunctions" => list(cloud, parameter("Marker"), parameter("MaxItems")),
        // Tags are told only to those who may list them; to others they are left out.
        "GetFunction" => get(cloud, name, authorize(cloud, caller, "lambda:ListTags", &resource(name)).is_ok()),
        "GetFunctionConfiguration" => with(cloud, name, |function| Ok(answer(200, &function.describe()))),
        "UpdateFunctionCode" => update_code(cloud, name, &request).await,
        "UpdateFunctionConfiguration" => update_configuration(cloud, name, &request),
        "DeleteFunction" => pool::delete(cloud, name).map(|()| empty(204)),
        "ListTags" => with(cloud, name, |function| Ok(answer(200, &json!({"Tags": function.tags})))),
        "TagResource" => with(cloud, name, |function| {
            function.tags.extend(texts_by_name(request.get("Tags")));
            Ok(empty(204))
        }),
        "UntagResource" => with(cloud, name, |function| {
            function.tags.retain(|tag, _| !query.iter().any(|(name, value)| name == "tagKeys" && value == tag));
            Ok(empty(204))
        }),
        "PutFunctionEventInvokeConfig" | "UpdateFunctionEventInvokeConfig" => put_event_invoke(cloud, name, &request),
        "GetFunctionEventInvokeConfig" => with(cloud, name, |function| match &function.event_invoke {
            Some(config) => Ok(answer(200, &event_invoke_json(&function.arn, config))),
            None => Err(Failure::not_found(format!(
                "The function {}:$LATEST doesn't have an EventInvokeConfig",
                function.arn
            ))),
        }),
        "PutFunctionConcurrency" => put_concurrency(cloud, name, &request),
        "GetFunctionConcurrency" => with(cloud, name, |function| {
            let reserved = function.reserved_concurrency.map(|count| ("ReservedConcurrentExecutions", count));
            Ok(answer(200, &json!(reserved.into_iter().collect::<std::collections::BTreeMap<_, _>>())))
        }),
        "DeleteFunctionConcurrency" => with(cloud, name, |function| {
            function.reserved_concurrency = None;
            Ok(empty(204))
        }),
        _ => account_settings(cloud),
    })
}

/// What the body of a request asks for beside its operation: a new function, tags of it, a role.
fn authorize_body(
    cloud: &Cloud,
    caller: &Caller,
    operation: &str,
    request: &Value,
    resource: impl Fn(&str) -> String,
) -> Result<(), Failure> {
    if operation == "CreateFunction" {
        let function = resource(request["FunctionName"].as_str().unwrap_or_default());
        authorize(cloud, caller, "lambda:CreateFunction", &function)?;
        if request["Tags"].as_object().is_some_and(|tags| !tags.is_empty()) {
            authorize(cloud, caller, "lambda:TagResource", &function)?;
        }
    }
    match request["Role"].as_str() {
        Some(role) => authorize(cloud, caller, "iam:PassRole", role),
        None => Ok(()),
    }
}

/// An invocation that was asked for, until its answer begins or its caller goes away.
struct Starting<'a>(&'a Cloud);

impl<'a> Starting<'a> {
    fn new(cloud: &'a Cloud) -> Starting<'a> {
        cloud.record().asked_for_invocation();
        Starting(cloud)
    }
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        self.0.record().answers_invocation();
    }
}

/// The operation's name, as IAM spells it, and the function's (or `""`).
fn operation<'a>(method: &str, steps: &[&'a str]) -> Option<(&'static str, &'a str)> {
    Some(match (method, steps) {
        ("POST", ["2015-03-31", "functions"]) => ("CreateFunction", ""),
        ("GET", ["2015-03-31", "functions"]) => ("ListFunctions", ""),
        ("GET", ["2015-03-31", "functions", name]) => ("GetFunction", *name),
        ("DELETE", ["2015-03-31", "functions", name]) => ("DeleteFunction", *name),
        ("GET", ["2015-03-31", "functions", name, "configuration"]) => ("GetFunctionConfiguration", *name),
        ("PUT", ["2015-03-31", "functions", name, "configuration"]) => ("UpdateFunctionConfiguration", *name),
        ("PUT", ["2015-03-31", "functions", name, "code"]) => ("UpdateFunctionCode", *name),
        ("POST", ["2015-03-31", "functions", name, "invocations"]) => ("InvokeFunction", *name),
        ("POST", ["2021-11-15", "functions", name, "response-streaming-invocations"]) => {
            ("InvokeWithResponseStream", *name)
        }
        ("PUT", ["2019-09-25", "functions", name, "event-invoke-config"]) => ("PutFunctionEventInvokeConfig", *name),
        ("POST", ["2019-09-25", "functions", name, "event-invoke-config"]) => {
            ("UpdateFunctionEventInvokeConfig", *name)
        }
        ("GET", ["2019-09-25", "functions", name, "event-invoke-config"]) => ("GetFunctionEventInvokeConfig", *name),
        ("PUT", ["2017-10-31", "functions", name, "concurrency"]) => ("PutFunctionConcurrency", *name),
        ("DELETE", ["2017-10-31", "functions", name, "concurrency"]) => ("DeleteFunctionConcurrency", *name),
        ("GET", ["2019-09-30", "functions", name, "concurrency"]) => ("GetFunctionConcurrency", *name),
        ("GET", ["2016-08-19", "account-settings"]) => ("GetAccountSettings", ""),
        ("GET", ["2017-03-31", "tags", arn]) => ("ListTags", *arn),
        ("POST", ["2017-03-31", "tags", arn]) => ("TagResource", *arn),
        ("DELETE", ["2017-03-31", "tags", arn]) => ("UntagResource", *arn),
        _ => return None,
    })
}

/// Requests name functions by name, by ARN, by a part of it, each with or without a version.
fn name_of(given: &str) -> &str {
    let name = given.split_once("function:").map_or(given, |(_, name)| name);
    name.split(':').next().unwrap_or_default()
}

/// Looks at a function, or changes it.
fn with<T>(cloud: &Cloud, name: &str, act: impl FnOnce(&mut Function) -> Result<T, Failure>) -> Result<T, Failure> {
    act(cloud.lambda().function(cloud, name)?)
}

/// Every use of a role that is not ready yet brings it nearer.
fn role_attempted(cloud: &Cloud, request: &Value) {
    if request.get("Role").is_some() {
        let mut knobs = cloud.knobs();
        knobs.role_not_ready = knobs.role_not_ready.saturating_sub(1);
    }
}

async fn create(cloud: &Cloud, request: &Value) -> Answer {
    let name = request.get("FunctionName").and_then(Value::as_str).unwrap_or_default();
    let name = name_of(name).to_owned();
    check_name(&name)?;
    let exists = || Failure::conflict(format!("Function already exist: {name}"));
    if cloud.lambda().functions.contains_key(&name) {
        return Err(exists());
    }
    let code = code::accept(cloud, request.get("Code").unwrap_or(&Value::Null)).await?;
    let is_image = request.get("PackageType").and_then(Value::as_str) == Some("Image");
    if is_image != code.image.is_some() {
        return Err(Failure::invalid("Please provide ImageUri when updating a function with packageType Image."));
    }
    let mut configuration = Configuration::new(code);
    let knobs = cloud.knobs().clone();
    if request.get("Role").is_none() {
        return Err(Failure::validation("null", "role", "Member must not be null"));
    }
    let checked = configuration.change(request, &knobs);
    role_attempted(cloud, request);
    checked?;
    configuration.last_modified = cloud.last_modified();
    configuration.revision_id = cloud.new_id();

    let arn = cloud.function_arn(&name);
    let active_at = Instant::now() + Duration::from_millis(knobs.pending_ms);
    let mut lambda = cloud.lambda();
    let revision = Arc::new(Revision { number: lambda.new_revision(), configuration });
    let mut function = Function::new(name.clone(), arn, revision, active_at);
    function.failed = knobs.creation_fails;
    function.tags = texts_by_name(request.get("Tags"));
    let mut created = function.describe();
    // The answer never says `Active`, however quick it is.
    created["State"] = json!("Pending");
    created["StateReason"] = json!("The function is being created.");
    created["StateReasonCode"] = json!("Creating");
    // Another request may have made it while the code was unpacked.
    if lambda.functions.contains_key(&name) {
        return Err(exists());
    }
    lambda.functions.insert(name, function);
    Ok(answer(201, &created))
}

fn get(cloud: &Cloud, name: &str, may_see_tags: bool) -> Answer {
    let url = cloud.url();
    with(cloud, name, |function| {
        let configuration = function.latest();
        let code = &configuration.configuration.code;
        let code = match &code.image {
            Some(uri) => json!({"RepositoryType": "ECR", "ImageUri": uri,
                "ResolvedImageUri": format!("{}@sha256:{}", uri.split(':').next().unwrap_or_default(), code.sha256)}),
            None => json!({"RepositoryType": "S3",
                "Location": format!("{url}/emulator/code/{}", code::hash_in_hex(&code.sha256))}),
        };
        let mut found = json!({"Configuration": function.describe(), "Code": code});
        if may_see_tags && !function.tags.is_empty() {
            found["Tags"] = json!(function.tags);
        }
        if let Some(count) = function.reserved_concurrency {
            found["Concurrency"] = json!({"ReservedConcurrentExecutions": count});
        }
        Ok(answer(200, &found))
    })
}

fn list(cloud: &Cloud, marker: Option<&str>, max_items: Option<&str>) -> Answer {
    let page = max_items.and_then(|count| count.parse().ok()).unwrap_or(MAX_PAGE).clamp(1, MAX_PAGE);
    let mut lambda = cloud.lambda();
    let after = |name: &String| marker.is_none_or(|marker| name.as_str() > marker);
    let mut names: Vec<String> = lambda.functions.keys().filter(|name| after(name)).cloned().collect();
    let more = names.len() > page;
    names.truncate(page);
    let functions: Vec<Value> =
        names.iter().filter_map(|name| Some(lambda.functions.get_mut(name)?.describe())).collect();
    let mut found = json!({"Functions": functions});
    if more {
        found["NextMarker"] = json!(names.last());
    }
    Ok(answer(200, &found))
}

async fn update_code(cloud: &Cloud, name: &str, request: &Value) -> Answer {
    with(cloud, name, |function| check_revision(function, request).and_then(|()| function.check_can_change()))?;
    let code = code::accept(cloud, request).await?;
    change(cloud, name, |configuration, knobs| {
        if code.image.is_some() != configuration.code.image.is_some() {
            return Err(Failure::invalid(
                "Please don't provide ImageUri when updating a function with packageType Zip.",
            ));
        }
        configuration.code = code;
        configuration.change(&json!({"Architectures": request.get("Architectures")}), knobs)
    })
}

fn update_configuration(cloud: &Cloud, name: &str, request: &Value) -> Answer {
    with(cloud, name, |function| check_revision(function, request))?;
    let changed = change(cloud, name, |configuration, knobs| configuration.change(request, knobs));
    role_attempted(cloud, request);
    changed
}

fn check_revision(function: &mut Function, request: &Value) -> Result<(), Failure> {
    let known = function.latest().configuration.revision_id.clone();
    match request.get("RevisionId").and_then(Value::as_str) {
        Some(id) if id != known => Err(Failure::new(
            412,
            "PreconditionFailedException",
            "The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve \
             the latest RevisionId",
        )),
        _ => Ok(()),
    }
}

fn change(
    cloud: &Cloud,
    name: &str,
    change: impl FnOnce(&mut Configuration, &super::Knobs) -> Result<(), Failure>,
) -> Answer {
    let knobs = cloud.knobs().clone();
    let (last_modified, revision_id) = (cloud.last_modified(), cloud.new_id());
    let mut lambda = cloud.lambda();
    let number = lambda.new_revision();
    let function = lambda.function(cloud, name)?;
    function.check_can_change()?;
    let mut configuration = function.latest().configuration.clone();
    change(&mut configuration, &knobs)?;
    configuration.last_modified = last_modified;
    configuration.revision_id = revision_id;
    let in_effect_at = Instant::now() + Duration::from_millis(knobs.update_ms);
    function.update(Arc::new(Revision { number, configuration }), in_effect_at);
    let mut updated = function.describe();
    updated["LastUpdateStatus"] = json!("InProgress");
    updated["LastUpdateStatusReason"] = json!("The function is being created.");
    updated["LastUpdateStatusReasonCode"] = json!("Creating");
    Ok(answer(200, &updated))
}

fn put_event_invoke(cloud: &Cloud, name: &str, request: &Value) -> Answer {
    let now = cloud.now_s();
    with(cloud, name, |function| {
        let number = |name: &str| request.get(name).and_then(Value::as_u64);
        let retries = number("MaximumRetryAttempts").unwrap_or(DEFAULT_EVENT_RETRIES);
        let max_age_s = number("MaximumEventAgeInSeconds").unwrap_or(DEFAULT_EVENT_AGE_S);
        if retries > 2 {
            let constraint = "Member must have value less than or equal to 2";
            return Err(Failure::validation(&retries.to_string(), "maximumRetryAttempts", constraint));
        }
        if !(60..=DEFAULT_EVENT_AGE_S).contains(&max_age_s) {
            let constraint = "Member must have value between 60 and 21600";
            return Err(Failure::validation(&max_age_s.to_string(), "maximumEventAgeInSeconds", constraint));
        }
        let config = EventInvokeConfig { retries, max_age_s, last_modified_s: now };
        let shown = event_invoke_json(&function.arn, &config);
        function.event_invoke = Some(config);
        Ok(answer(200, &shown))
    })
}

fn event_invoke_json(arn: &str, config: &EventInvokeConfig) -> Value {
    json!({
        "FunctionArn": format!("{arn}:$LATEST"),
        "LastModified": config.last_modified_s,
        "MaximumRetryAttempts": config.retries,
        "MaximumEventAgeInSeconds": config.max_age_s,
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
    })
}

fn put_concurrency(cloud: &Cloud, name: &str, request: &Value) -> Answer {
    let Some(wanted) = request.get("ReservedConcurrentExecutions").and_then(Value::as_u64) else {
        return Err(Failure::validation("null", "reservedConcurrentExecutions", "Member must not be null"));
    };
    let limit = cloud.knobs().account_concurrency;
    let mut lambda = cloud.lambda();
    let others = lambda.functions.values().filter(|function| function.name != name);
    let reserved: usize = others.filter_map(|function| function.reserved_concurrency).sum();
    let function = lambda.function(cloud, name)?;
    // A limit below the minimum is one that a test chose; then the rule would forbid everything.
    if limit >= MIN_UNRESERVED && reserved + wanted as usize + MIN_UNRESERVED > limit {
        return Err(Failure::invalid(format!(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below \
             its minimum value of [{MIN_UNRESERVED}]."
        )));
    }
    function.reserved_concurrency = Some(wanted as usize);
    Ok(answer(200, &json!({"ReservedConcurrentExecutions": wanted})))
}

fn account_settings(cloud: &Cloud) -> Answer {
    let limit = cloud.knobs().account_concurrency;
    let lambda = cloud.lambda();
    let reserved: usize = lambda.functions.values().filter_map(|function| function.reserved_concurrency).sum();
    Ok(answer(
        200,
        &json!({
            "AccountLimit": {
                "TotalCodeSize": 80_530_636_800_u64,
                "CodeSizeUnzipped": 262_144_000,
                "CodeSizeZipped": 52_428_800,
                "ConcurrentExecutions": limit,
                "UnreservedConcurrentExecutions": limit.saturating_sub(reserved),
            },
            "AccountUsage": {"TotalCodeSize": 0, "FunctionCount": lambda.functions.len()},
        }),
    ))
}

/// All functions, for searches.
pub fn all_configurations(cloud: &Cloud) -> String {
    let mut lambda = cloud.lambda();
    let functions = lambda.functions.values_mut();
    functions.map(|function| format!("{}{}\n", function.describe(), json!(function.tags))).collect()
}
