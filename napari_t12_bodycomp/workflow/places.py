"""Where the scans of a study lie: pixels stay there, and a folder that was moved is found again by its series' UID."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from napari_t12_bodycomp.dicom.archive import FileSource, open_sources
from napari_t12_bodycomp.errors import InputError
from napari_t12_bodycomp.model.progress import Progress, no_progress
from napari_t12_bodycomp.model.study import Case, SeriesReference
from napari_t12_bodycomp.model.volume import CTVolume, FirstSlice, no_first_slice
from napari_t12_bodycomp.store import cases
from napari_t12_bodycomp.workflow.source import INDEX, load_volume
from napari_t12_bodycomp.workflow.study import Desk, acting


def series_in(root: str | Path, wanted: frozenset[str] | None = None, progress: Progress = no_progress) -> dict[str, Path]:
    """Where below `root` each series lies: its folder, or the archive `root` itself, by Series Instance UID.

    With `wanted`, only these are looked for, and the search ends once all are found.
    """
    root = Path(root)
    found: dict[str, Path] = {}
    with open_sources(root) as sources:
        for count, source in enumerate(sources, 1):
            for header in INDEX.read(source):
                if header.series_uid and (wanted is None or header.series_uid in wanted):
                    found.setdefault(header.series_uid, Path(source.path).parent if isinstance(source, FileSource) else root)
            if wanted is not None and found.keys() >= wanted:
                break
            progress(1 - 200 / (200 + count), f"{count} files seen, {len(found)} series found")
    return found


def is_there(reference: SeriesReference) -> bool:
    """Whether the series still lies where it was last seen. Without a UID (NIfTI), whether the file does."""
    if not reference.path or not Path(reference.path).exists():
        return False
    if not reference.series_instance_uid:
        return True
    return reference.series_instance_uid in series_in(reference.path, frozenset({reference.series_instance_uid}))


def relocate(desk: Desk, root: str | Path, progress: Progress = no_progress) -> list[str]:
    """Look below `root` for the scans of all cases whose files are no longer where they were; the pseudonyms of those found again."""
    with desk.store.reading() as connection:
        everywhere = cases.references(connection)
    lost = {number: ref for number, ref in everywhere.items() if ref.series_instance_uid and not is_there(ref)}
    if not lost:
        return []
    wanted = frozenset(ref.series_instance_uid for ref in lost.values())
    found = series_in(root, wanted, progress)
    again = {number: found[ref.series_instance_uid] for number, ref in lost.items() if ref.series_instance_uid in found}
    with desk.store.writing(desk.account_id, "series.move") as writer:
        acting(writer, desk)
        for number, folder in again.items():
            cases.move_series(writer, number, str(folder.absolute()))
        return [cases.by_id(writer.connection, number).pseudonym for number in again]


def load_case(
    desk: Desk,
    case: Case,
    look_in: Iterable[str | Path] = (),
    progress: Progress = no_progress,
    show: Callable[[FirstSlice], None] = no_first_slice,
) -> CTVolume:
    """The scan of `case`; where its folder was moved, it is looked for by UID in `look_in` and beside the old place, and the new one is noted.

    Raises
    ------
    InputError
        Where it is found nowhere.
    """
    reference = case.series
    if is_there(reference):
        return load_volume(reference.path, reference.series_instance_uid or None, reference.acquisition_number, progress, show=show)
    wanted = frozenset({reference.series_instance_uid})
    for root in [*map(Path, look_in), *_beside(reference.path)] if reference.series_instance_uid else []:
        if root.exists() and (found := series_in(root, wanted)):
            place = str(found[reference.series_instance_uid].absolute())
            with desk.store.writing(desk.account_id, "series.move") as writer:
                acting(writer, desk)
                cases.move_series(writer, case.id, place)
            return load_volume(place, reference.series_instance_uid, reference.acquisition_number, progress, show=show)
    raise InputError(
        f"The scan of case {case.pseudonym!r} is wanted, its files are no longer where they were: say where to look with "
        "t12-bodycomp study relocate FOLDER."
    )


def _beside(path: str) -> list[Path]:
    """The folder that held the lost one, where it still stands and is not half the disk."""
    if not path:
        return []
    parent = next((p for p in Path(path).parents if p.exists()), None)
    home = Path.home()
    return [parent] if parent is not None and len(parent.parts) > 2 and parent != home and parent not in home.parents else []
