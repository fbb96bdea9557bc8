"""``python -m napari_t12_bodycomp``, the same as ``t12-bodycomp``."""

import sys

from napari_t12_bodycomp.cli import main

if __name__ == "__main__":
    sys.exit(main())
