"Packaging: everything is read from settings.ini"

from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

parser = ConfigParser(delimiters=["="])
parser.read("settings.ini", encoding="utf-8")
settings = parser["DEFAULT"]
extras = {
    name: settings[f"{name}_requirements"].split()
    for name in ("control", "offline", "sb3", "video", "cluster", "dev")
}
extras["dev"].append(
    "torch==" + settings["torch_version"]
)  # the tested one; users may have another

setup(
    name=settings["lib_name"],
    version=settings["version"],
    description=settings["description"],
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    author=settings["author"],
    author_email=settings["author_email"],
    url=settings["git_url"],
    license=settings["license"].upper(),
    keywords=settings["keywords"],
    packages=find_packages(include=[settings["lib_path"] + "*"]),
    python_requires=">=" + settings["min_python"],
    install_requires=settings["requirements"].split(),
    extras_require=extras,
    entry_points={
        "console_scripts": [f"{settings['lib_name']}={settings['lib_path']}.command:main"],
        "nbdev": [f"{settings['lib_path']}={settings['lib_path']}._modidx:d"],
    },
)
