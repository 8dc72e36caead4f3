"""Runs a notebook and interrupts its kernel, as the stop button of JupyterLab does, when a cell prints MARK.

    python interrupt_notebook.py NOTEBOOK MARK

Prints the text that each code cell showed, as a JSON list.
"""

import asyncio
import json
import os
import sys

import nbformat
from nbclient import NotebookClient


class Client(NotebookClient):
    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] == "stream" and sys.argv[2] in msg["content"]["text"]:
            asyncio.ensure_future(self.km.interrupt_kernel())
        return super().process_message(msg, cell, cell_index)


path = os.path.abspath(sys.argv[1])
notebook = nbformat.read(path, as_version=4)
Client(
    notebook,
    kernel_name="tslab",
    timeout=120,
    allow_errors=True,
    shutdown_kernel="immediate",
    resources={"metadata": {"path": os.path.dirname(path)}},
).execute()
cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
print(json.dumps(["".join(output.get("text", "") for output in cell.outputs) for cell in cells]))
