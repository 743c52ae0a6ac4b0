use aws_credential_types::Credentials;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use http_body_util::{BodyExt, Full};

use crate::bed::{Bed, FUNCTION, Refusal, call, client, http_client, refusal, zip_of};
use crate::emulator::{ACCESS_KEY_ID, EXPIRED_ACCESS_KEY_ID, Emulator, Knobs, SECRET_ACCESS_KEY};

fn user() -> Credentials {
    Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "test")
}

fn s3(emulator: &Emulator, credentials: Credentials, region: &'static str) -> aws_sdk_s3::Client {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(emulator.url())
        .region(Region::new(region))
        .credentials_provider(credentials)
        .http_client(http_client())
        .retry_config(aws_sdk_s3::config::retry::RetryConfig::disabled())
        .build();
    aws_sdk_s3::Client::from_conf(config)
}

fn sts(emulator: &Emulator, credentials: Credentials, region: &'static str) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(emulator.url())
        .region(Region::new(region))
        .credentials_provider(credentials)
        .http_client(http_client())
        .retry_config(aws_sdk_sts::config::retry::RetryConfig::disabled())
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

/// What Lambda, STS and S3 say to the same caller.
fn refusals(bed: &Bed, credentials: &Credentials, region: &'static str) -> [Refusal; 3] {
    let lambda = client(&bed.emulator, credentials.clone(), region);
    let sts = sts(&bed.emulator, credentials.clone(), region);
    let s3 = s3(&bed.emulator, credentials.clone(), region);
    [
        refusal(bed.wait(lambda.list_functions().send()).unwrap_err()),
        refusal(bed.wait(sts.get_caller_identity().send()).unwrap_err()),
        refusal(bed.wait(s3.list_objects_v2().bucket("bucket").send()).unwrap_err()),
    ]
}

fn key(id: &str) -> Credentials {
    Credentials::new(id, "secret", None, None, "test")
}

#[test]
fn the_user_is_known_to_all_services() {
    let bed = Bed::empty(Knobs::default());
    let identity = bed.wait(sts(&bed.emulator, user(), "us-east-1").get_caller_identity().send()).unwrap();
    assert_eq!(identity.account(), Some("123456789012"));
    let s3 = s3(&bed.emulator, user(), "us-east-1");
    bed.wait(s3.create_bucket().bucket("bucket").send()).unwrap();
    bed.wait(s3.put_object().bucket("bucket").key("a/b").body(b"text".to_vec().into()).send()).unwrap();
    let object = bed.wait(async {
        let found = s3.get_object().bucket("bucket").key("a/b").send().await.unwrap();
        found.body.collect().await.unwrap().to_vec()
    });
    assert_eq!(object, b"text");
    assert_eq!(std::fs::read(bed.emulator.buckets().join("bucket/a/b")).unwrap(), b"text");
    let record = bed.emulator.record();
    let counts =
        ["s3:CreateBucket", "s3:PutObject", "s3:GetObject", "sts:GetCallerIdentity"].map(|name| record.count(name));
    assert_eq!((counts, record.of_service("s3")), ([1; 4], 3));
}

#[test]
fn a_function_signs_with_its_role() {
    let bed = Bed::new(Knobs::default());
    let s3 = s3(&bed.emulator, user(), "us-east-1");
    bed.wait(s3.create_bucket().bucket("bucket").send()).unwrap();
    let body = "for _, name in ipairs {'ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'SESSION_TOKEN'} do print(os.getenv('AWS_' .. name)) end";
    let printed = bed.stream(call(body)).unwrap().printed();
    let [id, secret, token] = printed.lines().collect::<Vec<_>>()[..] else { panic!("{printed}") };
    let role = |token: Option<&str>| Credentials::new(id, secret, token.map(str::to_owned), None, "test");
    let client = crate::access::s3(&bed.emulator, role(Some(token)), "us-east-1");
    bed.wait(client.put_object().bucket("bucket").key("k").body(b"1".to_vec().into()).send()).unwrap();
    let identity = bed.wait(sts(&bed.emulator, role(Some(token)), "us-east-1").get_caller_identity().send()).unwrap();
    assert!(identity.arn().unwrap().contains(":assumed-role/"));
    let [lambda, ..] = refusals(&bed, &role(None), "us-east-1");
    lambda.is(403, "UnrecognizedClientException", "security token included in the request is invalid");
}

#[test]
fn keys_that_are_unknown_or_have_expired() {
    let bed = Bed::empty(Knobs::default());
    let [lambda, sts, s3] = refusals(&bed, &key("AKIANOBODYKNOWSTHIS0"), "us-east-1");
    lambda.is(403, "UnrecognizedClientException", "security token included in the request is invalid");
    sts.is(403, "InvalidClientTokenId", "security token included in the request is invalid");
    s3.is(403, "InvalidAccessKeyId", "does not exist in our records");
    for turned in [false, true] {
        bed.emulator.turn(|knobs| knobs.credentials_expired = turned);
        let credentials = if turned { user() } else { key(EXPIRED_ACCESS_KEY_ID) };
        let [lambda, sts, s3] = refusals(&bed, &credentials, "us-east-1");
        lambda.is(403, "ExpiredTokenException", "expired");
        sts.is(403, "ExpiredToken", "expired");
        s3.is(400, "ExpiredToken", "expired");
    }
}

#[test]
fn a_secret_that_is_wrong_is_noticed_by_s3() {
    let bed = Bed::empty(Knobs::default());
    let s3 = s3(&bed.emulator, key(ACCESS_KEY_ID), "us-east-1");
    let refused = bed.wait(s3.list_buckets().send()).unwrap_err();
    refusal(refused).is(403, "SignatureDoesNotMatch", "");
}

#[test]
fn another_region() {
    let bed = Bed::empty(Knobs::default());
    let [lambda, sts, s3] = refusals(&bed, &user(), "eu-west-1");
    lambda.is(403, "InvalidSignatureException", "Credential should be scoped to a valid region");
    sts.is(403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region");
    s3.is(400, "AuthorizationHeaderMalformed", "the region 'eu-west-1' is wrong; expecting 'us-east-1'");
}

#[test]
fn a_clock_that_is_off() {
    let bed = Bed::empty(Knobs { clock_offset_s: 3600, ..Knobs::default() });
    let [lambda, sts, s3] = refusals(&bed, &user(), "us-east-1");
    lambda.is(403, "InvalidSignatureException", "Signature expired: ");
    sts.is(403, "SignatureDoesNotMatch", "Signature expired: ");
    s3.is(403, "RequestTimeTooSkewed", "too large");
    bed.emulator.turn(|knobs| knobs.clock_offset_s = -3600);
    let [lambda, ..] = refusals(&bed, &user(), "us-east-1");
    lambda.is(403, "InvalidSignatureException", "Signature not yet current: ");
    bed.emulator.turn(|knobs| knobs.clock_offset_s = 60);
    assert!(bed.wait(bed.lambda.list_functions().send()).is_ok(), "a minute is no matter");
}

#[test]
fn what_is_denied() {
    let denied = ["lambda:CreateFunction", "s3:PutObject"].map(str::to_owned).into();
    let bed = Bed::empty(Knobs { denied, foreign_buckets: vec!["theirs".into()], ..Knobs::default() });
    let refused = bed.create(FUNCTION, zip_of(b"")).unwrap_err();
    refused.is(403, "AccessDeniedException", "is not authorized to perform: lambda:CreateFunction");
    assert!(bed.wait(bed.lambda.list_functions().send()).is_ok());
    let s3 = s3(&bed.emulator, user(), "us-east-1");
    bed.wait(s3.create_bucket().bucket("ours").send()).unwrap();
    let put = |bucket: &str| refusal(bed.wait(s3.put_object().bucket(bucket).key("k").send()).unwrap_err());
    put("ours").is(403, "AccessDenied", "Access Denied");
    put("theirs").is(403, "AccessDenied", "Access Denied");
    let made = bed.wait(s3.create_bucket().bucket("theirs").send()).unwrap_err();
    refusal(made).is(409, "BucketAlreadyExists", "not available");
    let looked = bed.wait(s3.head_bucket().bucket("theirs").send()).unwrap_err();
    assert_eq!(refusal(looked).status, 403);
    bed.emulator.turn(|knobs| knobs.s3_error = 1.0);
    refusal(bed.wait(s3.list_buckets().send()).unwrap_err()).is(503, "SlowDown", "reduce your request rate");
}

/// One request without a signature: status and body.
fn unsigned(bed: &Bed, method: &str, path: &str, body: &str) -> (u16, String) {
    let url = format!("{}{path}", bed.emulator.url());
    bed.wait(async {
        let client = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
        let request = hyper::Request::builder()
            .method(method)
            .uri(url)
            .body(Full::new(bytes::Bytes::from(body.to_owned())))
            .unwrap();
        let response = client.request(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    })
}

#[test]
fn requests_without_a_signature() {
    let bed = Bed::empty(Knobs::default());
    let (status, body) = unsigned(&bed, "GET", "/2015-03-31/functions", "");
    assert!(status == 403 && body.contains("Missing Authentication Token"), "{body}");
    let (status, body) = unsigned(&bed, "POST", "/", "Action=GetCallerIdentity");
    assert!(status == 403 && body.contains("<Code>MissingAuthenticationToken</Code>"), "{body}");
    let (status, body) = unsigned(&bed, "GET", "/bucket", "");
    assert!(status == 403 && body.contains("<Code>AccessDenied</Code>"), "{body}");
}

#[test]
fn knobs_and_record_over_http() {
    let bed = Bed::new(Knobs::default());
    let (status, body) = unsigned(&bed, "POST", "/emulator/knobs", r#"{"latency_ms": 7, "throttle": 1.0}"#);
    assert!(status == 200 && body.contains("\"latency_ms\":7"), "{body}");
    bed.stream(call("return 1")).unwrap_err().is(429, "TooManyRequestsException", "");
    let (_, body) = unsigned(&bed, "GET", "/emulator/record", "");
    let record: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(record["errors"]["TooManyRequestsException"], 1);
    assert_eq!(unsigned(&bed, "DELETE", "/emulator/record", "").0, 204);
    assert!(bed.emulator.record().errors.is_empty());
    let (status, body) = unsigned(&bed, "POST", "/emulator/knobs", r#"{"latency": 7}"#);
    assert!(status == 400 && body.contains("unknown field `latency`"), "{body}");
}
