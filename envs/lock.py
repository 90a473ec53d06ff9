"""Pin the dependencies of pyproject.toml in requirements.lock and envs/tso3.yaml.

Run it with the Python of a new, empty environment (``make lock`` does): it
installs the newest versions that pyproject.toml allows and writes down their
pins. Only the standard library is used.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK_HEADER = "# Every dependency, direct and transitive. Written by `make lock`; do not edit.\n"
CONDA_HEADER = """\
# Conda environment of the workflow's rules. Written by `make lock`; do not edit.
name: tso3
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def distribution_name(requirement):
    """Normalised name of the distribution that a requirement or a pin is about."""
    name = re.match(r"[\w.-]+", requirement).group()
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_versions(requirements):
    """Install the requirements and return the pins of all that is then installed."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-qq", *requirements], check=True)
    freeze = subprocess.run([*pip, "freeze"], check=True, capture_output=True, text=True)
    return sorted(freeze.stdout.splitlines(), key=distribution_name)


def main():
    """Write both files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime = project["dependencies"]
    pins = installed_versions(runtime + project["optional-dependencies"]["dev"])
    direct = {distribution_name(requirement) for requirement in runtime}
    conda = [f"      - {pin}\n" for pin in pins if distribution_name(pin) in direct]
    (ROOT / "requirements.lock").write_text(LOCK_HEADER + "".join(f"{pin}\n" for pin in pins))
    (ROOT / "envs" / "tso3.yaml").write_text(CONDA_HEADER + "".join(conda))


if __name__ == "__main__":
    main()
