"""T12 body composition from chest CT: from a DICOM folder to reviewed indices.

The package's science (``model``, ``analysis``, ``dicom``, ``report``, ``workflow``) works without a window; ``gui`` shows it in napari.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("napari-t12-bodycomp")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+unknown"
