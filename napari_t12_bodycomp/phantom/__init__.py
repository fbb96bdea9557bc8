"""A synthetic chest CT with known answers."""

from napari_t12_bodycomp.phantom.build import make_phantom
from napari_t12_bodycomp.phantom.files import write_phantom_series
from napari_t12_bodycomp.phantom.options import Phantom, PhantomOptions, PhantomTruth

__all__ = ["Phantom", "PhantomOptions", "PhantomTruth", "make_phantom", "write_phantom_series"]
