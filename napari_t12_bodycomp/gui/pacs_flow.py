"""What the page of the archives does: search, look into a study, retrieve a series, open it. Everything that waits runs on a thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from psygnal import Signal

from napari_t12_bodycomp.errors import T12Error
from napari_t12_bodycomp.gui.jobs import Jobs
from napari_t12_bodycomp.model.pacs import FoundStudy, Node, StudyQuery
from napari_t12_bodycomp.model.progress import Progress
from napari_t12_bodycomp.model.series import SeriesList, SeriesOffer
from napari_t12_bodycomp.workflow import pacs, pacs_nodes, pacs_secrets

Work = Callable[[Any, Progress], Any]


@dataclass(frozen=True, slots=True, eq=False)
class PacsState:
    """What the page shows.

    Parameters
    ----------
    nodes : tuple of Node
        The archives that this computer knows; `node` is the name of the one in use.
    studies : tuple of FoundStudy, optional
        What the last search found; None before the first.
    study : str
        UID of the study that is looked into; `series` are its series, None while they are asked for.
    picked : SeriesOffer, optional
        The series to retrieve.
    message : str
        The last sentence; `is_error` where it says that something failed.
    """

    nodes: tuple[Node, ...] = ()
    node: str = ""
    studies: tuple[FoundStudy, ...] | None = None
    study: str = ""
    series: SeriesList | None = None
    picked: SeriesOffer | None = None
    message: str = ""
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class _SecretWanted:
    """What a job brings back instead of its result where nobody gave a password yet."""


def _kept(node: Node, secret: str, keyring: str) -> str:
    """Where a password that was typed is now."""
    if not node.needs_secret:
        return ""
    if keyring:
        return f" The password is kept in {keyring}."
    if secret:
        return " There is no system keyring here: the password is remembered until this window is closed, and not kept."
    return f" {pacs_secrets.NO_KEYRING}"


class PacsFlow:
    """Asks archives. `ask_secret` asks the person, `open_folder` opens what came."""

    changed = Signal(PacsState, PacsState)
    """Emitted with the old and the new state."""

    def __init__(self, ask_secret: Callable[[str], str], open_folder: Callable[[str], None], folder: Path | None = None) -> None:
        self.state = PacsState()
        self.folder = folder or pacs.scans_folder()
        self._ask_secret, self._open_folder = ask_secret, open_folder
        self._secrets: dict[str, str] = {}
        self.looking, self.fetching = Jobs(self._fail), Jobs(self._fail)

    def set(self, **changes: Any) -> None:
        """Change fields of the state."""
        old, self.state = self.state, replace(self.state, **changes)
        self.changed.emit(old, self.state)

    # -- archives ----------------------------------------------------------------------------------------------------------------------

    def read_nodes(self, prefer: str = "") -> None:
        """Read the list of archives again; go on with the one called `prefer`, else with the one in use."""
        try:
            nodes = tuple(pacs_nodes.known_nodes())
        except T12Error as error:
            self._fail(str(error))
            return
        names = [node.name for node in nodes]
        self.set(nodes=nodes, node=next((name for name in (prefer, self.state.node, *names) if name in names), ""))

    def choose_node(self, name: str) -> None:
        """Use another archive; what was found in the one before goes."""
        if name != self.state.node:
            self.looking.cancel()
            self.set(node=name, studies=None, study="", series=None, picked=None, message="")

    def add_node(self, node: Node, secret: str = "") -> None:
        """Add an archive, or change it; a password goes into the system's keyring, or is remembered until the window closes."""
        pacs_nodes.save_node(node)
        if secret:
            self._secrets[node.name] = secret

        def keep(progress: Progress) -> str:
            return pacs_secrets.keyring_name() if secret and pacs_secrets.keep_secret(node, secret) else ""

        def done(keyring: str) -> None:
            self.set(message=f"The archive {node.name!r} is known now.{_kept(node, secret, keyring)}", is_error=False)

        self.choose_node(node.name)
        self.read_nodes(node.name)
        self.looking.start("Adding the archive", keep, done)

    def remove_node(self) -> None:
        """Forget the archive in use, and its password."""
        gone = pacs_nodes.remove_node(self.state.node)
        self._secrets.pop(gone.name, None)
        self.choose_node("")
        self.read_nodes()
        self.looking.start("Forgetting the archive", lambda progress: pacs_secrets.forget_secret(gone), lambda _: None)

    def echo(self) -> None:
        """Ask whether the archive in use is there."""
        self._ask(
            self.looking, "Asking the archive", lambda archive, _: archive.echo(), lambda said: self.set(message=said, is_error=False)
        )

    # -- searching ---------------------------------------------------------------------------------------------------------------------

    def search(self, query: StudyQuery) -> None:
        """Search for studies, and look into the latest."""

        def done(studies: list[FoundStudy]) -> None:
            self.set(studies=tuple(studies), message="" if studies else "The archive has no study that matches.")
            if studies:
                self.look_into(studies[0].study_instance_uid)

        self.set(studies=None, study="", series=None, picked=None, message="", is_error=False)
        self._ask(self.looking, "Searching", lambda archive, _: pacs.find_studies(archive, query), done)

    def look_into(self, study_uid: str) -> None:
        """List the series of a study."""
        if study_uid == self.state.study and self.state.series is not None:
            return

        def done(series: SeriesList) -> None:
            self.set(series=series, picked=series.chosen)

        self.set(study=study_uid, series=None, picked=None, message="", is_error=False)
        self._ask(self.looking, "Looking into the study", lambda archive, progress: pacs.offered_series(archive, study_uid, progress), done)

    def pick(self, offer: SeriesOffer) -> None:
        """Choose the series to retrieve."""
        if offer is not self.state.picked:
            self.set(picked=offer)

    # -- retrieving --------------------------------------------------------------------------------------------------------------------

    def retrieve(self) -> None:
        """Bring the series that is picked onto this computer and open it; what is there is not fetched again."""
        offer = self.state.picked
        if offer is None:
            self._fail("A series is wanted: search, and choose one.")
            return
        study, series = offer.study_instance_uid, offer.series_instance_uid
        folder = pacs.series_folder(series, self.folder)

        def work(archive: Any, progress: Progress) -> Any:
            return pacs.retrieve(archive, study, series, folder, progress)

        def done(came: Any) -> None:
            before = came.n_images - came.n_fetched
            self.set(message=f"{came.n_images} images came{f', {before} of them were here before' if before else ''}.", is_error=False)
            self._open_folder(str(folder))

        self.set(message="", is_error=False)
        self._ask(self.fetching, "Retrieving", work, done)

    def cancel(self) -> None:
        """Stop what runs; images that came are kept."""
        was = self.fetching.state.running
        self.fetching.cancel()
        self.looking.cancel()
        if was:
            self.set(message="Cancelled; the images that came are kept, and the next time the rest is fetched.", is_error=False)

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop everything; passwords that were typed are forgotten."""
        self.looking.close(timeout_s)
        self.fetching.close(timeout_s)
        self._secrets.clear()

    def _ask(self, jobs: Jobs, name: str, work: Work, done: Callable[[Any], None]) -> None:
        """Run `work` with the archive in use on a thread; a password that is missing is asked for, once."""
        node = next((one for one in self.state.nodes if one.name == self.state.node), None)
        if node is None:
            self._fail("An archive is wanted: add one first.")
            return
        given = self._secrets.get(node.name, "")

        def run(progress: Progress) -> Any:
            try:
                archive = pacs.open_archive(node, lambda words: given)
            except pacs_secrets.SecretMissing:
                return _SecretWanted()
            return work(archive, progress)

        def came(result: Any) -> None:
            if not isinstance(result, _SecretWanted):
                done(result)
            elif secret := self._ask_secret(f"Password or token for the archive {node.name} (it is not kept):"):
                self._secrets[node.name] = secret
                self._ask(jobs, name, work, done)

        def failed(sentence: str) -> None:
            self._secrets.pop(node.name, None)
            self._fail(sentence)

        jobs.start(name, run, came, failed)

    def _fail(self, sentence: str) -> None:
        self.set(message=sentence, is_error=True)
