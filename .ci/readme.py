"""README.md from nbs/index.ipynb, and the pages of notebooks and of results: run, keep and clean the outputs, print as markdown

The gate calls `write_readme` on a copy of the repository and compares, so the pages show what the notebooks
give today.
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
PAGES = {
    "nbs/index.ipynb": "README.md",
    "nbs/contents.ipynb": "nbs/README.md",
    "nbs/results.ipynb": "nbs/experiments/results/README.md",
}
LINK = re.compile(r"\]\((?!https?:|#)([^)]+)\)")


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


def relinked(text, start, page):
    "Links of `text`, relative to the folder `start`, made relative to that of `page`; each must lead somewhere"

    def link(found):
        target = start / found[1]
        if not target.exists():
            raise RuntimeError(f"{page.name} links to {found[1]}, which is not there")
        return f"]({os.path.relpath(target, page.parent)})"

    return LINK.sub(link, text)


def write_page(folder, notebook, page):
    "Run `notebook` under `folder` and print it as `page`"
    run(
        *("jupyter", "nbconvert", "--to", "notebook", "--execute", "--inplace", notebook),
        *("--ExecutePreprocessor.kernel_name=python3", "--ExecutePreprocessor.timeout=300"),
        folder=folder,
    )
    drop_what_changes(folder / notebook)
    run("nbdev_clean", "--fname", notebook, folder=folder)
    run(
        *("jupyter", "nbconvert", "--to", "markdown", notebook),
        *("--output-dir", str((folder / page).parent), "--output", "README.md"),
        f"--RegexRemovePreprocessor.patterns={HIDDEN}",
        "--TagRemovePreprocessor.remove_input_tags={'hide_input'}",
        folder=folder,
    )
    text = tidy((folder / page).read_text(encoding="utf-8"))
    text = relinked(text, (folder / notebook).parent, folder / page)
    (folder / page).write_text(text, encoding="utf-8")


def write_readme(folder):
    "Write the pages under `folder`, which is a copy of the repository or itself; what follows from what is kept"
    for notebook, page in PAGES.items():
        write_page(folder, notebook, page)


if __name__ == "__main__":
    write_readme(ROOT)
