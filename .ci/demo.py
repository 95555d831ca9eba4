"The main experiment at preset=quick, then its tracking table and where everything lies: .ci/demo.py --seed 0"

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "nbs" / "experiments" / "sae_tracking.ipynb"


def number(value, form):
    "A number as text; a point that never moves or is never seen has no R²"
    return format("-", f">{form.split('.')[0]}") if value is None else format(value, form)


def table(results):
    "The points of `results` as lines of text"
    yield f"{'point':14} {'error':>9} {'R²':>6} {'RMS px':>7}  tracked"
    for name, point in results["points"].items():
        forms = (("error", "9.4f"), ("r2", "6.2f"), ("rms_px", "7.1f"))
        cells = " ".join(number(point[field], form) for field, form in forms)
        yield f"{name:14} {cells}  {'yes' if point['tracked'] else 'no'}"


def main(preset, seed):
    "Run the notebook into runs/, unless it fails print what it found; returns the exit status"
    run, executed = ROOT / "runs" / f"demo-{seed}", ROOT / "runs" / f"demo-{seed}.ipynb"
    run.parent.mkdir(exist_ok=True)
    finished = (
        run / "results.json"
    ).exists()  # a finished run is made anew, an interrupted one goes on
    parameters = dict(preset=preset, seed=seed, out=run, replace=finished)
    command = [sys.executable, "-m", "papermill", NOTEBOOK, executed, "-k", "python3"]
    command += ["--cwd", NOTEBOOK.parent, "--log-output", "--no-progress-bar"]
    for name, value in parameters.items():
        command += ["-p", name, value]
    status = subprocess.run(list(map(str, command))).returncode
    if status or not (run / "results.json").exists():
        print(
            f"The experiment did not finish; what it did is in {executed.relative_to(ROOT)}.",
            file=sys.stderr,
        )
        return status or 1
    results = json.loads((run / "results.json").read_text())
    print(
        f"\n{results['sae']}, {results['frames']} frames, {results['steps']} steps, seed {results['seed']}\n"
    )
    print(*table(results), sep="\n")
    print(
        "\nseconds:", ", ".join(f"{name} {value:.0f}" for name, value in results["seconds"].items())
    )
    print(
        "figures:", *(str(path.relative_to(ROOT)) for path in sorted(run.glob("*.png"))), sep="\n  "
    )
    print(f"executed notebook:\n  {executed.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", default="quick", help="smoke, quick or paper")
    parser.add_argument("--seed", type=int, default=0)
    sys.exit(main(**vars(parser.parse_args())))
