"""README.md from nbs/index.ipynb: run it, keep and clean its outputs, print it as markdown

The gate calls `write_readme` on a copy of the repository and compares, so the README shows what the notebook
gives today.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
HIDDEN = r"^#\| ?hide"


def run(*command, folder):
    "Run a tool of the environment in `folder`; raises with its output when it fails"
    command = [str(TOOLS / command[0]), *command[1:]]
    calm = os.environ | dict(OMP_NUM_THREADS="1")
    done = subprocess.run(command, cwd=folder, env=calm, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def lasts(output):
    "Whether an output is the same on each machine: greetings of libraries and progress bars are not"
    return output["output_type"] != "stream" and not any(
        "widget" in kind for kind in output.get("data", {})
    )


def drop_what_changes(path):
    "Keep only the outputs of the notebook at `path` that last"
    book = json.loads(path.read_text(encoding="utf-8"))
    book["metadata"].pop("widgets", None)
    for cell in book["cells"]:
        if "outputs" in cell:
            cell["outputs"] = [output for output in cell["outputs"] if lasts(output)]
    path.write_text(json.dumps(book, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def tidy(text):
    "Markdown with one blank line at a time, and with a language on every block of code"
    named = lambda block: f"```{block[1] or 'python'}\n{block[2]}```"  # noqa: E731
    text = re.sub(r"^```(\w*)\n(.*?)^```$", named, text, flags=re.M | re.S)
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


def write_readme(folder):
    "Run `nbs/index.ipynb` under `folder`, which is a copy of the repository or itself, and write its README.md"
    notebook = "nbs/index.ipynb"
    run(
        *("jupyter", "nbconvert", "--to", "notebook", "--execute", "--inplace", notebook),
        *("--ExecutePreprocessor.kernel_name=python3", "--ExecutePreprocessor.timeout=300"),
        folder=folder,
    )
    drop_what_changes(folder / notebook)
    run("nbdev_clean", "--fname", notebook, folder=folder)
    run(
        *("jupyter", "nbconvert", "--to", "markdown", notebook),
        *("--output-dir", ".", "--output", "README.md"),
        f"--RegexRemovePreprocessor.patterns={HIDDEN}",
        "--TagRemovePreprocessor.remove_input_tags={'hide_input'}",
        folder=folder,
    )
    readme = folder / "README.md"
    readme.write_text(tidy(readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write_readme(ROOT)
