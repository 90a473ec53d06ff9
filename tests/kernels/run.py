"""
Run the numerical tests with the arithmetic of other processors.

``python -m tests.kernels.run`` runs them once for each kernel of OpenBLAS below, as its variable
``OPENBLAS_CORETYPE`` chooses it, and once without the vector instructions that numpy picks at run
time (``NPY_DISABLE_CPU_FEATURES``). It ends with code 1 unless all pass. What this processor cannot
execute is skipped, with the reason: a kernel for AVX-512 would kill the tests elsewhere.
"""

import argparse
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
# Tests whose results come from floating-point arithmetic.
_PACKAGES = [
    "diagnostics",
    "light_curves",
    "outliers",
    "photometry",
    "segment_data",
    "soss",
    "spectra",
]
NUMERICAL = [f"tests/unit/{package}" for package in _PACKAGES]
NUMERICAL.append("tests/parity/test_stored_products.py")
# Kernel of OpenBLAS, and the instructions that it needs by numpy's names for them.
KERNELS = {"Haswell": "X86_V3", "Zen": "X86_V3", "SkylakeX": "X86_V4", "Prescott": "X86_V2"}
# Kernels that OpenBLAS, as it is built for numpy and scipy, reports under another name.
_SAME_CODE = {"Zen": ("Zen", "Haswell"), "Prescott": ("Prescott", "Katmai")}
_NAME_OF_KERNEL = """
import ctypes, numpy, scipy.linalg
names = set()
for path in {line.split()[-1] for line in open("/proc/self/maps") if "openblas" in line}:
    library = ctypes.CDLL(path)
    for suffix in ("", "64_"):
        function = getattr(library, f"scipy_openblas_get_corename{suffix}", None)
        if function:
            function.restype = ctypes.c_char_p
            names.add(function().decode())
print(*sorted(names))
"""


@dataclass(frozen=True)
class Variant:
    """
    One kind of arithmetic.

    Attributes
    ----------
    name : str
        What to call it.
    environment : dict of str to str
        Variables that choose it.
    obstacle : str
        Why this processor cannot do it; empty if it can.
    """

    name: str
    environment: dict = field(default_factory=dict)
    obstacle: str = ""


def simd_features():
    """
    Vector instructions that numpy knows on this processor.

    Returns
    -------
    usable : set of str
        All that the processor has.
    dispatched : list of str
        Those of them that numpy picks at run time.
    """
    extensions = np.show_config(mode="dicts")["SIMD Extensions"]
    dispatched = list(extensions.get("found", []))
    return {*extensions["baseline"], *dispatched}, dispatched


def variants(usable, dispatched):
    """
    All kinds of arithmetic to test.

    Parameters
    ----------
    usable, dispatched : collection of str
        As :func:`simd_features` gives them.

    Returns
    -------
    variants : list of Variant
        One for each kernel, and one without dispatched instructions.
    """
    found = []
    for kernel, needed in KERNELS.items():
        obstacle = "" if needed in usable else f"this processor has no {needed} instructions"
        found.append(Variant(kernel, {"OPENBLAS_CORETYPE": kernel}, obstacle))
    # numpy warns of names that it does not dispatch, so only those found are named.
    disabled = {"NPY_DISABLE_CPU_FEATURES": " ".join(dispatched)}
    obstacle = "" if dispatched else "numpy dispatches no instructions on this processor"
    return [*found, Variant("numpy without SIMD dispatch", disabled, obstacle)]


def kernel_in_use(environment):
    """
    Kernels that the libraries of numpy and scipy report.

    Parameters
    ----------
    environment : dict of str to str
        Additional variables.

    Returns
    -------
    kernels : set of str
        Their names; empty if the libraries are not OpenBLAS or cannot be asked.
    """
    if not Path("/proc/self/maps").exists():
        return set()
    command = [sys.executable, "-c", _NAME_OF_KERNEL]
    run = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def wrong_kernel(variant):
    """Reason why a variant would test another kernel than its name says; empty if it does not."""
    wanted = variant.environment.get("OPENBLAS_CORETYPE")
    found = kernel_in_use(variant.environment) if wanted else set()
    if not wanted or (found and found <= set(_SAME_CODE.get(wanted, (wanted,)))):
        return ""
    return f"found the kernels {sorted(found)} of OpenBLAS, expected {wanted}"


def main():
    """Run all variants; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("arguments", nargs="*", help="for pytest, in place of the numerical tests")
    tests = parser.parse_args().arguments or ["-n", "2", *NUMERICAL]
    failed = []
    for variant in variants(*simd_features()):
        obstacle = variant.obstacle or wrong_kernel(variant)
        if obstacle:
            print(f"test-kernels: {variant.name}: skipped, {obstacle}", flush=True)
            continue
        print(f"test-kernels: {variant.name}", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", *tests]
        environment = os.environ | variant.environment
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
            failed.append(variant.name)
    print(
        f"test-kernels: failed with {', '.join(failed)}" if failed else "test-kernels: all passed"
    )
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
