"""Starts a kernel while a client already knocks at its doors, and prints how many questions it answered.

    python ask_at_once.py QUESTIONS PROGRAM...

The client connects before the kernel has bound anything and asks on shell, control and heartbeat, again and again.
"""

import json
import os
import subprocess
import sys
import tempfile
import time

import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.session import Session

questions, program = int(sys.argv[1]), sys.argv[2:]
folder = tempfile.mkdtemp()
path, connection = write_connection_file(os.path.join(folder, "kernel.json"), ip="127.0.0.1", key=b"key")
session = Session(key=b"key")
context = zmq.Context()


def connect(kind, channel):
    socket = context.socket(kind)
    # Tried again all the time, so that questions arrive while the kernel's other sockets are being bound.
    socket.reconnect_ivl = 1
    socket.linger = 0
    socket.connect(f"tcp://127.0.0.1:{connection[channel + '_port']}")
    return socket


shell, control, heart = connect(zmq.DEALER, "shell"), connect(zmq.DEALER, "control"), connect(zmq.REQ, "hb")
heart.send(b"ping")

kernel = subprocess.Popen([*program, "kernel", "--config-path", path], stderr=subprocess.PIPE)
answers = {"shell": 0, "control": 0, "hb": 0}
sockets = {shell: "shell", control: "control", heart: "hb"}
poller = zmq.Poller()
for socket in sockets:
    poller.register(socket, zmq.POLLIN)
asked, end = 0, time.monotonic() + 60
while sum(answers.values()) < 2 * questions + 1 and time.monotonic() < end and kernel.poll() is None:
    if asked < questions:
        session.send(shell, "kernel_info_request", {})
        session.send(control, "kernel_info_request", {})
        asked += 1
    for socket, _ in poller.poll(10):
        socket.recv_multipart()
        answers[sockets[socket]] += 1
        # After the first answer the others are near, or do not come.
        end = min(end, time.monotonic() + 10)
kernel.kill()
print(json.dumps(answers))
sys.stderr.write(kernel.stderr.read().decode())
