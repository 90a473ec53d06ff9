import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.lib.photometry.circle_overlap import circular_overlap_grid

EDGES = st.floats(-30, 30)
SIZES = st.integers(1, 12)


def run(code):
    """Run code in a process of its own."""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


LOADS = (
    "import sys; from scripts.lib.photometry.circle_overlap import circular_overlap_grid as find;"
)


def test_an_update_of_photutils_leaves_the_quick_way():
    code = f"{LOADS} find(); assert not {{'astropy', 'scipy'}} & set(sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0, (
        f"photutils {version('photutils')}: its function is imported with the whole package, "
        "0.8 s in each job of photometry; see circle_overlap.py"
    )


def test_nothing_of_the_bare_package_is_left():
    run(f"{LOADS} find(); assert not [name for name in sys.modules if 'photutils' in name]")


def test_a_later_import_of_photutils_is_a_complete_one():
    run(
        f"{LOADS} find(); import photutils.geometry.core;"
        "from photutils.aperture import CircularAperture as C;"
        "import numpy as np; i = np.ones((9, 9));"
        "assert abs(C((4, 4), 2).do_photometry(i)[0][0] - 4 * np.pi) < 1e-12"
    )


@pytest.mark.parametrize("missing", ["_MODULE", "_FUNCTION"])
def test_a_function_that_is_nowhere_leaves_no_bare_package(missing):
    run(
        f"{LOADS} from scripts.lib.photometry import circle_overlap as module;"
        f"module.{missing} = 'no_such_name'\n"
        "try: find()\n"
        "except (ImportError, AttributeError): failed = True\n"
        "assert failed\n"
        "assert 'photutils' not in sys.modules or hasattr(sys.modules['photutils'], '__version__')"
    )


def test_a_module_that_needs_the_package_is_imported_with_it():
    # As if a later version had moved the function into a module of Python code.
    run(
        f"{LOADS} from scripts.lib.photometry import circle_overlap as module;"
        "module._MODULE, module._FUNCTION = 'photutils.aperture', 'CircularAperture';"
        "assert find().__name__ == 'CircularAperture'"
    )


@given(EDGES, EDGES, st.floats(0.1, 12), st.floats(0.1, 12), SIZES, SIZES, st.floats(0.05, 40))
@pytest.mark.parametrize("exact", [True, False])
def test_bit_equal_to_photutils(exact, x, y, width, height, columns, rows, radius):
    from photutils.geometry import circular_overlap_grid as expected

    grid = (x, x + width, y, y + height, columns, rows, radius, exact, 1)
    found = circular_overlap_grid()(*grid)
    assert found.shape == (rows, columns)
    np.testing.assert_array_equal(found, expected(*grid))
    assert ((found >= 0) & (found <= 1 + 1e-12)).all()
