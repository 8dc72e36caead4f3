#!/usr/bin/env python3
"""Measures a GPU and trains on it, with nothing but its driver, a PJRT plugin in any Python, and this folder.

    python3 run.py --minutes 9                       # stops cleanly; the same command goes on
    python3 run.py --minutes 9 --from EARLIER        # on a fresh machine: goes on from the files that came back
    python3 run.py --minutes 9 -- --train-minutes 0  # what stands behind "--" goes to `trm accelerator`

In order: the official runs are repeated on the device; training steps of both mixers are measured with batches of 768 and 192,
each beside compiled PyTorch where this Python has it; `sudoku-hard` is trained. Exit status: 0 done, 130 something is left.
"""
import argparse
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
# As the engine looks for them: accelerators before the CPU.
PLUGINS = [
    "jax_plugins/xla_cuda*/xla_cuda_plugin.so",
    "jax_plugins/xla_rocm*/xla_rocm_plugin.so",
    "libtpu/libtpu.so",
    "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so",
]
HOME = os.path.expanduser("~")
# Site-packages of Pythons that are not on the PATH.
FOLDERS = [
    *(f"{prefix}/lib/python3*/{kind}-packages" for prefix in ("/usr", "/usr/local", f"{HOME}/.local") for kind in ("site", "dist")),
    "/usr/lib/python3/dist-packages",
    *(f"{prefix}/lib/python3*/site-packages" for prefix in ("/opt/*", "/opt/*/.venv", "/opt/*/venv", f"{HOME}/.venv", f"{HOME}/*/.venv", f"{HOME}/*conda*", f"{HOME}/.pyenv/versions/*")),
]


def pythons():
    """The folders of packages of this Python, of those on the PATH, and of others in usual places."""
    yield from sys.path
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        for python in glob.glob(os.path.join(folder, "python3*")):
            code = "import sys; print('\\n'.join(sys.path))"
            try:
                found = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=20)
            except (OSError, subprocess.TimeoutExpired):
                continue
            yield from found.stdout.splitlines()
    for pattern in FOLDERS:
        yield from glob.glob(pattern)


def find_plugin():
    given = os.environ.get("TRM_PJRT_PLUGIN")
    if given:
        return given
    folders = list(dict.fromkeys(folder for folder in pythons() if os.path.isdir(folder)))
    for pattern in PLUGINS:
        for folder in folders:
            for path in sorted(glob.glob(os.path.join(glob.escape(folder), pattern)), reverse=True):
                return path
    sys.exit(
        "No Python here has a PJRT plugin. Install one with pip, such as jax-cuda13-plugin[with-cuda], or set\n"
        f"TRM_PJRT_PLUGIN to a plugin file. Looked in:\n  " + "\n  ".join(folders)
    )


def unpack(work):
    """The kit's files, unpacked once. The marker comes last, so that a killed call does not leave half of them."""
    kit = os.path.join(work, "kit")
    marker = os.path.join(kit, "unpacked")
    if not os.path.exists(marker):
        print("unpacking", file=sys.stderr, flush=True)
        shutil.rmtree(kit, ignore_errors=True)
        (packed,) = glob.glob(os.path.join(glob.escape(HERE), "kit.tar*"))
        with tarfile.open(packed) as archive:
            archive.extractall(kit)
        open(marker, "w").close()
    return kit


class Stopped(Exception):
    pass


def run(command, seconds, environment, **options):
    """Runs a program; a signal to this script, or the end of the time, becomes an interrupt, on which the program saves what it has."""
    process = subprocess.Popen(command, env=environment, start_new_session=True, **options)

    def interrupt(*_):
        process.send_signal(signal.SIGINT)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        interrupt()
        try:
            output, _ = process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
        raise Stopped from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return process.returncode, output


def copy_files(source, target):
    """Copies the files of a folder, not its folders. Pieces of older checkpoints go."""
    os.makedirs(target, exist_ok=True)
    for old in glob.glob(os.path.join(glob.escape(target), "checkpoint-*.piece")):
        os.remove(old)
    for name in os.listdir(source):
        path = os.path.join(source, name)
        if os.path.isfile(path):
            shutil.copy2(path, os.path.join(target, name))


def parity(node, kit, results, seconds, environment):
    """Repeats the official runs on the device. Returns false when the time was over first."""
    file = os.path.join(results, "parity.json")
    if os.path.exists(file):
        return True
    if seconds is not None and seconds < 1:
        return False
    print("repeating the official runs", file=sys.stderr, flush=True)
    command = [*node, "parity", os.path.join(kit, "fixtures"), "--device", "pjrt", "--json"]
    try:
        code, output = run(command, seconds, environment, stdout=subprocess.PIPE, text=True)
    except Stopped:
        return False
    if code not in (0, 1):
        return False
    found = json.loads(output)
    with open(file, "w") as target:
        target.write(output)
    cases = len(found["results"])
    print(f"{cases - found['failed']} of {cases} official runs agree", file=sys.stderr, flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after about so many minutes")
    parser.add_argument("--out", default=os.environ.get("OUT", "out"), help="gets the results; default $OUT, else out")
    parser.add_argument("--from", dest="earlier", help="results of an earlier call, where the working folder is gone")
    parser.add_argument("--work", default="/tmp/trm-kit", help="the working folder; default /tmp/trm-kit")
    parser.add_argument("--unpack", action="store_true", help="only unpack, for calls that cannot carry the kit and results at once")
    parser.add_argument("options", nargs="*", help="options of `trm accelerator`")
    asked = parser.parse_args()
    ends = time.monotonic() + 60 * asked.minutes
    left = lambda: ends - time.monotonic()

    work = os.path.abspath(asked.work)
    results = os.path.join(work, "results")
    kit = unpack(work)
    if asked.unpack:
        # This script stays with the files, so that the kit need not be carried again.
        shutil.copy2(os.path.abspath(__file__), os.path.join(work, "run.py"))
        return 0
    os.makedirs(results, exist_ok=True)
    if asked.earlier and not os.path.exists(os.path.join(results, "report.json")):
        copy_files(asked.earlier, results)

    plugin = find_plugin()
    print(f"plugin {plugin}", file=sys.stderr, flush=True)
    environment = {**os.environ, "TRM_PJRT_PLUGIN": plugin, "XDG_CACHE_HOME": os.path.join(work, "cache")}
    node = [os.path.join(kit, "node"), os.path.join(kit, "trm.cjs")]
    limit = lambda: None if left() == float("inf") else left() - 20
    done = parity(node, kit, results, limit(), environment)
    copy_files(results, asked.out)
    if not done:
        print("Not everything is done: the same command goes on.")
        return 130
    minutes = [] if left() == float("inf") else ["--minutes", f"{max(0, left()) / 60:.3f}"]
    command = [*node, "accelerator", "--pieces", "--out", results, "--peer", sys.executable, *minutes, *asked.options]
    try:
        code, _ = run(command, None if left() == float("inf") else max(1, left() + 10), environment)
    except Stopped:
        code = 130
    copy_files(results, asked.out)
    return code


if __name__ == "__main__":
    sys.exit(main())
