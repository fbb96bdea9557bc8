"""Images over DIMSE: C-GET on the association that asks, or C-MOVE to a storage service of our own on a chosen port."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import (
    JPEG2000,
    UID,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EnhancedCTImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    LegacyConvertedEnhancedCTImageStorage,
    RLELossless,
)
from pynetdicom import build_context, build_role, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext

from napari_t12_bodycomp.dicom.pacs.archive import Keep
from napari_t12_bodycomp.dicom.pacs.association import GET, MOVE, SPEEDED, answer, association, entity
from napari_t12_bodycomp.dicom.pacs.faults import Interrupted
from napari_t12_bodycomp.dicom.pacs.tls import server_context
from napari_t12_bodycomp.errors import Cancelled, InputError
from napari_t12_bodycomp.model.pacs import Instance, Node, Retrieval, Stop

_PENDING = 0xFF00
_NOT_KEPT, _NOT_UNDERSTOOD = 0xA700, 0xC000
"""Answers to an image: no more of them, and not this one."""
_DONE = (0, 0xB000)
"""All came, or some did."""
_NO_RESOURCES = 0xA701
_MOVE_UNKNOWN = 0xA801
_PER_REQUEST = 100
"""Instances asked for in one request by their UIDs: a longer list does not fit what some archives read."""
_SECONDS_TO_STOP = 3.0
_SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLossless,
    RLELossless,
    JPEGLSNearLossless,
    JPEG2000,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    DeflatedExplicitVRLittleEndian,
)
_CLASSES = (CTImageStorage, EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage)
_MAX_CLASSES = 8
"""With twelve syntaxes each and the request's own, that is below the 128 contexts of an association."""


def fetch(node: Node, study_uid: str, series_uid: str, wanted: Sequence[Instance], whole: bool, keep: Keep, stop: Stop) -> None:
    """Hand each of `wanted` to `keep`: the whole series in one request, parts of it by their UIDs in several."""
    line = _Line(node, keep, stop)
    classes = tuple(dict.fromkeys(one.sop_class for one in wanted if one.sop_class))[:_MAX_CLASSES] or _CLASSES
    with line.open(classes) as link:
        if whole:
            line.insist(link, _identifier(study_uid, series_uid), InputError)
            return
        for start in range(0, len(wanted), _PER_REQUEST):
            part = wanted[start : start + _PER_REQUEST]
            code = line.ask(link, _identifier(study_uid, series_uid, [one.uid for one in part]))
            if code not in _DONE and not line.came:  # an archive that does not know the level of images
                line.insist(link, _identifier(study_uid, series_uid), Interrupted)
                return


class _Line:
    """One retrieval: the association, and where the images come in."""

    def __init__(self, node: Node, keep: Keep, stop: Stop) -> None:
        self._node, self._keep, self._stop = node, keep, stop
        self._is_get = node.retrieval is Retrieval.GET
        self._message = 0
        self._stopped_at: float | None = None
        self._link: Association | None = None
        self.came = 0

    @contextmanager
    def open(self, classes: Sequence[str]) -> Iterator[Association]:
        storage = [context for sop_class in classes for context in _contexts(sop_class)]
        handlers = [(evt.EVT_C_STORE, self._on_store)]
        if self._is_get:
            roles = [build_role(UID(sop_class), scp_role=True) for sop_class in classes]
            with association(self._node, [build_context(GET), *storage], handlers, roles) as link:
                if not {context.abstract_syntax for context in link.accepted_contexts} & set(classes):
                    raise InputError(
                        f"The archive {self._node.name!r} does not send objects of this kind ({UID(classes[0]).name}) by C-GET: "
                        "retrieve by C-MOVE, or ask its administrators."
                    )
                self._link = link
                yield link
        else:
            with _listening(self._node, storage, handlers), association(self._node, [build_context(MOVE)]) as link:
                self._link = link
                yield link

    def insist(self, link: Association, identifier: Dataset, fault: type[InputError]) -> None:
        """One request, which must bring something or end well; else `fault`: final at the start, to be tried again once images have come."""
        before = self.came
        code = self.ask(link, identifier)
        if code in _DONE or self.came > before:
            return
        if code == _NO_RESOURCES:
            raise Interrupted(f"The archive {self._node.name!r} cannot send images now ({code:04X}): try again later.")
        if self._is_get:
            raise fault(
                f"The archive {self._node.name!r} does not let this computer retrieve by C-GET ({code:04X}): retrieve by C-MOVE, "
                "or ask its administrators."
            )
        raise fault(
            f"The archive {self._node.name!r} could not send images to {self._node.own_ae_title!r} ({code:04X}): ask its administrators "
            f"to enter this computer's address with port {self._node.listen_port}, and see that no firewall is between."
        )

    def ask(self, link: Association, identifier: Dataset) -> int:
        """One request; the final status."""
        self._message += 1
        if self._is_get:
            answers = link.send_c_get(identifier, GET, msg_id=self._message)
        else:
            answers = link.send_c_move(identifier, self._node.own_ae_title, MOVE, msg_id=self._message)
        code = _PENDING
        for status, _ in answers:
            if self._stopped_at is not None and "Status" not in status:
                break
            code = answer(status, self._node, "images were coming")
            self._check_stop()
        if self._stopped_at is not None:
            raise Cancelled("Cancelled; the images that came are kept.")
        if code == _MOVE_UNKNOWN:
            raise InputError(
                f"The archive {self._node.name!r} does not know where to send images for {self._node.own_ae_title!r}: "
                f"ask its administrators to enter this computer with port {self._node.listen_port}, or retrieve with C-GET."
            )
        return code

    def _on_store(self, event: Event) -> int:
        if self._stopped_at is None:
            self._check_stop()
        if self._stopped_at is not None:
            self._give_up_late()
            return _NOT_KEPT
        kept = self._keep(event.encoded_dataset(), str(getattr(event.request, "AffectedSOPInstanceUID", "")))
        self.came += kept
        return 0 if kept else _NOT_UNDERSTOOD

    def _check_stop(self) -> None:
        """Tell the archive to stop, once, where the person wants no more."""
        if self._stopped_at is not None:
            self._give_up_late()
            return
        try:
            self._stop()
        except Cancelled:
            self._stopped_at = time.monotonic()
            if self._link is not None and self._link.is_established:
                self._link.send_c_cancel(self._message, query_model=GET if self._is_get else MOVE)

    def _give_up_late(self) -> None:
        """Break the line where the archive goes on regardless."""
        if self._link is not None and self._stopped_at is not None and time.monotonic() > self._stopped_at + _SECONDS_TO_STOP:
            self._link.abort()


@contextmanager
def _listening(node: Node, storage: Sequence[PresentationContext], handlers: Sequence[Any]) -> Iterator[None]:
    """Our own storage service, for as long as one retrieval lasts; it answers to our AE title alone."""
    ae = entity(node)
    ae.require_called_aet = True
    safe = server_context(node.tls) if node.tls is not None else None
    try:
        server: Any = ae.start_server(
            (node.listen_address, node.listen_port),
            block=False,
            ssl_context=safe,
            evt_handlers=[*handlers, *SPEEDED],
            contexts=_merged(storage),
        )
    except OSError as error:
        raise InputError(
            f"Port {node.listen_port} of this computer is wanted for the images, but it is taken or not allowed: wait for another retrieval "
            "to end, or choose another port and have it entered in the archive."
        ) from error
    try:
        yield
    finally:
        server.shutdown()


def _contexts(sop_class: str) -> list[PresentationContext]:
    """One context for each syntax, so that every image can come as it is stored."""
    return [build_context(UID(sop_class), syntax) for syntax in _SYNTAXES]


def _merged(contexts: Sequence[PresentationContext]) -> list[PresentationContext]:
    """What a service supports: each class once, with all its syntaxes."""
    return [build_context(sop_class, list(_SYNTAXES)) for sop_class in dict.fromkeys(c.abstract_syntax for c in contexts) if sop_class]


def _identifier(study_uid: str, series_uid: str, uids: Sequence[str] = ()) -> Dataset:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = "IMAGE" if uids else "SERIES"
    identifier.StudyInstanceUID, identifier.SeriesInstanceUID = study_uid, series_uid
    if uids:
        identifier.SOPInstanceUID = list(uids)
    return identifier
