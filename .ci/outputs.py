"""Outputs that are kept in a notebook, against those that its cells give today

Text is compared: results and what was printed, not figures. It is the same when the words are the same and the numbers
agree: whole numbers exactly, others to one per cent or to one unit of their last printed digit, since processors round
differently. White space and the addresses of objects do not count. In a cell with the directive `#| varies` (its
numbers depend on the processor, as after a training, or on time) only the words are compared.
"""

import json
import os
import re

NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?", re.I)
VARIES = re.compile(r"^#\s*\|\s*varies\b", re.M)
UNTOLD = "image/", "application/"  # an output with one of these is shown, its text says nothing


def told(output):
    "The text of one output; empty for figures, widgets and warnings"
    if output["output_type"] == "stream":
        return "".join(output["text"]) if output["name"] == "stdout" else ""
    data = output.get("data", {})
    if any(kind.startswith(UNTOLD) for kind in data):
        return ""
    return "".join(data.get("text/markdown", data.get("text/plain", "")))


def text_of(outputs):
    "What `outputs` of one cell say"
    return "\n".join(filter(None, map(told, outputs)))


def parts(text):
    "Words without white space, and the numbers between them as written"
    text = re.sub(r"( at )?0x[0-9a-f]+", "", re.sub(r"\x1b\[[\d;]*m", "", text))
    words = re.sub(r"-{2,}", "--", re.sub(r"\s+", "", NUMBER.sub("#", text)))
    return words, NUMBER.findall(text)


def unit(number):
    "One unit of the last printed digit of `number` as text; 0 for a whole number"
    digits, _, power = number.lower().partition("e")
    return 10.0 ** (int(power or 0) - len(digits.partition(".")[2])) if "." in digits else 0


def near(one, other):
    "Whether two numbers as written are the same for a reader"
    a, b, last = float(one), float(other), max(unit(one), unit(other))
    return a == b or (last > 0 and abs(a - b) <= max(0.01 * max(abs(a), abs(b)), 1.01 * last))


def same(kept, new, varies=False):
    "Whether two texts of a cell say the same"
    (words, numbers), (others, found) = parts(kept), parts(new)
    if varies or words != others:
        return words == others
    return all(map(near, numbers, found))


def check_the_rule():
    "The rule above by example; AssertionError when it does not hold"
    for kept, new in {
        "R² 0.98, 12 frames": "R² 0.97,\n 12 frames",  # the last printed digit
        "<A at 0x7f01>": "<A at 0xff>",
        "<B>": "<B at 0xff>",  # as nbdev_clean keeps it
        "1.003e-05": "1.01e-05",  # one per cent
        "tensor([ 7., 28.])": "tensor([7., 28.])",
    }.items():
        assert same(kept, new), (kept, new)
    for kept, new in {
        "R² 0.98": "R² 0.95",
        "12 frames": "13 frames",
        "0.98 up": "0.98 down",
        "[1.0, 2.0]": "[1.0, 2.0, 3.0]",
        "": "0.98",
    }.items():
        assert not same(kept, new), (kept, new)
    assert same("0.98 s", "3.14 s", varies=True) and not same("1 s", "1 m", varies=True)


def stale(book, new):
    "The cells of `book` whose kept text is not that of `new` {id: outputs}, each as lines to read"
    for cell in book["cells"]:
        if cell["cell_type"] != "code" or cell["id"] not in new:
            continue
        kept, now = text_of(cell["outputs"]), text_of(new[cell["id"]])
        if not same(kept, now, VARIES.search("".join(cell["source"]))):
            start = len(os.path.commonprefix([kept, now]))
            texts = [excerpt(text, start) for text in (kept, now)]
            yield "cell {} keeps\n{}\nand gives today\n{}".format(cell["id"], *texts)


def excerpt(text, start):
    "`text` as a block, a long one from shortly before the character `start`"
    cut = max(0, min(start, len(text)) - 200) if len(text) > 800 else 0
    lines = (text[cut : cut + 800] or "(nothing)").splitlines()
    return "\n".join(f"    {line}" for line in lines)


def shown(outputs):
    "`outputs` as they are kept: without warnings and widgets"
    kept = [
        o
        for o in outputs
        if o.get("name") != "stderr" and "widget" not in str([*o.get("data", ())])
    ]
    return json.loads(json.dumps(kept))


def fill(book, new):
    "Keep in `book` what `new` {id: outputs} gives; a cell whose text is the same and that shows no figure stays"
    for cell in book["cells"]:
        if cell["cell_type"] != "code" or cell["id"] not in new:
            continue
        found, kept = shown(new[cell["id"]]), cell["outputs"]
        figure = any(not told(output) for output in [*found, *kept])
        varies = VARIES.search("".join(cell["source"]))
        if figure or not same(text_of(kept), text_of(found), varies):
            cell["outputs"] = found
