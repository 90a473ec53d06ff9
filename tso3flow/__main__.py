"""The command ``tso3flow`` by ``python -m tso3flow``."""

import sys

from tso3flow.command import main

if __name__ == "__main__":
    sys.exit(main())
