"""README.md from nbs/index.ipynb: run it, keep and clean its outputs, print it as markdown

The gate calls `write_readme` on a copy of the repository and compares, so the README shows what the notebook
gives today.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = Path(sys.executable).parent
HIDDEN = r"^#\| ?hide"


def run(*command, folder):
    "Run a tool of the environment in `folder`; raises with its output when it fails"
    command = [str(TOOLS / command[0]), *command[1:]]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def write_readme(folder):
    "Run `nbs/index.ipynb` under `folder`, which is a copy of the repository or itself, and write its README.md"
    run(
        *("jupyter", "nbconvert", "--to", "notebook", "--execute", "--inplace", "nbs/index.ipynb"),
        *("--ExecutePreprocessor.kernel_name=python3", "--ExecutePreprocessor.timeout=300"),
        folder=folder,
    )
    run("nbdev_clean", "--fname", "nbs/index.ipynb", folder=folder)
    run(
        *("jupyter", "nbconvert", "--to", "markdown", "nbs/index.ipynb"),
        *("--output-dir", ".", "--output", "README.md"),
        f"--RegexRemovePreprocessor.patterns={HIDDEN}",
        folder=folder,
    )


if __name__ == "__main__":
    write_readme(ROOT)
