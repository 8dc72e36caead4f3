"""Starts one kernel and does with it what stdin says; prints what came back, as JSON.

    python kernel_session.py FOLDER < STEPS

A step is one of
    {"cells": [CODE, ...], "interrupt": TEXT, "stop_on_error": true}
        sends the cells at once, and interrupts when one prints TEXT
    {"request": TYPE, "content": {...}}
        sends a request on the shell

For cells: a list of {"reply", "outputs"}; the text of neighbouring streams is joined. With them "states", the kernel's
status messages in order, as [state, type of the request]. A kernel that does not answer in 120 s ends everything.
"""

import json
import subprocess
import sys
import time

from jupyter_client.manager import KernelManager

TIMEOUT = 120
manager = KernelManager(kernel_name="tslab")
# Node makes a pipe that it inherits one that does not wait, which would break our own output.
manager.start_kernel(cwd=sys.argv[1], stdout=subprocess.DEVNULL)
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=TIMEOUT)


def add(outputs, kind, content):
    if kind == "stream" and outputs and outputs[-1][0] == "stream" and outputs[-1][1]["name"] == content["name"]:
        outputs[-1][1]["text"] += content["text"]
    else:
        outputs.append([kind, content])


def do(step):
    states = []
    if "request" in step:
        message = client.session.msg(step["request"], step["content"])
        client.shell_channel.send(message)
        ids = [message["header"]["msg_id"]]
    else:
        stop = step.get("stop_on_error", True)
        ids = [client.execute(code, stop_on_error=stop) for code in step["cells"]]
    found = {one: {"reply": None, "outputs": []} for one in ids}
    idle = set()
    end = time.monotonic() + TIMEOUT
    while len(idle) < len(ids) or any(one["reply"] is None for one in found.values()):
        if time.monotonic() > end:
            raise TimeoutError(f"no end of {step}: {found}")
        while client.shell_channel.msg_ready():
            message = client.get_shell_msg()
            parent = message["parent_header"].get("msg_id")
            if parent in found:
                found[parent]["reply"] = message["content"]
        try:
            message = client.get_iopub_msg(timeout=0.05)
        except Exception:
            continue
        kind, content, parent = message["msg_type"], message["content"], message["parent_header"]
        one = found.get(parent.get("msg_id"))
        if kind == "status":
            states.append([content["execution_state"], parent.get("msg_type")])
            if content["execution_state"] == "idle" and one is not None:
                idle.add(parent["msg_id"])
        elif one is not None:
            add(one["outputs"], kind, content)
            if kind == "stream" and "interrupt" in step and step["interrupt"] in content["text"]:
                manager.interrupt_kernel()
    return {"cells": [found[one] for one in ids], "states": states}


try:
    print(json.dumps([do(step) for step in json.load(sys.stdin)]), flush=True)
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
