"""A stack of DICOM slices becomes a CTVolume. Here, and nowhere else below the window, axes are turned."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

import numpy as np
import numpy.typing as npt

from napari_t12_bodycomp.dicom.geometry import InPlane, gap_warnings, in_plane, origin_xy
from napari_t12_bodycomp.dicom.headers import SliceHeader
from napari_t12_bodycomp.dicom.pixels import padding_range, slice_hu
from napari_t12_bodycomp.dicom.series import Stack, single_energy
from napari_t12_bodycomp.dicom.subject import read_subject
from napari_t12_bodycomp.dicom.told_apart import places, z_of
from napari_t12_bodycomp.dicom.upright import Upright, make_upright
from napari_t12_bodycomp.dicom.values import check_hounsfield
from napari_t12_bodycomp.errors import Cancelled, InputError
from napari_t12_bodycomp.model.counted import counted
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.volume import Acquisition, CTVolume, FirstSlice, no_first_slice

_Decoded = tuple[npt.NDArray[np.int16], npt.NDArray[np.bool_] | None]

MAX_VOXELS = 1 << 31
SHIFT_TOLERANCE_MM = 1.0


def read_stack(
    stack: Stack,
    progress: Progress = no_progress,
    show: Callable[[FirstSlice], None] = no_first_slice,
    show_z_mm: float | None = None,
) -> CTVolume:
    """Decode every slice of `stack` into one int16 volume; `show` gets one slice as soon as it is there: the middle one, or at `show_z_mm`.

    Raises
    ------
    InputError
        Where the stack must not be measured, or its pixels cannot be read.
    Cancelled
        Where `progress` raised it; nothing is left running.
    """
    if stack.offer.refusal:
        raise InputError(stack.offer.refusal)
    by_place = places(stack.headers)
    singles = [place[0] for place in by_place]
    first = singles[0]
    if first.orientation is None or first.pixel_spacing_mm is None or first.position_mm is None:
        raise InputError(
            "Position, orientation and pixel spacing of every slice are wanted, the headers lack them: export the original CT images again."
        )
    turn = in_plane(first.orientation)
    rows, columns = (first.columns, first.rows) if turn.transpose else (first.rows, first.columns)
    if len(singles) * rows * columns > MAX_VOXELS:
        raise InputError("The series would need more than 4 GB of memory: choose a series with fewer or smaller slices.")
    spacing = first.pixel_spacing_mm[0], first.pixel_spacing_mm[1]
    z_mm = np.array([z_of(h) for h in singles], dtype=np.float64)
    chosen = len(singles) // 2 if show_z_mm is None else int(np.abs(z_mm - show_z_mm).argmin())
    begun = slice_hu(singles[chosen])
    show(FirstSlice(turn.apply(begun[0]), chosen, len(singles), float(z_mm[chosen]), spacing[::-1] if turn.transpose else spacing))
    hu = _room_for(len(singles), rows, columns)
    outside = _decode_all(by_place, hu, turn, progress, {chosen: begun})
    check_hounsfield(hu)
    upright: Upright | None = None
    if stack.offer.orientation == "tilted":
        upright = make_upright(hu, z_mm, first, turn)
        hu, z_mm, singles = hu[upright.first : upright.stop], z_mm[upright.first : upright.stop], singles[upright.first : upright.stop]
    subject, subject_warnings = read_subject(singles)
    repeated = sum(len(place) - 1 for place in by_place)
    said = (
        *((f"{counted(repeated, 'slice')} came twice, identical; each is used once.",) if repeated else ()),
        *((upright.said,) if upright is not None else ()),
        *gap_warnings(z_mm),
        *_shift_warnings(singles),
        *_padding_warnings(first),
        *_unit_warnings(first),
        *_energy_warnings(first),
        *(("The images were compressed with loss: HU are not exactly the scanner's.",) if any(h.is_lossy for h in singles) else ()),
        *subject_warnings,
    )
    return CTVolume(
        hu=hu,
        z_mm=z_mm,
        pixel_spacing_mm=upright.pixel_spacing_mm if upright is not None else spacing[::-1] if turn.transpose else spacing,
        origin_xy_mm=origin_xy(first.position_mm, first.orientation, spacing, first.rows, first.columns),
        outside_fov=outside,
        sop_instance_uids=tuple(h.sop_instance_uid for h in singles),
        acquisition=_acquisition(stack, first, said),
        subject=subject,
    )


def _room_for(*shape: int) -> npt.NDArray[np.int16]:
    try:
        return np.empty(shape, np.int16)
    except MemoryError as error:
        size = 2 * np.prod(shape, dtype=np.float64) / 2**30
        raise InputError(f"The series needs {size:.1f} GB of memory, which is not free: close other programs and open it again.") from error


def _decode_all(
    by_place: Sequence[Sequence[SliceHeader]], hu: npt.NDArray[np.int16], turn: InPlane, progress: Progress, begun: dict[int, _Decoded]
) -> npt.NDArray[np.bool_] | None:
    """Fill `hu` slice by slice, in threads, but for those in `begun`, which are decoded.

    Returns the pixels (Y, X) that were never scanned in any slice, None where every one was.
    """
    stop = threading.Event()
    never = _NeverScanned(hu.shape[1:])
    upright = turn == InPlane(False, False, False)

    def one(k: int) -> None:
        if stop.is_set():
            raise Cancelled("Reading was cancelled.")
        image, outside = begun.get(k) or slice_hu(by_place[k][0], out=hu[k] if upright else None)
        for other in by_place[k][1:]:
            if not np.array_equal(image, slice_hu(other)[0]):
                raise InputError(
                    f"Two different images lie at z {z_of(other):.1f} mm in one series: "
                    "phases may be mixed; choose one series or acquisition."
                )
        if not upright or k in begun:
            hu[k] = turn.apply(image)
        never.add(turn.apply(outside) if outside is not None else None)

    workers = min(8, os.cpu_count() or 1)
    with warnings.catch_warnings(), ThreadPoolExecutor(workers, thread_name_prefix="t12-decode") as pool:
        warnings.simplefilter("ignore")  # once for all threads: what a decoder has to say about a slice comes as an error
        try:
            for done, _ in enumerate(_in_flight(pool, one, len(by_place), 4 * workers), 1):
                progress(done / len(by_place), f"slice {done} of {len(by_place)}")
        except BaseException:
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return never.mask


class _NeverScanned:
    """The pixels that are outside in every slice so far."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.mask: npt.NDArray[np.bool_] | None = np.ones(shape, bool)
        self._lock = threading.Lock()

    def add(self, outside: npt.NDArray[np.bool_] | None) -> None:
        """Count in one slice; None: nothing is outside in it."""
        with self._lock:
            if outside is None or self.mask is None:
                self.mask = None
                return
            self.mask &= outside
            if not self.mask.any():
                self.mask = None


def _in_flight(pool: ThreadPoolExecutor, work: Callable[[int], None], n: int, ahead: int) -> Iterator[None]:
    """Results of `work(0)` ... `work(n - 1)` in order, with at most `ahead` of them under way."""
    jobs = iter(range(n))
    waiting: list[Future[None]] = [pool.submit(work, k) for k in islice(jobs, ahead)]
    while waiting:
        waiting.pop(0).result()
        waiting.extend(pool.submit(work, k) for k in islice(jobs, 1))
        yield None


def _shift_warnings(headers: Sequence[SliceHeader]) -> tuple[str, ...]:
    positions = np.array([h.position_mm for h in headers], dtype=np.float64)
    shift = float(np.ptp(positions[:, :2], axis=0).max())
    if shift <= SHIFT_TOLERANCE_MM:
        return ()
    return (f"The slices are shifted against one another by up to {shift:.1f} mm in the plane: areas hold, reformats look sheared.",)


def _padding_warnings(first: SliceHeader) -> tuple[str, ...]:
    if first.padding is None or first.slope is None or first.intercept is None or padding_range(first) is not None:
        return ()
    padding = first.padding * first.slope + first.intercept
    return (f"The header calls {padding:.0f} HU padding, which tissue can have: it is kept as it is.",)


def _unit_warnings(first: SliceHeader) -> tuple[str, ...]:
    """ "US" means unspecified; its values were looked at and are those of a body."""
    return ("The header does not name the unit of the values (US): they look like Hounsfield units and are taken for them.",) * (
        first.rescale_type == "US"
    )


def _energy_warnings(first: SliceHeader) -> tuple[str, ...]:
    energy = single_energy(first)
    return (f"The images were computed for one energy ({energy} keV): their HU are not those of an ordinary scan.",) * bool(energy)


def _acquisition(stack: Stack, first: SliceHeader, said: tuple[str, ...]) -> Acquisition:
    offer = stack.offer
    return Acquisition(
        series_instance_uid=offer.series_instance_uid,
        study_instance_uid=offer.study_instance_uid,
        acquisition_number=offer.acquisition_number,
        description=offer.description,
        modality=offer.modality,
        manufacturer=first.manufacturer,
        scanner=first.scanner,
        kernel=offer.kernel,
        kvp=offer.kvp,
        contrast=offer.contrast,
        slice_thickness_mm=offer.slice_thickness_mm,
        study_date=offer.study_date,
        warnings=said,
    )
