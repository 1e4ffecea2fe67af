"""The AWS emulator of `npm run rehearse`, and what it gets wrong put right before it starts.

Each gap was seen with the version in requirements.txt. None of them is worked around in the product.
"""

import os
import random
import signal
import string
import sys
import threading

from ministack import app
from ministack.core import lambda_runtime
from ministack.services import eventbridge, secretsmanager
from ministack.services.cloudformation import provisioners


def end_with_the_rehearsal():
    """Ends this process and its Lambda workers once nobody holds the other end of standard input."""
    sys.stdin.read()
    os.killpg(0, signal.SIGKILL)


def secrets_as_cloudformation_makes_them():
    """A secret's Ref is its ARN, and a secret without a name is called like its logical id; here both were others."""
    secret = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create, update, delete = secret["create"], secret["update"], secret["delete"]

    def name_of(arn):
        return next((name for name, each in secretsmanager._secrets.items() if each["ARN"] == arn), arn)

    def create_by_arn(logical_id, props, stack_name):
        name = f"{logical_id}-{''.join(random.choices(string.ascii_letters + string.digits, k=12))}"
        _, attributes = create(logical_id, {"Name": name, **props}, stack_name)
        return attributes["Arn"], attributes

    def update_by_arn(arn, old, new, stack_name, logical_id=None):
        name = {"Name": name_of(arn)}
        _, attributes = update(name["Name"], {**name, **old}, {**name, **new}, stack_name, logical_id)
        return attributes["Arn"], attributes

    secret.update(create=create_by_arn, update=update_by_arn, delete=lambda arn, props: delete(name_of(arn), props))


def nothing_to_set_aside():
    """An account as new as a stranger's, where AWS refuses reserved concurrency; here it was taken for nothing."""
    function = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]

    def refusing(handler):
        def provision(*args, **kwargs):
            if any("ReservedConcurrentExecutions" in each for each in args if isinstance(each, dict)):
                raise ValueError("ReservedConcurrentExecutions decreases the account's below its minimum value of [10]")
            return handler(*args, **kwargs)

        return provision

    function.update(create=refusing(function["create"]), update=refusing(function["update"]))


def five_minutes_pass_in_ten_seconds():
    """Nobody wants to wait for the schedule of sweep; the emulator itself looks every ten seconds."""
    seconds = eventbridge._parse_rate_seconds
    eventbridge._parse_rate_seconds = lambda expression: seconds(expression) and seconds(expression) / 30


def running_functions_end():
    """A function that changes is killed in the middle of what it does; AWS lets it end that."""
    kill = lambda_runtime.kill_workers

    def kill_once_idle(worker):
        with worker._lock:
            kill([worker])

    def kill_workers(workers):
        for worker in workers:
            threading.Thread(target=kill_once_idle, args=[worker], daemon=True).start()

    lambda_runtime.kill_workers = kill_workers


def alarms_on_expressions():
    """An alarm on an expression was refused; it is kept as one on the first metric of the expression. None is evaluated here."""
    record = provisioners._cw_metric_alarm_record

    def record_of_first(name, props):
        stats = [each["MetricStat"] for each in props.get("Metrics") or [] if "MetricStat" in each]
        if not stats:
            return record(name, props)
        plain = {key: value for key, value in props.items() if key != "Metrics"}
        return record(name, {**plain, **stats[0]["Metric"], "Statistic": stats[0]["Stat"], "Period": stats[0]["Period"]})

    provisioners._cw_metric_alarm_record = record_of_first


def one_port():
    """With TLS it would take port 443 too."""
    app._port_is_bindable = lambda *_: False


threading.Thread(target=end_with_the_rehearsal, daemon=True).start()
secrets_as_cloudformation_makes_them()
nothing_to_set_aside()
five_minutes_pass_in_ten_seconds()
running_functions_end()
alarms_on_expressions()
one_port()
app.main()
