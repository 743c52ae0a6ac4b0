"""Runs our control calls against moto, an AWS that others wrote: moto_deploy.py LITHOPS_LUA."""

import json
import logging
import os
import subprocess
import sys
import tempfile

import boto3
from moto.server import ThreadedMotoServer

ROLE = "lithops-execution-role"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


# Requests that change functions, as the server logs them.
changes = []


class Requests(logging.Handler):
    def emit(self, record):
        line = record.getMessage()
        if "/functions" in line and any(method in line for method in ["POST", "PUT", "DELETE"]):
            changes.append(line)


def main():
    logging.getLogger("werkzeug").addHandler(Requests())
    logging.getLogger("werkzeug").propagate = False
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name in [name for name in os.environ if name.startswith(("AWS_", "LITHOPS_"))]:
        del os.environ[name]
    os.environ.update(
        AWS_ENDPOINT_URL=f"http://{host}:{port}", AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test",
        AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1", AWS_EC2_METADATA_DISABLED="true",
        AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null")
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["HOME"] = folder
            check(sys.argv[1], folder)
    finally:
        server.stop()
    print("moto and our control calls agree")


def check(program, folder):
    role = boto3.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    awslambda = boto3.client("lambda")

    def run(*arguments, **section):
        config = {"lithops": {"backend": "aws_lambda"}, "aws_lambda": {"execution_role": role, **section}}
        path = os.path.join(folder, "config.yaml")
        with open(path, "w") as file:
            json.dump(config, file)
        ran = subprocess.run([program, "--config", path, "runtime", *arguments], cwd=folder, timeout=120,
                             stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert ran.returncode == 0, (arguments, ran)
        return ran.stdout

    def names():
        return {function["FunctionName"] for function in awslambda.list_functions()["Functions"]}

    run("deploy")
    (first,) = names()
    made = awslambda.get_function(FunctionName=first)["Configuration"]
    found = [made[name] for name in ["Role", "MemorySize", "Timeout", "Runtime", "Architectures", "PackageType"]]
    assert found == [role, 256, 180, "provided.al2023", ["x86_64"], "Zip"], made
    config = awslambda.get_function_event_invoke_config(FunctionName=first)
    assert config["MaximumRetryAttempts"] == 0, config
    assert len(changes) >= 2, changes

    # What is there and as it should be is left alone.
    run("deploy")
    before = len(changes)
    run("deploy")
    assert len(changes) == before, changes

    # What somebody changed is changed back.
    awslambda.update_function_configuration(FunctionName=first, MemorySize=1024, Timeout=3)
    run("deploy")
    again = awslambda.get_function(FunctionName=first)["Configuration"]
    assert (again["MemorySize"], again["Timeout"]) == (256, 180), again

    settings = dict(runtime_memory=512, env_vars={"OWN": "1"}, user_tags={"team": "blue"}, ephemeral_storage=1024)
    run("deploy", **settings)
    (second,) = names() - {first}
    other = awslambda.get_function(FunctionName=second)
    configuration = other["Configuration"]
    assert configuration["MemorySize"] == 512 and configuration["EphemeralStorage"] == {"Size": 1024}, other
    assert configuration["Environment"]["Variables"] == {"OWN": "1"} and other["Tags"]["team"] == "blue", other
    run("update", **settings)

    listed = json.loads(run("list", "--json"))
    assert {function["name"] for function in listed} == {first, second}, listed
    run("delete", first, "--yes")
    assert names() == {second}
    run("delete", "--all", "--yes")
    assert names() == set()


main()
