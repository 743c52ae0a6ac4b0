//! The one call of IAM that this program makes: looking at a role.

use std::time::Duration;

use aws_smithy_xml::decode::{Document, ScopedDecoder, try_data};
use bytes::Bytes;
use hyper::Request;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::account::Account;
use super::error::{AwsError, AwsErrorKind};
use super::partition::Partition;
use super::signed::sign;
use super::{http, signed};

const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A role that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    pub arn: String,
    /// Who may assume it: a policy document.
    pub trust: Value,
}

impl Role {
    /// Looks at the role of this name, without its path, in the account of the credentials.
    ///
    /// # Errors
    /// Where there is none (`NotFound`), the credentials may not look (`AccessDenied`), or IAM cannot be asked.
    pub async fn get(account: &Account, name: &str) -> Result<Role, AwsError> {
        let action = format!("look at the role {name}");
        let (host, region) = Partition::of_region(account.region()).iam;
        let url = signed::endpoint(account, "IAM").unwrap_or_else(|| format!("https://{host}/"));
        let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
        let body = Bytes::from(format!("Action=GetRole&Version=2010-05-08&RoleName={name}"));
        let mut request = Request::post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .map_err(|error| AwsError::new(AwsErrorKind::Other, &action, format!("its address is wrong: {error}")))?;
        sign(account, &mut request, "iam", region, &action).await?;
        let answer = http::send(request, ANSWER_WITHIN)
            .await
            .map_err(|reason| AwsError::new(AwsErrorKind::Connection, &action, reason))?;
        let text = String::from_utf8_lossy(&answer.body);
        if !(200..300).contains(&answer.status) {
            let said = |name| find(&text, &["Error", name]);
            return Err(AwsError::answered(action, answer.status, said("Code").as_deref(), said("Message").as_deref()));
        }
        let role = |name| find(&text, &["GetRoleResult", "Role", name]);
        match (role("Arn"), role("AssumeRolePolicyDocument").and_then(|document| read_policy(&document))) {
            (Some(arn), Some(trust)) => Ok(Role { arn, trust }),
            _ => {
                Err(AwsError::new(AwsErrorKind::Other, action, "the answer is not one of IAM: check AWS_ENDPOINT_URL"))
            }
        }
    }

    /// Whether AWS Lambda may run functions as this role.
    pub fn trusts_lambda(&self) -> bool {
        one_or_many(&self.trust["Statement"]).any(|statement| {
            let has = |value: &Value, wanted: &[&str]| {
                one_or_many(value).any(|text| text.as_str().is_some_and(|text| wanted.contains(&text)))
            };
            statement["Effect"] == "Allow"
                && has(&statement["Action"], &["sts:AssumeRole", "sts:*", "*"])
                && has(&statement["Principal"]["Service"], &["lambda.amazonaws.com"])
        })
    }
}

/// Policies have a list or, where it would have one item, that item.
fn one_or_many(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(items) => items.as_slice(),
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
    .iter()
}

/// IAM encodes policies as in URLs.
fn read_policy(encoded: &str) -> Option<Value> {
    serde_json::from_str(&percent_decode_str(encoded).decode_utf8().ok()?).ok()
}

/// The text of the element to which this path leads from the root.
fn find(xml: &str, path: &[&str]) -> Option<String> {
    fn descend(within: &mut ScopedDecoder, path: &[&str]) -> Option<String> {
        let (name, rest) = path.split_first()?;
        while let Some(mut tag) = within.next_tag() {
            if tag.start_el().local() == *name {
                return match rest {
                    [] => Some(try_data(&mut tag).ok()?.into_owned()),
                    rest => descend(&mut tag, rest),
                };
            }
        }
        None
    }
    descend(&mut Document::new(xml).root_element().ok()?, path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn elements_are_found_by_their_path() {
        let xml = "<?xml version=\"1.0\"?><R xmlns=\"x\"><Code>no</Code><Error><Type/><Code>A&amp;B</Code></Error></R>";
        assert_eq!(find(xml, &["Error", "Code"]).as_deref(), Some("A&B"));
        assert_eq!(find(xml, &["Error", "Message"]), None);
        assert_eq!(find("not XML", &["Error"]), None);
    }

    #[test]
    fn who_may_assume_a_role() {
        let statement = |action: Value, service: Value| {
            let trust = json!({"Statement": {"Effect": "Allow", "Action": action, "Principal": {"Service": service}}});
            Role { arn: String::new(), trust }.trusts_lambda()
        };
        assert!(statement(json!("sts:AssumeRole"), json!("lambda.amazonaws.com")));
        assert!(statement(
            json!(["sts:TagSession", "sts:AssumeRole"]),
            json!(["ec2.amazonaws.com", "lambda.amazonaws.com"])
        ));
        assert!(!statement(json!("sts:AssumeRole"), json!("ec2.amazonaws.com")));
        assert!(!statement(json!("sts:TagSession"), json!("lambda.amazonaws.com")));
        let policy = "%7B%22Statement%22%3A%5B%5D%7D";
        assert_eq!(read_policy(policy), Some(json!({"Statement": []})));
    }
}
