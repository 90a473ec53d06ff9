import os
import subprocess
import sys

import pytest

from tests.kernels.run import KERNELS, NUMERICAL, ROOT, simd_features, variants

ILL_POSED = "tests/unit/soss/atoca/test_tuning.py::TestJointModel::test_an_ill_posed_model_is_a_warning_that_says_what_to_do"


def test_a_processor_with_all_instructions_runs_every_variant():
    found = variants({"X86_V2", "X86_V3", "X86_V4"}, ["X86_V3", "X86_V4"])
    assert [variant.name for variant in found[:-1]] == list(KERNELS)
    assert not any(variant.obstacle for variant in found)
    assert found[-1].environment == {"NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4"}


def test_what_a_processor_cannot_execute_is_skipped_with_the_reason():
    obstacles = {variant.name: variant.obstacle for variant in variants({"X86_V2", "X86_V3"}, [])}
    assert obstacles.pop("SkylakeX") == "this processor has no X86_V4 instructions"
    assert "dispatches no instructions" in obstacles.pop("numpy without SIMD dispatch")
    assert not any(obstacles.values())


def test_the_numerical_tests_are_there():
    assert all((ROOT / path).exists() for path in NUMERICAL)


@pytest.mark.parametrize("kernel", ["Haswell", "Prescott"])
def test_an_ill_posed_model_ends_alike_on_other_processors(kernel):
    usable, _ = simd_features()
    if KERNELS[kernel] not in usable:
        pytest.skip(f"this processor has no {KERNELS[kernel]} instructions")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        ILL_POSED,
    ]
    environment = os.environ | {"OPENBLAS_CORETYPE": kernel}
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
    assert "1 passed" in run.stdout
