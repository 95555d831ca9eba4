"""The gate: checks, then every notebook in a process of its own; ends with "N passed, N failed"

python .ci/gate.py                  everything
python .ci/gate.py 15_envs 02_      only the notebooks whose path contains one of these, no other checks
python .ci/gate.py --fill 15_envs   the same, and keep in each what its cells give today (see outputs.py)

Time limit of one notebook in seconds: GATE_LIMIT (default 600). Notebooks at a time: GATE_WORKERS (default 2).
"""

import contextlib
import filecmp
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from outputs import check_the_rule, fill, stale
from readme import LINK, PAGES, ROOT, TOOLS, run, write_readme

LIMIT = float(os.environ.get("GATE_LIMIT", 600))
WORKERS = int(os.environ.get("GATE_WORKERS", 2))
NOTEBOOKS = [name for name in ("nbs", "benchmarks") if (ROOT / name).exists()]
RUNNING, STOPPED = set(), Event()  # processes of the notebooks that run now; somebody interrupted
TIMES = {}  # {path of a notebook: seconds}
STRICT = True  # stale outputs fail; False: they are only reported
STALE = 3  # exit status of a notebook that passed and keeps outputs that its cells no longer give


def copy_of_the_repository(folder):
    "What the notebooks and the package are made of, copied to `folder`"
    skip = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for name in (*NOTEBOOKS, "keypoint_nb"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    for name in ("settings.ini", "setup.py", "LICENSE", "CITATION.cff"):
        shutil.copy(ROOT / name, folder)


def same(one, other):
    "Whether two files are both there and hold the same bytes"
    return one.exists() and other.exists() and filecmp.cmp(one, other, shallow=False)


def differences(name, folder, suffix):
    "Files under `name` with `suffix` that are not the same in the repository and in its copy `folder`"
    here, there = ROOT / name, folder / name
    paths = {p.relative_to(top) for top in (here, there) for p in top.rglob(f"*{suffix}")}
    paths = {p for p in paths if not any(part.startswith(".") for part in p.parts)}
    return [f"{name}/{p}" for p in sorted(paths) if not same(here / p, there / p)]


def refuse(paths, advice):
    "Raise with `advice` when there are `paths`"
    if paths:
        raise RuntimeError("\n".join(paths) + f"\n{advice}")


def notebooks_are_clean(folder):
    for name in NOTEBOOKS:
        run("nbdev_clean", "--fname", name, folder=folder)
    refuse([p for name in NOTEBOOKS for p in differences(name, folder, ".ipynb")], "make export")


def package_is_in_step(folder):
    "Export into an empty package: a module whose notebook is gone shows as well"
    shutil.rmtree(folder / "keypoint_nb")
    run("nbdev_export", folder=folder)
    refuse(
        differences("keypoint_nb", folder, ".py"),
        "make export, and delete modules without a notebook",
    )


def readme_is_in_step(folder):
    write_readme(folder)
    names = [name for page in PAGES.items() for name in page]
    refuse([name for name in names if not same(ROOT / name, folder / name)], "make readme")


def lint(folder):
    run("ruff", "check", ".", folder=ROOT)


def layout(folder):
    run("ruff", "format", "--check", *NOTEBOOKS, ".ci", "setup.py", folder=ROOT)


def rule_of_outputs(folder):
    check_the_rule()


def links_of(path):
    "Relative links in the text of the notebook at `path`"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return {link.partition("#")[0] for link in LINK.findall(text)} - {""}


def links_lead_somewhere(folder):
    dead = [
        f"{path.relative_to(ROOT)} links to {link}"
        for path in sum(notebooks(()), [])
        for link in sorted(links_of(path))
        if not (path.parent / link).exists()
    ]
    refuse(dead, "mend these links: they lead nowhere")


CHECKS = (notebooks_are_clean, package_is_in_step, readme_is_in_step)
CHECKS += (lint, layout, rule_of_outputs, links_lead_somewhere)


def attempt(check, folder):
    "Run one check, print how it went; True when it passed"
    start, problem = time.time(), ""
    try:
        check(folder)
    except (RuntimeError, OSError, AssertionError) as error:
        problem = f"\n{error}"
    report(not problem, time.time() - start, check.__name__.replace("_", " "), problem)
    return not problem


def report(passed, seconds, name, detail=""):
    print(f"{'ok  ' if passed else 'FAIL'} {seconds:6.1f} s  {name}{detail}", flush=True)


def notebooks(wanted):
    "The notebooks to run whose path contains a word `wanted`: (those for papermill, the others)"
    experiments = [*ROOT.glob("nbs/experiments/*.ipynb"), *ROOT.glob("benchmarks/*.ipynb")]
    return [
        [p for p in sorted(paths) if not wanted or any(word in str(p) for word in wanted)]
        for paths in (experiments, ROOT.glob("nbs/*.ipynb"))
    ]


def environment(papermill):
    "Variables of one notebook: one thread, and figures into files where no kernel displays them"
    extra = dict(OMP_NUM_THREADS="1", PYTHONHASHSEED="0", LP_NUM_THREADS="0")
    extra["PATH"] = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    return kept | extra | ({} if papermill else {"MPLBACKEND": "Agg"})


def is_benchmark(path):
    "Whether `path` writes one file of results; experiments write a folder with one in it"
    return path.parent.name == "benchmarks"


def command(path, papermill, folder, filling):
    "How to run one notebook; what papermill runs has to leave `folder`/run/results.json"
    if not papermill:
        return [sys.executable, __file__, "--one", path, *(["--fill"] if filling else [])]
    start = [sys.executable, "-m", "papermill", path, folder / "executed.ipynb", "-k", "python3"]
    out = folder / "run" / "results.json"
    out.parent.mkdir()
    parameters = ["-p", "preset", "smoke", "-p", "out", out if is_benchmark(path) else out.parent]
    return [*start, "--cwd", path.parent, "--no-progress-bar", *parameters]


def stop(process):
    "End `process` and what it started, if any of it is left"
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def wait(process):
    "The exit status of `process`, or why it has none; nothing that it started is left behind"
    RUNNING.add(process)
    try:
        return process.wait(LIMIT)
    except subprocess.TimeoutExpired:
        return f"stopped after {LIMIT:.0f} s"
    finally:
        stop(process)
        process.wait()
        RUNNING.discard(process)


def run_all(experiments, plain, filling):
    "Run notebooks, `WORKERS` at a time; experiments one after the other, for they share recordings in data/"
    pool = ThreadPoolExecutor(WORKERS)
    for stopping in (signal.SIGTERM, signal.SIGINT):  # a shell's background jobs ignore the latter
        signal.signal(stopping, signal.default_int_handler)
    try:
        chain = pool.submit(lambda: [run_notebook(path, papermill=True) for path in experiments])
        rest = pool.map(lambda path: run_notebook(path, papermill=False, filling=filling), plain)
        return [*rest, *chain.result()]
    except KeyboardInterrupt:  # the notebooks are in sessions of their own and do not hear of it
        STOPPED.set()
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(RUNNING):
            stop(process)
        raise
    finally:
        pool.shutdown()


def run_notebook(path, papermill, filling=False):
    "Run one notebook in a process of its own, print how it went; True when it passed"
    start = time.time()
    if STOPPED.is_set():
        return False
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            list(map(str, command(path, papermill, Path(folder), filling))),
            **dict(cwd=ROOT, env=environment(papermill), start_new_session=True),
            **dict(stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT),
        )
        status = wait(process)
        if not status and papermill and not (Path(folder) / "run" / "results.json").exists():
            status = "no results.json"
        output.seek(0)
        tail = "\n".join(output.read().splitlines()[-60:])
    TIMES[path] = time.time() - start
    old = status == STALE and not papermill
    passed = not status or (old and not STRICT)
    says = "" if not status else f"  ({'kept outputs are stale' if old else status})\n{tail}"
    report(passed, TIMES[path], str(path.relative_to(ROOT)), says)
    return passed


def has_gpu():
    "Whether cells flagged `gpu` can run here; torch is imported only where there may be one"
    return bool(shutil.which("nvidia-smi")) and __import__("torch").cuda.is_available()


def outputs_of(path):
    "Run the cells of one notebook, those flagged `gpu` only where there is one: {id of a cell: outputs}, or None"
    from execnb.shell import CaptureShell
    from fastcore.xtras import working_directory
    from nbdev.config import get_config
    from nbdev.process import NBProcessor

    sys.path.insert(0, str(ROOT))
    os.environ["IN_TEST"] = "1"
    skip = {*get_config().tst_flags.split(), "eval:"} - {"slow", *(["gpu"] if has_gpu() else [])}
    book, shell, new = NBProcessor(path).nb, CaptureShell(path), {}
    with working_directory(path.parent):
        for cell in book.cells:
            if cell.cell_type != "code" or skip & cell.directives_.keys():
                continue
            shell._cell_idx = cell.idx_ + 1
            new[cell.id] = shell.run(cell.source)
            if shell.exc:
                print(shell.prettytb(fname=path))
                return None
    return new


def run_cells(path, filling):
    "The child's part: run one notebook, keep its outputs or compare them with the kept ones; the exit status"
    new = outputs_of(path)
    if new is None:
        return 1
    book = json.loads(path.read_text(encoding="utf-8"))
    if filling:
        fill(book, new)
        text = json.dumps(book, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        path.write_text(text, encoding="utf-8")
        run("nbdev_clean", "--fname", str(path), folder=ROOT)
        return 0
    print(*(found := list(stale(book, new))), sep="\n")
    if found:
        print(f"if the new ones are right: make outputs NB={path.stem}")
    return STALE if found else 0


def slowest(count=10):
    "Print the notebooks that took longest"
    print("slowest:")
    for path, seconds in sorted(TIMES.items(), key=lambda item: -item[1])[:count]:
        print(f"  {seconds:6.1f} s  {path.relative_to(ROOT)}")


def main(wanted, filling=False):
    "Everything, or the notebooks `wanted`; the exit status"
    start, results = time.time(), []
    if not any(map(shutil.which, ("chromium", "chromium-browser"))):
        print("skipped: tests in a browser (no chromium)")
    if not has_gpu():
        print("skipped: cells flagged gpu (no CUDA)")
    if not wanted:
        with tempfile.TemporaryDirectory() as folder:
            copy_of_the_repository(Path(folder))
            results += [attempt(check, Path(folder)) for check in CHECKS]
    experiments, plain = notebooks(wanted)
    if filling:  # experiments keep no outputs, and those of the pages belong to `make readme`
        pages = [ROOT / name for name in PAGES]
        experiments, plain = [], [path for path in plain if path not in pages]
    results += run_all(experiments, plain, filling)
    failed = results.count(False)
    count = len(experiments) + len(plain)
    slowest()
    print(f"{count} notebooks, {time.time() - start:.0f} s")
    print(f"{len(results) - failed} passed, {failed} failed")
    return int(failed > 0 or not count)


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    filling = "--fill" in sys.argv
    one = "--one" in sys.argv
    sys.exit(run_cells(Path(words[0]), filling) if one else main(words, filling))
