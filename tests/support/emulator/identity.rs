//! STS and IAM, as far as this project asks: who am I, let me be somebody else, and is there such a role.

use hyper::Response;
use serde_json::json;

use super::Cloud;
use super::auth::{Caller, SECRET_ACCESS_KEY, SESSION_ACCESS_KEY_ID, SESSION_TOKEN};
use super::credentials::expiration;
use super::failure::{Failure, Protocol, escape};
use super::policy::authorize;
use super::server::{Body, full};

/// Answers one request.
pub fn serve(cloud: &Cloud, caller: &Caller, body: &[u8]) -> Response<Body> {
    let field = |wanted: &str| {
        let mut fields = form_urlencoded::parse(body);
        fields.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    let action = field("Action");
    cloud.record().request(&caller.service, &action);
    let answered = match (caller.service.as_str(), action.as_str()) {
        // AWS lets nobody deny this one.
        ("sts", "GetCallerIdentity") => Ok(caller_identity(cloud, caller)),
        ("sts", "AssumeRole") => {
            let arn = field("RoleArn");
            authorize(cloud, caller, "sts:AssumeRole", &arn).map(|()| assumed_role(cloud, &arn))
        }
        ("iam", "GetRole") => {
            let name = field("RoleName");
            let arn = format!("arn:aws:iam::{}:role/{name}", cloud.knobs().account_id);
            authorize(cloud, caller, "iam:GetRole", &arn).and_then(|()| role(cloud, &name))
        }
        (service, action) => {
            let message = format!("Could not find operation {action} of {service}");
            Err(Failure::new(400, "InvalidAction", message))
        }
    };
    match answered {
        Ok(xml) => {
            let mut response = Response::new(full(xml));
            response.headers_mut().insert("content-type", hyper::header::HeaderValue::from_static("text/xml"));
            response
        }
        Err(failure) => failure.response(cloud, Protocol::Query),
    }
}

fn caller_identity(cloud: &Cloud, caller: &Caller) -> String {
    let (account, arn) = (cloud.knobs().account_id.clone(), &caller.arn);
    format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{arn}</Arn><UserId>AIDAEMULATEDUSER00001</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>",
        cloud.new_id()
    )
}

fn assumed_role(cloud: &Cloud, arn: &str) -> String {
    let expiration = expiration(cloud);
    format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials>\
         <AccessKeyId>{SESSION_ACCESS_KEY_ID}</AccessKeyId><SecretAccessKey>{SECRET_ACCESS_KEY}</SecretAccessKey>\
         <SessionToken>{SESSION_TOKEN}</SessionToken><Expiration>{expiration}</Expiration></Credentials>\
         <AssumedRoleUser><Arn>{}</Arn><AssumedRoleId>AROAEMULATEDROLE00001:session</AssumedRoleId></AssumedRoleUser>\
         </AssumeRoleResult><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></AssumeRoleResponse>",
        escape(arn),
        cloud.new_id()
    )
}

fn role(cloud: &Cloud, name: &str) -> Result<String, Failure> {
    let knobs = cloud.knobs().clone();
    if knobs.missing_roles.iter().any(|missing| missing == name) {
        return Err(Failure::new(404, "NoSuchEntity", format!("The role with name {name} cannot be found.")));
    }
    let trusted = if knobs.untrusting_roles.iter().any(|role| role == name) {
        "ec2.amazonaws.com"
    } else {
        "lambda.amazonaws.com"
    };
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}],
    });
    let policy: String = form_urlencoded::byte_serialize(policy.to_string().as_bytes()).collect();
    let (account, name) = (knobs.account_id, escape(name));
    Ok(format!(
        "<GetRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetRoleResult><Role><Path>/</Path>\
         <RoleName>{name}</RoleName><RoleId>AROAEMULATEDROLE00001</RoleId>\
         <Arn>arn:aws:iam::{account}:role/{name}</Arn><CreateDate>2024-01-01T00:00:00Z</CreateDate>\
         <AssumeRolePolicyDocument>{policy}</AssumeRolePolicyDocument><MaxSessionDuration>3600</MaxSessionDuration>\
         </Role></GetRoleResult><ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></GetRoleResponse>",
        cloud.new_id()
    ))
}
