"""Calls the emulated AWS with boto3, so that it is judged by somebody else's client: boto3_emulator.py EMULATOR."""

import base64
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

# A runtime of its own making: what it is asked for is in the payload.
BOOTSTRAP = f'''#!{sys.executable}
import http.client, json, os, sys, time
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
connection = http.client.HTTPConnection(api)
path = "/2018-06-01/runtime/invocation/"
while True:
    connection.request("GET", path + "next")
    response = connection.getresponse()
    request_id = response.headers["Lambda-Runtime-Aws-Request-Id"]
    event = json.loads(response.read())
    do = event.get("do")
    print("asked for", do, flush=True)
    if do == "fail":
        connection.request("POST", path + request_id + "/error",
                           json.dumps(dict(errorType="Broken", errorMessage="as asked")))
    elif do == "exit":
        os._exit(event["status"])
    elif do == "sleep":
        time.sleep(event["seconds"])
        connection.request("POST", path + request_id + "/response", "null")
    elif do == "stream":
        def pieces():
            yield b'{{"statusCode":200}}' + bytes(8)
            for number in range(event["pieces"]):
                time.sleep(0.1)
                yield b"piece %d;" % number
        connection.request("POST", path + request_id + "/response", pieces(), encode_chunked=True, headers=dict(
            [("Lambda-Runtime-Function-Response-Mode", "streaming"), ("Transfer-Encoding", "chunked")]))
    else:
        names = sorted(name for name in os.environ if name != "LC_CTYPE")
        connection.request("POST", path + request_id + "/response", json.dumps(dict(event=event, names=names)))
    connection.getresponse().read()
'''


def pack(bootstrap):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o100755 << 16
        archive.writestr(entry, bootstrap)
    return buffer.getvalue()


def refused(code, status, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        found = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        assert found == (code, status), found
        return error.response
    raise AssertionError(f"{code} expected")


def start(program, folder):
    process = subprocess.Popen([program], env=dict(os.environ, TMPDIR=folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    exported = {}
    while "LITHOPS_EMULATOR_ROLE" not in exported:
        name, value = process.stdout.readline().strip().removeprefix("export ").split("=", 1)
        exported[name] = value
    os.environ.update(exported)
    return process


def turn(**knobs):
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + "/emulator/knobs", json.dumps(knobs).encode())
    urllib.request.urlopen(request).read()


def record():
    return json.load(urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/emulator/record"))


def client(service, **arguments):
    return boto3.client(service, config=Config(retries={"max_attempts": 0}), **arguments)


def payload(**event):
    return json.dumps(event).encode()


def functions(role):
    awslambda = client("lambda")
    settings = dict(Role=role, Runtime="provided.al2023", Handler="bootstrap", MemorySize=256, Timeout=1)
    turn(pending_ms=2000, update_ms=100, role_not_ready=1)
    create = dict(FunctionName="f", Code={"ZipFile": pack(BOOTSTRAP)}, Tags={"team": "blue"}, **settings)
    refused("InvalidParameterValueException", 400, awslambda.create_function, **create)
    created = awslambda.create_function(**create)
    assert created["State"] == "Pending" and created["PackageType"] == "Zip", created
    refused("ResourceConflictException", 409, awslambda.invoke, FunctionName="f")
    awslambda.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    refused("ResourceConflictException", 409, awslambda.create_function, **create)
    refused("ResourceNotFoundException", 404, awslambda.get_function, FunctionName="other")
    found = awslambda.get_function(FunctionName="f")
    assert found["Tags"] == {"team": "blue"} and found["Configuration"]["MemorySize"] == 256, found
    code = urllib.request.urlopen(found["Code"]["Location"]).read()
    assert code == pack(BOOTSTRAP), "the code can be fetched"
    awslambda.update_function_configuration(FunctionName="f", Environment={"Variables": {"OWN": "1"}})
    awslambda.get_waiter("function_updated_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
    arn = created["FunctionArn"]
    awslambda.tag_resource(Resource=arn, Tags={"more": "yes"})
    awslambda.untag_resource(Resource=arn, TagKeys=["team"])
    assert awslambda.list_tags(Resource=arn)["Tags"] == {"more": "yes"}
    refused("ResourceNotFoundException", 404, awslambda.get_function_event_invoke_config, FunctionName="f")
    awslambda.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    config = awslambda.get_function_event_invoke_config(FunctionName="f")
    assert config["MaximumRetryAttempts"] == 0 and config["LastModified"].year > 2000, config
    turn(pending_ms=0, update_ms=0)
    for number in range(60):
        awslambda.create_function(FunctionName=f"page-{number}", Code={"ZipFile": pack("")}, **settings)
    pages = list(awslambda.get_paginator("list_functions").paginate())
    assert [len(page["Functions"]) for page in pages] == [50, 11], "pages"
    for number in range(60):
        awslambda.delete_function(FunctionName=f"page-{number}")
    assert awslambda.get_account_settings()["AccountLimit"]["ConcurrentExecutions"] == 1000


def invocations():
    awslambda = client("lambda")
    answer = awslambda.invoke(FunctionName="f", Payload=payload(a=1), LogType="Tail")
    body = json.load(answer["Payload"])
    log = base64.b64decode(answer["LogResult"]).decode()
    assert answer["StatusCode"] == 200 and body.get("event") == {"a": 1}, (body, log)
    assert "OWN" in body["names"] and "HOME" not in body["names"], body
    assert "asked for None\n" in log and "REPORT RequestId: " in log and "Init Duration: " in log, log
    assert awslambda.invoke(FunctionName="f", InvocationType="DryRun")["StatusCode"] == 204
    before = len(record()["invocations"])
    assert awslambda.invoke(FunctionName="f", InvocationType="Event", Payload=payload(do="exit", status=1))["StatusCode"] == 202
    while len(record()["invocations"]) == before or not record()["invocations"][-1]["ended"]:
        time.sleep(0.01)
    failed = awslambda.invoke(FunctionName="f", Payload=payload(do="fail"))
    assert failed["FunctionError"] == "Unhandled", failed
    assert json.load(failed["Payload"]) == {"errorType": "Broken", "errorMessage": "as asked"}
    exited = json.load(awslambda.invoke(FunctionName="f", Payload=payload(do="exit", status=9))["Payload"])
    assert exited["errorType"] == "Runtime.ExitError" and "exit status 9" in exited["errorMessage"], exited
    slept = json.load(awslambda.invoke(FunctionName="f", Payload=payload(do="sleep", seconds=30))["Payload"])
    assert "Task timed out after 1.00 seconds" in slept["errorMessage"], slept
    refused("InvalidRequestContentException", 400, awslambda.invoke, FunctionName="f", Payload=b"{")
    refused("RequestTooLargeException", 413, awslambda.invoke, FunctionName="f", Payload=b" " * (6 << 20) + b"1")
    turn(throttle=1)
    throttled = refused("TooManyRequestsException", 429, awslambda.invoke, FunctionName="f")
    assert throttled["Reason"] == "CallerRateLimitExceeded", throttled
    turn(throttle=0, server_error=1)
    refused("ServiceException", 500, awslambda.invoke, FunctionName="f")
    turn(server_error=0)


def streams():
    awslambda = client("lambda")

    def stream(**event):
        answer = awslambda.invoke_with_response_stream(FunctionName="f", Payload=payload(**event), LogType="Tail")
        events = [(time.time(), event) for event in answer["EventStream"]]
        data = b"".join(event["PayloadChunk"]["Payload"] for _, event in events if "PayloadChunk" in event)
        assert "InvokeComplete" in events[-1][1], events
        return data, events[-1][1]["InvokeComplete"], events[-1][0] - events[0][0]

    # Twelve pieces take longer than the second that it has.
    awslambda.update_function_configuration(FunctionName="f", Timeout=60)
    data, complete, spread = stream(do="stream", pieces=12)
    assert data == b'{"statusCode":200}' + bytes(8) + b"".join(b"piece %d;" % number for number in range(12)), data
    assert "ErrorCode" not in complete and spread > 0.3, (complete, spread)
    assert "REPORT" in base64.b64decode(complete["LogResult"]).decode()
    data, complete, _ = stream(a=1)
    assert json.loads(data)["event"] == {"a": 1} and "ErrorCode" not in complete
    data, complete, _ = stream(do="exit", status=9)
    assert data == b"" and complete["ErrorCode"] == "Runtime.ExitError", complete
    _, complete, _ = stream(do="fail")
    assert json.loads(complete["ErrorDetails"])["errorType"] == "Broken", complete


def storage_and_identity(role):
    s3 = client("s3")
    s3.create_bucket(Bucket="bucket")
    large = os.urandom(12 << 20)
    s3.upload_fileobj(io.BytesIO(large), "bucket", "large", Config=TransferConfig(multipart_threshold=5 << 20))
    assert s3.get_object(Bucket="bucket", Key="large")["Body"].read() == large
    for number in range(5):
        s3.put_object(Bucket="bucket", Key=f"small/{number}", Body=b"1")
    listed = s3.list_objects_v2(Bucket="bucket", Prefix="small/")
    assert [entry["Key"] for entry in listed["Contents"]] == [f"small/{number}" for number in range(5)]
    refused("NoSuchKey", 404, s3.get_object, Bucket="bucket", Key="none")
    refused("NoSuchBucket", 404, s3.list_objects_v2, Bucket="none")
    signer = boto3.client("s3", config=Config(signature_version="s3v4"))
    signed = signer.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "small/1"})
    assert urllib.request.urlopen(signed).read() == b"1"
    assert record()["requests"]["s3:CompleteMultipartUpload"] == 1

    assert client("sts").get_caller_identity()["Account"] == "123456789012"
    found = client("iam").get_role(RoleName=role.rsplit("/", 1)[1])["Role"]
    trusted = found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert found["Arn"] == role and trusted == {"Service": "lambda.amazonaws.com"}, found
    turn(missing_roles=["none"])
    refused("NoSuchEntity", 404, client("iam").get_role, RoleName="none")
    stranger = dict(aws_access_key_id="AKIANOBODYKNOWSTHIS0", aws_secret_access_key="x")
    refused("InvalidClientTokenId", 403, client("sts", **stranger).get_caller_identity)
    refused("UnrecognizedClientException", 403, client("lambda", **stranger).list_functions)
    refused("InvalidAccessKeyId", 403, client("s3", **stranger).list_buckets)
    # boto3 reads the right region from the refusal, and goes there.
    assert client("s3", region_name="eu-west-1").list_objects_v2(Bucket="bucket")["KeyCount"] == 6
    assert record()["errors"]["AuthorizationHeaderMalformed"] >= 1


def running_functions():
    """Processes whose executable is a function's."""
    found = 0
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/environ", "rb") as environ:
                found += os.environ["AWS_ENDPOINT_URL"].encode() in environ.read() and int(process) != os.getpid()
        except OSError:
            pass
    return found


def main():
    # An emulator that is killed leaves its files behind.
    with tempfile.TemporaryDirectory() as folder:
        check(folder)
    print("boto3 and the emulator agree")


def check(folder):
    role = None
    for end in [lambda process: process.stdin.close(), lambda process: process.send_signal(signal.SIGTERM),
                lambda process: process.kill()]:
        process = start(sys.argv[1], folder)
        try:
            if role is None:
                role = os.environ["LITHOPS_EMULATOR_ROLE"]
                functions(role)
                invocations()
                streams()
                storage_and_identity(role)
            else:
                functions(role)
                client("lambda").invoke(FunctionName="f", Payload=payload(a=1))
            assert running_functions() >= 1, "an environment is there"
        finally:
            end(process)
            process.wait(30)
        # However the emulator ends, its functions end with it.
        until = time.time() + 30
        while running_functions():
            assert time.time() < until, "functions are left"
            time.sleep(0.01)


main()
