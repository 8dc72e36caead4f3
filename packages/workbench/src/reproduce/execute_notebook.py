"""Executes one notebook and tells, line by line on stdout, how far it is.

    python execute_notebook.py SOURCE TARGET SECONDS

The kernel runs in the folder of SOURCE; the executed notebook goes to TARGET, whether it succeeds or fails. A cell may
run SECONDS at most (0: as long as it likes). Every event is one line: MARK and a JSON object. `execute.ts` reads them.
"""

import json
import os
import re
import signal
import sys
import threading

# The grammar of internationalized addresses takes a second to load, and notebooks have none.
sys.modules["rfc3987_syntax"] = None

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError

MARK = "@notebook "
# The kernel prints these for what a cell left running; the cell itself counts as a success.
LATE_ERROR = re.compile(r"^(UncaughtException|UnhandledPromiseRejection):", re.MULTILINE)
COLORS = re.compile(r"\x1b\[[0-9;]*m")


def tell(event, **facts):
    print(MARK + json.dumps({"event": event, **facts}), flush=True)


class CellFailed(Exception):
    """A cell ended with an error, or left one behind."""


class Client(NotebookClient):
    """NotebookClient that tells of each cell and line of output, and gathers errors."""

    number = 0
    errors = ""

    def process_message(self, msg, cell, cell_index):
        content = msg["content"]
        if msg["msg_type"] == "stream":
            if content["name"] == "stderr":
                self.errors += content["text"]
            self.tell_last_line(content["text"])
        elif msg["msg_type"] == "error":
            self.errors += "\n".join(content["traceback"])
        elif msg["msg_type"] in ("display_data", "update_display_data"):
            data = content["data"]
            # The progress bar, which is text alone; figures and tables carry more.
            if set(data) == {"text/plain"}:
                self.tell_last_line(data["text/plain"])
        return super().process_message(msg, cell, cell_index)

    def tell_last_line(self, text):
        lines = [line.strip() for line in re.split(r"[\r\n]+", COLORS.sub("", text)) if line.strip()]
        if lines:
            tell("line", text=lines[-1])


def execute(notebook, folder, seconds):
    code_cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]

    def start_cell(cell, cell_index):
        if cell in code_cells:
            client.number += 1
            client.errors = ""
            tell("cell", number=client.number, of=len(code_cells), source=cell.source)

    def end_cell(cell, cell_index, execute_reply):
        if execute_reply["content"]["status"] != "ok" or LATE_ERROR.search(client.errors):
            raise CellFailed(COLORS.sub("", client.errors).strip() or "the kernel said no more than that it failed")

    client = Client(
        notebook,
        kernel_name="tslab",
        timeout=seconds or None,
        startup_timeout=180,
        # Progress that overwrites its line with a carriage return is stored as its last line.
        coalesce_streams=True,
        # Times of day would make every run differ.
        record_timing=False,
        # CellFailed says more than nbclient can: it knows of errors that nobody waited for.
        allow_errors=True,
        # All that the kernel has to say is said.
        shutdown_kernel="immediate",
        resources={"metadata": {"path": folder}},
        on_cell_start=start_cell,
        on_cell_executed=end_cell,
    )
    try:
        client.execute()
        return None
    except CellFailed as error:
        return str(error)
    except CellTimeoutError:
        return f"the cell ran longer than {seconds} s"
    except DeadKernelError:
        return "the kernel died (out of memory?): " + (COLORS.sub("", client.errors).strip() or "it left no message")
    except NoSuchKernel:
        return "the tslab kernel is not installed for this Python: run \"npm run setup\""


def save(notebook, target):
    notebook.metadata = {
        # What JupyterLab writes with the kernel of set-up, so that opening a notebook does not change it.
        "kernelspec": {"display_name": "TypeScript (TRM)", "language": "typescript", "name": "tslab"},
        "language_info": notebook.metadata.get("language_info", {"name": "typescript"}),
    }
    for cell in notebook.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in ("tags", "jupyter")}
    os.makedirs(os.path.dirname(target), exist_ok=True)
    temporary = f"{target}.{os.getpid()}.tmp"
    nbformat.write(notebook, temporary)
    os.replace(temporary, target)


def stop_with_parent():
    """The parent holds our stdin open. When it ends, however it ends, the kernel shall not outlive it."""
    # Not sys.stdin: its lock, held by this thread, would break the end of the interpreter.
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main():
    source, target, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    threading.Thread(target=stop_with_parent, daemon=True).start()
    notebook = nbformat.read(source, as_version=4)
    error = execute(notebook, os.path.dirname(os.path.abspath(source)), seconds)
    save(notebook, target)
    if error is None:
        tell("done")
    else:
        tell("error", text=error)


main()
