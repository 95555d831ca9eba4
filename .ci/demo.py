"The main experiment at preset=quick, then its scores beside those of the untrained network, a verdict and the paths of all files, a video last: .ci/demo.py --seed 0"

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "nbs" / "experiments" / "detector.ipynb"


COLUMNS = {  # heading -> field of a point, form
    "R²": ("r2_precise", "6.2f"),
    "untrained": ("untrained", "9.2f"),
    "gain": ("gain", "6.2f"),
    "RMS px": ("rms_px", "7.1f"),
}


def number(value, form):
    "A number as text; a point that never moves or is never seen has no R²"
    return format("-", f">{form.split('.')[0]}") if value is None else format(value, form)


def table(points):
    "The scores of `points` as lines of text, trained beside untrained"
    yield (
        f"{'point':14} "
        + " ".join(f"{n:>{f.split('.')[0]}}" for n, (_, f) in COLUMNS.items())
        + "  tracked"
    )
    for name, point in points.items():
        cells = " ".join(number(point.get(field), form) for field, form in COLUMNS.values())
        yield f"{name:14} {cells}  {'yes' if point['tracked'] else 'no'}"


def verdict(points):
    "One sentence: which points are tracked, by which rule"
    scored = {name: p for name, p in points.items() if p.get("r2_precise") is not None}
    if not scored:
        return "No visible object moved, so nothing could be scored."
    tracked = [name for name, p in scored.items() if p["tracked"]]
    missed = [name for name in scored if name not in tracked]
    known = next((p["precision"] for p in scored.values() if p.get("precision")), None)
    rule = "R² of at least 0.7" + (
        f", keypoints known to {known:.2f} pixel of the frame" if known else ""
    )
    if all(p.get("untrained") is None for p in scored.values()):
        rule += "; the untrained network was not measured"
    else:
        rule += ", and above the same network untrained"
    names = f": {', '.join(tracked)}" * bool(tracked) + f"; not {', '.join(missed)}" * bool(missed)
    return f"{len(tracked)} of {len(scored)} objects are tracked{names} ({rule})."


def newest(metrics, since):
    "The newest training loss in the file `metrics`, if a run has written to it after `since`: (step, loss) or None"
    if not metrics.exists() or metrics.stat().st_mtime < since:
        return None
    losses = [
        line.split(",") for line in metrics.read_text().splitlines() if ",train/loss," in line
    ]
    return (int(losses[-1][0]), float(losses[-1][2])) if losses else None


def wait(process, metrics):
    "Wait for `process`, printing the newest step and loss; its exit status"
    start, printed = time.time(), None
    while process.poll() is None:
        time.sleep(5)
        now = newest(metrics, start)
        if now and now != printed:
            printed, (step, loss) = now, now
            print(f"{time.time() - start:5.0f} s  step {step}, loss {loss:.4f}", flush=True)
    return process.returncode


def show(results, run, executed):
    "Print the results of a finished run and the paths of its files"
    print(
        f"\n{results['detector']}, {results['frames']} frames, {results['steps']} steps, seed {results['seed']}\n"
    )
    print(*table(results["points"]), verdict(results["points"]), sep="\n")
    print(
        "\nseconds:", ", ".join(f"{name} {value:.0f}" for name, value in results["seconds"].items())
    )
    print(
        "figures:", *(str(path.relative_to(ROOT)) for path in sorted(run.glob("*.png"))), sep="\n  "
    )
    print(f"executed notebook:\n  {executed.relative_to(ROOT)}")
    video = run / "keypoints.gif"
    print(
        f"to browse it: .venv/bin/keypoint-nb explore {run.relative_to(ROOT)} {results['recording']}"
    )
    print(f"video of held-out episodes, which keypoint follows what:\n  {video.relative_to(ROOT)}")


def main(preset, seed):
    "Run the notebook into runs/ and show its results; the exit status"
    run = ROOT / "runs" / f"demo-{seed}"
    executed, log = run.with_suffix(".ipynb"), run.with_suffix(".log")
    run.parent.mkdir(exist_ok=True)
    again = (
        run / "results.json"
    ).exists()  # a finished run is made again, an interrupted one resumes
    command = [
        sys.executable,
        "-m",
        "papermill",
        NOTEBOOK,
        executed,
        "-k",
        "python3",
        "--no-progress-bar",
    ]
    command += ["--cwd", NOTEBOOK.parent]
    for name, value in dict(preset=preset, seed=seed, out=run, replace=again).items():
        command += ["-p", name, value]
    print(
        f"Recording and training at preset={preset}; the log is {log.relative_to(ROOT)} ...",
        flush=True,
    )
    with log.open("w") as output:
        process = subprocess.Popen(list(map(str, command)), stdout=output, stderr=subprocess.STDOUT)
        try:
            status = wait(process, run / "fit" / "metrics.csv")
        except KeyboardInterrupt:
            process.wait()
            print("\nInterrupted; make demo resumes from the last checkpoint.")
            return 130
    if status or not (run / "results.json").exists():
        print(*log.read_text().splitlines()[-30:], sep="\n", file=sys.stderr)
        print(
            f"The experiment did not finish; its notebook is {executed.relative_to(ROOT)}.",
            file=sys.stderr,
        )
        return status or 1
    show(json.loads((run / "results.json").read_text()), run, executed)
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="quick", help="smoke, quick or paper")
    parser.add_argument("--seed", type=int, default=0)
    sys.exit(main(**vars(parser.parse_args())))
